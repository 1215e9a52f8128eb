import AdjointArray
import AdjointIR

extension Graph {
  /// The same computation without calls: each is replaced by the nested graph's nodes. Loops stay, with bodies without
  /// calls; short ones are written out.
  ///
  /// Calls of one graph on the same operands share them, whichever results they ask for. The inlined nodes keep
  /// their own provenance and gain the call's.
  ///
  /// - Throws: ``GraphError`` where a nested graph is malformed.
  public func inliningCalls() throws(GraphError) -> Graph {
    guard nodes.contains(where: { $0.operation.isCall || $0.operation.isScan }) else { return self }
    var inliner = CallInliner()
    let mapping = try inliner.place(self, arguments: nil, caller: .none)
    return try inliner.builder.graph(
      outputs: outputs.map { Output($0.name, mapping[$0.node], replaces: $0.replaces.map { mapping[$0] }) }
    ).tidyingLoops()
  }
}

private struct CallInliner {
  struct Key: Hashable {
    let graph: Graph
    let operands: [NodeID]
  }
  var builder = Builder()
  var placed: [Key: [NodeID]] = [:]
  /// The results of loops that were written out.
  private var unrolled: [ScanCall: [NodeID]] = [:]
  private var loops: [Scan: Scan] = [:]

  /// Appends the nodes of `graph`, its arguments taken from `arguments` or kept, and says where each one is.
  ///
  /// Recurses as deep as graphs are nested, which is as deep as the user's calls are.
  mutating func place(_ graph: Graph, arguments: [NodeID]?, caller: Provenance) throws(GraphError) -> [NodeID]
  {
    var mapping: [NodeID] = []
    mapping.reserveCapacity(graph.nodes.count)
    var given = (arguments ?? []).makeIterator()
    for node in graph.nodes {
      let operands = node.operands.map { mapping[$0] }
      builder.provenance = node.provenance
      builder.provenance.merge(caller)
      switch node.operation {
      case .argument:
        if arguments != nil, let operand = given.next() {
          mapping.append(operand)
        } else {
          mapping.append(try builder.append(node.operation, []))
        }
      case .call(let callee, let result):
        let nested = callee.graph
        let key = Key(graph: nested, operands: operands)
        let inner: [NodeID]
        if let known = placed[key] {
          inner = known
        } else {
          inner = try place(nested, arguments: operands, caller: builder.provenance)
          placed[key] = inner
        }
        let id = inner[nested.outputs[result].node]
        builder.mergeProvenance(id, node.provenance)
        mapping.append(id)
      case .scan(let scan, let result):
        if let call = ScanCall(Node(node.operation, operands, type: node.type)), scan.isShort {
          if unrolled[call] == nil { unrolled[call] = try unroll(call) }
          mapping.append(unrolled[call]?[result] ?? 0)
        } else {
          if loops[scan] == nil { loops[scan] = scan.replacing(try scan.body.inliningCalls()) }
          mapping.append(try builder.append(.scan(loops[scan] ?? scan, result: result), operands))
        }
      case .constant, .data, .iota, .unary, .binary, .compare, .select, .cast, .reduce, .structured, .dot,
        .reshape, .transpose, .broadcast, .slice, .flip, .pad, .concatenate, .windows, .addWindows,
        .stopGradient, .barrier:
        mapping.append(try builder.append(node.operation, operands))
      }
    }
    return mapping
  }

  /// The results of a loop, its runs one after the other.
  private mutating func unroll(_ call: ScanCall) throws(GraphError) -> [NodeID] {
    let (scan, caller) = (call.scan, builder.provenance)
    var carries = Array(call.operands.prefix(scan.carryCount))
    var kept = scan.stackedResults.map { _ in [NodeID](repeating: 0, count: scan.length) }
    for run in 0..<scan.length {
      let step = scan.isReversed ? scan.length - 1 - run : run
      var arguments = carries
      for position in scan.stackedOperands {
        builder.provenance = caller
        arguments.append(try builder.element(step, of: call.operands[position]))
      }
      arguments += call.operands[scan.invariantOperands]
      let mapping = try place(scan.body, arguments: arguments, caller: caller)
      let results = scan.body.outputs.map { mapping[$0.node] }
      carries = Array(results.prefix(scan.carryCount))
      for (index, id) in results.dropFirst(scan.carryCount).enumerated() { kept[index][step] = id }
    }
    builder.provenance = caller
    var results = carries
    for (index, ids) in kept.enumerated() {
      let type = scan.type(ofResult: scan.carryCount + index)
      let slice = Shape([1] + type.shape.dimensions.dropFirst())
      var rows: [NodeID] = []
      for id in ids { rows.append(try builder.reshape(id, to: slice)) }
      if rows.isEmpty {
        let zero = builder.constant(Literal(0, as: type.scalarType))
        results.append(try builder.broadcast(zero, to: type.shape))
      } else {
        results.append(rows.count == 1 ? rows[0] : try builder.append(.concatenate(axis: 0), rows))
      }
    }
    return results
  }
}

extension Builder {
  /// What lies at `index` along axis 0.
  fileprivate mutating func element(_ index: Int, of id: NodeID) throws(GraphError) -> NodeID {
    let extents = shape(id).dimensions
    let row = Slice(
      starts: [index] + extents.dropFirst().map { _ in 0 }, ends: [index + 1] + extents.dropFirst(),
      steps: extents.map { _ in 1 })
    return try reshape(append(.slice(row), [id]), to: Shape(Array(extents.dropFirst())))
  }
}

extension Scan {
  /// Whether the runs are so few and small that they are written out: then neighbours fuse, and the loop costs nothing.
  fileprivate var isShort: Bool { length <= 1 || saturatingProduct(length, body.nodes.count) <= 64 }
}

extension Operation {
  var isCall: Bool {
    if case .call = self { true } else { false }
  }
}
