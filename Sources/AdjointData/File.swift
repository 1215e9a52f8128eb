import AdjointArray

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Files: read whole or piece by piece, and written whole.
package enum File {
  /// The bytes of the file at `path`.
  ///
  /// - Throws: ``DataError/Kind/unreadable``, ``DataError/Kind/insufficientMemory``.
  package static func read(_ path: String) throws(DataError) -> [UInt8] {
    try FileBytes(path, expandsGzip: false).all()
  }

  /// The same of a file that is not to have more than `limit` bytes; of one that has more, these and one more.
  package static func read(_ path: String, limit: Int) throws(DataError) -> [UInt8] {
    try FileBytes(path, expandsGzip: false).next(limit + 1)
  }

  /// A number for the content of a file, in hexadecimal; nil for what cannot be read twice, such as a pipe.
  package static func checksum(_ path: String) throws(DataError) -> String? {
    guard isRegular(path) else { return nil }
    let file = try Reader(path)
    var checksum = Checksum()
    var piece = [UInt8](repeating: 0, count: 1 << 20)
    while true {
      // Whole pieces, so that the number does not depend on how much is read at once.
      let count = try piece.withUnsafeMutableBufferPointer { (target) throws(DataError) in
        try filling(UnsafeMutableRawBufferPointer(target), by: file.read(into:))
      }
      piece.withUnsafeBytes { checksum.add(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
      if count < piece.count { return String(checksum.value, radix: 16) }
    }
  }

  /// Reads until `target` is full or there is no more, and says how many bytes.
  ///
  /// - Parameter read: puts some bytes there, and says how many; 0 at the end.
  static func filling(
    _ target: UnsafeMutableRawBufferPointer,
    by read: (UnsafeMutableRawBufferPointer) throws(DataError) -> Int
  ) throws(DataError) -> Int {
    var count = 0
    while count < target.count {
      let got = try read(UnsafeMutableRawBufferPointer(rebasing: target[count...]))
      if got == 0 { break }
      count += got
    }
    return count
  }

  /// Whether it is there and can be read twice, as a pipe cannot.
  package static func isRegular(_ path: String) -> Bool {
    var status = stat()
    return !path.utf8.contains(0) && stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
  }

  /// An open file, which is read from its beginning to its end.
  final class Reader {
    let path: String
    private let descriptor: Int32

    init(_ path: String) throws(DataError) {
      guard !path.utf8.contains(0) else { throw .unreadable(path: path, reason: nulInPath) }
      self.path = path
      descriptor = openDescriptor(path, O_RDONLY)
      guard descriptor >= 0 else { throw .unreadable(path: path, reason: lastError()) }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// The number of bytes; `nil` of what is no file, such as a pipe or a device, and of what the kernel makes as it is read.
    var size: Int? {
      var status = stat()
      guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_size > 0 else {
        return nil
      }
      return Int(status.st_size)
    }

    /// Some bytes, wherever reading is.
    func bytes(_ range: Range<Int>) throws(DataError) -> [UInt8] {
      var result = [UInt8](repeating: 0, count: range.count)
      let count = try result.withUnsafeMutableBufferPointer { (target) throws(DataError) in
        var position = range.lowerBound
        return try File.filling(UnsafeMutableRawBufferPointer(target)) { (target) throws(DataError) in
          let got = retrying { pread(descriptor, target.baseAddress, target.count, off_t(position)) }
          guard got >= 0 else { throw .unreadable(path: path, reason: lastError()) }
          position += got
          return got
        }
      }
      return Array(result[..<count])
    }

    /// Reads as many bytes as there are at once, and says how many; 0 at the end.
    func read(into target: UnsafeMutableRawBufferPointer) throws(DataError) -> Int {
      let got = retrying { systemRead(descriptor, target.baseAddress, target.count) }
      guard got >= 0 else { throw .unreadable(path: path, reason: lastError()) }
      return got
    }
  }

  /// Replaces the file at `path` by `bytes`, whole or not at all; see ``AtomicFile``.
  package static func writeAtomically(_ bytes: [UInt8], to path: String) throws(DataError) {
    var file = try AtomicFile(path)
    try file.write(bytes)
    try file.commit()
  }

  package static func writeAtomically(_ text: String, to path: String) throws(DataError) {
    try writeAtomically(Array(text.utf8), to: path)
  }

  /// Some file systems know no fsync and say EINVAL.
  static func synchronize(_ descriptor: Int32) -> Bool {
    retrying { fsync(descriptor) } == 0 || errno == EINVAL
  }

  static func resolvingLinks(_ path: String) -> String {
    guard let resolved = realpath(path, nil) else { return path }
    defer { free(resolved) }
    return String(cString: resolved)
  }

  /// The last part of a path.
  package static func name(of path: String) -> String {
    path.split(separator: "/").last.map(String.init) ?? ""
  }

  package static func directory(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  /// Calls again where a signal interrupted.
  static func retrying<T: SignedInteger>(_ call: () -> T) -> T {
    while true {
      let result = call()
      if result >= 0 || errno != EINTR { return result }
    }
  }

  /// The system would read such a path only up to the NUL.
  static let nulInPath = "a path cannot contain a NUL character"

  static func lastError() -> String {
    let code = errno
    return strerror(code).map { String(cString: $0) } ?? "error \(code)"
  }

  // Under a name of its own, as `read` is this type's too.
  private static func systemRead(_ descriptor: Int32, _ target: UnsafeMutableRawPointer?, _ count: Int) -> Int
  {
    #if canImport(Glibc)
      Glibc.read(descriptor, target, count)
    #elseif canImport(Musl)
      Musl.read(descriptor, target, count)
    #elseif canImport(Darwin)
      Darwin.read(descriptor, target, count)
    #endif
  }
}
