import AdjointArray
import AdjointIR

extension Graph {
  /// The graph as kernels with a schedule and a memory plan.
  ///
  /// - Parameters:
  ///   - name: of the program's entry point; made a C identifier.
  ///   - gemmWorkspace: the bytes that the runtime packs into for a product of (m, n, k) at an element size.
  /// - Throws: ``GraphError`` where the graph holds nested calls.
  public func lowered(
    name: String = "step", target: Target = Target(),
    gemmWorkspace: @escaping (_ m: Int, _ n: Int, _ k: Int, _ elementSize: Int) -> Int
  ) throws(GraphError) -> Program {
    var lowerer = Lowerer(
      try legalized().removingDeadNodes(), name: nil, target: target, names: Names(program: name),
      gemmWorkspace: gemmWorkspace)
    return try lowerer.program()
  }
}

/// Turns groups of nodes into kernels over buffers.
struct Lowerer {
  let graph: Graph
  let views: [NodeView]
  /// What the kernel of each node reads.
  let reads: [[NodeID]]
  let target: Target
  let programName: String
  /// The bytes that the runtime packs into for a product of (m, n, k) at an element size.
  let gemmWorkspace: (_ m: Int, _ n: Int, _ k: Int, _ elementSize: Int) -> Int
  var names: Names
  var buffers: [Buffer] = []
  /// The buffer that holds a node's value, where it has one.
  var bufferOf: [BufferID?]
  var kernels: [Kernel] = []
  private var constants: [NDArray] = []
  private let groups: [Group]
  private let groupOf: [Int?]
  /// The place of each argument among the arguments.
  private let slotOf: [NodeID: Int]
  /// For each node the nearest one above it, or itself, that has a name of its own, and how far up that is.
  private let nearestName: [(node: NodeID, steps: Int)?]

  /// - Parameters:
  ///   - name: of the function of a loop's body; `nil` is the whole program's.
  ///   - taken: the names that nothing else may have.
  init(
    _ graph: Graph, name: String?, target: Target, names taken: Names,
    gemmWorkspace: @escaping (_ m: Int, _ n: Int, _ k: Int, _ elementSize: Int) -> Int
  ) {
    self.graph = graph
    self.target = target
    self.gemmWorkspace = gemmWorkspace
    names = taken
    views = graph.views()
    programName = name ?? taken.program
    bufferOf = Array(repeating: nil, count: graph.nodes.count)
    let firstResults = graph.firstResults()
    reads = graph.reads(firstResults)
    (groups, groupOf) = Fusion(graph, views: views, reads: reads, firstResults: firstResults).result()
    slotOf = Dictionary(uniqueKeysWithValues: graph.arguments.enumerated().map { ($1, $0) })
    nearestName = graph.nearestNames()
  }

  mutating func program() throws(GraphError) -> Program {
    let arguments = graph.arguments.compactMap { id in
      if case .argument(let argument) = graph[id].operation { argument } else { nil }
    }
    addArgumentBuffers()
    let order = schedule()
    let placement = OutputPlacement(
      graph, views: views, reads: reads, slotOf: slotOf, groups: groups, groupOf: groupOf, order: order)
    addValueBuffers(order, placement)
    for index in order { try lower(groups[index]) }
    addOutputCopies(placement)

    let tileBytes = kernels.map(\.tileBytes).max() ?? 0
    let workspace = kernels.map { workspaceBytes($0) }.max()
    let inArena = buffers.indices.filter { if case .arena = buffers[$0].storage { true } else { false } }
    let memory = MemoryPlan(
      buffers: buffers, inArena: inArena, kernels: kernels, tileBytes: tileBytes,
      workspaceBytes: workspace ?? 0)
    for place in memory.placements { buffers[place.buffer].storage = .arena(offset: place.offset) }
    return Program(
      name: programName, arguments: arguments, constants: constants,
      outputs: graph.outputs.enumerated().map { index, output in
        ProgramOutput(
          name: output.name, type: graph[output.node].type,
          inPlace: output.replaces.flatMap { slotOf[$0] })
      },
      buffers: buffers, kernels: kernels, memory: memory, target: target)
  }

  /// What the kernel needs of memory besides its buffers and tiles.
  private func workspaceBytes(_ kernel: Kernel) -> Int {
    switch kernel.body {
    case .contraction(let dot): gemmWorkspace(dot.m, dot.n, dot.k, dot.type.byteSize)
    case .stripContraction(let dot):
      dot.stripBytes.lhs + dot.stripBytes.rhs + dot.stripBytes.result
        + gemmWorkspace(dot.block.m, dot.block.n, dot.block.k, dot.type.byteSize)
    case .loop(let loop): loop.body.arenaBytes
    case .map, .call, .fill: 0
    }
  }

  // MARK: Buffers

  private mutating func addArgumentBuffers() {
    for (position, id) in graph.arguments.enumerated() {
      bufferOf[id] = addBuffer(label(of: id), graph[id].type, .argument(position))
    }
    for id in graph.nodes.indices {
      if case .data(let array) = graph[id].operation {
        bufferOf[id] = addConstant(array, label(of: id))
      }
    }
  }

  /// A buffer of a constant array, which the caller passes behind the arguments.
  mutating func addConstant(_ array: NDArray, _ label: String = "data") -> BufferID {
    constants.append(array)
    return addBuffer(
      label, TensorType(array.scalarType, array.shape), .argument(graph.arguments.count + constants.count - 1)
    )
  }

  /// Gives memory to each value that somebody outside its kernel reads.
  private mutating func addValueBuffers(_ order: [Int], _ placement: OutputPlacement) {
    let needed = materialized()
    for group in order {
      for id in groups[group].nodes where needed[id] {
        switch placement.home[id] {
        case .output(let output)?:
          bufferOf[id] = addBuffer(label(of: id), graph[id].type, .output(output))
        case .argument(let argument)?:
          bufferOf[id] = bufferOf[graph.arguments[argument]]
        case nil:
          bufferOf[id] = addBuffer(label(of: id), graph[id].type, .arena(offset: 0))
        }
      }
    }
  }

  mutating func addBuffer(_ label: String, _ type: TensorType, _ storage: Buffer.Storage) -> BufferID {
    buffers.append(
      Buffer(name: names.unique(label), scalarType: type.scalarType, count: type.count, storage: storage))
    return buffers.count - 1
  }

  /// For each node whether its value must lie in memory.
  private func materialized() -> [Bool] {
    var needed = [Bool](repeating: false, count: graph.nodes.count)
    for id in graph.nodes.indices {
      guard let group = groupOf[id] else { continue }
      // Of a product that is added to windows only the sum is stored.
      if groups[group].kind == .single, !isAddedToWindows(id, groups[group]) { needed[id] = true }
      if graph.nodes[id].operation.endsMap { needed[id] = true }
      for operand in reads[id] {
        let root = views[operand].root
        if groupOf[root] != group { needed[root] = true }
      }
    }
    for output in graph.outputs { needed[views[output.node].root] = true }
    return needed
  }

  private func isAddedToWindows(_ id: NodeID, _ group: Group) -> Bool {
    if case .dot = graph[id].operation { id != group.nodes.last } else { false }
  }

  /// The user's name for a node, or one made of its operation and the nearest name above it.
  func label(of id: NodeID) -> String {
    if let own = graph.nodes[id].ownName { return own }
    let operation =
      switch graph.nodes[id].operation {
      case .reduce(let reduction, _): reduction.rawValue
      case .cast(let type): type.rawValue
      case let operation: operation.name
      }
    return nearestName[id].flatMap { graph.nodes[$0.node].ownName }.map { $0 + "_" + operation } ?? operation
  }

  // MARK: Schedule

  /// The groups in an order that respects what each waits for: in the order in which they were written, those
  /// that replace parameters and state last, so that everybody else has read the old values.
  private func schedule() -> [Int] {
    var replacing = Set<Int>()
    for output in graph.outputs where output.replaces != nil {
      if let group = groupOf[views[output.node].root] { replacing.insert(group) }
    }
    // One entry for each value that is read, which may be several for a group: they are counted alike.
    var waiting = [Int](repeating: 0, count: groups.count)
    var followers = [[Int]](repeating: [], count: groups.count)
    for (id, group) in groupOf.enumerated() {
      guard let group else { continue }
      for operand in reads[id] {
        guard let required = groupOf[views[operand].root], required != group else { continue }
        waiting[group] += 1
        followers[required].append(group)
      }
    }
    var ready = ReadyQueue()
    let key = { (group: Int) in
      (replacing.contains(group) ? graph.nodes.count : 0) + (groups[group].nodes.last ?? 0)
    }
    for group in groups.indices where waiting[group] == 0 { ready.insert(group, key: key(group)) }
    var order: [Int] = []
    while let group = ready.popFirst() {
      order.append(group)
      for follower in followers[group] {
        waiting[follower] -= 1
        if waiting[follower] == 0 { ready.insert(follower, key: key(follower)) }
      }
    }
    return order
  }

  // MARK: Kernels

  private mutating func lower(_ group: Group) throws(GraphError) {
    switch group.kind {
    case .map: lowerMap(group)
    case .single where graph[group.nodes[0]].operation.isScan: try lowerLoop(group.nodes)
    case .single:
      if let id = group.nodes.last { lowerSingle(id) }
    }
  }

  mutating func append(_ body: Kernel.Body, name: String, _ provenance: Provenance, flops: Int = 0) {
    kernels.append(
      Kernel(name: names.uniqueFunction(name), body: body, provenance: provenance, flops: flops))
  }

  private mutating func addOutputCopies(_ placement: OutputPlacement) {
    // An argument that is given to an output, or to another argument, is set aside before any is overwritten.
    var pending: [(source: NodeView, shape: Shape, buffer: BufferID, name: String)] = []
    for index in placement.copied {
      let output = graph.outputs[index]
      let type = graph[output.node].type
      guard let argument = output.replaces else {
        let buffer = addBuffer("out_" + output.name, type, .output(index))
        copy(
          views[output.node], shape: type.shape, type: type.scalarType, to: buffer,
          name: "copy_" + output.name)
        continue
      }
      guard let target = bufferOf[argument] else { continue }
      var source = views[output.node]
      if graph[source.root].operation.isArgument {
        let aside = addBuffer("next_" + output.name, type, .arena(offset: 0))
        copy(source, shape: type.shape, type: type.scalarType, to: aside, name: "keep_" + output.name)
        source = NodeView(root: -1 - aside, offset: 0, strides: type.shape.strides)
      }
      pending.append((source, type.shape, target, output.name))
    }
    for item in pending {
      copy(
        item.source, shape: item.shape, type: buffers[item.buffer].scalarType, to: item.buffer,
        name: "set_" + item.name)
    }
  }
}

extension Graph {
  /// For each node the nearest one among itself and its first operands, their first operands and so on that has a name
  /// of its own; `nil` where that is too far up to say anything.
  fileprivate func nearestNames() -> [(node: NodeID, steps: Int)?] {
    var result: [(node: NodeID, steps: Int)?] = []
    result.reserveCapacity(nodes.count)
    for id in nodes.indices {
      if nodes[id].hasOwnName {
        result.append((id, 0))
      } else if let operand = nodes[id].operands.first(where: { !nodes[$0].operation.isConstant }),
        let above = result[operand], above.steps < 15
      {
        result.append((above.node, above.steps + 1))
      } else {
        result.append(nil)
      }
    }
    return result
  }
}

extension Node {
  /// What the user calls it.
  fileprivate var ownName: String? {
    if case .argument(let argument) = operation { argument.name } else { provenance.label }
  }

  fileprivate var hasOwnName: Bool { operation.isArgument || !provenance.labels.isEmpty }
}

extension Operation {
  fileprivate var isConstant: Bool {
    if case .constant = self { true } else { false }
  }
}

extension Kernel {
  fileprivate var tileBytes: Int {
    if case .map(let map) = body { map.isScalar ? 0 : map.tile.slotBytes * map.tile.slotCount } else { 0 }
  }
}

/// Which groups could run now, the one with the least key first: a binary heap.
private struct ReadyQueue {
  private var entries: [(key: Int, group: Int)] = []

  mutating func insert(_ group: Int, key: Int) {
    entries.append((key, group))
    var child = entries.count - 1
    while child > 0, entries[child] < entries[(child - 1) / 2] {
      entries.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  mutating func popFirst() -> Int? {
    guard let first = entries.first, let last = entries.popLast() else { return nil }
    guard !entries.isEmpty else { return first.group }
    entries[0] = last
    var parent = 0
    while 2 * parent + 1 < entries.count {
      let (left, right) = (2 * parent + 1, 2 * parent + 2)
      let least = right < entries.count && entries[right] < entries[left] ? right : left
      guard entries[least] < entries[parent] else { break }
      entries.swapAt(least, parent)
      parent = least
    }
    return first.group
  }
}
