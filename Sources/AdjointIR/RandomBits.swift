import AdjointArray

/// Random numbers by counting: Philox 4×32 with 10 rounds (Salmon, Moraes, Dror & Shaw, "Parallel random numbers: as
/// easy as 1, 2, 3", 2011).
///
/// The operand is an int64 pair, the key of Philox and the upper half of its counter; in training these are the seed and
/// the number of the step. Each block of four 32-bit words is Philox of the counter (number of the block, stream, low and
/// high half of the pair's second number). Element i takes its words in order:
///
/// - int32: word i.
/// - int64: words 2i (low) and 2i + 1 (high).
/// - float32: uniform in [0, 1), a multiple of 2⁻²⁴: the upper 24 bits of word i.
/// - float64: uniform in [0, 1), a multiple of 2⁻⁵³: the upper 27 bits of word 2i and the upper 26 of word 2i + 1.
public struct RandomBits: Hashable, Sendable {
  public let type: TensorType
  /// Told apart by this, two draws of one key are independent; in the order of the trace.
  public let stream: Int

  public init(_ type: TensorType, stream: Int) {
    self.type = type
    self.stream = stream
  }
}
