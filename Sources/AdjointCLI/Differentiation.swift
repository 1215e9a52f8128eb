import Adjoint
import Foundation

/// An expression and some of its derivatives, as graphs and at one point.
struct Differentiation {
  /// What is asked for; the variables are those to differentiate by.
  enum Request {
    /// One derivative, by these variables in turn: x, x, y for ∂³f/∂x²∂y.
    case derivative([String])
    case gradient([String])
    case hessian([String])
  }
  /// One derivative.
  struct Entry {
    /// The variables in turn.
    let variables: [String]
    let value: Double
    /// A five-point central difference of the derivative of one order less, and its step.
    let difference: Double
    let step: Double

    /// The difference between the derivative and the central difference, relative to the greater one.
    var relativeDifference: Double {
      if value == difference { return 0 }
      return abs(value - difference) / max(abs(value), abs(difference))
    }
  }

  let expression: ParsedExpression
  let request: Request
  let point: Point
  /// The expression alone, as it was written.
  let written: Graph
  /// Value and derivatives as reverse mode makes them, order upon order; `nil` where that is longer than anybody reads.
  let mechanical: Graph?
  /// The same, rewritten by the exact rules after each order, and by those of algebra, too.
  let exact: Graph
  let algebraic: Graph
  let value: Double
  /// As many as the graphs have outputs after the first, in their order: for a Hessian first the gradient, then the
  /// upper triangle row by row.
  let entries: [Entry]
  /// What machine code gives for the outputs, or why there is none.
  let compiled: Result<[Double], any Error>
  /// The way to all of them, a line for what is used more than once, with each line's value.
  let steps: [(line: NamedExpression, value: Double)]
  /// The C of all of them, for reading.
  let source: String?

  /// Beyond this many nodes a derivative is not made.
  private static let limit = 40_000
  private static let readableLimit = 4_000

  /// - Parameter at: the parts of `--at`; without them a point is chosen.
  init(_ expression: ParsedExpression, _ request: Request, at: [String]) throws {
    self.expression = expression
    self.request = request
    let function = try expression.graph()
    written = function
    let names = expression.variables
    let wanted = request.sequences.map { $0.compactMap { names.firstIndex(of: $0) } }
    let orders = Self.prefixes(of: wanted)
    func derivatives(_ phases: Set<RewritePhase>, _ limit: Int) throws -> Derivatives? {
      try Derivatives(of: function, orders, names, phases: phases, limit: limit)
    }
    mechanical = try derivatives([], Self.readableLimit)?.graph(of: wanted)
    let simplest = try derivatives(RewritePhase.standard.union([.algebra]), Self.limit)
    guard let simple = try derivatives(RewritePhase.standard, Self.limit) ?? simplest else {
      throw UsageError(
        "this derivative has more than \(Format.count(Self.limit)) operations; give a shorter expression or a lower --order"
      )
    }
    exact = simple.graph(of: wanted)
    // What is shorter to write.
    algebraic =
      [simplest?.graph(of: wanted), exact].compactMap { $0 }.min { $0.flopsAsWritten < $1.flopsAsWritten }
      ?? exact
    let graph = exact
    let point = try Point(at, of: names, for: graph)
    self.point = point

    let numbers = try graph.values(at: point.values)
    value = numbers[0]
    entries = try zip(wanted, numbers.dropFirst()).map { sequence, number in
      let (difference, step) = try Self.centralDifference(
        simple.graph(ofOne: Array(sequence.dropLast())), sequence.last ?? 0, point.values)
      return Entry(
        variables: sequence.map { names[$0] }, value: number, difference: difference, step: step)
    }
    let lines = graph.namedExpressions(of: graph.outputs.map(\.node))
    let values = try Graph(nodes: graph.nodes, outputs: lines.map { Output($0.name, $0.node) })
      .values(at: point.values)
    steps = Array(zip(lines, values))

    do {
      let executable = try Executable(graph.labelled(by: lines), name: "derivatives")
      compiled = .success(try executable(point.values.map { NDArray($0) }).map { $0.doubles[0] })
      source = executable.program.c(.portable)
    } catch {
      compiled = .failure(error)
      source = nil
    }
  }

  /// All of them as one graph for Graphviz, each node with its formula; the derivatives' own are orange.
  var dot: String {
    var titles: [NodeID: String] = [:]
    for line in exact.namedExpressions(of: exact.outputs.map(\.node), naming: .each) {
      titles[line.node] = "\(line)"
    }
    let forward = exact.ancestors(of: [exact.outputs[0].node])
    return exact.dot(titles: titles, backward: Set(exact.nodes.indices.filter { !forward[$0] }))
  }

  /// The FLOPs of what, how counted.
  var flops: [(name: String, count: Int)] {
    let what = entries.count == 1 ? "derivative" : "derivatives"
    func derivatives(_ graph: Graph) -> Graph {
      Graph(nodes: graph.nodes, outputs: Array(graph.outputs.dropFirst()))
    }
    func value(_ graph: Graph) -> Graph { Graph(nodes: graph.nodes, outputs: [graph.outputs[0]]) }
    var counts: [(String, Int)] = []
    if let mechanical {
      counts = [
        ("value as written", value(mechanical).flopsAsWritten), ("value, shared", value(mechanical).flops),
        ("\(what) by reverse mode, as written", derivatives(mechanical).flopsAsWritten),
        ("\(what) by reverse mode, shared", derivatives(mechanical).flops),
      ]
    }
    return counts + [
      ("\(what) simplified, shared", derivatives(exact).flops),
      ("\(what) with algebra, shared", derivatives(algebraic).flops),
      ("value and \(what) together, shared", exact.flops),
      ("value and \(what) with algebra, shared", algebraic.flops),
    ]
  }

  /// The sequences, and before each all those that lead to it.
  private static func prefixes(of sequences: [[Int]]) -> [[Int]] {
    var found: [[Int]] = []
    for sequence in sequences {
      for length in 1...max(1, sequence.count) {
        let prefix = Array(sequence.prefix(length))
        if !found.contains(prefix) { found.append(prefix) }
      }
    }
    return found
  }

  /// (8 (f(x+h) − f(x−h)) − (f(x+2h) − f(x−2h))) / 12h, of error O(h⁴) (Abramowitz & Stegun, 25.3.6), with an h at
  /// which that is about what rounding adds. Where f is not defined so far from x, h is made smaller.
  private static func centralDifference(_ graph: Graph, _ position: Int, _ point: [Double]) throws -> (
    Double, step: Double
  ) {
    func f(_ x: Double) throws -> Double {
      var moved = point
      moved[position] = x
      return try graph.values(at: moved)[0]
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

extension Differentiation.Request {
  /// The derivatives that are shown, each by the variables in turn.
  var sequences: [[String]] {
    switch self {
    case .derivative(let variables): [variables]
    case .gradient(let variables): variables.map { [$0] }
    case .hessian(let variables):
      variables.map { [$0] }
        + variables.indices.flatMap { i in variables[i...].map { [variables[i], $0] } }
    }
  }
}

extension Graph {
  /// The same graph with its intermediate values called as in `lines`, and its outputs by their names: what C calls
  /// them.
  fileprivate func labelled(by lines: [NamedExpression]) -> Graph {
    var labels = Dictionary(lines.map { ($0.node, $0.name) }, uniquingKeysWith: { first, _ in first })
    for output in outputs { labels[output.node] = output.name }
    let nodes = nodes.enumerated().map { id, node in
      let label = labels[id].map { [$0] } ?? []
      return Node(
        node.operation, node.operands, type: node.type,
        provenance: node.operation.isArgument ? node.provenance : Provenance(labels: label))
    }
    return Graph(nodes: nodes, outputs: outputs)
  }

  /// The outputs for scalar arguments.
  fileprivate func values(at point: [Double]) throws -> [Double] {
    try Interpreter(self).run(values: point.map { NDArray($0) })
      // Of NaNs none has a sign.
      .map { $0.doubles[0].isNaN ? .nan : $0.doubles[0] }
  }
}

/// A function and its derivatives in one graph, made order by order.
private struct Derivatives {
  private var graph: Graph
  /// Of which derivative each output is the value; the function itself is `[]`.
  private var known: [[Int]] = [[]]

  /// - Parameters:
  ///   - orders: the positions of the variables, in turn; each after the ones that lead to it.
  ///   - phases: of the rewriting after each order.
  /// - Returns: `nil` where the graph has more than `limit` nodes.
  init?(
    of function: Graph, _ orders: [[Int]], _ names: [String], phases: Set<RewritePhase>, limit: Int
  ) throws {
    func rewritten(_ graph: Graph) -> Graph { phases.isEmpty ? graph : graph.simplified(phases: phases) }
    let value = Graph(
      nodes: function.nodes, outputs: [Output("f", function.outputs[0].node)])
    graph = rewritten(value)
    for order in 1...max(1, orders.map(\.count).max() ?? 1) {
      var builder = Builder(graph)
      var outputs = graph.outputs
      var found = known
      // One sweep for all derivatives of one function.
      var sources: [[Int]] = []
      for sequence in orders where sequence.count == order {
        let source = Array(sequence.dropLast())
        if !sources.contains(source) { sources.append(source) }
      }
      for source in sources {
        guard let position = known.firstIndex(of: source) else { continue }
        let sequences = orders.filter { $0.count == order && Array($0.dropLast()) == source }
        let nodes = try builder.gradient(
          of: graph.outputs[position].node,
          withRespectTo: sequences.map { graph.arguments[$0[order - 1]] })
        for (sequence, node) in zip(sequences, nodes) {
          outputs.append(Output(sequence.map { names[$0] }.derivativeName, node))
          found.append(sequence)
        }
      }
      known = found
      graph = rewritten(builder.graph(outputs: outputs))
      if graph.nodes.count > limit { return nil }
    }
  }

  /// The function and the derivatives of `sequences`, without what led to them.
  func graph(of sequences: [[Int]]) -> Graph {
    Graph(nodes: graph.nodes, outputs: ([[]] + sequences).compactMap { output($0) }).removingDeadNodes()
  }

  /// The derivative of `sequence` alone.
  func graph(ofOne sequence: [Int]) -> Graph {
    Graph(nodes: graph.nodes, outputs: [sequence].compactMap { output($0) }).removingDeadNodes()
  }

  private func output(_ sequence: [Int]) -> Output? {
    known.firstIndex(of: sequence).map { graph.outputs[$0] }
  }
}

extension [String] {
  /// `df_dx`, `d2f_dx2`, `d3f_dx2_dy`: the name in C of the derivative by these variables in turn.
  var derivativeName: String {
    let runs = runs.map { "d\($0.variable)" + ($0.count == 1 ? "" : "\($0.count)") }
    return "d\(count == 1 ? "" : "\(count)")f_" + runs.joined(separator: "_")
  }

  /// `d/dx`, `d^2/dx^2`, `d^3/dx^2 dy`
  var derivativeSymbol: String {
    let runs = runs.map { "d\($0.variable)" + ($0.count == 1 ? "" : "^\($0.count)") }
    return "d\(count == 1 ? "" : "^\(count)")/" + runs.joined(separator: " ")
  }

  /// `\frac{\partial^{2} f}{\partial x\,\partial y}`
  ///
  /// - Parameter isPartial: whether the function has other variables.
  func derivativeLaTeX(isPartial: Bool) -> String {
    let d = isPartial ? "\\partial" : "d"
    let runs = runs.map { run in
      "\(d) \(ExpressionStyle.latex.name(run.variable))" + (run.count == 1 ? "" : "^{\(run.count)}")
    }
    return "\\frac{\(d)\(count == 1 ? "" : "^{\(count)}") f}{\(runs.joined(separator: "\\,"))}"
  }

  private var runs: [(variable: String, count: Int)] {
    reduce(into: []) { runs, variable in
      if runs.last?.variable == variable {
        runs[runs.count - 1].count += 1
      } else {
        runs.append((variable, 1))
      }
    }
  }
}
