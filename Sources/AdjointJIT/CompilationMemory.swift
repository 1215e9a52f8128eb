import CAdjointJIT

/// The memory that compiling needs. Swift ends a program whose small allocations fail, and TinyCC one whose any do, so
/// both are asked for before.
package enum CompilationMemory {
  /// What is to be had before anything is recorded or compiled, in bytes: Swift's own allocations on the way from a small
  /// graph to code stay within it.
  package static let reserve = 16 << 20

  /// What a node of a graph takes on that way, in bytes: 1.3 KB were measured of 460,000 (`adjoint bench --compile-time`).
  package static let perNode = 3 << 10

  /// Whether the system would give this process so many bytes.
  static func has(_ bytes: Int) -> Bool { bytes == 0 || adjoint_jit_has_memory(bytes) != 0 }

  /// Refuses to go on where there is less than the reserve.
  ///
  /// - Parameter nodes: of the graph that is to be compiled.
  /// - Throws: ``CompilationError/noMemoryToCompile(needed:)``
  package static func check(nodes: Int = 0) throws(CompilationError) {
    let needed = reserve + nodes * perNode
    guard has(needed) else { throw .noMemoryToCompile(needed: needed) }
  }

  /// Whether TinyCC may run in this process: it takes some 15 times its text and 2 MiB, and must not fall short because
  /// another thread takes memory meanwhile.
  static func isPlentiful(for source: String) -> Bool { has((256 << 20) + 32 * source.utf8.count) }
}
