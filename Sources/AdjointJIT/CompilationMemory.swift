import AdjointArray

/// The memory that compiling needs. Swift ends a program whose small allocations fail, and TinyCC one whose any do, so
/// both are asked for before.
package enum CompilationMemory {
  /// What is to be had before anything is recorded or compiled, in bytes: Swift's own allocations on the way from a small
  /// graph to code stay within it.
  package static let reserve = 16 << 20

  /// Refuses to go on where there is less than the reserve.
  ///
  /// - Throws: ``CompilationError/noMemoryToCompile(needed:)``
  package static func check() throws(CompilationError) {
    guard Memory.has(reserve) else { throw .noMemoryToCompile(needed: reserve) }
  }

  /// Whether TinyCC may run in this process: it takes some 15 times its text and 2 MiB, and must not fall short because
  /// another thread takes memory meanwhile.
  static func isPlentiful(for source: String) -> Bool { Memory.has((256 << 20) + 32 * source.utf8.count) }
}
