import AdjointArray
import AdjointIR

/// What rewriting did.
public struct Simplification: Sendable {
  public let graph: Graph
  /// How often each rule was applied.
  public let applied: [String: Int]
  /// The rules that were still at work where a node's bound on rewrites was reached, `[]` where none was. Not
  /// empty means two rules that undo each other: a defect of the rules, and the graph is right all the same.
  public let unfinished: [String]
}

extension Graph {
  /// An equal graph, rewritten by the rules of `phases`.
  ///
  /// - Parameter disabled: names of rules to leave out.
  public func simplified(
    phases: Set<RewritePhase> = RewritePhase.standard, disabled: Set<String> = []
  ) -> Graph {
    simplification(phases: phases, disabled: disabled).graph
  }

  /// The same, with an account of what was done. Where `algebra` would cost more operations than it saves, it is
  /// left out.
  public func simplification(
    phases: Set<RewritePhase> = RewritePhase.standard, disabled: Set<String> = []
  ) -> Simplification {
    let result = rewritten(phases: phases, disabled: disabled)
    guard phases.contains(.algebra) else { return result }
    // Factors are taken out without knowing who else wants the product.
    let exact = rewritten(phases: phases.subtracting([.algebra]), disabled: disabled)
    return exact.graph.flops < result.graph.flops ? exact : result
  }

  private func rewritten(phases: Set<RewritePhase>, disabled: Set<String>) -> Simplification {
    let rewriter = Rewriter(
      rules: RewriteRule.all.filter { phases.contains($0.phase) && !disabled.contains($0.name) })
    do throws(GraphError) {
      let graph = try rewriter.rewrite(self).tidyingLoops()
      return Simplification(
        graph: graph, applied: rewriter.applied, unfinished: rewriter.unfinished.sorted())
    } catch {
      // A rule made an operation that its operands do not allow. The graph as it was is right.
      return Simplification(graph: self, applied: rewriter.applied, unfinished: ["\(error)"])
    }
  }
}

/// The rules of one root. What their equations ask first stands in a list of its own, which is gone through for every node.
private struct RootRules {
  struct Trial {
    /// `nil` where the rule looks for itself.
    let test: RootTest?
    let rule: Int
  }
  private(set) var rules: [RewriteRule] = []
  private(set) var trials: [Trial] = []

  mutating func append(_ rule: RewriteRule) {
    let number = rules.count
    rules.append(rule)
    trials +=
      rule.tests.isEmpty ? [Trial(test: nil, rule: number)] : rule.tests.map { Trial(test: $0, rule: number) }
  }
}

/// Rebuilds a graph node by node, operands first, and rewrites each node as it is made, until no rule applies.
///
/// What a rule makes goes through the same door, so no second pass over the graph is needed; the work is linear
/// in the number of nodes and rewrites.
final class Rewriter: Terms {
  // Accesses of one rewriter do not overlap: what rules call is told as it is.
  @exclusivity(unchecked) private(set) var applied: [String: Int] = [:]
  @exclusivity(unchecked) private(set) var unfinished: Set<String> = []
  @exclusivity(unchecked) private var rules: [RewriteRoot: RootRules] = [:]
  /// What nested graphs became.
  @exclusivity(unchecked) private var callees: [Callee: Callee] = [:]
  @exclusivity(unchecked) private var loops: [Scan: Scan] = [:]
  /// The nodes that the rules being tried, one within the other, have looked at.
  @exclusivity(unchecked) private var inspected: [NodeID] = []
  @exclusivity(unchecked) private var depth = 0
  @exclusivity(unchecked) private var rewritesOfNode = 0

  /// Rewrites of one node of the given graph, and how deep rules may call for each other's.
  private static let bound = 200
  private static let depthBound = 40

  convenience init(rules: [RewriteRule]) {
    self.init()
    for rule in rules {
      for root in rule.roots { self.rules[root, default: RootRules()].append(rule) }
    }
  }

  func rewrite(_ graph: Graph) throws(GraphError) -> Graph {
    builder = Builder(expecting: graph.nodes.count)
    var mapping = NodeMapping(count: graph.nodes.count)
    let nodes = graph.nodes
    // By index: no node is copied.
    for old in nodes.indices {
      rewritesOfNode = 0
      builder.provenance = nodes[old].provenance
      let first = builder.nodes.count
      let id = try make(try rewritten(nodes[old].operation), mapping.operands(of: nodes[old]))
      // A new node has it already.
      if id < first { builder.mergeProvenance(id, nodes[old].provenance) }
      mapping.append(id)
    }
    return builder.graph(
      outputs: graph.outputs.map { output in
        Output(output.name, mapping[output.node], replaces: output.replaces.map { mapping[$0] })
      })
  }

  /// The operation with its nested graphs rewritten: their derivatives are to be taken of the same form.
  private func rewritten(_ operation: Operation) throws(GraphError) -> Operation {
    if case .scan(let scan, let result) = operation {
      if let known = loops[scan] { return .scan(known, result: result) }
      let new = scan.replacing(try rewritten(scan.body))
      loops[scan] = new
      return .scan(new, result: result)
    }
    guard case .call(let callee, let result) = operation else { return operation }
    if let known = callees[callee] { return .call(known, result: result) }
    let graph = try rewritten(callee.graph)
    let new: Callee
    switch callee.derivative {
    case .own, .recomputed: new = Callee(graph, derivative: callee.derivative)
    case .given(let vjp): new = Callee(graph, derivative: .given(try rewritten(vjp)))
    }
    callees[callee] = new
    return .call(new, result: result)
  }

  private func rewritten(_ nested: Graph) throws(GraphError) -> Graph {
    let rewriter = Rewriter()
    rewriter.rules = rules
    let graph = try rewriter.rewrite(nested)
    applied.merge(rewriter.applied, uniquingKeysWith: +)
    unfinished.formUnion(rewriter.unfinished)
    return graph
  }

  /// The node for `operation` on `operands`, rewritten.
  override func make(_ operation: Operation, _ operands: [NodeID]) throws(GraphError) -> NodeID {
    let root = RewriteRoot(operation)
    guard let candidates = rules[root] else { return try builder.append(operation, operands) }
    let type = try operation.resultType(operands.map { builder.nodes[$0].type })
    let candidate = Candidate(operation, root, operands, type, in: self)
    depth += 1
    defer { depth -= 1 }
    let known = inspected.count
    defer { inspected.removeSubrange(known...) }
    var tried = -1
    for trial in candidates.trials {
      let rule = trial.rule
      // Nearly all trials end here.
      if rule == tried || trial.test?.mayMatch(candidate) == false { continue }
      tried = rule
      inspected.removeSubrange(known...)
      if rewritesOfNode >= Self.bound || depth >= Self.depthBound {
        // Whether the rule would apply cannot be known without applying it; the last ones tried are named.
        unfinished.insert(candidates.rules[rule].name)
        continue
      }
      let first = builder.nodes.count
      guard let id = try candidates.rules[rule].apply(self, candidate) else { continue }
      rewritesOfNode += 1
      applied[candidates.rules[rule].name, default: 0] += 1
      // What the rule made in place of several nodes comes from all of them.
      if id >= first {
        for old in inspected[known...] where !builder.nodes[old].operands.isEmpty {
          builder.mergeProvenance(id, builder.nodes[old].provenance)
        }
      }
      return id
    }
    return builder.append(operation, operands, of: type)
  }
}

// What rules are written with.
extension Rewriter {
  /// Remembers a node as one that the rule looked at.
  func inspect(_ id: NodeID) { inspected.append(id) }

  /// The node, remembered as one that the rule looked at.
  func look(_ id: NodeID) -> Node {
    inspected.append(id)
    return builder.nodes[id]
  }

  /// The operand, where `id` applies `function`.
  func match(_ function: UnaryFunction, _ id: NodeID) -> NodeID? {
    guard case .unary(function) = builder.nodes[id].operation else { return nil }
    return look(id).operands[0]
  }

  /// The operands, where `id` applies `function`.
  func match(_ function: BinaryFunction, _ id: NodeID) -> (NodeID, NodeID)? {
    guard case .binary(function) = builder.nodes[id].operation else { return nil }
    let operands = look(id).operands
    return (operands[0], operands[1])
  }

  /// The operand and axes, where `id` reduces by `reduction`.
  func match(_ reduction: Reduction, _ id: NodeID) -> (NodeID, axes: [Int])? {
    guard case .reduce(reduction, let axes) = builder.nodes[id].operation else { return nil }
    return (look(id).operands[0], axes)
  }

  /// The operand, where `id` is a broadcast.
  func matchBroadcast(_ id: NodeID) -> NodeID? {
    guard case .broadcast = builder.nodes[id].operation else { return nil }
    return look(id).operands[0]
  }

  func matchReshape(_ id: NodeID) -> NodeID? {
    guard case .reshape = builder.nodes[id].operation else { return nil }
    return look(id).operands[0]
  }

  func matchTranspose(_ id: NodeID) -> (NodeID, [Int])? {
    guard case .transpose(let permutation) = builder.nodes[id].operation else { return nil }
    return (look(id).operands[0], permutation)
  }

  func isNumber(_ id: NodeID, _ value: Double) -> Bool { literal(id)?.isNumber(value) ?? false }
}
