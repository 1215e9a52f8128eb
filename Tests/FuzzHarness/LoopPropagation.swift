import Adjoint

extension Propagation {
  /// The bound of a result of a loop: that of one run after the other.
  func loop(_ scan: Scan, _ result: Int) throws -> NDArray? {
    var carries = Array(zip(operands, bounds).prefix(scan.carryCount))
    var rows = [NDArray?](repeating: nil, count: scan.length)
    for run in 0..<scan.length {
      let step = scan.isReversed ? scan.length - 1 - run : run
      var given = carries
      for position in scan.stackedOperands {
        let bound = try bounds[position].map { try row(step, of: $0) }
        given.append((try row(step, of: operands[position]), bound))
      }
      given += zip(operands[scan.invariantOperands], bounds[scan.invariantOperands])
      let once = try BoundedRun(scan.body, given.map(\.0), bounds: given.map(\.1), to: measure)
      carries = Array(zip(once.values, once.bounds).prefix(scan.carryCount))
      if result >= scan.carryCount { rows[step] = once.bounds[result] }
    }
    if result < scan.carryCount { return carries[result].1 }
    guard rows.contains(where: { $0 != nil }) else { return nil }
    let slice = node.type.shape.dimensions.dropFirst()
    let zero = [Double](repeating: 0, count: slice.reduce(1, *))
    return try NDArray(rows.flatMap { $0?.doubles ?? zero }, shape: node.type.shape)
  }

  private func row(_ index: Int, of array: NDArray) throws -> NDArray {
    let extents = array.shape.dimensions
    let slice = Slice(
      starts: [index] + extents.dropFirst().map { _ in 0 }, ends: [index + 1] + extents.dropFirst(),
      steps: extents.map { _ in 1 })
    let shape = Shape(Array(extents.dropFirst()))
    let cut = try evaluate(
      .slice(slice), [array],
      type: TensorType(array.scalarType, Shape([1] + shape.dimensions)))
    return try cut.reshaped(to: shape)
  }
}
