import AdjointArray
import AdjointIR

extension Lowerer {
  /// Makes the kernel of a loop, whose body is a program of its own, from the nodes that are results of it.
  mutating func lowerLoop(_ ids: [NodeID]) throws(GraphError) {
    guard case .scan(let whole, _) = graph[ids[0]].operation else { return }
    let node = graph[ids[0]]
    var wanted: [Int: NodeID] = [:]
    for id in ids { if case .scan(_, let result) = graph[id].operation { wanted[result] = id } }
    let (scan, positions, results) = whole.pruned(for: wanted.keys.sorted())
    let operands = positions.map { node.operands[$0] }

    let name = label(of: ids[0])
    let function = names.uniqueFunction(name + "_run")
    var inner = Lowerer(
      try scan.body.legalized().removingDeadNodes(), name: function, target: target, names: names,
      gemmWorkspace: gemmWorkspace)
    let body = try inner.program()
    names = inner.names

    var carries: [LoopKernel.Carry] = []
    for (carry, operand) in operands.prefix(scan.carryCount).enumerated() {
      let type = graph[operand].type
      // A carry that nobody asks for needs its place all the same.
      let destination =
        wanted[results[carry]].flatMap { bufferOf[$0] }
        ?? addBuffer(label(of: operand) + "_last", type, .arena(offset: 0))
      let spare =
        scan.length > 1 ? addBuffer(buffers[destination].name + "_before", type, .arena(offset: 0)) : nil
      carries.append(
        LoopKernel.Carry(
          initial: contiguous(operand), destination: destination, spare: spare, byteCount: type.byteCount))
    }
    let stacked = operands[scan.stackedOperands].map { operand in
      LoopKernel.Stack(buffer: contiguous(operand), sliceBytes: sliceBytes(graph[operand].type))
    }
    let invariants = operands[scan.invariantOperands].map { contiguous($0) }
    let stacks = results.dropFirst(scan.carryCount).compactMap { result in
      wanted[result].flatMap { id in
        bufferOf[id].map { LoopKernel.Stack(buffer: $0, sliceBytes: sliceBytes(graph[id].type)) }
      }
    }
    let loop = LoopKernel(
      body: body, length: scan.length, isReversed: scan.isReversed,
      stopsEarly: scan.stopsEarly && stacks.isEmpty, carries: carries, stacked: stacked,
      invariants: invariants,
      results: stacks, constants: body.constants.map { addConstant($0) })
    append(
      .loop(loop), name: "loop_" + name, node.provenance,
      flops: whole.flops(of: Array(wanted.keys)))
  }

  private func sliceBytes(_ type: TensorType) -> Int {
    type.shape[0] == 0 ? 0 : type.byteCount / type.shape[0]
  }
}
