import AdjointArray
import AdjointIR

/// The cost of a graph by the lecture's rule: each of + − × ÷ and each elementary function is one operation.
///
/// What runs forward, backward and in the update follows from the graph; which layer a node belongs to stands in its
/// provenance. Each node that the outputs need is in one part and one phase, so that the parts add up to the whole.
public struct FlopCount: Hashable, Sendable {
  /// Whose operations they are.
  public enum Place: Hashable, Sendable, CustomStringConvertible {
    /// A layer, by its path in the model.
    case layer(String)
    /// What a cost computes outside of layers, penalties included.
    case cost
    /// What an optimizer computes once for all parameters: scalars from its settings.
    case settings
    /// What was recorded outside of training.
    case elsewhere

    public var description: String {
      switch self {
      case .layer(let path): path
      case .cost: "cost"
      case .settings: "settings"
      case .elsewhere: "elsewhere"
      }
    }
  }
  /// What one place costs.
  public struct Part: Hashable, Sendable {
    public let place: Place
    public fileprivate(set) var forward = 0
    public fileprivate(set) var backward = 0
    public fileprivate(set) var update = 0
    public var total: Int { saturatingSum(saturatingSum(forward, backward), update) }
  }
  /// The places in the order in which they occur; those that cost nothing are left out.
  public let parts: [Part]
  /// What the forward nodes need, each node once.
  public let forward: Int
  /// What the outputs need beyond that, without updates.
  public let backward: Int
  /// What an optimizer does with the gradients.
  public let update: Int
  /// Each node once.
  public var shared: Int { saturatingSum(saturatingSum(forward, backward), update) }
  /// Each occurrence in the expression trees.
  public let asWritten: Int

  /// - Parameters:
  ///   - graph: without calls (`Graph.inliningCalls()`): one counts whole for each of its results, in the place
  ///   of the call.
  ///   - forward: the nodes whose ancestors, they included, count as forward: model and cost. Without them,
  ///   the outputs that replace nothing: in a training step cost, loss and metric.
  public init(_ graph: Graph, forward: [NodeID]? = nil) {
    let needed = graph.ancestors(of: graph.outputs.map(\.node))
    let isForward = graph.ancestors(
      of: forward ?? graph.outputs.filter { $0.replaces == nil }.map(\.node))
    let isSetting = graph.nodesOfSettings()
    var parts: [Part] = []
    var positions: [Place: Int] = [:]
    let loops = graph.flopsOfLoops(needed)
    var counted: Set<ScanCall> = []
    for id in graph.nodes.indices where needed[id] {
      // A loop counts once, at the first of its results.
      if let call = ScanCall(graph[id]), !counted.insert(call).inserted { continue }
      let flops = loops[id] ?? graph.flops(at: id)
      if flops == 0 { continue }
      let place: Place
      var isUpdate = false
      switch graph[id].provenance.scope {
      case .layer(let path): place = .layer(path)
      case .cost: place = .cost
      case .update(let path):
        place = isSetting[id] ? .settings : .layer(path)
        isUpdate = true
      case nil: place = .elsewhere
      }
      let position = positions[place] ?? parts.count
      if position == parts.count {
        positions[place] = position
        parts.append(Part(place: place))
      }
      let phase: WritableKeyPath<Part, Int> =
        isForward[id] ? \.forward : isUpdate ? \.update : \.backward
      parts[position][keyPath: phase] = saturatingSum(parts[position][keyPath: phase], flops)
    }
    func total(_ phase: KeyPath<Part, Int>) -> Int {
      parts.reduce(0) { saturatingSum($0, $1[keyPath: phase]) }
    }
    self.parts = parts
    self.forward = total(\.forward)
    backward = total(\.backward)
    update = total(\.update)
    asWritten = graph.flopsAsWritten
  }
}

extension Graph {
  /// For the first needed result of each loop the operations of the whole loop.
  fileprivate func flopsOfLoops(_ needed: [Bool]) -> [NodeID: Int] {
    var flops: [NodeID: Int] = [:]
    for ids in scanCalls().values {
      let used = ids.filter { needed[$0] }
      guard let first = used.first, case .scan(let scan, _) = self[first].operation else { continue }
      flops[first] = scan.flops(
        of: used.compactMap { if case .scan(_, let result) = self[$0].operation { result } else { nil } })
    }
    return flops
  }

  /// For each node whether it is computed from scalar inputs and constants alone.
  fileprivate func nodesOfSettings() -> [Bool] {
    var result = [Bool](repeating: false, count: nodes.count)
    for (id, node) in nodes.enumerated() {
      if case .argument(let argument) = node.operation {
        result[id] = argument.kind == .input && argument.type.shape.isScalar
      } else {
        result[id] = node.type.shape.isScalar && node.operands.allSatisfy { result[$0] }
      }
    }
    return result
  }
}

/// How often an operation occurs.
public struct OperationCount: Hashable, Sendable {
  /// Its name in the text form: `mul`, `exp`.
  public let operation: String
  public let count: Int
}

extension Graph {
  /// The operations of the outputs' expression trees that cost something, by name, in the order in which they occur
  /// first: together they are ``flopsAsWritten`` for a graph of scalars.
  ///
  /// A call counts its graph's operations once, as written, and its operands once.
  public var operationsAsWritten: [OperationCount] {
    var occurrences = [Int](repeating: 0, count: nodes.count)
    for output in outputs { occurrences[output.node] = saturatingSum(occurrences[output.node], 1) }
    for id in nodes.indices.reversed() where occurrences[id] > 0 {
      for operand in nodes[id].operands {
        occurrences[operand] = saturatingSum(occurrences[operand], occurrences[id])
      }
    }
    var order: [String] = []
    var counts: [String: Int] = [:]
    func add(_ name: String, _ count: Int) {
      if count == 0 { return }
      if counts[name] == nil { order.append(name) }
      counts[name] = saturatingSum(counts[name] ?? 0, count)
    }
    for (id, node) in nodes.enumerated() where occurrences[id] > 0 {
      if case .call(let callee, let result) = node.operation {
        let body = Graph(nodes: callee.graph.nodes, outputs: [callee.graph.outputs[result]])
        for part in body.operationsAsWritten {
          add(part.operation, saturatingProduct(occurrences[id], part.count))
        }
      } else {
        add(node.operation.name, saturatingProduct(occurrences[id], flops(at: id)))
      }
    }
    return order.map { OperationCount(operation: $0, count: counts[$0] ?? 0) }
  }
}
