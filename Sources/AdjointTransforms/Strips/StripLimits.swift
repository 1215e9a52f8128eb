/// How the rows of a batch are cut.
public struct StripLimits: Hashable, Sendable {
  /// What the values of a strip may take together: a part of an L2 cache (of 512 KiB or more).
  public var stripBytes = 192 * 1024
  /// Where the values of all rows take less, there are no strips.
  public var leastBytes = 192 * 1024
  /// The fewest rows in a strip.
  public var leastRows = 32
  /// The most groups of strips that run independently, each with sums of its own.
  public var mostGroups = 16
  public init() {}
}
