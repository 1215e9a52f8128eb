import AdjointArray
import AdjointIR

// The rules of operations that only move elements: each goes back the way it came.

extension DerivativeRule {
  func transpose(_ permutation: [Int], _ builder: inout Builder) throws(GraphError) -> NodeID {
    try builder.transpose(cotangent, inverse(permutation))
  }

  func slice(_ slice: Slice, _ builder: inout Builder) throws(GraphError) -> NodeID {
    let shape = builder.shape(operands[0])
    let high = (0..<shape.rank).map { axis in
      let count = slice.extent(axis)
      let covered = count == 0 ? 0 : (count - 1) * slice.steps[axis] + 1
      return shape[axis] - slice.starts[axis] - covered
    }
    return try builder.append(
      .pad(Padding(low: slice.starts, high: high, interior: slice.steps.map { $0 - 1 })), [cotangent])
  }

  func pad(_ padding: Padding, _ builder: inout Builder) throws(GraphError) -> NodeID {
    let shape = builder.shape(operands[0])
    let ends = (0..<shape.rank).map { axis in
      padding.low[axis] + (shape[axis] == 0 ? 0 : (shape[axis] - 1) * (padding.interior[axis] + 1) + 1)
    }
    return try builder.append(
      .slice(Slice(starts: padding.low, ends: ends, steps: padding.interior.map { $0 + 1 })), [cotangent])
  }

  func concatenate(_ axis: Int, _ builder: inout Builder) throws(GraphError) -> [NodeID?] {
    let full = builder.shape(cotangent)
    var start = 0
    var parts: [NodeID?] = []
    for (position, operand) in operands.enumerated() {
      let end = start + builder.shape(operand)[axis]
      if wanted[position] {
        var starts = [Int](repeating: 0, count: full.rank)
        var ends = full.dimensions
        starts[axis] = start
        ends[axis] = end
        let steps = [Int](repeating: 1, count: full.rank)
        parts.append(
          try builder.append(.slice(Slice(starts: starts, ends: ends, steps: steps)), [cotangent]))
      } else {
        parts.append(nil)
      }
      start = end
    }
    return parts
  }

  func gatherRows(_ builder: inout Builder) throws(GraphError) -> NodeID {
    let rows = builder.shape(operands[0])[0]
    return try builder.append(.scatterAddRows(rows: rows), [cotangent, operands[1]])
  }
}
