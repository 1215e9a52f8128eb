import AdjointArray

// The type rules of windows.

extension Operation {
  func windowsType(_ windows: Windows, _ type: TensorType) throws(GraphError) -> TensorType {
    try check(windows, rank: type.rank)
    var dimensions = type.shape.dimensions
    for (position, axis) in windows.axes.enumerated() {
      dimensions[axis] = windows.count(position, in: dimensions[axis])
    }
    return TensorType(type.scalarType, Shape(dimensions + windows.sizes))
  }

  func addWindowsType(_ windows: Windows, _ extents: [Int], _ type: TensorType) throws(GraphError)
    -> TensorType
  {
    try checkDomain(.numbers, type)
    let rank = type.rank - windows.axes.count
    try check(windows, rank: max(0, rank))
    guard extents.count == windows.axes.count, extents.allSatisfy({ $0 >= 0 }) else {
      throw invalid(
        .invalidAttribute, "extents \(extents) for windows along axes \(windows.axes)",
        "give one ≥ 0 for each axis")
    }
    var dimensions = Array(type.shape.dimensions.prefix(rank))
    var counts = dimensions
    for (position, axis) in windows.axes.enumerated() {
      counts[axis] = windows.count(position, in: extents[position])
      dimensions[axis] = extents[position]
    }
    guard type.shape.dimensions == counts + windows.sizes else {
      throw invalid(
        .shapeMismatch, "\(type.shape) does not hold the windows of \(Shape(dimensions))",
        "give \(Shape(counts + windows.sizes))")
    }
    return TensorType(type.scalarType, Shape(dimensions))
  }

  private func check(_ windows: Windows, rank: Int) throws(GraphError) {
    try checkAxes(windows.axes, rank: rank)
    let lists = [windows.sizes, windows.strides, windows.dilations]
    guard windows.axes == windows.axes.sorted(), lists.allSatisfy({ $0.count == windows.axes.count }) else {
      throw invalid(
        .invalidAttribute, "axes \(windows.axes) with \(lists.map(\.count)) sizes, strides and dilations",
        "give ascending axes, and one of each for every axis")
    }
    guard windows.sizes.allSatisfy({ $0 >= 1 }), windows.strides.allSatisfy({ $0 >= 1 }),
      windows.dilations.allSatisfy({ $0 >= 1 })
    else {
      throw invalid(
        .invalidAttribute,
        "sizes \(windows.sizes), strides \(windows.strides), dilations \(windows.dilations)", "give each ≥ 1")
    }
  }
}
