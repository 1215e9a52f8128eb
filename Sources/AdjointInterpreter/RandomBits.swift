import AdjointArray
import AdjointIR

/// One block of Philox 4×32 with 10 rounds: four words from a counter of four and a key of two.
package func philox(_ counter: [UInt32], key: [UInt32]) -> [UInt32] {
  var (c0, c1, c2, c3) = (counter[0], counter[1], counter[2], counter[3])
  var (k0, k1) = (key[0], key[1])
  for _ in 0..<10 {
    let p = c0.multipliedFullWidth(by: 0xD251_1F53)
    let q = c2.multipliedFullWidth(by: 0xCD9E_8D57)
    (c0, c1, c2, c3) = (q.high ^ c1 ^ k0, q.low, p.high ^ c3 ^ k1, p.low)
    k0 &+= 0x9E37_79B9
    k1 &+= 0xBB67_AE85
  }
  return [c0, c1, c2, c3]
}

func randomBits(_ bits: RandomBits, key: NDArray) throws(InterpreterError) -> NDArray {
  let pair = key.buffer(of: Int64.self)
  let halves = pair.map { [UInt32(truncatingIfNeeded: $0), UInt32(truncatingIfNeeded: $0 >> 32)] }
  withExtendedLifetime(key) {}
  let wordCount = bits.type.count * bits.type.scalarType.byteSize / 4
  var words: [UInt32] = []
  words.reserveCapacity(wordCount + 3)
  while words.count < wordCount {
    let block = UInt32(truncatingIfNeeded: words.count / 4)
    let stream = UInt32(truncatingIfNeeded: bits.stream)
    words += philox([block, stream] + halves[1], key: halves[0])
  }
  switch bits.type.scalarType {
  case .int32: return drawn(bits.type) { Int32(bitPattern: words[$0]) }
  case .int64: return drawn(bits.type) { Int64(words[2 * $0 + 1]) << 32 | Int64(words[2 * $0]) }
  case .float32: return drawn(bits.type) { Float(words[$0] >> 8) * 0x1p-24 }
  case .float64:
    return drawn(bits.type) {
      Double(UInt64(words[2 * $0] >> 5) << 26 | UInt64(words[2 * $0 + 1] >> 6)) * 0x1p-53
    }
  case .bool: throw .undefined(.structured(.randomBits(bits)), on: .bool)
  }
}

private func drawn<T: Scalar>(_ type: TensorType, _ element: (Int) -> T) -> NDArray {
  var result = NDArray(zeros: type.shape, type.scalarType)
  let out = result.mutableBuffer(of: T.self)
  for index in out.indices { out[index] = element(index) }
  withExtendedLifetime(result) {}
  return result
}
