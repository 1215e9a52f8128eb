import AdjointIR

/// Decides which outputs are computed where they are wanted, and which must be copied there at the end.
struct OutputPlacement {
  enum Home: Hashable {
    case output(Int)
    case argument(Int)
  }
  /// The node whose value is computed straight into an output or over the argument that it replaces.
  private(set) var home: [NodeID: Home] = [:]
  /// The outputs, by index, that are copied when all kernels have run.
  private(set) var copied: [Int] = []

  /// - Parameter slotOf: the place of each argument among the arguments.
  init(
    _ graph: Graph, views: [NodeView], reads: [[NodeID]], slotOf: [NodeID: Int], groups: [Group],
    groupOf: [Int?], order: [Int]
  ) {
    var position = [Int](repeating: 0, count: groups.count)
    for (index, group) in order.enumerated() { position[group] = index }
    // Arguments that are read after all kernels, by a copy to an output.
    var keptArguments = Set<NodeID>()
    for output in graph.outputs where graph.nodes[views[output.node].root].operation.isArgument {
      keptArguments.insert(views[output.node].root)
    }
    var readers: [NodeID: [NodeID]] = [:]
    for id in graph.nodes.indices where groupOf[id] != nil {
      for operand in reads[id] where graph.nodes[views[operand].root].operation.isArgument {
        readers[views[operand].root, default: []].append(id)
      }
    }

    for (index, output) in graph.outputs.enumerated() {
      let view = views[output.node]
      guard let group = groupOf[view.root], home[view.root] == nil,
        graph.isIdentity(view, shape: graph[output.node].type.shape)
      else {
        copied.append(index)
        continue
      }
      guard let argument = output.replaces else {
        home[view.root] = .output(index)
        continue
      }
      // In place only after the last read of the old value; in the same kernel, only element for element.
      let isSafe = (readers[argument] ?? []).allSatisfy { reader in
        guard let readingGroup = groupOf[reader] else { return true }
        if readingGroup != group { return position[readingGroup] < position[group] }
        return graph[view.root].operation.isElementwise && graph[reader].operation.isElementwise
          && graph[reader].operands.allSatisfy { operand in
            views[operand].root != argument
              || graph.isIdentity(views[operand], shape: graph[operand].type.shape)
          }
      }
      if isSafe, !keptArguments.contains(argument), let slot = slotOf[argument] {
        home[view.root] = .argument(slot)
      } else {
        copied.append(index)
      }
    }
  }
}
