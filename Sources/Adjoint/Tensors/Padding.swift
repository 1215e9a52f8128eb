import AdjointArray
import AdjointIR

extension Tensor {
  /// With `before` elements of `value` in front of those along `axis`, and `after` behind them: NumPy's `pad` with a
  /// constant.
  public func padded(
    axis: Int, before: Int = 0, after: Int = 0, value: Double = 0, file: String = #fileID, line: Int = #line
  ) -> Tensor {
    moved("pad", file, line) { builder, id throws(GraphError) in
      let rank = builder.shape(id).rank
      let axis = try builder.normalizedAxis(axis, rank: rank, "pad")
      let widths = (0..<rank).map { $0 == axis ? (before, after) : (0, 0) }
      return try builder.pad(id, widths, value)
    }
  }

  /// With elements of `value` around: `widths` has for each axis how many before and how many after it.
  public func padded(
    _ widths: [(before: Int, after: Int)], value: Double = 0, file: String = #fileID, line: Int = #line
  ) -> Tensor {
    moved("pad", file, line) { builder, id throws(GraphError) in try builder.pad(id, widths, value) }
  }
}

extension Builder {
  fileprivate mutating func pad(_ id: NodeID, _ widths: [(before: Int, after: Int)], _ value: Double)
    throws(GraphError) -> NodeID
  {
    let padding = Padding(
      low: widths.map(\.before), high: widths.map(\.after), interior: widths.map { _ in 0 })
    let padded = try append(.pad(padding), [id])
    let filling = try literal(value, typedLike: id)
    // Zeros are what the primitive gives; −0 is another number.
    if case .constant(let literal) = nodes[filling].operation, literal.bits == 0 { return padded }
    let inside = try broadcast(constant(Literal(true)), to: shape(id))
    return try select(append(.pad(padding), [inside]), padded, filling)
  }
}
