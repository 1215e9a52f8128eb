import AdjointArray
import AdjointIR

// Products of matrices: as they lie in memory, through strips, or of copies.

/// A `dot` as a product of matrices: how many rows, columns and terms there are, and which axes they are made of.
private struct ProductForm {
  let m, n, k: Int
  /// The extents of the batch axes that are not 1, and which axes of `dot` they are.
  let batchExtents: [Int]
  let kept: [Int]
  let lhs: (batch: [Int], rows: [Int], columns: [Int])
  let rhs: (batch: [Int], rows: [Int], columns: [Int])

  init(_ dimensions: DotDimensions, _ lhs: Shape, _ rhs: Shape) {
    let extent = { (shape: Shape, axes: [Int]) in axes.reduce(1) { $0 * shape[$1] } }
    self.lhs = (dimensions.lhsBatch, dimensions.lhsFree(rank: lhs.rank), dimensions.lhsContracting)
    self.rhs = (dimensions.rhsBatch, dimensions.rhsContracting, dimensions.rhsFree(rank: rhs.rank))
    m = extent(lhs, self.lhs.rows)
    n = extent(rhs, self.rhs.columns)
    k = extent(lhs, dimensions.lhsContracting)
    let batch = dimensions.lhsBatch.map { lhs[$0] }
    kept = batch.indices.filter { batch[$0] != 1 }
    batchExtents = kept.map { batch[$0] }
  }
}

extension Lowerer {
  mutating func lowerDot(_ id: NodeID, _ dimensions: DotDimensions, to destination: BufferID) {
    let node = graph[id]
    guard node.type.count > 0 else { return }
    let form = ProductForm(
      dimensions, graph[node.operands[0]].type.shape, graph[node.operands[1]].type.shape)
    let (left, right) = factors(node, form)
    let name = "matmul_" + buffers[destination].name
    if case .matrix(let lhs) = left, case .matrix(let rhs) = right {
      let dot = Contraction(
        type: node.type.scalarType, m: form.m, n: form.n, k: form.k, batchExtents: form.batchExtents,
        lhs: lhs,
        rhs: rhs, destination: destination)
      append(.contraction(dot), name: name, node.provenance, flops: graph.flops(at: id))
    } else {
      let dot = StripContraction(
        type: node.type.scalarType, m: form.m, n: form.n, k: form.k, batchExtents: form.batchExtents,
        lhs: left,
        rhs: right, result: .matrix(destination), target: target)
      append(.stripContraction(dot), name: name, node.provenance, flops: graph.flops(at: id))
    }
  }

  /// A product whose elements are added to windows, all in one.
  mutating func lowerWindowedSum(_ id: NodeID, to destination: BufferID) {
    guard let sum = graph.windowedSum(id, views) else { return }
    fillZero(destination, graph[id])
    let node = graph[sum.product]
    guard node.type.count > 0, case .dot(let dimensions) = node.operation else { return }
    let form = ProductForm(
      dimensions, graph[node.operands[0]].type.shape, graph[node.operands[1]].type.shape)
    guard form.k > 0 else { return }
    let (left, right) = factors(node, form)
    let dot = StripContraction(
      type: node.type.scalarType, m: form.m, n: form.n, k: form.k, batchExtents: form.batchExtents, lhs: left,
      rhs: right,
      result: .sum(
        StripContraction.Strided(
          buffer: destination, offset: 0, rows: sum.rows, columns: sum.columns, isTransposed: false,
          batchStrides: sum.batchStrides)), target: target)
    var provenance = node.provenance
    provenance.merge(graph[id].provenance)
    append(
      .stripContraction(dot), name: "matmul_" + buffers[destination].name, provenance,
      flops: saturatingSum(graph.flops(at: sum.product), graph.flops(at: id)))
  }

  private mutating func factors(_ node: Node, _ form: ProductForm) -> (
    StripContraction.Factor, StripContraction.Factor
  ) {
    (
      factor(node.operands[0], form, batch: form.lhs.batch, rows: form.lhs.rows, columns: form.lhs.columns),
      factor(node.operands[1], form, batch: form.rhs.batch, rows: form.rhs.rows, columns: form.rhs.columns)
    )
  }

  /// An operand as matrices in memory: as it lies, if rows and columns each have one stride and one of the two is 1; windows
  /// as what strips are packed from; anything else as a copy.
  private mutating func factor(
    _ id: NodeID, _ form: ProductForm, batch: [Int], rows: [Int], columns: [Int]
  ) -> StripContraction.Factor {
    let shape = graph[id].type.shape
    let view = views[id]
    if let buffer = buffer(of: view), view.strides.allSatisfy({ $0 >= 0 }),
      let row = joined(rows, shape, view.strides), let column = joined(columns, shape, view.strides)
    {
      let batchStrides = form.kept.map { view.strides[batch[$0]] }
      if column.stride == 1 || column.extent == 1 {
        return .matrix(
          Contraction.Matrix(
            buffer: buffer, offset: view.offset, isTransposed: false,
            leadingStride: row.extent == 1 ? max(1, column.extent) : row.stride, batchStrides: batchStrides))
      }
      if row.stride == 1 || row.extent == 1 {
        return .matrix(
          Contraction.Matrix(
            buffer: buffer, offset: view.offset, isTransposed: true, leadingStride: column.stride,
            batchStrides: batchStrides))
      }
    }
    if view.isWindowed, shape.count > 0, let buffer = buffer(of: view) {
      // Neighbours that step evenly are one axis: the longer what lies together, the faster it is packed.
      let axes = { (list: [Int]) in
        let real = list.filter { shape[$0] != 1 }
        let joined = collapsed(real.map { shape[$0] }, [real.map { view.strides[$0] }]) { _, _ in true }
        return zip(joined.extents, joined.accesses[0]).map(StripContraction.Axis.init)
      }
      let (rowAxes, columnAxes) = (axes(rows), axes(columns))
      // Columns of a strip are what lies together in memory.
      let isTransposed = columnAxes.last?.stride != 1 && rowAxes.last?.stride == 1
      return .strided(
        StripContraction.Strided(
          buffer: buffer, offset: view.offset, rows: isTransposed ? columnAxes : rowAxes,
          columns: isTransposed ? rowAxes : columnAxes, isTransposed: isTransposed,
          batchStrides: form.kept.map { view.strides[batch[$0]] }))
    }
    let order = batch + rows + columns
    let permuted = Shape(order.map { shape[$0] })
    let type = graph[id].type.scalarType
    let aside = addBuffer(label(of: id) + "_copy", TensorType(type, permuted), .arena(offset: 0))
    copy(
      NodeView(root: view.root, offset: view.offset, strides: order.map { view.strides[$0] }),
      shape: permuted,
      type: type, to: aside, name: "copy_" + buffers[aside].name)
    let strides = permuted.strides
    return .matrix(
      Contraction.Matrix(
        buffer: aside, offset: 0, isTransposed: false,
        leadingStride: max(1, columns.reduce(1) { $0 * shape[$1] }),
        batchStrides: form.kept.map { strides[$0] }))
  }

  /// Several axes as one, if they step evenly: its extent and stride.
  private func joined(_ axes: [Int], _ shape: Shape, _ strides: [Int]) -> (extent: Int, stride: Int)? {
    let real = axes.filter { shape[$0] != 1 }
    guard let last = real.last else { return (1, 1) }
    for (outer, inner) in zip(real, real.dropFirst()) where strides[outer] != strides[inner] * shape[inner] {
      return nil
    }
    return (real.reduce(1) { $0 * shape[$1] }, strides[last])
  }
}

/// A product whose elements are added to windows: where each of its axes leads in the sum.
struct WindowedSum {
  let product: NodeID
  let batchStrides: [Int]
  let rows: [StripContraction.Axis]
  let columns: [StripContraction.Axis]
}

extension Graph {
  /// What `addWindows` at `id` adds, if that is a whole product, whose batch, rows and columns are axes of the windows.
  func windowedSum(_ id: NodeID, _ views: [NodeView]) -> WindowedSum? {
    guard case .addWindows(let windows, _) = self[id].operation else { return nil }
    let (operand, view) = (self[id].operands[0], views[self[id].operands[0]])
    guard !view.isBarred, !view.isWindowed, case .dot(let dimensions) = self[view.root].operation else {
      return nil
    }
    let shape = self[operand].type.shape
    let targets = windows.elementStrides(of: self[id].type.shape)
    // The operand's axes in the order in which the product has them.
    let order = shape.dimensions.indices.filter { shape[$0] != 1 }
      .sorted { (view.strides[$1], $0) < (view.strides[$0], $1) }
    let sorted = Shape(order.map { shape[$0] })
    guard view.offset == 0, sorted.count == self[view.root].type.count,
      sorted.strides == order.map({ view.strides[$0] })
    else { return nil }
    let product = self[view.root]
    let form = ProductForm(
      dimensions, self[product.operands[0]].type.shape, self[product.operands[1]].type.shape)
    var axes = order.map { StripContraction.Axis(extent: shape[$0], stride: targets[$0]) }
    func take(_ count: Int) -> [StripContraction.Axis]? {
      var (taken, rest): ([StripContraction.Axis], Int) = ([], count)
      while rest > 1, let axis = axes.popLast() {
        guard rest % axis.extent == 0 else { return nil }
        rest /= axis.extent
        taken.insert(axis, at: 0)
      }
      return rest == 1 ? taken : nil
    }
    guard sorted.count > 0, let columns = take(form.n), let rows = take(form.m),
      axes.map(\.extent) == form.batchExtents
    else { return nil }
    return WindowedSum(
      product: view.root, batchStrides: axes.map(\.stride), rows: rows, columns: columns)
  }
}
