import Adjoint
import Foundation

/// An expression, its derivative, and both at one point.
struct Differentiation {
  let expression: ParsedExpression
  let variable: String
  let order: Int
  /// One for each of the expression's variables.
  let point: [Double]
  /// The value and the derivative as reverse mode makes it.
  let mechanical: Graph
  /// The same after the exact rules, and after those of algebra, too.
  let exact: Graph
  let algebraic: Graph
  let value: Double
  let derivative: Double
  /// What machine code gives, or why there is none.
  let compiled: Result<(value: Double, derivative: Double), any Error>
  /// A five-point central difference of the derivative of one order less, and its step.
  let difference: Double
  let step: Double
  /// The way to both, a line for what is used more than once, with each line's value.
  let steps: [(line: NamedExpression, value: Double)]
  /// The C of both, for reading.
  let source: String?

  /// - Parameter point: a value for each of the expression's variables.
  init(_ expression: ParsedExpression, by variable: String, order: Int, at point: [Double]) throws {
    self.expression = expression
    self.variable = variable
    self.order = order
    self.point = point
    let graph = try expression.graph()
    let position = expression.variables.firstIndex(of: variable) ?? 0
    var builder = Builder(graph)
    var chain = [graph.outputs[0].node]
    for _ in 0..<order {
      chain.append(try builder.gradient(of: chain[chain.count - 1], withRespectTo: graph.arguments[position]))
    }
    let outputs = [Output("value", chain[0]), Output("derivative", chain[order])]
    mechanical = builder.graph(outputs: outputs)
    exact = mechanical.simplified()
    algebraic = mechanical.simplified(phases: Set(RewritePhase.allCases))

    let numbers = try Self.evaluate(exact, point)
    (value, derivative) = (numbers[0], numbers[1])
    (difference, step) = try Self.centralDifference(
      builder.graph(outputs: [Output("before", chain[order - 1])]), position, point)

    let ids = exact.outputs.map(\.node)
    let lines = exact.namedExpressions(of: ids)
    let values = try Self.evaluate(
      Graph(nodes: exact.nodes, outputs: lines.map { Output($0.name, $0.node) }), point)
    steps = Array(zip(lines, values))

    do {
      let executable = try Executable(exact, name: "f")
      let results = try executable(point.map { NDArray($0) })
      compiled = .success((results[0].doubles[0], results[1].doubles[0]))
      source = executable.program.c(.portable)
    } catch {
      compiled = .failure(error)
      source = nil
    }
  }

  /// Value and derivative as one graph for Graphviz, each node with its formula; the derivative's own are orange.
  var dot: String {
    let ids = exact.outputs.map(\.node)
    var titles: [NodeID: String] = [:]
    for line in exact.namedExpressions(of: ids, naming: .each) { titles[line.node] = "\(line)" }
    let forward = exact.ancestors(of: [ids[0]])
    return exact.dot(titles: titles, backward: Set(exact.nodes.indices.filter { !forward[$0] }))
  }

  /// The difference between the derivative and the central difference, relative to the greater one.
  var relativeDifference: Double {
    if derivative == difference { return 0 }
    return abs(derivative - difference) / max(abs(derivative), abs(difference))
  }

  /// The FLOPs of what, how counted.
  var flops: [(name: String, count: Int)] {
    func part(_ graph: Graph, _ index: Int) -> Graph {
      Graph(nodes: graph.nodes, outputs: [graph.outputs[index]])
    }
    return [
      ("value as written", part(mechanical, 0).flopsAsWritten),
      ("value, shared", part(exact, 0).flops),
      ("derivative by reverse mode, as written", part(mechanical, 1).flopsAsWritten),
      ("derivative by reverse mode, shared", part(mechanical, 1).flops),
      ("derivative simplified, shared", part(exact, 1).flops),
      ("derivative with algebra, shared", part(algebraic, 1).flops),
      ("value and derivative together, shared", exact.flops),
      ("value and derivative with algebra, shared", algebraic.flops),
    ]
  }

  private static func evaluate(_ graph: Graph, _ point: [Double]) throws -> [Double] {
    try Interpreter(graph).run(values: point.map { NDArray($0) }).map { $0.doubles[0] }
  }

  /// (8 (f(x+h) − f(x−h)) − (f(x+2h) − f(x−2h))) / 12h, of error O(h⁴) (Abramowitz & Stegun, 25.3.6), with an h at
  /// which that is about what rounding adds. Where f is not defined so far from x, h is made smaller.
  private static func centralDifference(_ graph: Graph, _ position: Int, _ point: [Double]) throws -> (
    Double, step: Double
  ) {
    func f(_ x: Double) throws -> Double {
      var moved = point
      moved[position] = x
      return try evaluate(graph, moved)[0]
    }
    let x = point[position]
    var h = pow(Double.ulpOfOne, 0.2) * max(1, abs(x))
    var result = Double.nan
    for _ in 0..<8 {
      let near = try f(x + h) - f(x - h)
      let far = try f(x + 2 * h) - f(x - 2 * h)
      result = (8 * near - far) / (12 * h)
      if result.isFinite { break }
      h /= 16
    }
    return (result, h)
  }
}
