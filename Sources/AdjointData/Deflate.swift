import CAdjointGzip

/// The compression and the checksum of zip archives (RFC 1951).
package enum Deflate {
  /// What the stream in `compressed` is; nil where that is not exactly `count` bytes.
  ///
  /// - Precondition: `count` is at most ``Gzip/greatestRatio`` times the stream, as memory is taken for it at once.
  package static func expand(_ compressed: ArraySlice<UInt8>, count: Int) -> [UInt8]? {
    var isRight = false
    // An empty buffer may lie nowhere, and C wants to write somewhere.
    let bytes = [UInt8](unsafeUninitializedCapacity: max(1, count)) { target, written in
      compressed.withUnsafeBufferPointer { source in
        isRight = adjoint_deflate_expand(source.baseAddress, source.count, target.baseAddress, count)
      }
      written = isRight ? count : 0
    }
    return isRight ? bytes : nil
  }

  /// The stream for `bytes`; nil where it is not shorter than they are.
  package static func compress(_ bytes: [UInt8]) -> [UInt8]? {
    guard bytes.count > 1 else { return nil }
    let capacity = bytes.count - 1
    let result = [UInt8](unsafeUninitializedCapacity: capacity) { target, written in
      written = bytes.withUnsafeBufferPointer { source in
        adjoint_deflate_compress(source.baseAddress, source.count, target.baseAddress, capacity)
      }
    }
    return result.isEmpty ? nil : result
  }

  package static func checksum(_ bytes: ArraySlice<UInt8>) -> UInt32 {
    bytes.withUnsafeBufferPointer { adjoint_deflate_crc32($0.baseAddress, $0.count) }
  }
}
