import Adjoint
import FuzzHarness

/// How close compiled code comes to the interpreter in one operation, and what "close" is measured in.
enum Contract {
  /// The same bits; a NaN is a NaN.
  case bits
  /// The same numbers; a NaN is a NaN, zeros have no sign.
  case numbers
  /// Units in the last place of the true value.
  case ulps(Double)
  /// The number of terms that are summed or multiplied into one element.
  case terms(Int)

  init(_ graph: Graph) {
    let node = graph[graph.outputs[0].node]
    let isFloat = node.type.scalarType.isFloatingPoint
    let count = { (operand: Int) in graph[node.operands[operand]].type.count }
    switch node.operation {
    case .unary(let function):
      self = function.roundingBound(node.type.scalarType).map(Contract.ulps) ?? .bits
    case .binary(let function): self = function.roundingBound.map(Contract.ulps) ?? .bits
    case .reduce(.maximum, _), .reduce(.minimum, _): self = .numbers
    case .reduce(.sum, _), .reduce(.product, _):
      self = isFloat ? .terms(count(0) / max(1, node.type.count)) : .bits
    case .dot(let dimensions):
      let shape = graph[node.operands[0]].type.shape
      self = isFloat ? .terms(dimensions.lhsContracting.reduce(1) { $0 * shape[$1] }) : .bits
    case .structured(.scatterAddRows): self = isFloat ? .terms(count(1)) : .bits
    case .argument, .constant, .data, .iota, .compare, .select, .cast, .reduce(.any, _), .reduce(.all, _),
      .structured, .reshape, .transpose, .broadcast, .slice, .flip, .pad, .concatenate, .windows,
      .addWindows, .scan, .stopGradient, .barrier, .call:
      self = .bits
    }
  }

  /// What is wrong with `found`, or `nil`.
  ///
  /// - Parameters:
  ///   - expected: the interpreter's value.
  ///   - precise: float32 computed in float64 and not rounded, where that is known; else the interpreter's.
  ///   - magnitudes: the same operation on the magnitudes of the operands.
  func fault(_ found: NDArray, expected: NDArray, precise: NDArray, magnitudes: NDArray) -> String? {
    guard found.shape == expected.shape, found.scalarType == expected.scalarType else {
      return "it is \(found.scalarType)\(found.shape)"
    }
    let (f, e, p, m) = (found.doubles, expected.doubles, precise.doubles, magnitudes.doubles)
    for i in f.indices where !holds(f[i], e[i], p[i], m[i], found.scalarType) {
      return "element \(i) is \(f[i]), not \(e[i])"
    }
    return nil
  }

  private func holds(
    _ found: Double, _ expected: Double, _ precise: Double, _ magnitude: Double, _ type: ScalarType
  ) -> Bool {
    if found.isNaN || expected.isNaN { return found.isNaN && expected.isNaN }
    switch self {
    case .bits: return found.bitPattern == expected.bitPattern
    case .numbers: return found == expected
    case .ulps(let bound):
      if found == expected { return true }
      guard precise.isFinite else { return false }
      // SLEEF's pow gives infinity a little too early: above 1.79769e308 in float64.
      let largest = type == .float32 ? Double(Float.greatestFiniteMagnitude) : Double.greatestFiniteMagnitude
      if found.isInfinite { return abs(precise) > largest * (1 - 2e-6) && (found < 0) == (precise < 0) }
      // The float64 reference is libm's, which is itself up to 2 units from the true value.
      let slack = type == .float64 ? 2.0 : 0.01
      let unit =
        type == .float32
        ? Double(min(Float(precise).magnitude, .greatestFiniteMagnitude).ulp) : precise.magnitude.ulp
      return abs(found - precise) <= (bound + slack) * unit
    case .terms(let terms):
      if found == expected { return true }
      // Where all terms together overflow, which of them meet first decides.
      let largest = type == .float32 ? Double(Float.greatestFiniteMagnitude) : Double.greatestFiniteMagnitude
      if magnitude > largest / 256 { return true }
      // Both sides are within the bound of the true value.
      let smallest = type == .float32 ? Double(Float.leastNonzeroMagnitude) : Double.leastNonzeroMagnitude
      return abs(found - expected) <= 2 * Double(max(1, terms)) * (type.epsilon * magnitude + smallest)
    }
  }
}
