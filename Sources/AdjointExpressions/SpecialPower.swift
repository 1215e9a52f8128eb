import AdjointArray
import AdjointIR

/// A power that `^` writes without the graph's `pow`: one rule for the parser and the printers.
enum SpecialPower: Hashable {
  case integer(Int)
  case squareRoot
  case inverseSquareRoot

  /// Beyond this, the error of repeated multiplication outweighs what it saves.
  static let limit = 64

  /// `nil` where the exponent is not constant or stays a `pow`.
  init?(exponent: Double?) {
    guard let exponent else { return nil }
    if exponent == 0.5 {
      self = .squareRoot
    } else if exponent == -0.5 {
      self = .inverseSquareRoot
    } else if exponent.magnitude <= Double(Self.limit), exponent.rounded() == exponent {
      self = .integer(Int(exponent))
    } else {
      return nil
    }
  }

  func build(into builder: inout Builder, base: NodeID) throws(GraphError) -> NodeID {
    let result: NodeID
    let isInverse: Bool
    // The 1 comes before what it is divided by, as where 1/x^2 is written out: the same nodes in the same order.
    let one = Literal(1, as: builder.scalarType(base))
    switch self {
    case .squareRoot, .inverseSquareRoot:
      isInverse = self == .inverseSquareRoot
      if isInverse { _ = builder.constant(one) }
      result = try builder.unary(.sqrt, base)
    case .integer(0):
      return try builder.constant(1, like: base)
    case .integer(let exponent):
      isInverse = exponent < 0
      if isInverse { _ = builder.constant(one) }
      result = try Self.product(Int(exponent.magnitude), of: base, &builder)
    }
    return isInverse ? try builder.binary(.divide, builder.constant(one), result) : result
  }

  /// Repeated squaring from the second highest bit down: x^6 is (x^2 x)^2.
  private static func product(_ exponent: Int, of base: NodeID, _ builder: inout Builder)
    throws(GraphError) -> NodeID
  {
    var result = base
    for bit in (0..<(Int.bitWidth - 1 - exponent.leadingZeroBitCount)).reversed() {
      result = try builder.binary(.multiply, result, result)
      if exponent >> bit & 1 == 1 { result = try builder.binary(.multiply, result, base) }
    }
    return result
  }

  /// The value of a sign before a constant.
  static func fold(_ function: UnaryFunction, _ a: Double?) -> Double? {
    function == .negate ? a.map { -$0 } : nil
  }

  /// The value of arithmetic between constants.
  static func fold(_ function: BinaryFunction, _ a: Double?, _ b: Double?) -> Double? {
    guard let a, let b else { return nil }
    switch function {
    case .add: return a + b
    case .subtract: return a - b
    case .multiply: return a * b
    case .divide: return a / b
    default: return nil
    }
  }
}
