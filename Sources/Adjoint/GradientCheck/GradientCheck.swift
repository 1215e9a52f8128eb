import AdjointArray
import AdjointData
import AdjointIR
import AdjointInterpreter
import AdjointTransforms

/// Which derivatives a gradient check looks at.
public enum GradientCheckMethod: Sendable, Hashable {
  /// Entry by entry where the arguments have up to 2,000 elements together, else along 32 directions.
  case automatic
  /// By each element of each argument.
  case entries
  /// For each argument along so many random directions, whose elements are of size ½ to 1 and of either sign.
  case projections(Int, seed: UInt64 = 0)
}

/// Derivatives that cannot be compared with a function's.
public enum GradientCheckError: DocumentedError, Hashable {
  /// One is needed for each of the floating-point arguments `expected`.
  case derivativeCount(expected: [String], found: Int)
  case derivativeMismatch(name: String, expected: Shape, found: Shape)

  public enum Kind: String, CaseIterable, Sendable {
    case derivativeCount, derivativeMismatch
  }

  public var kind: Kind {
    switch self {
    case .derivativeCount: .derivativeCount
    case .derivativeMismatch: .derivativeMismatch
    }
  }

  public var message: String {
    switch self {
    case .derivativeCount(let expected, let found):
      "derivatives given: \(found); give one for each of \(expected.joined(separator: ", "))"
    case .derivativeMismatch(let name, let expected, let found):
      "the derivative by '\(name)' has the shape \(found); give that of '\(name)', \(expected)"
    }
  }
}

/// Compares the gradient of `function` with central differences.
///
/// All is computed in float64, by the interpreter; of a float32 function a float64 copy is checked, whose derivatives
/// are made by the same rules. A result that is no scalar stands for the sum of its elements. Integer and bool
/// arguments are kept as they are.
///
/// The differences are five-point ones (Abramowitz & Stegun, 25.3.6) with h = ε^⅕ · max(1, |x|), and an eighth of that,
/// again and again, where the function is not finite so far out or bends too much. An entry may differ by
///
///     3 · (|five-point − three-point| + 64 · ε/2 · max|f| / h) + relativeTolerance · max(|expected|, |found|),
///
/// the errors by truncation and by rounding. Where that is more than a hundredth of the largest derivative by the same
/// argument, the entry is `undecided`. At a kink, where the slopes to both sides stay apart when h shrinks, any number
/// from one to the other is right.
///
/// - Parameters:
///   - inputs: one array for each argument, of its type.
///   - relativeTolerance: for what the differences do not say of themselves; 10⁻⁷ is what they can mostly reach.
/// - Throws: ``GradientCheckError``, ``ExecutionError`` where arguments do not fit, ``GraphError`` where there are several
///   results, or one that is no floating-point number.
public func checkGradient(
  of function: Function, at inputs: [NDArray], by method: GradientCheckMethod = .automatic,
  relativeTolerance: Double = 1e-7
) throws -> GradientReport {
  let check = try GradientCheck(function.simplified, at: function.completed(inputs))
  return try check.againstDifferences(method, relativeTolerance)
}

/// Compares derivatives of one's own with the gradient that reverse mode gives for `function`, entry by entry.
///
/// Where they differ, central differences say whether the point is a kink. The gradient is computed in float64, as
/// ``checkGradient(of:at:by:relativeTolerance:)`` does.
///
/// - Parameters:
///   - derivatives: one array for each floating-point argument, of its shape.
///   - relativeTolerance: an entry may differ by so much of the largest derivative by the same argument; by default
///     half of the digits of the derivatives' type, √ε: what another order of the same arithmetic may cost.
/// - Throws: ``GradientCheckError``, ``ExecutionError`` where arguments do not fit, ``GraphError`` where there are several
///   results, or one that is no floating-point number.
public func checkGradient(
  of function: Function, at inputs: [NDArray], given derivatives: [NDArray], relativeTolerance: Double? = nil
) throws -> GradientReport {
  let check = try GradientCheck(function.simplified, at: function.completed(inputs))
  return try check.compare(derivatives, relativeTolerance)
}

/// The same for a function of one's own that computes the derivatives from the arguments.
public func checkGradient(
  of function: Function, at inputs: [NDArray], relativeTolerance: Double? = nil,
  given derivatives: ([NDArray]) throws -> [NDArray]
) throws -> GradientReport {
  let check = try GradientCheck(function.simplified, at: function.completed(inputs))
  return try check.compare(try derivatives(inputs), relativeTolerance)
}

/// The same for derivatives that are the results of another traced function of the same arguments.
public func checkGradient(
  of function: Function, at inputs: [NDArray], given derivatives: Function, relativeTolerance: Double? = nil
) throws -> GradientReport {
  let check = try GradientCheck(function.simplified, at: function.completed(inputs))
  let own = try Interpreter(derivatives.simplified.wideningFloats()).run(
    values: derivatives.completed(inputs).map { $0.scalarType == .float32 ? $0.converted(to: .float64) : $0 })
  return try check.compare(own, relativeTolerance)
}

/// A scalar function in float64 at one point, with its gradient.
struct GradientCheck {
  private struct Target {
    let name: String
    /// Among the arguments.
    let position: Int
    let gradient: [Double]
  }
  private let value: Interpreter
  private let point: [NDArray]
  private let targets: [Target]

  /// - Parameter kinds: the arguments by which is differentiated, where they are floating-point numbers.
  init(_ graph: Graph, at inputs: [NDArray], withRespectTo kinds: [Argument.Kind] = Argument.Kind.allCases)
    throws
  {
    guard inputs.count == graph.arguments.count else {
      throw ExecutionError.argumentCount(expected: graph.arguments.count, found: inputs.count)
    }
    let wide = try graph.wideningFloats()
    guard wide.outputs.count == 1, wide[wide.outputs[0].node].type.scalarType == .float64 else {
      let types = graph.outputs.map { "\(graph[$0.node].type)" }.joined(separator: ", ")
      throw GraphError(
        .notDifferentiable, operation: "checkGradient",
        problem: "the function gives \(types.isEmpty ? "nothing" : types)",
        remedy: "check one with a single floating-point result")
    }
    var builder = Builder(wide)
    let output = wide.outputs[0].node
    let sum = try builder.reduce(.sum, output, axes: Array(0..<builder.shape(output).rank))
    var point: [NDArray] = []
    var places: [(name: String, position: Int, node: NodeID)] = []
    for (position, id) in graph.arguments.enumerated() {
      guard case .argument(let argument) = graph[id].operation else { continue }
      let found = TensorType(inputs[position].scalarType, inputs[position].shape)
      guard found == argument.type else {
        throw ExecutionError.argumentMismatch(name: argument.name, expected: argument.type, found: found)
      }
      let isFloatingPoint = argument.type.scalarType.isFloatingPoint
      point.append(isFloatingPoint ? inputs[position].converted(to: .float64) : inputs[position])
      if isFloatingPoint, kinds.contains(argument.kind) {
        places.append((argument.name, position, wide.arguments[position]))
      }
    }
    let gradient = try builder.gradient(of: sum, withRespectTo: places.map(\.node))
    value = try Interpreter(builder.graph(outputs: [Output("y", sum)]))
    let slopes = try Interpreter(
      builder.graph(outputs: gradient.enumerated().map { Output("d\($0.offset)", $0.element) })
    ).run(values: point)
    self.point = point
    targets = zip(places, slopes).map { Target(name: $0.name, position: $0.position, gradient: $1.doubles) }
  }

  // MARK: Against differences

  func againstDifferences(_ method: GradientCheckMethod, _ tolerance: Double) throws -> GradientReport {
    let count = targets.reduce(0) { $0 + $1.gradient.count }
    var entries: [GradientReport.Entry] = []
    switch method {
    case .automatic:
      return try againstDifferences(count <= 2000 ? .entries : .projections(32), tolerance)
    case .entries:
      for target in targets {
        for element in target.gradient.indices {
          entries.append(
            judged(
              target, element: element, found: target.gradient[element], tolerance,
              try difference(target, element: element)))
        }
      }
    case .projections(let number, let seed):
      var generator = SeededGenerator(seed: seed)
      for target in targets where !target.gradient.isEmpty {
        for direction in 0..<max(0, number) {
          let vector = target.gradient.map { _ in generator.projectionWeight() }
          let slope = zip(target.gradient, vector).reduce(0) { $0 + $1.0 * $1.1 }
          entries.append(
            judged(
              target, direction: direction, found: slope, tolerance, try difference(target, along: vector)))
        }
      }
    }
    return GradientReport(reference: "central differences", entries)
  }

  private func difference(_ target: Target, element: Int) throws -> LineDifference {
    let x = point[target.position].doubles[element]
    var moved = point
    return try LineDifference(scale: max(1, abs(x))) { step in
      moved[target.position].withUnsafeMutableElements(of: Double.self) { $0[element] = x + step }
      return try value.run(values: moved)[0].doubles[0]
    }
  }

  private func difference(_ target: Target, along vector: [Double]) throws -> LineDifference {
    let start = point[target.position].doubles
    var moved = point
    // So small that the sum of many elements' steps is no longer one than that of one element.
    let scale = start.reduce(1) { max($0, abs($1)) } / Double(max(1, start.count)).squareRoot()
    return try LineDifference(scale: scale) { step in
      moved[target.position].withUnsafeMutableElements(of: Double.self) { elements in
        for i in start.indices { elements[i] = start[i] + step * vector[i] }
      }
      return try value.run(values: moved)[0].doubles[0]
    }
  }

  private func judged(
    _ target: Target, element: Int? = nil, direction: Int? = nil, found: Double, _ relativeTolerance: Double,
    _ difference: LineDifference
  ) -> GradientReport.Entry {
    let expected = difference.slope
    let size = max(abs(expected), abs(found))
    let tolerance = 3 * difference.uncertainty + relativeTolerance * size
    var verdict: GradientReport.Verdict
    if !found.isFinite || !expected.isFinite {
      verdict = .notFinite
    } else if let (left, right) = difference.sides {
      let isBetween = found >= min(left, right) - tolerance && found <= max(left, right) + tolerance
      verdict = isBetween ? .kink : .differs
    } else if abs(found - expected) > tolerance {
      verdict = .differs
    } else {
      let largest = target.gradient.reduce(size) { max($0, abs($1)) }
      verdict = found != expected && tolerance > 0.01 * largest ? .undecided : .agrees
    }
    return entry(
      target, element, direction, expected: expected, found: found, tolerance, verdict, difference.sides)
  }

  // MARK: Against derivatives of one's own

  func compare(_ derivatives: [NDArray], _ relativeTolerance: Double?) throws -> GradientReport {
    guard derivatives.count == targets.count else {
      throw GradientCheckError.derivativeCount(expected: targets.map(\.name), found: derivatives.count)
    }
    var entries: [GradientReport.Entry] = []
    for (target, own) in zip(targets, derivatives) {
      let shape = point[target.position].shape
      guard own.shape == shape else {
        throw GradientCheckError.derivativeMismatch(name: target.name, expected: shape, found: own.shape)
      }
      let largest = target.gradient.reduce(0) { $1.isFinite ? max($0, abs($1)) : $0 }
      let epsilon = own.scalarType == .float32 ? 0x1p-23 : 0x1p-52
      let tolerance = (relativeTolerance ?? epsilon.squareRoot()) * largest
      for (element, (found, expected)) in zip(own.doubles, target.gradient).enumerated() {
        var verdict = GradientReport.Verdict.agrees
        var sides: (left: Double, right: Double)?
        if !found.isFinite || !expected.isFinite {
          verdict = .notFinite
        } else if abs(found - expected) > tolerance {
          sides = try difference(target, element: element).sides
          let isBetween =
            sides.map {
              found >= min($0.left, $0.right) - tolerance && found <= max($0.left, $0.right) + tolerance
            }
          verdict = isBetween == true ? .kink : .differs
        }
        entries.append(
          entry(target, element, nil, expected: expected, found: found, tolerance, verdict, sides))
      }
    }
    return GradientReport(reference: "reverse mode", entries)
  }

  private func entry(
    _ target: Target, _ element: Int?, _ direction: Int?, expected: Double, found: Double,
    _ tolerance: Double,
    _ verdict: GradientReport.Verdict, _ sides: (left: Double, right: Double)?
  ) -> GradientReport.Entry {
    let difference = abs(found - expected)
    return GradientReport.Entry(
      argument: target.name,
      index: element.map { element in
        var rest = element
        return point[target.position].shape.dimensions.reversed().map { extent in
          defer { rest /= extent }
          return rest % extent
        }.reversed()
      },
      direction: direction, expected: expected, found: found, difference: difference,
      relativeDifference: difference == 0 ? 0 : difference / max(abs(expected), abs(found)),
      tolerance: tolerance,
      verdict: verdict, oneSided: sides.map { .init(left: $0.left, right: $0.right) })
  }
}

extension SeededGenerator {
  /// A number in ±[½, 1): no element of a direction is small, so that none is overlooked.
  fileprivate mutating func projectionWeight() -> Double {
    let bits = next()
    let magnitude = 0.5 + Double(bits >> 12) * 0x1p-53
    return bits & 1 == 0 ? magnitude : -magnitude
  }
}
