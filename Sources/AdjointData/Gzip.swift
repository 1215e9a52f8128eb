import CAdjointGzip

/// Expanding files that were made by gzip (RFC 1952).
enum Gzip {
  /// The most bytes that one byte of deflate can stand for (zlib, Technical Details: 1032 : 1).
  static let greatestRatio = 1032

  static func isCompressed(_ bytes: [UInt8]) -> Bool { bytes.starts(with: [0x1F, 0x8B]) }

  /// What at most `limit` of the first bytes in `compressed` are, and whether there are more.
  ///
  /// - Throws: ``DataError/Kind/corruptGzip``, also where the end is missing.
  static func expand(
    _ compressed: [UInt8], limit: Int, file: String
  ) throws(DataError) -> (bytes: [UInt8], isWhole: Bool) {
    // Memory for what is there, not for what may be.
    var capacity = min(limit, 1024 + 16 * compressed.count)
    var (bytes, status) = expandOnce(compressed, capacity)
    while status == ADJOINT_GZIP_FULL, capacity < limit {
      capacity = min(limit, 8 * capacity)
      (bytes, status) = expandOnce(compressed, capacity)
    }
    switch status {
    case ADJOINT_GZIP_ENDED: return (bytes, true)
    case ADJOINT_GZIP_FULL: return (bytes, false)
    case ADJOINT_GZIP_TRUNCATED: throw .corruptGzip(file: file, reason: "it ends too early")
    case ADJOINT_GZIP_NO_MEMORY: throw .corruptGzip(file: file, reason: "there is no memory to expand it")
    default: throw .corruptGzip(file: file, reason: "its bytes or their checksum are wrong")
    }
  }

  private static func expandOnce(_ compressed: [UInt8], _ capacity: Int) -> ([UInt8], adjoint_gzip_status) {
    var status = ADJOINT_GZIP_CORRUPT
    let bytes = [UInt8](unsafeUninitializedCapacity: capacity) { target, count in
      compressed.withUnsafeBufferPointer { source in
        status = adjoint_gzip_expand(source.baseAddress, source.count, target.baseAddress, capacity, &count)
      }
    }
    return (bytes, status)
  }
}
