import AdjointArray
import AdjointIR

// The derivatives of operations that only move elements: each goes back the way it came.

extension DerivativeRule {
  func slice(_ slice: Slice) throws(GraphError) -> Term {
    let shape = operands[0].shape
    let high = (0..<shape.rank).map { axis in
      let count = slice.extent(axis)
      let covered = count == 0 ? 0 : (count - 1) * slice.steps[axis] + 1
      return shape[axis] - slice.starts[axis] - covered
    }
    return try terms(.pad(Padding(low: slice.starts, high: high, interior: slice.steps.map { $0 - 1 })), g)
  }

  func pad(_ padding: Padding) throws(GraphError) -> Term {
    let shape = operands[0].shape
    let ends = (0..<shape.rank).map { axis in
      padding.low[axis] + (shape[axis] == 0 ? 0 : (shape[axis] - 1) * (padding.interior[axis] + 1) + 1)
    }
    return try terms(
      .slice(Slice(starts: padding.low, ends: ends, steps: padding.interior.map { $0 + 1 })), g)
  }

  func concatenate(_ axis: Int) throws(GraphError) -> [Term?] {
    var start = 0
    var parts: [Term?] = []
    for (position, operand) in operands.enumerated() {
      let end = start + operand.shape[axis]
      parts.append(wanted[position] ? try g.slice(axis, start..<end) : nil)
      start = end
    }
    return parts
  }
}
