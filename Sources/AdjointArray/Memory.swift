import Synchronization

/// What memory there is to take: whoever needs much of it asks before, as Swift ends the process where there is none.
///
/// Large things are sized by headers and shapes, and asked for at once: parameters, arenas, tables, files. What is smaller than
/// ``smallest`` is not asked for: it comes out of ``reserve``.
public enum Memory {
  /// The most bytes that this process may have in use, as far as Adjoint takes them; `nil`, as at first, for what the system
  /// gives. Anything larger than what is left of them is refused by a ``MemoryError``.
  ///
  ///     Memory.limit = 2 << 30
  public static var limit: Int? {
    get {
      let bytes = processLimit.load(ordering: .relaxed)
      return bytes == .max ? nil : bytes
    }
    set { processLimit.store(newValue.map { max(0, $0) } ?? .max, ordering: .relaxed) }
  }

  private static let processLimit = Atomic<Int>(.max)
  /// That of one call, which goes before ``limit``.
  @TaskLocal private static var callLimit: Int?

  /// Less than this is taken without asking.
  package static let smallest = 1 << 20
  /// What is left of the system's memory for all that is not asked for: code, threads' stacks, graphs, text.
  package static let reserve = 64 << 20

  /// Throws where so much is not there.
  ///
  /// It costs some 50 µs, so that nobody asks within a training step.
  /// - Parameters:
  ///   - purpose: what needs it, as the subject of a sentence: `reading x.npy`.
  ///   - isPlural: whether that is a plural.
  ///   - remedy: what would be right, but for more memory.
  package static func require(
    _ bytes: Int, for purpose: @autoclosure () -> String, isPlural: Bool = false,
    remedy: @autoclosure () -> String
  ) throws(MemoryError) {
    guard bytes >= smallest else { return }
    let left = available()
    guard bytes > left.bytes else { return }
    throw MemoryError(
      purpose: purpose(), isPlural: isPlural, needed: bytes, available: left.bytes, bound: left.bound,
      remedy: remedy())
  }

  /// Whether so many bytes could be had at this moment, the reserve included: a quick question, of some microseconds, for what
  /// comes out of the reserve.
  package static func has(_ bytes: Int) -> Bool {
    if let limit = callLimit ?? limit, bytes > limit - SystemMemory.inUse() { return false }
    return SystemMemory.gives(bytes)
  }

  /// How many bytes may still be taken, and what bounds them.
  package static func available() -> (bytes: Int, bound: MemoryError.Bound) {
    var least = (bytes: Int.max, bound: MemoryError.Bound.system)
    for (bytes, bound) in SystemMemory.left() where bytes - reserve < least.bytes {
      least = (max(0, bytes - reserve), bound)
    }
    if let limit = callLimit ?? limit {
      let left = max(0, limit - SystemMemory.inUse())
      if left < least.bytes { least = (left, .limit) }
    }
    return least
  }

  /// Calls `body` under a limit of its own.
  ///
  ///     let table = try Memory.limited(to: 1 << 30) { try Table(csv: "visits.csv", target: "stays") }
  ///
  /// - Parameter limit: in bytes, in place of ``limit``; `nil` for that.
  public static func limited<R, E: Error>(to limit: Int?, _ body: () throws(E) -> R) throws(E) -> R {
    guard let limit else { return try body() }
    return try $callLimit.withValue(max(0, limit)) { () -> Result<R, E> in
      do throws(E) { return .success(try body()) } catch { return .failure(error) }
    }.get()
  }

  /// Memory that begins at a cache line and holds anything, to be freed by ``free(_:)``; `nil` where the system gives none.
  package static func allocated(_ byteCount: Int) -> UnsafeMutableRawPointer? {
    SystemMemory.allocated(byteCount, alignment: 64)
  }

  package static func free(_ memory: UnsafeMutableRawPointer) { SystemMemory.free(memory) }
}
