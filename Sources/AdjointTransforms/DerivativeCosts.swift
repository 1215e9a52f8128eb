import AdjointArray
import AdjointIR

/// What a function of scalars and its derivatives cost, by each of the ways in which they are computed on paper and by
/// machine.
///
/// Each count is that of a graph, by the lecture's rule: each of + − × ÷ and each elementary function is one operation,
/// reading names and constants is free. *As written* counts the expression trees, where nothing is used twice; *shared*
/// counts each value once. (University of Oslo, FYS5429, lecture of 1 and 8 February 2023.)
public struct DerivativeCosts: Sendable {
  public enum Method: String, Hashable, Sendable, CaseIterable {
    case functionAsWritten, functionShared
    /// The formula of the derivative as one writes it down: what reverse mode gives, tidied by the rules of
    /// canonicalize, specialize and algebra, or without those of algebra where that is shorter.
    case derivativeAsWritten
    case bothAsWritten
    /// The same two formulas, each value computed once.
    case bothShared
    /// The function, and behind it the reverse sweep: rewritten by exact rules only, as compiled code is.
    case reverseSweep
    /// The same after the rules of algebra, too.
    case algebra
    /// (f(x + h) − f(x)) / h for each variable, where each call of f costs f as written, or shared.
    case forwardDifference, forwardDifferenceShared
    /// (f(x + h) − f(x − h)) / 2h for each variable, where 2h is a constant.
    case centralDifference, centralDifferenceShared

    /// Whether each value counts once.
    public var isShared: Bool {
      switch self {
      case .functionAsWritten, .derivativeAsWritten, .bothAsWritten, .forwardDifference, .centralDifference:
        false
      case .functionShared, .bothShared, .reverseSweep, .algebra, .forwardDifferenceShared,
        .centralDifferenceShared:
        true
      }
    }
  }

  /// One way, as the graph that it computes.
  public struct Row: Sendable {
    public let method: Method
    /// Its outputs are the function `f`, the derivatives `df/dx`, or both. Difference quotients have the further
    /// inputs `h`, and `two_h` where it is needed.
    public let graph: Graph
    public let count: Int
    /// What of `count` the function itself takes, where it stands apart.
    public let function: Int?
    /// How often rewriting rules were applied to get there, by name.
    public let rules: [String: Int]

    fileprivate init(_ method: Method, _ graph: Graph, rules: [String: Int] = [:]) {
      self.method = method
      self.graph = graph
      self.rules = rules
      count = method.isShared ? graph.flops : graph.flopsAsWritten
      switch method {
      case .reverseSweep, .algebra, .bothShared:
        function = graph.flops(of: [graph.outputs[0].node])
      case .functionAsWritten, .functionShared, .derivativeAsWritten, .bothAsWritten, .forwardDifference,
        .forwardDifferenceShared, .centralDifference, .centralDifferenceShared:
        function = nil
      }
    }
  }
  /// One for each method, in their order.
  public let rows: [Row]
  /// The variables of the derivatives, by name.
  public let variables: [String]

  public subscript(method: Method) -> Row { rows[Method.allCases.firstIndex(of: method) ?? 0] }

  /// - Parameters:
  ///   - function: a graph of float64 or float32 scalars with one output.
  ///   - names: the arguments to differentiate by; without them all.
  /// - Throws: ``GraphError`` where the function has no derivative, or no such argument.
  public init(_ function: Graph, withRespectTo names: [String]? = nil) throws(GraphError) {
    let known = function.arguments.map { function.argumentName($0) }
    var targets: [NodeID] = []
    for name in names ?? known {
      guard let position = known.firstIndex(of: name) else {
        throw GraphError(
          .invalidAttribute, operation: "flops", problem: "there is no variable '\(name)'",
          remedy: "give one of \(known.joined(separator: ", "))")
      }
      targets.append(function.arguments[position])
    }
    variables = targets.map { function.argumentName($0) }
    guard function.outputs.count == 1, !targets.isEmpty else {
      throw GraphError(
        .invalidAttribute, operation: "flops",
        problem: "the function has \(function.outputs.count) results and \(targets.count) variables",
        remedy: "give one with one result and at least one variable")
    }
    let value = function.outputs[0].node
    let f = Graph(nodes: function.nodes, outputs: [Output("f", value)])

    var builder = Builder(f)
    let gradient = try builder.gradient(of: value, withRespectTo: targets)
    let derivatives = zip(variables, gradient).map { Output("df/d\($0)", $1) }
    let sweep = builder.graph(outputs: f.outputs + derivatives)
    // Stabilizing rules trade operations for range; they are no part of a count.
    let exact = sweep.simplification(phases: [.canonicalize, .specialize])
    let algebra = sweep.simplification(phases: [.canonicalize, .specialize, .algebra])

    let alone = builder.graph(outputs: derivatives)
    let plain = alone.simplification(phases: [.canonicalize, .specialize])
    let tidy = alone.simplification(phases: [.canonicalize, .specialize, .algebra])
    let paper = plain.graph.flopsAsWritten < tidy.graph.flopsAsWritten ? plain : tidy
    var written = Builder(f)
    let copied = try written.append(paper.graph)
    let both = written.graph(
      outputs: f.outputs + paper.graph.outputs.map { Output($0.name, copied[$0.node]) })

    let forward = try f.differences(by: targets, isCentral: false)
    let central = try f.differences(by: targets, isCentral: true)
    rows = Method.allCases.map { method in
      switch method {
      case .functionAsWritten, .functionShared: Row(method, f)
      case .derivativeAsWritten: Row(method, paper.graph, rules: paper.applied)
      case .bothAsWritten, .bothShared: Row(method, both)
      case .reverseSweep: Row(method, exact.graph, rules: exact.applied)
      case .algebra: Row(method, algebra.graph, rules: algebra.applied)
      case .forwardDifference, .forwardDifferenceShared: Row(method, forward)
      case .centralDifference, .centralDifferenceShared: Row(method, central)
      }
    }
  }
}

extension Graph {
  fileprivate func argumentName(_ id: NodeID) -> String {
    if case .argument(let argument) = nodes[id].operation { argument.name } else { "" }
  }

  /// The difference quotients of this function by each of `targets`; each evaluation is a call of this graph.
  fileprivate func differences(by targets: [NodeID], isCentral: Bool) throws(GraphError) -> Graph {
    var builder = Builder()
    var point: [NodeID] = []
    for id in arguments { point.append(builder.argument(.input, argumentName(id), nodes[id].type)) }
    let type = nodes[outputs[0].node].type
    let h = builder.argument(.input, "h", type)
    let width = isCentral ? builder.argument(.input, "two_h", type) : h
    var quotients: [Output] = []
    for target in targets {
      let position = arguments.firstIndex(of: target) ?? 0
      func value(_ function: BinaryFunction?) throws(GraphError) -> NodeID {
        var moved = point
        if let function { moved[position] = try builder.binary(function, point[position], h) }
        return try builder.append(.call(Callee(self), result: 0), moved)
      }
      let above = try value(.add)
      let below = try value(isCentral ? .subtract : nil)
      let quotient = try builder.binary(.divide, builder.binary(.subtract, above, below), width)
      quotients.append(Output("df/d\(argumentName(target))", quotient))
    }
    return builder.graph(outputs: quotients)
  }
}

extension Builder {
  /// Appends the nodes of `graph`, whose arguments are those of the same name and type here, and says where each is.
  fileprivate mutating func append(_ graph: Graph) throws(GraphError) -> [NodeID] {
    var mapping: [NodeID] = []
    for node in graph.nodes {
      provenance = node.provenance
      mapping.append(try append(node.operation, node.operands.map { mapping[$0] }))
    }
    provenance = .none
    return mapping
  }
}
