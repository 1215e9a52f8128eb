import AdjointArray

/// The memory that a graph takes on its way to code: asked for as its nodes grow in number, because Swift ends a process whose
/// small allocations fail.
package struct GraphMemory: Sendable {
  /// What a node takes on that way, in bytes: 1.3 KB were measured of 460,000 (`adjoint bench --compile-time`).
  package static let perNode = 3 << 10
  /// As many nodes come out of ``Memory/reserve``.
  package static let unasked = 1 << 12

  /// When to ask again: each time that the number has doubled, which costs nothing that could be measured.
  private var next: Int

  init(expecting count: Int = 0) { next = max(Self.unasked, count) }

  /// Whether there are so many nodes that it is time to ask.
  func isDue(_ count: Int) -> Bool { count >= next }

  /// Asks for what `count` nodes more need.
  mutating func ask(_ count: Int) throws(MemoryError) {
    next = 2 * count
    try Self.require(count)
  }

  /// Throws where there is not the memory for so many nodes.
  package static func require(_ count: Int) throws(MemoryError) {
    guard count >= unasked else { return }
    try Memory.require(
      saturatingProduct(count, perNode), for: "a graph of over \(count) nodes",
      remedy: "make it smaller, as by a loop in place of repetition")
  }
}
