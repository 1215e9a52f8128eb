import Adjoint
import AdjointArray
import AdjointIR
import AdjointLowering
import Testing

/// Where values lie.
@Suite struct MemoryTests {
  /// For each buffer of the arena the kernels during which it must not change, found from the kernels alone.
  private func lives(_ program: Program) -> [BufferID: ClosedRange<Int>] {
    var lives: [BufferID: ClosedRange<Int>] = [:]
    for (number, kernel) in program.kernels.enumerated() {
      for id in kernel.reads + kernel.writes {
        guard case .arena = program.buffers[id].storage else { continue }
        lives[id] = (lives[id]?.lowerBound ?? number)...number
      }
    }
    return lives
  }

  @Test func noTwoLiveBuffersOverlap() throws {
    for (seed, _, program) in try randomPrograms(300) {
      let lives = lives(program).sorted { $0.key < $1.key }
      for (index, (a, lifeOfA)) in lives.enumerated() {
        guard case .arena(let startOfA) = program.buffers[a].storage else { continue }
        let bytesOfA = startOfA..<(startOfA + program.buffers[a].byteCount)
        #expect(startOfA % 64 == 0 && bytesOfA.upperBound <= program.memory.tileOffset, "seed \(seed)")
        for (b, lifeOfB) in lives[(index + 1)...] where lifeOfA.overlaps(lifeOfB) {
          guard case .arena(let startOfB) = program.buffers[b].storage else { continue }
          let bytesOfB = startOfB..<(startOfB + program.buffers[b].byteCount)
          #expect(!bytesOfA.overlaps(bytesOfB), "seed \(seed): \(a) and \(b)")
        }
      }
    }
  }

  @Test func theArenaHoldsWhatIsAliveAtOnceAndTilesAndPacking() throws {
    for (seed, _, program) in try randomPrograms(300) {
      let lives = lives(program)
      let needed =
        program.kernels.indices.map { kernel in
          lives.filter { $0.value.contains(kernel) }.reduce(0) { $0 + program.buffers[$1.key].byteCount }
        }.max() ?? 0
      #expect(program.memory.lowerBoundBytes >= needed, "seed \(seed)")
      #expect(program.memory.tileOffset >= program.memory.lowerBoundBytes, "seed \(seed)")
      for map in program.maps where !map.isScalar {
        let end = program.memory.tileOffset + map.tile.slotBytes * map.tile.slotCount
        #expect(end <= program.memory.workspaceOffset, "seed \(seed)")
        #expect(map.tile.rows * map.tile.columns <= max(program.target.maximumTileElements, map.columns))
      }
      for dot in program.contractions {
        let bytes = (dot.m + dot.n) * dot.k * dot.type.byteSize
        #expect(program.memory.workspaceOffset + bytes <= program.arenaBytes, "seed \(seed)")
      }
    }
  }

  /// Independent of the order of kernels in the plan: from the graph's own edges.
  @Test func anArgumentIsOverwrittenOnlyAfterItsLastRead() throws {
    var checked = 0
    for (seed, graph, program) in try randomPrograms(300) {
      for id in program.buffers.indices {
        guard case .argument(let slot) = program.buffers[id].storage,
          let first = program.kernels.firstIndex(where: { $0.writes.contains(id) }),
          !newValueIsWanted(graph, argument: graph.arguments[slot])
        else { continue }
        let later = program.kernels[(first + 1)...].filter { $0.reads.contains(id) }
        #expect(later.isEmpty, "seed \(seed): \(later.map(\.name))")
        checked += 1
      }
    }
    #expect(checked > 300)
  }

  /// Whether anything but the output that replaces `argument` reads its new value, which is then in its place.
  private func newValueIsWanted(_ graph: Graph, argument: NodeID) -> Bool {
    guard let output = graph.outputs.first(where: { $0.replaces == argument }) else { return false }
    var chain = [output.node]
    while true {
      let node = graph[chain[chain.count - 1]]
      guard ["reshape", "transpose", "broadcast", "slice"].contains(node.operation.name) else { break }
      chain.append(node.operands[0])
    }
    return graph.outputs.contains { $0.name != output.name && chain.contains($0.node) }
      || graph.nodes.indices.contains { id in
        !chain.contains(id) && graph[id].operands.contains(where: chain.contains)
      }
  }

  @Test func aParameterThatIsReadAfterItsUpdateIsSetAside() throws {
    // y needs the old p, and p's new value needs y: p cannot be written before y has been read.
    let program = try lowered { b in
      let (p, x) = (b.parameter("p", [4, 4]), b.input("x", [4, 4]))
      let y = try b.append(.dot(.matmul(rank: 2)), [x, p])
      let next = try b.binary(.add, p, y)
      let turned = try b.binary(.add, try b.transpose(p, [1, 0]), next)
      return [Output("y", turned), Output("p", next, replaces: p)]
    }
    guard let p = program.buffer("p") else { return #expect(Bool(false), "p has no buffer") }
    let writers = program.kernels.indices.filter { program.kernels[$0].writes.contains(p) }
    let readers = program.kernels.indices.filter { program.kernels[$0].reads.contains(p) }
    #expect(writers.count == 1)
    #expect(readers.allSatisfy { $0 <= (writers.first ?? 0) })
  }

  @Test func twoParametersCanBeExchanged() throws {
    let program = try lowered { b in
      let (p, q) = (b.parameter("p", [4]), b.parameter("q", [4]))
      return [Output("p", q, replaces: p), Output("q", p, replaces: q)]
    }
    // Both are copied aside before either is overwritten.
    let targets = Set(["p", "q"].compactMap { program.buffer($0) })
    let firstWrite = program.kernels.firstIndex { !targets.isDisjoint(with: $0.writes) } ?? 0
    let reads = program.kernels.indices.filter { !targets.isDisjoint(with: program.kernels[$0].reads) }
    #expect(reads.count == 2)
    #expect(reads.allSatisfy { $0 < firstWrite })
  }

  /// Activations live until their backward pass, gradients of weights to the end. No plan can do with less than what is
  /// alive at once; most do with that.
  @Test(arguments: [
    ([8, 16, 24, 32, 40, 48, 56, 64], 1.0), ([64, 64, 64, 64, 64], 1.0),
    ([64, 56, 48, 40, 32, 24, 16, 8], 1.07),
  ])
  func theGradientsOfANetworkTakeThePlacesOfItsActivations(widths: [Int], most: Double) throws {
    let program = try lowered { b in
      var x = b.input("x", [32, widths[0]])
      var weights: [NodeID] = []
      for (rows, columns) in zip(widths, widths.dropFirst()) {
        weights.append(b.parameter("w\(columns)", [rows, columns]))
        x = try b.unary(.tanh, try b.append(.dot(.matmul(rank: 2)), [x, weights[weights.count - 1]]))
      }
      let loss = try b.reduce(.sum, x, axes: [0, 1])
      let gradients = try b.gradient(of: loss, withRespectTo: weights)
      return try zip(weights, gradients).map { weight, gradient in
        Output("\(weight)", try b.binary(.subtract, weight, gradient), replaces: weight)
      }
    }
    let (taken, least) = (program.memory.tileOffset, program.memory.lowerBoundBytes)
    #expect(taken >= least)
    #expect(Double(taken) <= most * Double(least))
  }

  @Test func valuesThatDoNotLiveTogetherShareMemory() throws {
    let program = try lowered { b in
      var x = b.input("x", [64, 64])
      let w = b.parameter("w", [64, 64])
      for _ in 0..<6 { x = try b.append(.dot(.matmul(rank: 2)), [x, w]) }
      return [Output("y", x)]
    }
    // Five products between; two are alive at a time.
    #expect(program.memory.placements.count == 5)
    #expect(program.memory.tileOffset == 2 * 64 * 64 * 4)
    #expect(program.memory.lowerBoundBytes == 2 * 64 * 64 * 4)
  }
}
