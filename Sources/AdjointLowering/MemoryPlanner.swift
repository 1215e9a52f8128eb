import AdjointArray

extension MemoryPlan {
  /// Places the buffers that live in the arena so that those alive at the same time do not overlap, in one of two ways.
  ///
  /// From the fullest kernel: at that at which most bytes are alive they lie without gaps, in the order in which they
  /// came. From there to the last kernel, and then back to the first, a buffer that comes takes the smallest gap that
  /// holds it, and one that goes leaves a gap. The two ways do not meet: who lives on both sides of that kernel is alive
  /// at it. This takes time in proportion to the program, whatever its size.
  ///
  /// Where that is not the least that can be, and up to 1,000 buffers, also the largest first, each at the lowest offset
  /// that is free for its whole life; the smaller plan of the two is taken.
  ///
  /// - Parameter workspaceBytes: what the largest contraction packs.
  init(buffers: [Buffer], inArena: [BufferID], kernels: [Kernel], tileBytes: Int, workspaceBytes: Int) {
    var first = [Int](repeating: -1, count: buffers.count)
    var last = [Int](repeating: -1, count: buffers.count)
    for (index, kernel) in kernels.enumerated() {
      for buffer in kernel.writes + kernel.reads {
        if first[buffer] < 0 { first[buffer] = index }
        last[buffer] = index
      }
    }
    let aligned = { (bytes: Int) in (bytes + 63) / 64 * 64 }
    let size = buffers.map { max(64, aligned($0.byteCount)) }
    let used = inArena.filter { first[$0] >= 0 }
    var beginning = [[BufferID]](repeating: [], count: kernels.count)
    var ending = [[BufferID]](repeating: [], count: kernels.count)
    for buffer in used {
      beginning[first[buffer]].append(buffer)
      ending[last[buffer]].append(buffer)
    }

    var (alive, most, fullest) = (0, 0, 0)
    for kernel in kernels.indices {
      alive += beginning[kernel].reduce(0) { $0 + size[$1] }
      if alive > most { (most, fullest) = (alive, kernel) }
      alive -= ending[kernel].reduce(0) { $0 + size[$1] }
    }
    var offset = [Int](repeating: 0, count: buffers.count)
    var space = FreeSpace()
    let atOnce = used.filter { first[$0] <= fullest && fullest <= last[$0] }
    for buffer in atOnce.sorted(by: { (first[$0], last[$1], $0) < (first[$1], last[$0], $1) }) {
      offset[buffer] = space.take(size[buffer])
    }
    let after = space.placing(kernels.indices.dropFirst(fullest), &offset, size, beginning, ending)
    let before = space.placing(
      kernels.indices.prefix(fullest + 1).reversed(), &offset, size, ending, beginning)
    var total = max(after, before)
    if total > most, used.count <= 1_000 {
      let other = largestFirst(used, size, first, last)
      if other.total < total { (offset, total) = (other.offset, other.total) }
    }

    placements = used.sorted().map {
      Placement(
        buffer: $0, offset: offset[$0], byteCount: size[$0], firstKernel: first[$0], lastKernel: last[$0])
    }
    lowerBoundBytes = most
    tileOffset = total
    workspaceOffset = tileOffset + aligned(tileBytes)
    self.workspaceBytes = aligned(workspaceBytes)
    arenaBytes = workspaceOffset + self.workspaceBytes
  }
}

/// Offsets of `buffers` where the largest is placed first, each at the lowest offset that is free for its whole life.
///
/// - Returns: an offset for each buffer there is, and what they take together. The time grows with the square of the
///   number.
private func largestFirst(_ buffers: [BufferID], _ size: [Int], _ first: [Int], _ last: [Int]) -> (
  offset: [Int], total: Int
) {
  var offset = [Int](repeating: 0, count: size.count)
  var placed: [BufferID] = []
  var total = 0
  for buffer in buffers.sorted(by: { (size[$1], $0) < (size[$0], $1) }) {
    let neighbours = placed.filter { first[$0] <= last[buffer] && first[buffer] <= last[$0] }
      .sorted { offset[$0] < offset[$1] }
    for neighbour in neighbours where offset[buffer] + size[buffer] > offset[neighbour] {
      offset[buffer] = max(offset[buffer], offset[neighbour] + size[neighbour])
    }
    placed.append(buffer)
    total = max(total, offset[buffer] + size[buffer])
  }
  return (offset, total)
}

/// What nobody uses of a memory that grows: gaps that do not touch each other.
private struct FreeSpace {
  /// Where the memory ends.
  private(set) var end = 0
  private var sizeOfGap: [Int: Int] = [:]
  private var startOfGapEndingAt: [Int: Int] = [:]
  /// Where gaps of each size began when they were made; some are gone.
  private var starts: [Int: [Int]] = [:]
  /// The keys of `starts`, ascending.
  private var sizes: [Int] = []

  /// Gives places to those that come at one of `kernels`, after the first; `size` and `offset` are those of all buffers.
  ///
  /// - Returns: how much memory that takes.
  func placing(
    _ kernels: some Sequence<Int>, _ offset: inout [Int], _ size: [Int], _ coming: [[BufferID]],
    _ going: [[BufferID]]
  ) -> Int {
    var space = self
    for (step, kernel) in kernels.enumerated() {
      // The largest first: what is left of a gap may hold the others.
      for buffer in coming[kernel].sorted(by: { (size[$1], $0) < (size[$0], $1) }) where step > 0 {
        offset[buffer] = space.take(size[buffer])
      }
      for buffer in going[kernel] { space.give(offset[buffer], size[buffer]) }
    }
    return space.end
  }

  /// The start of the smallest gap of at least `size`; without one, the memory grows.
  mutating func take(_ size: Int) -> Int {
    let index = sizes.partitioningIndex { $0 >= size }
    while index < sizes.count {
      let found = sizes[index]
      while let start = starts[found]?.popLast() {
        guard sizeOfGap[start] == found else { continue }
        remove(start, found)
        if found > size { add(start + size, found - size) }
        return start
      }
      starts[found] = nil
      sizes.remove(at: index)
    }
    let start = startOfGapEndingAt[end] ?? end
    if start < end { remove(start, end - start) }
    end = start + size
    return start
  }

  /// Makes a gap, or makes those that it touches larger.
  mutating func give(_ start: Int, _ size: Int) {
    var (start, end) = (start, start + size)
    if let left = startOfGapEndingAt[start] {
      remove(left, start - left)
      start = left
    }
    if let right = sizeOfGap[end] {
      remove(end, right)
      end += right
    }
    add(start, end - start)
  }

  private mutating func add(_ start: Int, _ size: Int) {
    sizeOfGap[start] = size
    startOfGapEndingAt[start + size] = start
    if starts[size] == nil { sizes.insert(size, at: sizes.partitioningIndex { $0 >= size }) }
    starts[size, default: []].append(start)
  }

  private mutating func remove(_ start: Int, _ size: Int) {
    sizeOfGap[start] = nil
    startOfGapEndingAt[start + size] = nil
  }
}

extension [Int] {
  /// The first index at which `belongsBehind` holds; it holds at all later ones.
  fileprivate func partitioningIndex(_ belongsBehind: (Int) -> Bool) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if belongsBehind(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
