import AdjointArray
import AdjointIR
import Testing

@testable import AdjointExpressions

@Suite("Printing mathematics")
struct PrinterTests {
  @Test(
    "prints with as few parentheses as read back to the same graph",
    arguments: [
      ("sqrt(x*x+exp(x**2))", "sqrt(x^2 + exp(x^2))"), ("((a*x))+b", "a*x + b"), ("-(x^2)", "-x^2"),
      ("(-x)^2", "(-x)^2"), ("-(x*y)", "-(x*y)"), ("(-x)*y", "-x*y"), ("x-(y-z)", "x - (y - z)"),
      ("(x-y)-z", "x - y - z"), ("x+(y+z)", "x + (y + z)"), ("x/(y*z)", "x/(y*z)"), ("x/y*z", "x/y*z"),
      ("x*(y/z)", "x*(y/z)"), ("(x+y)*z", "(x + y)*z"), ("x - -y", "x - (-y)"), ("x + -2*y", "x + (-2*y)"),
      ("-2*x", "-2*x"), ("-(2)*x", "-(2)*x"), ("x*-2", "x*(-2)"), ("x*x*x", "x^3"), ("x*x*x*x", "x^3*x"),
      ("x*(x*x)", "x*x^2"),
      ("(x+1)^2", "(x + 1)^2"), ("exp(x)^2", "exp(x)^2"), ("(x^2)^3", "x^4*x^2"), ("(x^3)^2", "x^6"),
      ("x^-2", "1/x^2"), ("x^y^z", "x^y^z"), ("(x^y)^z", "(x^y)^z"), ("x^-y", "x^(-y)"), ("2^x", "2^x"),
      ("pow(x,2)", "pow(x, 2)"), ("x^2.5", "x^2.5"), ("x^-2.5", "x^(-2.5)"), ("x^.5", "sqrt(x)"),
      ("(-2)^x", "(-2)^x"), ("ln(x)", "log(x)"), ("2.0*x", "2*x"), ("0.1+x", "0.1 + x"),
      ("1e-5*x", "1e-05*x"),
      ("pi*x", "pi*x"), ("e^-x", "e^(-x)"), ("3.141592653589793", "pi"), ("max(x, -y)", "max(x, -y)"),
      ("tan(x)", "tan(x)"), ("sec(x)", "1/cos(x)"), ("cot(x)", "cos(x)/sin(x)"), ("square(x)", "x^2"),
      ("arctan(x)", "atan(x)"), ("rem(x, -y)", "rem(x, -y)"), ("log10(x)^2", "log10(x)^2"),
      ("exp2(x)^2", "exp2(x)^2"), ("x^64", "x^64"), ("(x^64)^2", "(x^64)^2"), ("--x", "-(-x)"),
      ("-0*x", "-0*x"),
    ])
  func text(_ source: String, _ expected: String) throws {
    #expect(try printed(source) == expected)
    #expect(try graph(expected) == graph(source))
  }

  @Test(
    "prints LaTeX",
    arguments: [
      ("sqrt(x^2 + exp(x^2))", #"\sqrt{x^{2} + \exp\left(x^{2}\right)}"#),
      (
        "x*(1 + exp(x^2))/sqrt(x^2 + exp(x^2))",
        #"\frac{x \left(1 + \exp\left(x^{2}\right)\right)}{\sqrt{x^{2} + \exp\left(x^{2}\right)}}"#
      ),
      ("2*x", "2 x"), ("x*2", "2 x"), ("2*3*x", #"2 \cdot 3 x"#), ("x*(y*z)", "x y z"), ("x*(x*x)", "x^{3}"),
      ("-(x*y)", "-x y"),
      ("-(x/y)", #"-\frac{x}{y}"#),
      ("(x/y)^2", #"\left(\frac{x}{y}\right)^{2}"#), ("x - -y", #"x - \left(-y\right)"#),
      ("abs(x)", #"\left|x\right|"#), ("sigmoid(x)", #"\sigma\left(x\right)"#),
      ("relu(x)", #"\operatorname{relu}\left(x\right)"#),
      ("x^(y+1)", "x^{y + 1}"), ("1e-5*x", #"10^{-5} x"#), ("1.5e-7", #"1.5 \cdot 10^{-7}"#),
      ("pi*alpha", #"\pi \alpha"#),
      ("x1 + w_out + rate", #"x_{1} + w_{\mathrm{out}} + \mathrm{rate}"#),
      ("max(x, y)", #"\max\left(x, y\right)"#),
      ("log1p(-x)", #"\log\left(1 + \left(-x\right)\right)"#),
      ("y*expm1(x)", #"y \left(\exp\left(x\right) - 1\right)"#),
      ("-inf", #"-\infty"#), ("asin(x)", #"\arcsin\left(x\right)"#),
      ("atanh(x)", #"\operatorname{artanh}\left(x\right)"#),
      ("log2(x)", #"\log_{2}\left(x\right)"#), ("exp2(x)^2", #"\left(2^{x}\right)^{2}"#),
      ("cbrt(x + 1)", #"\sqrt[3]{x + 1}"#),
      ("floor(x)", #"\left\lfloor x\right\rfloor"#),
      ("hypot(x, y)", #"\operatorname{hypot}\left(x, y\right)"#),
      ("erf(-x)", #"\operatorname{erf}\left(-x\right)"#),
    ])
  func latex(_ source: String, _ expected: String) throws {
    #expect(try printed(source, .latex) == expected)
  }

  @Test(
    "prints as on paper: numbers first, no parentheses where order does not matter",
    arguments: [
      ("sin(y)*x*2", "2*sin(y)*x"), ("x*(y*z)", "x*y*z"), ("x + (y - z)", "x + y - z"), ("-(x*y)", "-x*y"),
      ("x*(x*x)", "x^3"), ("x - (y + z)", "x - (y + z)"), ("x/(y*z)", "x/(y*z)"), ("(x + 1)*2", "2*(x + 1)"),
      ("x*-2", "-2*x"), ("2*3", "2*3"), ("-(2)", "-(2)"), ("x*(y/z)", "x*y/z"), ("max(x, 2)", "max(x, 2)"),
    ])
  func paper(_ source: String, _ expected: String) throws {
    #expect(try printed(source, .paper) == expected)
    // Another order of operations, the same function.
    let point = ["x": 0.7, "y": 1.9, "z": -0.3]
    let (a, b) = (try value(graph(source), point), try value(graph(expected), point))
    #expect(abs(a - b) <= 1e-15 * abs(a))
  }

  @Test("names the lecture's intermediates a, b, c, d")
  func lecture() throws {
    let graph = try graph("sqrt(x^2 + exp(x^2))")
    let result = graph.outputs[0].node
    #expect(
      graph.namedExpressions(of: [result], naming: .each).map(\.description)
        == ["a = x^2", "b = exp(a)", "c = a + b", "d = sqrt(c)"])
    #expect(graph.namedExpressions(of: [result]).map(\.description) == ["a = x^2", "b = sqrt(a + exp(a))"])
    #expect(
      graph.namedExpressions(of: [result], style: .latex).map(\.description)
        == ["a = x^{2}", #"b = \sqrt{a + \exp\left(a\right)}"#])
    let rows = graph.operationList(of: [result])
    #expect(rows.map(\.name) == ["a", "b", "c", "d"] && rows.map(\.flops) == [1, 1, 1, 1])
  }

  @Test("f and f′ together are the lecture's 7 operations")
  func derivative() throws {
    var builder = Builder()
    let x = builder.argument(.input, "x", TensorType(.float64, .scalar))
    let f = try ParsedExpression("sqrt(x^2 + exp(x^2))").build(into: &builder, variables: ["x": x])
    let df = try ParsedExpression("x*(1 + exp(x^2))/sqrt(x^2 + exp(x^2))").build(
      into: &builder, variables: ["x": x])
    let rows = builder.graph(outputs: [Output("f", f), Output("df", df)]).operationList(of: [f, df])
    #expect(rows.map(\.flops).reduce(0, +) == 7)
    #expect(rows.map(\.expression) == ["x^2", "exp(a)", "a + b", "sqrt(c)", "1 + b", "x*g", "h/d"])
    #expect(rows.map(\.name) == ["a", "b", "c", "d", "g", "h", "i"])  // e is a number, f an output
  }

  @Test("names skip the variables' and go on after z")
  func names() throws {
    let source = try graph("a*exp(b)*" + (0..<30).map { "sin(a + \($0))" }.joined(separator: "*"))
    let names = source.namedExpressions(of: [source.outputs[0].node], naming: .each).map(\.name)
    #expect(names.prefix(3) == ["c", "d", "g"])
    #expect(
      Set(names).count == names.count && !names.contains("e") && !names.contains("a") && names.contains("a1"))
  }

  @Test("a square writes its base once, a sum of equals twice")
  func shared() throws {
    let square = try graph("1 + sin(x)^4")
    #expect(square.namedExpressions(of: [square.outputs[0].node]).map(\.description) == ["a = 1 + sin(x)^4"])
    let double = try graph("sin(x) + sin(x)")
    #expect(
      double.namedExpressions(of: [double.outputs[0].node]).map(\.description) == ["a = sin(x)", "b = a + a"])
  }

  @Test("falls back to named lines where the tree is exponentially long")
  func limit() throws {
    var builder = Builder()
    var node = builder.argument(.input, "x", TensorType(.float64, .scalar))
    for _ in 0..<64 {
      node = try builder.binary(.add, try builder.unary(.sin, node), try builder.unary(.cos, node))
    }
    let graph = builder.graph(outputs: [Output("f", node)])
    let lines = graph.expression(of: node).split(separator: "\n")
    #expect(lines.count == 64)
    #expect(lines.prefix(2) == ["a = sin(x) + cos(x)", "b = sin(a) + cos(a)"])
  }

  @Test(
    "each number prints as the shortest that reads back",
    arguments: [
      0.1, 1e21, 123_456_789, Double.leastNonzeroMagnitude, 1.7976931348623157e308, -0.0, 2.718281828459045,
    ])
  func numbers(_ number: Double) throws {
    var builder = Builder()
    let node = builder.constant(Literal(number))
    let text = builder.graph(outputs: [Output("f", node)]).expression(of: node)
    #expect(try graph(text).nodes.map(\.operation) == [.constant(Literal(number))])
    #expect(!text.hasSuffix(".0"))
  }

  @Test("float32 constants print short too")
  func singlePrecision() throws {
    let graph = try graph("0.1*x + pi", .float32)
    #expect(graph.expression(of: graph.outputs[0].node) == "0.1*x + pi")
  }

  @Test("what the parser does not read prints all the same")
  func otherOperations() throws {
    var builder = Builder()
    let x = builder.argument(.input, "x", TensorType(.float64, .scalar))
    let zero = builder.constant(Literal(0.0))
    let positive = try builder.compare(.greater, x, zero)
    let node = try builder.select(positive, try builder.unary(.exp, x), zero)
    let graph = builder.graph(outputs: [Output("f", node)])
    #expect(graph.expression(of: node) == "select(x > 0, exp(x), 0)")
    #expect(
      graph.expression(of: node, style: .latex)
        == #"\begin{cases} \exp\left(x\right) & \text{if } x > 0 \\ 0 & \text{otherwise} \end{cases}"#)
  }

  @Test("an argument whose name is no variable's gets one that is")
  func argumentNames() throws {
    var builder = Builder()
    let scalar = TensorType(.float64, .scalar)
    var node = builder.argument(.input, "e", scalar)
    for name in ["learning rate", "sin", "sin_", "2x", ""] {
      node = try builder.binary(.add, node, builder.argument(.input, name, scalar))
    }
    let text = builder.graph(outputs: [Output("f", node)]).expression(of: node)
    #expect(text == "e_ + learning_rate + sin__ + sin_ + _2x + _")
    #expect(try ParsedExpression(text).variables.count == 6)
  }
}
