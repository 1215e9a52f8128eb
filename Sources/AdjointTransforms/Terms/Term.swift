import AdjointArray
import AdjointIR

/// A node in a formula as it is written on paper: `g / (2 * y)` makes a constant, a product and a quotient.
///
/// A number has the type and the shape of the term beside it; terms of different shapes are broadcast as NumPy does.
struct Term {
  let id: NodeID
  let terms: Terms

  var type: TensorType { terms.type(id) }
  var shape: Shape { terms.shape(id) }
  var scalarType: ScalarType { terms.scalarType(id) }
  /// The one number that every element is, where that is plain to see.
  var literal: Literal? { terms.literal(id) }

  /// `value` in this type and shape.
  func number(_ value: Double) throws(GraphError) -> Term { try terms.number(value, type) }
}

extension Term {
  /// This term, called after what `value` is called, where it has no name: the slope of `dense1_a` is `dense1_slope`.
  func named(_ kind: String, after value: Term) -> Term {
    guard terms.builder.nodes[id].provenance.labels.isEmpty, literal == nil,
      var name = terms.builder.nodes[value.id].provenance.label
    else { return self }
    // What a layer gives is its z or a.
    for suffix in ["_z", "_a"] where name.hasSuffix(suffix) { name.removeLast(2) }
    terms.builder.label(id, name + "_" + kind)
    return self
  }
}

extension Optional<Term> {
  /// The term; zeros like `other` where there is none.
  func orZeros(like other: Term) throws(GraphError) -> Term {
    if let self { self } else { try other.number(0) }
  }
}

// MARK: - Elementwise

extension Term {
  static prefix func - (a: Term) throws(GraphError) -> Term { try a.terms(.unary(.negate), a) }

  static func + (a: Term, b: Term) throws(GraphError) -> Term { try binary(.add, a, b) }
  static func - (a: Term, b: Term) throws(GraphError) -> Term { try binary(.subtract, a, b) }
  static func * (a: Term, b: Term) throws(GraphError) -> Term { try binary(.multiply, a, b) }
  static func / (a: Term, b: Term) throws(GraphError) -> Term { try binary(.divide, a, b) }

  static func + (a: Term, b: Double) throws(GraphError) -> Term { try a + a.number(b) }
  static func - (a: Term, b: Double) throws(GraphError) -> Term { try a - a.number(b) }
  static func * (a: Term, b: Double) throws(GraphError) -> Term { try a * a.number(b) }
  static func / (a: Term, b: Double) throws(GraphError) -> Term { try a / a.number(b) }

  static func + (a: Double, b: Term) throws(GraphError) -> Term { try b.number(a) + b }
  static func - (a: Double, b: Term) throws(GraphError) -> Term { try b.number(a) - b }
  static func * (a: Double, b: Term) throws(GraphError) -> Term { try b.number(a) * b }
  static func / (a: Double, b: Term) throws(GraphError) -> Term { try b.number(a) / b }

  static func .== (a: Term, b: Term) throws(GraphError) -> Term { try compare(.equal, a, b) }
  static func .< (a: Term, b: Term) throws(GraphError) -> Term { try compare(.less, a, b) }
  static func .<= (a: Term, b: Term) throws(GraphError) -> Term { try compare(.lessOrEqual, a, b) }
  static func .> (a: Term, b: Term) throws(GraphError) -> Term { try compare(.greater, a, b) }
  static func .>= (a: Term, b: Term) throws(GraphError) -> Term { try compare(.greaterOrEqual, a, b) }

  static func .== (a: Term, b: Double) throws(GraphError) -> Term { try a .== a.number(b) }
  static func .< (a: Term, b: Double) throws(GraphError) -> Term { try a .< a.number(b) }
  static func .> (a: Term, b: Double) throws(GraphError) -> Term { try a .> a.number(b) }
  static func .>= (a: Term, b: Double) throws(GraphError) -> Term { try a .>= a.number(b) }

  static func .& (a: Term, b: Term) throws(GraphError) -> Term { try binary(.and, a, b) }

  fileprivate static func binary(_ function: BinaryFunction, _ a: Term, _ b: Term) throws(GraphError) -> Term
  {
    let (a, b) = try together(a, b)
    return try a.terms(.binary(function), a, b)
  }

  private static func compare(_ comparison: Comparison, _ a: Term, _ b: Term) throws(GraphError) -> Term {
    let (a, b) = try together(a, b)
    return try a.terms(.compare(comparison), a, b)
  }

  /// Both at the shape that NumPy's rules give them; where they do not fit, the operation's own type rule says so.
  fileprivate static func together(_ a: Term, _ b: Term) throws(GraphError) -> (Term, Term) {
    guard a.shape != b.shape, let shape = a.shape.broadcast(with: b.shape) else { return (a, b) }
    return (try a.broadcast(to: shape), try b.broadcast(to: shape))
  }
}

func exp(_ x: Term) throws(GraphError) -> Term { try x.terms(.unary(.exp), x) }
func log(_ x: Term) throws(GraphError) -> Term { try x.terms(.unary(.log), x) }
func sqrt(_ x: Term) throws(GraphError) -> Term { try x.terms(.unary(.sqrt), x) }
func sin(_ x: Term) throws(GraphError) -> Term { try x.terms(.unary(.sin), x) }
func cos(_ x: Term) throws(GraphError) -> Term { try x.terms(.unary(.cos), x) }
func sinh(_ x: Term) throws(GraphError) -> Term { try x.terms(.unary(.sinh), x) }
func cosh(_ x: Term) throws(GraphError) -> Term { try x.terms(.unary(.cosh), x) }
func sign(_ x: Term) throws(GraphError) -> Term { try x.terms(.unary(.sign), x) }
func round(_ x: Term) throws(GraphError) -> Term { try x.terms(.unary(.round), x) }
func pow(_ a: Term, _ b: Term) throws(GraphError) -> Term { try Term.binary(.power, a, b) }
func hypot(_ a: Term, _ b: Term) throws(GraphError) -> Term { try Term.binary(.hypot, a, b) }
func abs(_ x: Term) throws(GraphError) -> Term { try x.terms(.unary(.absolute), x) }
func max(_ a: Term, _ b: Term) throws(GraphError) -> Term { try Term.binary(.maximum, a, b) }
func max(_ a: Term, _ b: Double) throws(GraphError) -> Term { try Term.binary(.maximum, a, a.number(b)) }

/// `a` where the condition holds, `b` elsewhere.
func select(_ condition: Term, _ a: Term, _ b: Term) throws(GraphError) -> Term {
  let (a, b) = try Term.together(a, b)
  let shape = condition.shape.broadcast(with: a.shape) ?? a.shape
  return try a.terms(.select, condition.broadcast(to: shape), a.broadcast(to: shape), b.broadcast(to: shape))
}

func select(_ condition: Term, _ a: Term, _ b: Double) throws(GraphError) -> Term {
  try select(condition, a, a.number(b))
}

func select(_ condition: Term, _ a: Double, _ b: Term) throws(GraphError) -> Term {
  try select(condition, b.number(a), b)
}
