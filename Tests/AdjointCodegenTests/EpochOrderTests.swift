import Adjoint
import AdjointData
import CAdjointRuntime
import Testing

/// The order of the rows in an epoch, which the runtime makes.
@Suite("Orders of rows")
struct EpochOrderTests {
  static func order(_ rows: Int, seed: UInt64) -> [Int] {
    var order = [Int](repeating: -1, count: rows)
    order.withUnsafeMutableBufferPointer { adj_shuffle($0.baseAddress, rows, seed) }
    return order
  }

  @Test(
    "It is the permutation that Swift's generator of the same seed gives", arguments: [0, 1, 2, 3, 10, 1000])
  func permutation(_ rows: Int) {
    for seed: UInt64 in [0, 7, .max] {
      var generator = SeededGenerator(seed: seed)
      #expect(Self.order(rows, seed: seed) == generator.permutation(of: rows))
    }
  }
}
