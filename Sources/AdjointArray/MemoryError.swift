/// There is too little memory for something large: what, how much it needs, how much there is, and what would be right.
public struct MemoryError: DocumentedError, Hashable {
  /// What bounds memory.
  public enum Bound: Sendable, Hashable, CaseIterable {
    /// ``Memory/limit``, or `memoryLimit:` of a call.
    case limit
    /// Of the process's address space: `ulimit -v`.
    case addressSpace
    /// Of the process's data: `ulimit -d`.
    case dataSize
    /// Of the control group that the process is in, as that of a container.
    case container
    /// What the machine has.
    case machine
    /// The system gave none, and did not say why.
    case system
  }
  /// What needs it.
  public let purpose: String
  /// Bytes.
  public let needed: Int
  public let available: Int
  public let bound: Bound
  let remedy: String
  let isPlural: Bool

  package init(
    purpose: String, isPlural: Bool = false, needed: Int, available: Int, bound: Bound, remedy: String
  ) {
    (self.purpose, self.isPlural, self.needed) = (purpose, isPlural, needed)
    (self.available, self.bound, self.remedy) = (available, bound, remedy)
  }

  public enum Kind: String, CaseIterable, Sendable { case insufficientMemory }

  public var kind: Kind { .insufficientMemory }

  public var message: String { "\(problem); \(remedies)" }

  /// What needs how much, and what has not got it.
  package var problem: String {
    "\(purpose) need\(isPlural ? "" : "s") \(Self.text(needed)) of memory, and \(shortage)"
  }

  /// What would be right.
  package var remedies: String { "\(remedy), or \(relief)" }

  private var shortage: String {
    let (left, kept) = (Self.text(available), "a reserve of \(Memory.reserve >> 20) MiB")
    return switch bound {
    case .limit: "the limit (Memory.limit) leaves \(left)"
    case .addressSpace: "the address space (ulimit -v) has \(left) left beside \(kept)"
    case .dataSize: "the process's data (ulimit -d) may grow by \(left) beside \(kept)"
    case .container: "the container (memory.max of its control group) has \(left) left beside \(kept)"
    case .machine: "this machine has \(left) left beside \(kept)"
    case .system: "the system gives no more"
    }
  }

  /// What makes the bound wider.
  private var relief: String {
    switch bound {
    case .limit: "raise the limit"
    case .addressSpace: "raise its limit"
    case .dataSize: "raise their limit"
    case .container: "give it more"
    case .machine, .system: "end other programs"
    }
  }

  /// `1.5 GiB`, rounded down to tenths.
  package static func text(_ bytes: Int) -> String {
    let units = [(1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")]
    guard let (size, name) = units.first(where: { bytes >= $0.0 }) else { return "\(bytes) bytes" }
    return "\(bytes / size).\(bytes % size * 10 / size) \(name)"
  }
}
