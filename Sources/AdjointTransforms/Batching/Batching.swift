import AdjointArray
import AdjointIR

// Batching as a transformation of the graph: many evaluations that differ in some values become one, with a new
// leading axis on what differs (vmap in JAX: Bradbury et al., 2018; Radul et al., "You only linearize once", 2023).

extension Builder {
  /// The nodes that `body` makes of `seeds`, for all slices of `batches` along axis 0 at once.
  ///
  /// What does not depend on a seed is made once, without the new axis. So the products of a Jacobian with all unit
  /// vectors are one product with a matrix.
  ///
  /// - Parameters:
  ///   - batches: at least one node; all have the same extent along axis 0.
  ///   - body: appends to the builder that it is given; the seeds have the types of slices of `batches`.
  /// - Returns: the nodes that `body` returns, each with the new leading axis.
  /// - Throws: ``GraphError`` where the extents differ, a shape is too large, or what `body` throws.
  package mutating func batched(
    _ batches: [NodeID], _ body: (inout Builder, _ seeds: [NodeID]) throws(GraphError) -> [NodeID]
  ) throws(GraphError) -> [NodeID] {
    guard let extent = batches.first.flatMap({ shape($0).dimensions.first }),
      batches.allSatisfy({ shape($0).dimensions.first == extent })
    else {
      throw GraphError(
        .shapeMismatch, operation: "batched", problem: "the batches have no common leading axis",
        remedy: "give each the same extent along axis 0",
        operands: batches.map { GraphError.Operand(type($0), nodes[$0].provenance) })
    }
    // `body` works on a copy, so that the seeds, and what depends on them, leave no trace here.
    var draft = self
    var seeds: [NodeID] = []
    for batch in batches {
      let type = TensorType(scalarType(batch), Shape(Array(shape(batch).dimensions.dropFirst())))
      seeds.append(draft.argument(.input, "seed", type))
    }
    let results = try body(&draft, seeds)
    var batching = Batching(known: nodes.count, extent: extent)
    for (seed, batch) in zip(seeds, batches) {
      batching.place(seed, BatchedValue(node: batch, isBatched: true))
    }
    let outer = provenance
    defer { provenance = outer }
    try batching.copy(draft.nodes, needed: results, to: &self)
    var placed: [NodeID] = []
    for result in results { placed.append(try batching.value(of: result).spread(over: extent, &self)) }
    return placed
  }
}

/// Where the value of a node is found after batching.
struct BatchedValue {
  let node: NodeID
  /// Whether it has got the leading axis.
  let isBatched: Bool

  /// The node with the leading axis: repeated where it has none.
  func spread(over extent: Int, _ builder: inout Builder) throws(GraphError) -> NodeID {
    if isBatched { return node }
    return try builder.broadcast(node, to: Shape([extent] + builder.shape(node).dimensions))
  }
}

/// The state of one walk over nodes that are copied, with the new axis where they depend on a seed.
struct Batching {
  /// So many nodes are the same in source and copy.
  let known: Int
  let extent: Int
  private var values: [NodeID: BatchedValue] = [:]
  private var calls: [BatchedCall.Key: BatchedCall] = [:]

  init(known: Int, extent: Int) {
    self.known = known
    self.extent = extent
  }

  mutating func place(_ id: NodeID, _ value: BatchedValue) { values[id] = value }

  func value(of id: NodeID) -> BatchedValue { values[id] ?? BatchedValue(node: id, isBatched: false) }

  /// Copies what `results` need of `source` and is not placed yet.
  mutating func copy(_ source: [Node], needed results: [NodeID], to builder: inout Builder) throws(GraphError)
  {
    var needed = [Bool](repeating: false, count: source.count)
    for result in results { needed[result] = true }
    for id in needed.indices.reversed() where needed[id] && id >= known {
      for operand in source[id].operands { needed[operand] = true }
    }
    for id in known..<max(known, source.count) where needed[id] && values[id] == nil {
      let node = source[id]
      builder.provenance = node.provenance
      let operands = node.operands.map { value(of: $0) }
      if operands.contains(where: \.isBatched) {
        let start = builder.nodes.count
        let rule = BatchingRule(operation: node.operation, operands: operands, extent: extent)
        values[id] = BatchedValue(node: try rule.apply(&builder, calls: &calls), isBatched: true)
        for new in start..<builder.nodes.count where builder.nodes[new].provenance.locations.isEmpty {
          builder.mergeProvenance(new, node.provenance)
        }
      } else {
        let copy = try builder.append(node.operation, operands.map(\.node))
        values[id] = BatchedValue(node: copy, isBatched: false)
      }
    }
  }
}
