import AdjointArray
import AdjointIR

/// A well-typed graph made by chance, with values for its arguments.
///
/// Values stay bounded and functions inside their domains, so that results are finite and, but for the choices
/// below, vary slowly with rounding. What jumps (casts to int32 and bool, comparisons, signs) is applied only
/// to values that have the same bits in every backend: arguments, constants, and + − × ÷ sqrt, selection and
/// movement of such. int32 and bool values, and which branch a select takes, must therefore agree exactly.
public struct RandomGraph: Sendable {
  public struct Options: Hashable, Sendable {
    /// The type of floating-point values; a few are cast to the other one and back.
    public var scalarType: ScalarType = .float32
    /// How many operations are drawn; each adds a handful of nodes (guards of domains, broadcasts).
    public var nodeCount = 24
    /// Appends a scalar output `loss`, the sum of the means of all floating-point results.
    public var scalarOutput = false
    /// Only functions whose derivative exists everywhere and is what differences of the value show: no abs,
    /// relu, sign, maximum, comparison or cast of floating-point values, no stop-gradient, and no detour over
    /// the other floating-point type.
    public var smooth = false
    /// Whether nested graphs are called.
    public var calls = true
    /// Whether the derivatives of the scalar output by all floating-point arguments are outputs, too: asks for a
    /// smooth graph with a scalar output.
    public var derivatives = false
    /// How often a shape is as large as a tile.
    public var largeShapes = 0.1

    public init(
      scalarType: ScalarType = .float32, nodeCount: Int = 24, scalarOutput: Bool = false,
      smooth: Bool = false, calls: Bool = true
    ) {
      self.scalarType = scalarType
      self.nodeCount = nodeCount
      self.scalarOutput = scalarOutput
      self.smooth = smooth
      self.calls = calls
    }
  }

  /// What the fuzzer draws for a seed: both types, few operations and many, a quarter with derivatives.
  public static func options(seed: UInt64) -> Options {
    // Other bits than those from which the graph is drawn.
    var random = SplitMix64(seed: ~seed)
    let hasDerivatives = random.chance(0.25)
    var options = Options(
      scalarType: random.chance(0.4) ? .float64 : .float32,
      nodeCount: random.pick(hasDerivatives ? [2, 4, 6, 10] : [3, 6, 10, 15, 24]),
      scalarOutput: hasDerivatives, smooth: hasDerivatives)
    options.derivatives = hasDerivatives
    options.largeShapes = random.pick([0, 0.02, 0.05])
    return options
  }

  public let graph: Graph
  /// A value for each argument, by its name.
  public let inputs: [String: NDArray]

  /// The same seed and options give the same graph and the same values.
  ///
  /// - Throws: ``GraphError`` where a type rule refuses what the generator takes for right: a defect.
  public static func make(seed: UInt64, options: Options = Options()) throws(GraphError) -> RandomGraph {
    var generator = GraphGenerator(seed: seed, options: options)
    return try generator.make()
  }
}
