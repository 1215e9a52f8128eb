import AdjointArray
import AdjointIR

/// A mathematical expression such as `sqrt(x^2 + exp(x^2))`, read from text.
///
/// Operators, loosest first: `+ -`, `* /`, signs, `^` or `**` (to the right; −x^2 is −(x^2)). Functions: those
/// of the graph by name (`exp`, `log`, `sqrt`, `max`, …), `ln`, `arcsin`, `arccos`, `arctan`,
/// `square`, `reciprocal`, `sec`, `csc` and `cot`. `pi`, `e`, `inf` and `nan` are
/// numbers; every other name is a variable. There is no implicit multiplication.
///
/// A power with a constant integer exponent of at most 64 becomes multiplications (repeated squaring from the
/// exponent's highest bit; a negative one divides 1 by them), exponents ±1/2 become square roots, all others
/// `pow`. The function `pow(x, 2)` is always the graph's power.
public struct ParsedExpression: Hashable, Sendable, CustomStringConvertible {
  /// The expression as written.
  public let text: String
  /// The variables' names in order of first appearance.
  public let variables: [String]
  /// Operands before their users; the last is the whole expression.
  private let terms: [Term]

  /// - Throws: ``ExpressionError`` with the column and what would be right.
  public init(_ text: String) throws(ExpressionError) {
    let parser = try ExpressionParser(text)
    self.text = text
    variables = parser.variables
    terms = parser.terms
  }

  public var description: String { text }

  /// Appends the expression's operations to `builder`; the node of its value.
  ///
  /// - Parameters:
  ///   - variables: a node for each variable; shapes follow NumPy's broadcasting.
  ///   - scalarType: the type of the constants; by default that of the first variable, float64 without one.
  /// - Throws: ``GraphError`` where a variable is missing, or types or shapes do not fit.
  public func build(
    into builder: inout Builder, variables nodes: [String: NodeID], scalarType: ScalarType? = nil
  ) throws(GraphError) -> NodeID {
    var arguments: [NodeID] = []
    for name in variables {
      guard let node = nodes[name], builder.nodes.indices.contains(node) else {
        throw GraphError(
          .invalidAttribute, operation: "expression", problem: "the variable \(name) has no node",
          remedy: "give a node for each of \(variables.joined(separator: ", "))")
      }
      arguments.append(node)
    }
    let scalarType = scalarType ?? arguments.first.map { builder.scalarType($0) } ?? .float64
    let values = try constantValues(scalarType)
    let needed = neededTerms(values)
    var built = [NodeID](repeating: 0, count: terms.count)
    for (index, term) in terms.enumerated() where needed[index] {
      switch term {
      case .number(let value):
        built[index] = builder.constant(Literal(value, as: scalarType))
      case .variable(let variable):
        built[index] = arguments[variable]
      case .unary(let function, let a):
        built[index] = try builder.unary(function, built[a])
      case .binary(let function, let a, let b):
        built[index] = try builder.binary(function, built[a], built[b])
      case .composition(let composition, let a):
        built[index] = try composition.build(into: &builder, built[a])
      case .power(let base, let exponent):
        if let power = SpecialPower(exponent: values[exponent]) {
          built[index] = try power.build(into: &builder, base: built[base])
        } else {
          built[index] = try builder.binary(.power, built[base], built[exponent])
        }
      }
    }
    return built[terms.count - 1]
  }

  /// The graph of this expression alone: its variables are scalar inputs, its value is the output `f`.
  public func graph(_ scalarType: ScalarType = .float64) throws(GraphError) -> Graph {
    var builder = Builder()
    var nodes: [String: NodeID] = [:]
    for name in variables {
      nodes[name] = builder.argument(.input, name, TensorType(scalarType, .scalar))
    }
    let value = try build(into: &builder, variables: nodes, scalarType: scalarType)
    return builder.graph(outputs: [Output("f", value)])
  }

  /// The value of each term that is made of numbers by + − × ÷ alone.
  private func constantValues(_ scalarType: ScalarType) throws(GraphError) -> [Double?] {
    var values = [Double?](repeating: nil, count: terms.count)
    for (index, term) in terms.enumerated() {
      switch term {
      case .number(let value):
        let rounded = Literal(value, as: scalarType).doubleValue
        guard scalarType.isFloatingPoint ? rounded.isFinite || !value.isFinite : rounded == value else {
          throw GraphError(
            .typeMismatch, operation: "expression", problem: "\(value) is no \(scalarType)",
            remedy: "use float64 variables, or a number that \(scalarType) has")
        }
        values[index] = rounded
      case .unary(let function, let a):
        values[index] = SpecialPower.fold(function, values[a])
      case .binary(let function, let a, let b):
        values[index] = SpecialPower.fold(function, values[a], values[b])
      case .variable, .power, .composition:
        break
      }
    }
    return values
  }

  /// Which terms become nodes: all but the exponents that become multiplications or square roots.
  private func neededTerms(_ values: [Double?]) -> [Bool] {
    var needed = [Bool](repeating: false, count: terms.count)
    needed[terms.count - 1] = true
    for (index, term) in terms.enumerated().reversed() where needed[index] {
      switch term {
      case .number, .variable: break
      case .unary(_, let a), .composition(_, let a): needed[a] = true
      case .binary(_, let a, let b):
        needed[a] = true
        needed[b] = true
      case .power(let base, let exponent):
        needed[base] = true
        needed[exponent] = SpecialPower(exponent: values[exponent]) == nil
      }
    }
    return needed
  }
}
