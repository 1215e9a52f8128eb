import AdjointArray

/// What a node does with its operands. These are the primitives; everything else is written with them.
///
/// Two nodes with equal operations and the same operands are one node (the builder sees to it), so an operation
/// holds all that distinguishes its value, and nothing else.
public enum Operation: Hashable, Sendable {
  // Values that come from elsewhere.
  /// A value given by the caller; no operands.
  case argument(Argument)
  /// One exact number; no operands.
  case constant(Literal)
  /// A constant array, handed to compiled code as data; no operands.
  case data(NDArray)
  /// 0, 1, …, count − 1 as a vector; no operands.
  case iota(count: Int, ScalarType)

  // Elementwise: operands and result have one shape; broadcasting is a node of its own.
  case unary(UnaryFunction)
  case binary(BinaryFunction)
  case compare(Comparison)
  /// Operands: a bool condition, the value where it holds, the value elsewhere.
  case select
  /// Conversion; to integers truncates and saturates, NaN to 0; to bool is `!= 0`.
  case cast(ScalarType)

  // Reductions and contraction.
  /// Reduces `axes` (ascending), which leave the shape.
  case reduce(Reduction, axes: [Int])
  /// Sum of products of two operands over the contracting axes.
  case dot(DotDimensions)

  // Movement.
  case reshape(Shape)
  /// Axis i of the result is axis `permutation[i]` of the operand.
  case transpose([Int])
  /// NumPy's broadcasting to the shape: aligned at the last axis, extents of 1 repeat.
  case broadcast(Shape)
  case slice(Slice)
  /// The elements in reverse order along `axes` (ascending).
  case flip([Int])
  /// Zeros around and between the elements; the transpose of `slice`.
  case pad(Padding)
  case concatenate(axis: Int)
  /// The windows along some axes, of which there are as many as fit; their elements lie along new axes, the last ones.
  case windows(Windows)
  /// Each element added where the window that it belongs to has it, into zeros of `extents` along the windows' axes. The
  /// transpose of `windows`.
  case addWindows(Windows, extents: [Int])
  /// What compiled code calls a function for.
  case structured(StructuredOperation)

  /// The operand's value, whose derivative is taken to be zero.
  case stopGradient
  /// The operand's value, in a place of its own: what is computed from it is another node than what is computed
  /// from the operand, and is not computed together with it. So recomputation stays recomputation.
  case barrier
  /// Result `result` of a nested graph called with the operands as its arguments, in their order.
  indirect case call(Callee, result: Int)
  /// Result `result` of a loop over a nested graph: the last carries, then what was kept of each run.
  indirect case scan(Scan, result: Int)
}

/// A value that the caller gives. Its name is its identity: the builder makes names unique.
public struct Argument: Hashable, Sendable {
  public enum Kind: String, Hashable, Sendable, CaseIterable {
    /// Given at each call: data, hyper-parameters.
    case input
    /// Trained: a derivative is taken with respect to it.
    case parameter
    /// Kept from call to call, not trained: an optimizer's moments, running statistics.
    case state
  }
  public let kind: Kind
  public let name: String
  public let type: TensorType

  public init(_ kind: Kind, _ name: String, _ type: TensorType) {
    self.kind = kind
    self.name = name
    self.type = type
  }
}

/// Which axes of the two operands of `dot` are summed over, and which run along (batch).
///
/// The result's axes: batch, then the left operand's remaining axes, then the right's.
public struct DotDimensions: Hashable, Sendable {
  public let lhsContracting: [Int]
  public let rhsContracting: [Int]
  public let lhsBatch: [Int]
  public let rhsBatch: [Int]

  public init(
    lhsContracting: [Int], rhsContracting: [Int], lhsBatch: [Int] = [], rhsBatch: [Int] = []
  ) {
    self.lhsContracting = lhsContracting
    self.rhsContracting = rhsContracting
    self.lhsBatch = lhsBatch
    self.rhsBatch = rhsBatch
  }

  /// The product of two matrices, with any number of equal leading batch axes.
  public static func matmul(rank: Int) -> DotDimensions {
    let batch = Array(0..<max(0, rank - 2))
    return DotDimensions(
      lhsContracting: [rank - 1], rhsContracting: [rank - 2], lhsBatch: batch, rhsBatch: batch)
  }

  /// The left operand's axes that are neither contracted nor batch, ascending.
  public func lhsFree(rank: Int) -> [Int] {
    (0..<rank).filter { !lhsContracting.contains($0) && !lhsBatch.contains($0) }
  }

  public func rhsFree(rank: Int) -> [Int] {
    (0..<rank).filter { !rhsContracting.contains($0) && !rhsBatch.contains($0) }
  }
}

/// For each axis the half-open range `starts..<ends` in steps of `steps` (at least 1).
///
/// A step beyond the range takes its first element alone, and is kept as the range's length: equal slices are
/// equal, and no distance of elements overflows.
public struct Slice: Hashable, Sendable {
  public let starts: [Int]
  public let ends: [Int]
  public let steps: [Int]

  public init(starts: [Int], ends: [Int], steps: [Int]) {
    self.starts = starts
    self.ends = ends
    self.steps = steps.enumerated().map { axis, step in
      guard axis < starts.count, axis < ends.count, 0 <= starts[axis], starts[axis] <= ends[axis] else {
        return step
      }
      return min(step, max(1, ends[axis] - starts[axis]))
    }
  }

  public func extent(_ axis: Int) -> Int {
    ends[axis] > starts[axis] ? (ends[axis] - starts[axis] - 1) / steps[axis] + 1 : 0
  }
}

/// For each axis the zeros before, after, and between neighbouring elements (each at least 0).
public struct Padding: Hashable, Sendable {
  public let low: [Int]
  public let high: [Int]
  public let interior: [Int]

  public init(low: [Int], high: [Int], interior: [Int]) {
    self.low = low
    self.high = high
    self.interior = interior
  }
}

extension Operation {
  /// The name in the text form and in messages.
  public var name: String {
    switch self {
    case .argument(let argument): argument.kind.rawValue
    case .constant: "constant"
    case .data: "data"
    case .iota: "iota"
    case .unary(let function): function.rawValue
    case .binary(let function): function.rawValue
    case .compare(let comparison): comparison.rawValue
    case .select: "select"
    case .cast: "cast"
    case .reduce(let reduction, _): "reduce_" + reduction.rawValue
    case .dot: "dot"
    case .reshape: "reshape"
    case .transpose: "transpose"
    case .broadcast: "broadcast"
    case .slice: "slice"
    case .flip: "flip"
    case .pad: "pad"
    case .concatenate: "concatenate"
    case .windows: "windows"
    case .addWindows: "add_windows"
    case .structured(let operation): operation.name
    case .stopGradient: "stop_gradient"
    case .barrier: "barrier"
    case .call: "call"
    case .scan: "scan"
    }
  }

  /// The number of operands, or `nil` where it is not fixed.
  public var arity: Int? {
    switch self {
    case .argument, .constant, .data, .iota: 0
    case .unary, .cast, .reduce, .reshape, .transpose, .broadcast, .slice, .flip, .pad, .windows, .addWindows,
      .stopGradient, .barrier:
      1
    case .binary, .compare, .dot: 2
    case .structured(let operation): operation.arity
    case .select: 3
    case .concatenate: nil
    case .call(let callee, _): callee.graph.arguments.count
    case .scan(let scan, _): scan.body.arguments.count
    }
  }

  /// Whether each element of the result depends only on the same element of each operand.
  public var isElementwise: Bool {
    switch self {
    case .unary, .binary, .compare, .select, .cast, .stopGradient, .barrier: true
    case .argument, .constant, .data, .iota, .reduce, .dot, .reshape, .transpose, .broadcast, .slice, .flip,
      .pad, .concatenate, .windows, .addWindows, .structured, .call, .scan:
      false
    }
  }

  public var isArgument: Bool {
    if case .argument = self { true } else { false }
  }

  package var isScan: Bool {
    if case .scan = self { true } else { false }
  }
}
