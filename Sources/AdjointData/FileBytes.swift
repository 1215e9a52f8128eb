import AdjointArray
import CAdjointGzip

/// The bytes of a file from its beginning to its end, expanded where gzip made it.
package final class FileBytes {
  private let path: String
  private let file: File.Reader
  private let gzip: GzipStream?
  /// What was read to see whether it is gzip's.
  private var beginning: [UInt8]
  /// What was looked at and not yet read.
  private var ahead: ArraySlice<UInt8> = []

  /// - Parameter expandsGzip: whether to; else gzip's bytes are what is read.
  package init(_ path: String, expandsGzip: Bool = true) throws(DataError) {
    let file = try File.Reader(path)
    var beginning: [UInt8] = [0, 0]
    let found = try beginning.withUnsafeMutableBufferPointer { (target) throws(DataError) in
      try File.filling(UnsafeMutableRawBufferPointer(target), by: file.read(into:))
    }
    beginning.removeLast(2 - found)
    self.path = path
    self.file = file
    self.beginning = beginning
    gzip = expandsGzip && Gzip.isCompressed(beginning) ? try GzipStream(file: path) : nil
  }

  /// Reads some bytes, as many as are there, and says how many; 0 at the end.
  ///
  /// - Precondition: there is room for one.
  func read(into target: UnsafeMutableRawBufferPointer) throws(DataError) -> Int {
    guard ahead.isEmpty else {
      let count = min(ahead.count, target.count)
      target.copyBytes(from: ahead.prefix(count))
      ahead.removeFirst(count)
      return count
    }
    guard let gzip else { return try readStored(into: target) }
    return try gzip.read(into: target) { (source) throws(DataError) in try readStored(into: source) }
  }

  /// The next `count` bytes, or all that are left, which are read again.
  ///
  /// - Parameter count: so few that memory is no matter.
  package func peek(_ count: Int) throws(DataError) -> [UInt8] {
    let bytes = try next(count)
    ahead = bytes[...] + ahead
    return bytes
  }

  /// Reads so many bytes, or all that are left.
  package func next(_ limit: Int) throws(DataError) -> [UInt8] {
    var bytes: [UInt8] = []
    if let size { try bytes.grow(by: min(limit, size), for: purpose, remedy: Self.remedy) }
    try append(to: &bytes, upTo: limit) { _ in }
    return bytes
  }

  /// All that is left.
  ///
  /// - Parameter check: is given each piece that was read.
  /// - Throws: ``DataError/Kind/insufficientMemory`` before more is read than there is memory for.
  func all(
    checking check: (UnsafeBufferPointer<UInt8>) throws(DataError) -> Void = { _ in }
  ) throws(DataError) -> [UInt8] {
    var bytes: [UInt8] = []
    // One more than the size, so that the end is seen without growing.
    if let size { try bytes.grow(by: size + 1, for: purpose, remedy: Self.remedy) }
    try append(to: &bytes, upTo: .max, check)
    return bytes
  }

  /// All of the file, whose header says how many bytes there are, the header included.
  ///
  /// - Precondition: nothing was read, but looked at only.
  /// - Throws: ``DataError/Kind/wrongByteCount``, before anything is read where the file's size says so.
  func all(_ expected: Int, shape: Shape) throws(DataError) -> [UInt8] {
    let wrong = { (found: String) in
      DataError.wrongByteCount(file: self.path, shape: shape, expected: expected, found: found)
    }
    if let size = file.size {
      if gzip == nil, size != expected { throw wrong("\(size)") }
      // No file of this size expands to more: what a header says is not taken on trust.
      let most = size.multipliedReportingOverflow(by: Gzip.greatestRatio)
      if gzip != nil, !most.overflow, most.partialValue < expected {
        throw wrong("at most \(most.partialValue)")
      }
    }
    var bytes: [UInt8] = []
    if file.size != nil { try bytes.grow(by: expected + 1, for: purpose, remedy: Self.remedy) }
    try append(to: &bytes, upTo: expected + 1) { _ in }
    guard bytes.count == expected else { throw wrong(bytes.count > expected ? "more" : "\(bytes.count)") }
    return bytes
  }

  /// How many bytes there are, where the system knows and gzip does not hide it.
  package var size: Int? { gzip == nil ? file.size : nil }

  /// The last `count` bytes, or all; `nil` where ``size`` is. What is read next stays the same.
  func last(_ count: Int) throws(DataError) -> [UInt8]? {
    guard let size else { return nil }
    return try file.bytes(max(0, size - count)..<size)
  }

  /// - Parameter limit: the most bytes that there will be.
  private func append(
    to bytes: inout [UInt8], upTo limit: Int, _ check: (UnsafeBufferPointer<UInt8>) throws(DataError) -> Void
  ) throws(DataError) {
    var piece = [UInt8](repeating: 0, count: max(1, min(limit, 1 << 18)))
    while bytes.count < limit {
      let room = min(piece.count, limit - bytes.count)
      let got = try piece.withUnsafeMutableBufferPointer { (target) throws(DataError) in
        try read(
          into: UnsafeMutableRawBufferPointer(UnsafeMutableBufferPointer(rebasing: target[..<room])))
      }
      if got == 0 { return }
      try piece.withUnsafeBufferPointer { (piece) throws(DataError) in
        try check(UnsafeBufferPointer(rebasing: piece[..<got]))
      }
      try bytes.grow(by: got, for: purpose, remedy: Self.remedy)
      bytes.append(contentsOf: piece[..<got])
    }
  }

  private var purpose: String { "reading \(path)" }
  private static let remedy = "give a smaller file"

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
