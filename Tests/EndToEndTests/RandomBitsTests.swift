import Adjoint
import AdjointInterpreter
import FuzzHarness
import Testing

/// Philox 4×32-10 against its published vectors, and what each backend makes of its words.
@Suite struct RandomBitsTests {
  /// Random123's kat_vectors: counter, key, result.
  static let vectors: [([UInt32], [UInt32], [UInt32])] = [
    ([0, 0, 0, 0], [0, 0], [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]),
    (
      [.max, .max, .max, .max], [.max, .max], [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]
    ),
    (
      [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344], [0xa409_3822, 0x299f_31d0],
      [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1]
    ),
  ]

  @Test func philoxGivesThePublishedVectors() {
    for (counter, key, expected) in Self.vectors { #expect(philox(counter, key: key) == expected) }
  }

  /// Keys and streams with all bits, halves of the vectors' among them; long enough for several blocks at once and a
  /// rest, and one element.
  @Test(arguments: Backend.tiles + [.portable])
  func wordsAreThoseOfTheBlocksInOrder(backend: Backend) throws {
    try check(backend)
  }

  @Test(arguments: Backend.System.allCases)
  func alsoByTheSystemCompiler(kind: Backend.System) throws {
    try check(try Backend.system(kind))
  }

  private func check(_ backend: Backend) throws {
    for (counter, key, expected) in Self.vectors {
      let stream = Int(counter[1])
      let pair = NDArray([
        Int64(bitPattern: UInt64(key[1]) << 32 | UInt64(key[0])),
        Int64(bitPattern: UInt64(counter[3]) << 32 | UInt64(counter[2])),
      ])
      for count in [1, 331] {
        let blocks = (0..<UInt32(count)).map { philox([$0, counter[1], counter[2], counter[3]], key: key) }
        let words = blocks.flatMap { $0 }
        var builder = Builder()
        let argument = builder.argument(.input, "key", TensorType(.int64, [2]))
        let types: [ScalarType] = [.int32, .int64, .float32, .float64]
        let outputs = try types.map { type in
          let bits = RandomBits(TensorType(type, [count]), stream: stream)
          return Output(type.rawValue, try builder.append(.structured(.randomBits(bits)), [argument]))
        }
        let graph = builder.graph(outputs: outputs)
        let found = try backend.compile(graph)([pair])
        #expect(try Interpreter(graph).run(values: [pair]) == found)
        let pairs = (0..<count).map { (low: UInt64(words[2 * $0]), high: UInt64(words[2 * $0 + 1])) }
        #expect(found[0] == NDArray(words.prefix(count).map { Int32(bitPattern: $0) }))
        #expect(found[1] == NDArray(pairs.map { Int64(bitPattern: $0.high << 32 | $0.low) }))
        #expect(found[2] == NDArray(words.prefix(count).map { Float($0 >> 8) / 16_777_216 }))
        #expect(
          found[3]
            == NDArray(pairs.map { Double(($0.low >> 5) << 26 | $0.high >> 6) / 9_007_199_254_740_992 }))
        // The first block of the first vector is that vector.
        if counter[0] == 0, count > 4 {
          #expect(found[0].doubles.prefix(4) == expected.map { Double(Int32(bitPattern: $0)) }[...])
        }
      }
    }
  }
}
