import CAdjointGzip

/// The bytes of a file from its beginning to its end, expanded where gzip made it.
final class FileBytes {
  private let file: File.Reader
  private let gzip: GzipStream?
  /// What was read to see whether it is gzip's.
  private var beginning: [UInt8]

  init(_ path: String) throws(DataError) {
    let file = try File.Reader(path)
    var beginning: [UInt8] = [0, 0]
    let found = try beginning.withUnsafeMutableBufferPointer { (target) throws(DataError) in
      try File.filling(UnsafeMutableRawBufferPointer(target), by: file.read(into:))
    }
    beginning.removeLast(2 - found)
    self.file = file
    self.beginning = beginning
    gzip = Gzip.isCompressed(beginning) ? try GzipStream(file: path) : nil
  }

  /// Reads some bytes, as many as are there, and says how many; 0 at the end.
  ///
  /// - Precondition: there is room for one.
  func read(into target: UnsafeMutableRawBufferPointer) throws(DataError) -> Int {
    guard let gzip else { return try readStored(into: target) }
    return try gzip.read(into: target) { (source) throws(DataError) in try readStored(into: source) }
  }

  /// Reads so many bytes, or all that are left.
  func next(_ limit: Int) throws(DataError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: limit)
    let found = try bytes.withUnsafeMutableBufferPointer { (target) throws(DataError) in
      try File.filling(UnsafeMutableRawBufferPointer(target), by: read(into:))
    }
    return Array(bytes[..<found])
  }

  /// All that is left.
  func all() throws(DataError) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(file.size)
    var piece = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let got = try piece.withUnsafeMutableBufferPointer { (target) throws(DataError) in
        try read(into: UnsafeMutableRawBufferPointer(target))
      }
      if got == 0 { return bytes }
      bytes.append(contentsOf: piece[..<got])
    }
  }

  private func readStored(into target: UnsafeMutableRawBufferPointer) throws(DataError) -> Int {
    guard !beginning.isEmpty else { return try file.read(into: target) }
    let count = min(beginning.count, target.count)
    target.copyBytes(from: beginning[..<count])
    beginning.removeFirst(count)
    return count
  }
}

/// Expands a gzip file piece by piece.
private final class GzipStream {
  private let stream: OpaquePointer
  private let file: String
  private var source = [UInt8](repeating: 0, count: 1 << 16)
  /// What of `source` is not yet expanded.
  private var rest = 0..<0
  /// Whether the last member that began is whole.
  private var isWhole = false

  init(file: String) throws(DataError) {
    guard let stream = adjoint_gzip_open() else {
      throw .corruptGzip(file: file, reason: "there is no memory to expand it")
    }
    self.stream = stream
    self.file = file
  }

  deinit { adjoint_gzip_close(stream) }

  func read(
    into target: UnsafeMutableRawBufferPointer,
    from more: (UnsafeMutableRawBufferPointer) throws(DataError) -> Int
  ) throws(DataError) -> Int {
    while true {
      if rest.isEmpty {
        let got = try source.withUnsafeMutableBufferPointer { (source) throws(DataError) in
          try more(UnsafeMutableRawBufferPointer(source))
        }
        guard got > 0 else {
          if isWhole { return 0 }
          throw .corruptGzip(file: file, reason: "it ends too early")
        }
        rest = 0..<got
      }
      var (taken, written) = (0, 0)
      let status = source.withUnsafeBufferPointer { source in
        adjoint_gzip_continue(
          stream, source.baseAddress.map { $0 + rest.lowerBound }, rest.count, &taken,
          target.baseAddress?.assumingMemoryBound(to: UInt8.self), target.count, &written)
      }
      rest = rest.lowerBound + taken..<rest.upperBound
      switch status {
      case ADJOINT_GZIP_ENDED: isWhole = true
      case ADJOINT_GZIP_FULL, ADJOINT_GZIP_TRUNCATED: isWhole = false
      case ADJOINT_GZIP_NO_MEMORY:
        throw .corruptGzip(file: file, reason: "there is no memory to expand it")
      default: throw .corruptGzip(file: file, reason: "its bytes or their checksum are wrong")
      }
      if written > 0 { return written }
    }
  }
}
