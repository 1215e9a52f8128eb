infix operator ==> : AssignmentPrecedence

/// A formula and the one that takes its place, where a condition holds.
struct Equation: Sendable {
  private(set) var left: Pattern
  let right: Pattern
  private(set) var condition: @Sendable (Match) -> Bool = { _ in true }

  init(_ left: Pattern, _ right: Pattern) { (self.left, self.right) = (left, right) }

  func `where`(_ condition: @escaping @Sendable (Match) -> Bool) -> Equation {
    var result = self
    result.condition = condition
    return result
  }

  /// The same for operands in the order in which they are written only.
  var inOrder: Equation {
    var result = self
    result.left = left.inOrder
    return result
  }
}

func ==> (left: Pattern, right: Pattern) -> Equation { Equation(left, right) }

/// How well the two sides of an equation agree.
enum Agreement: Sendable {
  /// In all bits, for all numbers, infinities and NaN included.
  case bits
  /// In all bits but a NaN's sign.
  case bitsButNaNSign
  /// As real numbers, up to rounding, where all variables are in a range. Of NaN both make NaN; beyond the range, and of
  /// infinities, the right side makes a number wherever the left one does.
  case rounded(ClosedRange<Double>)
  /// As real numbers, up to rounding, where all variables are in a range; of NaN and infinities nothing is said.
  case finite(ClosedRange<Double>)
}
