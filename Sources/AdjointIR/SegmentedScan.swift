import AdjointArray

extension Builder {
  /// The results of a loop; with `segment` in a loop over segments of so many runs, each a loop of its own, of which only
  /// the carries between them are kept for the backward pass.
  ///
  /// The values are the same, in the same order. With √n runs a segment, the backward pass of n runs keeps √n carries, and
  /// what one segment keeps.
  ///
  /// - Throws: ``GraphError`` where the operands do not fit.
  package mutating func scan(_ scan: Scan, _ operands: [NodeID], segment: Int? = nil) throws(GraphError)
    -> [NodeID]
  {
    guard let segment, segment > 0, scan.length > segment else {
      return try results(scan, operands)
    }
    // Its own rule says what is wrong with them.
    _ = try Operation.scan(scan, result: 0).resultType(operands.map { type($0) })
    let segments = scan.length / segment
    let rest = scan.length - segments * segment
    // What does not fill a segment runs first, at the end of a reversed loop.
    let restStart = scan.isReversed ? scan.length - rest : 0
    let restRange = restStart..<(restStart + rest)
    let range = scan.isReversed ? 0..<(scan.length - rest) : rest..<scan.length

    var carries = Array(operands.prefix(scan.carryCount))
    var before: [NodeID] = []
    if rest > 0 {
      let all = try results(
        scan.ofLength(rest),
        carries + rows(restRange, of: operands[scan.stackedOperands])
          + operands[scan.invariantOperands])
      carries = Array(all.prefix(scan.carryCount))
      before = Array(all.dropFirst(scan.carryCount))
    }
    var cut: [NodeID] = []
    for id in try rows(range, of: operands[scan.stackedOperands]) {
      cut.append(try reshape(id, to: Shape([segments, segment] + shape(id).dimensions.dropFirst())))
    }
    let outer = Scan(
      try scan.ofLength(segment).asBody(provenance), carries: scan.carryCount, stacked: scan.stackedCount,
      length: segments, isReversed: scan.isReversed, memory: .carries)
    let all = try results(outer, carries + cut + operands[scan.invariantOperands])
    var joined = Array(all.prefix(scan.carryCount))
    for (index, id) in all.dropFirst(scan.carryCount).enumerated() {
      let flat = try reshape(id, to: Shape([range.count] + shape(id).dimensions.dropFirst(2)))
      if rest == 0 {
        joined.append(flat)
      } else {
        let parts = scan.isReversed ? [flat, before[index]] : [before[index], flat]
        joined.append(try append(.concatenate(axis: 0), parts))
      }
    }
    return joined
  }

  private mutating func results(_ scan: Scan, _ operands: [NodeID]) throws(GraphError) -> [NodeID] {
    var results: [NodeID] = []
    for result in scan.body.outputs.indices {
      results.append(try append(.scan(scan, result: result), operands))
    }
    return results
  }

  private mutating func rows(_ range: Range<Int>, of ids: ArraySlice<NodeID>) throws(GraphError) -> [NodeID] {
    var result: [NodeID] = []
    for id in ids {
      let extents = shape(id).dimensions
      if range == 0..<extents[0] {
        result.append(id)
      } else {
        let slice = Slice(
          starts: [range.lowerBound] + extents.dropFirst().map { _ in 0 },
          ends: [range.upperBound] + extents.dropFirst(), steps: extents.map { _ in 1 })
        result.append(try append(.slice(slice), [id]))
      }
    }
    return result
  }
}

extension Scan {
  fileprivate func ofLength(_ length: Int) -> Scan {
    Scan(
      body, carries: carryCount, stacked: stackedCount, length: length, isReversed: isReversed,
      memory: memory,
      stopsEarly: stopsEarly)
  }

  /// A graph that takes this loop's operands and gives its results: the body of a loop over it.
  fileprivate func asBody(_ provenance: Provenance) throws(GraphError) -> Graph {
    var builder = Builder()
    var operands: [NodeID] = []
    for (position, id) in body.arguments.enumerated() {
      guard case .argument(let argument) = body[id].operation else { continue }
      let extents = stackedOperands.contains(position) ? [length] : []
      let type = TensorType(argument.type.scalarType, Shape(extents + argument.type.shape.dimensions))
      builder.provenance = body[id].provenance
      builder.provenance.labels.removeAll { $0 == argument.name }
      operands.append(builder.argument(argument.kind, argument.name, type))
    }
    builder.provenance = provenance
    let results = try builder.scan(self, operands)
    return builder.graph(outputs: results.enumerated().map { Output("y\($0.offset)", $0.element) })
  }
}
