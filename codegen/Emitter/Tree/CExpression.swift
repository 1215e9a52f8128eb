import AdjointArray
import AdjointIR

/// An expression in a tree of C, written with Swift's operators.
///
/// Sums and products of whole numbers are simplified, as positions in arrays are made of them; values of elements never are.
struct CExpression {
  unowned(unsafe) let tree: CTree
  let id: CTree.ID
  /// How many operations on elements lie inside each other.
  var depth: Int32 = 0

  init(tree: CTree, id: CTree.ID) {
    self.tree = tree
    self.id = id
  }

  /// The whole number that it is.
  var integer: Int? { if case .integer(let value) = tree.nodes[Int(id)] { value } else { nil } }

  func infix(_ sign: CTree.Infix, _ other: CExpression) -> CExpression {
    tree.expression(.infix(sign, id, other.id))
  }

  func prefix(_ sign: CTree.Prefix) -> CExpression { tree.expression(.prefix(sign, id)) }
  func cast(to type: CType) -> CExpression { tree.expression(.cast(type, id)) }

  /// One of two values, by this condition.
  func choose(_ a: CExpression, _ b: CExpression) -> CExpression {
    tree.expression(.conditional(id, a.id, b.id))
  }

  subscript(_ index: CExpression) -> CExpression { tree.expression(.element(id, index.id)) }
  subscript(_ index: Int) -> CExpression { self[tree.integer(index)] }

  static func + (a: CExpression, b: CExpression) -> CExpression {
    switch (a.integer, b.integer) {
    case (0, _): b
    case (_, 0): a
    case (let a?, let right?): b.tree.integer(a + right)
    default: a.infix(.add, b)
    }
  }

  static func - (a: CExpression, b: CExpression) -> CExpression {
    switch (a.integer, b.integer) {
    case (_, 0): a
    case (let left?, let b?): a.tree.integer(left - b)
    default: a.infix(.subtract, b)
    }
  }

  static func * (a: CExpression, b: Int) -> CExpression {
    switch (a.integer, b) {
    case (_, 0): a.tree.integer(0)
    case (_, 1): a
    case (let left?, _): a.tree.integer(left * b)
    default: a.infix(.multiply, a.tree.integer(b))
    }
  }

  static func + (a: CExpression, b: Int) -> CExpression { a + a.tree.integer(b) }
  static func < (a: CExpression, b: CExpression) -> CExpression { a.infix(.compare(.less), b) }
  static func > (a: CExpression, b: Int) -> CExpression { a.infix(.compare(.greater), a.tree.integer(b)) }
  static func && (a: CExpression, b: CExpression) -> CExpression { a.infix(.and, b) }
  static prefix func ! (a: CExpression) -> CExpression { a.prefix(.not) }
}
