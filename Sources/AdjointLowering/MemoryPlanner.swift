import AdjointArray

extension MemoryPlan {
  /// Places the buffers that live in the arena so that those alive at the same time do not overlap: the largest
  /// first, each at the lowest offset that is free for its whole life.
  ///
  /// - Parameter workspaceBytes: what the largest contraction packs.
  init(buffers: [Buffer], inArena: [BufferID], kernels: [Kernel], tileBytes: Int, workspaceBytes: Int) {
    var first = [Int](repeating: Int.max, count: buffers.count)
    var last = [Int](repeating: -1, count: buffers.count)
    for (index, kernel) in kernels.enumerated() {
      for buffer in kernel.writes {
        first[buffer] = min(first[buffer], index)
        last[buffer] = max(last[buffer], index)
      }
      for buffer in kernel.reads { last[buffer] = max(last[buffer], index) }
    }
    let aligned = { (bytes: Int) in (bytes + 63) / 64 * 64 }
    let order = inArena.filter { last[$0] >= 0 }.sorted {
      let (a, b) = (buffers[$0].byteCount, buffers[$1].byteCount)
      return a == b ? $0 < $1 : a > b
    }
    var placed: [Placement] = []
    for buffer in order {
      let size = max(64, aligned(buffers[buffer].byteCount))
      let neighbours = placed.filter { $0.firstKernel <= last[buffer] && first[buffer] <= $0.lastKernel }
        .sorted { $0.offset < $1.offset }
      var offset = 0
      for neighbour in neighbours where offset + size > neighbour.offset {
        offset = max(offset, neighbour.offset + neighbour.byteCount)
      }
      placed.append(
        Placement(
          buffer: buffer, offset: offset, byteCount: size, firstKernel: first[buffer],
          lastKernel: last[buffer]))
    }
    placements = placed.sorted { $0.buffer < $1.buffer }
    let valueBytes = placed.map { $0.offset + $0.byteCount }.max() ?? 0
    lowerBoundBytes =
      kernels.indices.map { kernel in
        placed.filter { $0.firstKernel <= kernel && kernel <= $0.lastKernel }.reduce(0) { $0 + $1.byteCount }
      }.max() ?? 0
    tileOffset = valueBytes
    workspaceOffset = valueBytes + aligned(tileBytes)
    self.workspaceBytes = aligned(workspaceBytes)
    arenaBytes = workspaceOffset + self.workspaceBytes
  }
}
