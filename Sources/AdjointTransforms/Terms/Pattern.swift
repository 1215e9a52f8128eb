import AdjointArray
import AdjointIR

/// One side of an equation: a formula of variables, such as `log(1 + x)`.
///
/// It is flat: a step for each operation, behind those of its operands; the last one is the whole formula. Equations are made
/// once, and read for each node that is rewritten.
struct Pattern: Sendable, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral {
  enum Step: Hashable, Sendable {
    /// Any term: the same one wherever the variable stands.
    case variable(Int)
    /// A number, repeated or not.
    case constant(Int)
    /// This number.
    case number(Double)
    case unary(UnaryFunction, Int)
    /// `swap` numbers the operations of a pattern whose operands may stand in either order.
    case binary(BinaryFunction, Int, Int, swap: Int?)
    case compare(Comparison, Int, Int)
    case select(Int, Int, Int)
  }
  private(set) var steps: [Step]
  /// How many operations have operands that may stand in either order.
  private(set) var swapCount = 0

  init(_ step: Step) { steps = [step] }
  init(integerLiteral value: Int) { self.init(.number(Double(value))) }
  init(floatLiteral value: Double) { self.init(.number(value)) }

  var root: Step { steps[steps.count - 1] }

  /// The same for operands in the order in which they are written only.
  var inOrder: Pattern {
    var result = self
    result.swapCount = 0
    result.steps = steps.map { step in
      if case .binary(let function, let a, let b, _) = step {
        .binary(function, a, b, swap: nil)
      } else {
        step
      }
    }
    return result
  }

  /// The formula that applies `operation` to others, given where these end.
  fileprivate init(_ operands: [Pattern], _ operation: ([Int]) -> Step) {
    steps = []
    var ends: [Int] = []
    for operand in operands { ends.append(append(operand)) }
    _ = append(operation(ends))
  }

  /// Appends the steps of `other`, those that are there already left out, and says where it ends.
  private mutating func append(_ other: Pattern) -> Int {
    var places: [Int] = []
    for step in other.steps {
      let moved: Step =
        switch step {
        case .variable, .constant, .number: step
        case .unary(let function, let a): .unary(function, places[a])
        case .binary(let function, let a, let b, _): .binary(function, places[a], places[b], swap: nil)
        case .compare(let comparison, let a, let b): .compare(comparison, places[a], places[b])
        case .select(let c, let a, let b): .select(places[c], places[a], places[b])
        }
      places.append(append(moved))
    }
    return places[places.count - 1]
  }

  private mutating func append(_ step: Step) -> Int {
    var step = step
    if case .binary(let function, let a, let b, _) = step, function.isCommutative, a != b {
      if let known = steps.firstIndex(where: { $0.isBinary(function, a, b) }) { return known }
      step = .binary(function, a, b, swap: swapCount)
      swapCount += 1
    } else if let known = steps.firstIndex(of: step) {
      return known
    }
    steps.append(step)
    return steps.count - 1
  }
}

extension Pattern.Step {
  fileprivate func isBinary(_ function: BinaryFunction, _ a: Int, _ b: Int) -> Bool {
    if case .binary(function, a, b, _) = self { true } else { false }
  }
}

extension Pattern {
  static prefix func - (a: Pattern) -> Pattern { unary(.negate, a) }
  static func + (a: Pattern, b: Pattern) -> Pattern { binary(.add, a, b) }
  static func - (a: Pattern, b: Pattern) -> Pattern { binary(.subtract, a, b) }
  static func * (a: Pattern, b: Pattern) -> Pattern { binary(.multiply, a, b) }
  static func / (a: Pattern, b: Pattern) -> Pattern { binary(.divide, a, b) }

  static func .< (a: Pattern, b: Pattern) -> Pattern { Pattern([a, b]) { .compare(.less, $0[0], $0[1]) } }
  static func .> (a: Pattern, b: Pattern) -> Pattern { Pattern([a, b]) { .compare(.greater, $0[0], $0[1]) } }

  static func unary(_ function: UnaryFunction, _ a: Pattern) -> Pattern {
    Pattern([a]) { .unary(function, $0[0]) }
  }

  static func binary(_ function: BinaryFunction, _ a: Pattern, _ b: Pattern) -> Pattern {
    Pattern([a, b]) { .binary(function, $0[0], $0[1], swap: nil) }
  }
}

func exp(_ x: Pattern) -> Pattern { .unary(.exp, x) }
func expm1(_ x: Pattern) -> Pattern { .unary(.expm1, x) }
func log(_ x: Pattern) -> Pattern { .unary(.log, x) }
func sinh(_ x: Pattern) -> Pattern { .unary(.sinh, x) }
func cosh(_ x: Pattern) -> Pattern { .unary(.cosh, x) }
func tanh(_ x: Pattern) -> Pattern { .unary(.tanh, x) }
func sigmoid(_ x: Pattern) -> Pattern { .unary(.sigmoid, x) }
func abs(_ x: Pattern) -> Pattern { .unary(.absolute, x) }
func log1p(_ x: Pattern) -> Pattern { .unary(.log1p, x) }
func log2(_ x: Pattern) -> Pattern { .unary(.log2, x) }
func log10(_ x: Pattern) -> Pattern { .unary(.log10, x) }
func not(_ x: Pattern) -> Pattern { .unary(.not, x) }
func pow(_ a: Pattern, _ b: Pattern) -> Pattern { .binary(.power, a, b) }
func select(_ condition: Pattern, _ a: Pattern, _ b: Pattern) -> Pattern {
  Pattern([condition, a, b]) { .select($0[0], $0[1], $0[2]) }
}
