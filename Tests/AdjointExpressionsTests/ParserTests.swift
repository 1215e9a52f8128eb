import AdjointArray
import AdjointIR
import Foundation
import Testing

@testable import AdjointExpressions

@Suite("Reading mathematics")
struct ParserTests {
  static let x = 0.7
  static let y = 1.9

  /// Expressions in x = 0.7 and y = 1.9, each beside the same formula in Swift over Foundation.
  static let formulas: [(String, Double)] = [
    ("sqrt(x^2 + exp(x^2))", sqrt(x * x + exp(x * x))),
    ("x*(1 + exp(x^2))/sqrt(x^2 + exp(x^2))", x * (1 + exp(x * x)) / sqrt(x * x + exp(x * x))),
    ("1 + 2*3", 7), ("(1 + 2)*3", 9), ("8/4/2", 1), ("8/(4/2)", 4), ("10 - 4 - 3", 3), ("10 - (4 - 3)", 9),
    ("2^3^2", 512), ("(2^3)^2", 64), ("2**3", 8), ("-x^2", -(x * x)), ("(-x)^2", x * x), ("2^-1", 0.5),
    ("-2^2", -4), ("--x", x), ("+x", x), ("x - -y", x + y), ("x*-y", -(x * y)), ("2^-x*3", pow(2, -x) * 3),
    ("1", 1), (".5", 0.5), ("5.", 5), ("1e-3", 0.001), ("2.5E+2", 250), ("1e3*x", 1000 * x),
    ("pi", Double.pi), ("π", Double.pi), ("e", M_E), ("2*e", 2 * M_E), ("e^x", pow(M_E, x)),
    ("inf", Double.infinity), ("-inf", -Double.infinity),
    ("x^0", 1), ("x^1", x), ("x^3", x * x * x), ("x^-2", 1 / (x * x)), ("x^0.5", sqrt(x)),
    ("x^-0.5", 1 / sqrt(x)), ("x^(1/2)", sqrt(x)), ("x^(1/3)", cbrt(x)), ("x^2.5", pow(x, 2.5)),
    ("x^y", pow(x, y)), ("pow(x, 2)", x * x), ("x^10", pow(x, 10)), ("x^63", pow(x, 63)),
    ("x^65", pow(x, 65)),
    ("log(x)", log(x)), ("ln(x)", log(x)), ("sin(x) + cos(x)", sin(x) + cos(x)), ("tan(x)", tan(x)),
    ("sec(x)", 1 / cos(x)), ("csc(x)", 1 / sin(x)), ("cot(x)", cos(x) / sin(x)),
    ("sinh(x)", sinh(x)),
    ("cosh(x)", cosh(x)), ("asin(x)", asin(x)), ("arcsin(x)", asin(x)), ("acos(x)", acos(x)),
    ("atan(y)", atan(y)),
    ("asinh(y)", asinh(y)), ("acosh(y)", acosh(y)), ("atanh(x)", atanh(x)), ("exp2(x)", exp2(x)),
    ("log2(x)", log2(x)),
    ("log10(x)", log10(x)), ("cbrt(y)", cbrt(y)), ("erf(x)", erf(x)), ("erfc(x)", erfc(x)), ("floor(-x)", -1),
    ("ceil(-x)", 0), ("round(y)", 2), ("atan2(x, y)", atan2(x, y)), ("hypot(x, y)", hypot(x, y)),
    ("rem(-y, x)", fmod(-y, x)), ("square(x + y)", (x + y) * (x + y)), ("reciprocal(y)", 1 / y),
    ("tanh(x)", tanh(x)), ("sigmoid(x)", 1 / (1 + exp(-x))), ("relu(-x)", 0), ("relu(x)", x),
    ("abs(-x)", x), ("sign(-x)", -1), ("log1p(x)", log1p(x)), ("expm1(x)", expm1(x)),
    ("max(x, y)", y), ("min(x, y)", x), ("max(min(x, y), 1)", 1), ("exp (x)", exp(x)),
    ("x − y · 2", x - y * 2), ("x\n+\ty", x + y),
  ]

  @Test("has the values of the same formula in Swift", arguments: formulas)
  func values(_ text: String, _ expected: Double) throws {
    let result = try value(graph(text), ["x": Self.x, "y": Self.y])
    // Repeated multiplication against pow: a few units in the last place of the exponent's size.
    let tolerance = text.contains("^63") || text.contains("^10") ? 63 * 1.2e-16 : 4.5e-16
    #expect(result == expected || abs(result - expected) <= tolerance * abs(expected))
  }

  @Test("shares what the lecture shares: sqrt(x² + exp(x²)) is four operations")
  func lecture() throws {
    let graph = try graph("sqrt(x^2 + exp(x^2))")
    #expect(graph.nodes.map(\.operation.name) == ["input", "mul", "exp", "add", "sqrt"])
    #expect(graph.nodes.map(\.operands) == [[], [0, 0], [1], [1, 2], [3]])
  }

  @Test("lists variables in order of first appearance")
  func variables() throws {
    #expect(
      try ParsedExpression("a*x + b - a*c_1 + hidden.weight").variables == [
        "a", "x", "b", "c_1", "hidden.weight",
      ])
    #expect(try ParsedExpression("pi*e").variables == [])
  }

  @Test(
    "integer powers use few multiplications",
    arguments: [(1, 0), (2, 1), (3, 2), (4, 2), (5, 3), (8, 3), (15, 6), (64, 6)])
  func multiplications(_ exponent: Int, _ count: Int) throws {
    let graph = try graph("x^\(exponent)")
    #expect(graph.nodes.filter { $0.operation.name == "mul" }.count == count)
  }

  @Test(
    "which exponents stay a pow",
    arguments: [("x^2", 0), ("x^65", 1), ("x^2.5", 1), ("x^y", 1), ("pow(x, 2)", 1)])
  func powers(_ text: String, _ count: Int) throws {
    #expect(try graph(text).nodes.filter { $0.operation.name == "pow" }.count == count)
  }

  @Test("a sign before a number belongs to the number")
  func literals() throws {
    #expect(try graph("-2").nodes.map(\.operation) == [.constant(Literal(-2.0))])
    #expect(try graph("-(2)").nodes.map(\.operation) == [.constant(Literal(2.0)), .unary(.negate)])
  }

  @Test("constants take the variables' type")
  func types() throws {
    #expect(try graph("0.1*x", .float32).nodes[1].operation == .constant(Literal(Float(0.1))))
    #expect(try graph("2*x", .int32).nodes[1].operation == .constant(Literal(Int32(2))))
  }

  @Test("goes into a builder that has other nodes, with arrays for variables")
  func arrays() throws {
    var builder = Builder()
    let x = builder.argument(.input, "x", TensorType(.float32, [4, 3]))
    let b = builder.argument(.parameter, "b", TensorType(.float32, [3]))
    let result = try ParsedExpression("2*x + b").build(into: &builder, variables: ["x": x, "b": b])
    #expect(builder.type(result) == TensorType(.float32, [4, 3]))
    #expect(
      builder.graph(outputs: [Output("f", result)]).expression(of: result).hasSuffix("*x + broadcast(b)"))
  }

  @Test("says which variable has no node, and which number does not fit the type")
  func graphErrors() throws {
    var builder = Builder()
    let x = builder.argument(.input, "x", TensorType(.float64, .scalar))
    #expect {
      _ = try ParsedExpression("x + rate").build(into: &builder, variables: ["x": x])
    } throws: {
      ($0 as? GraphError)?.message
        == "expression: the variable rate has no node; give a node for each of x, rate"
    }
    #expect(throws: GraphError.self) { try graph("0.5*n", .int32) }
    #expect(throws: GraphError.self) { try graph("1e300*x", .float32) }
    #expect(throws: GraphError.self) { try graph("x^2", .bool) }
  }

  @Test("reads sums, powers and signs of 100,000 terms without recursion")
  func longChains() throws {
    let sum = try graph(Array(repeating: "x", count: 100_000).joined(separator: " + "))
    #expect(sum.nodes.count == 100_000)
    #expect(try value(sum, ["x": 0.5]) == 50_000)
    #expect(sum.expression(of: sum.outputs[0].node, limit: .max).utf8.count == 100_000 * 4 - 3)
    let tower = try graph(Array(repeating: "x", count: 100_000).joined(separator: "^"))
    #expect(try value(tower, ["x": 1]) == 1)
    let signs = try graph(String(repeating: "-", count: 100_001) + "x")
    #expect(try value(signs, ["x": 2]) == -2)
  }

  @Test("parentheses nest 1,000 deep, no deeper")
  func depth() throws {
    let nested = { String(repeating: "(", count: $0) + "x" + String(repeating: ")", count: $0) }
    #expect(try ParsedExpression(nested(1_000)).variables == ["x"])
    #expect(failure(nested(1_001))?.kind == .nestedTooDeeply)
    #expect(failure(nested(1_001))?.column == 1_001)
  }
}
