import AdjointArray
import Glibc

/// A file in the cache's folder that has the name of an entry: a hash of its key, then `.so`, or `.new-` and six letters
/// while it is written. Behind the library stand the key, the sizes of both, and a checksum of all that.
struct CacheEntry {
  let path: String
  let isBeingWritten: Bool
  let bytes: Int
  /// When it was last written or used.
  let seconds: Int
  private let name: String

  /// - Returns: nil for what is called otherwise, of another user, or no file: a link, say.
  init?(_ name: String, in directory: String) {
    let suffix = name.dropFirst(32)
    isBeingWritten = suffix.hasPrefix(".new-") && suffix.count == 11
    path = "\(directory)/\(name)"
    self.name = String(name.prefix(32))
    var information = stat()
    guard suffix == ".so" || isBeingWritten, self.name.utf8.allSatisfy(Self.isHexadecimal),
      lstat(path, &information) == 0, information.st_mode & S_IFMT == S_IFREG,
      information.st_uid == geteuid()
    else { return nil }
    bytes = Int(information.st_size)
    seconds = information.st_mtim.tv_sec
  }

  private static func isHexadecimal(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
      || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
  }

  // MARK: Contents

  /// What stands behind a library; a loader does not look there.
  static func trailer(_ library: [UInt8], _ key: String) -> [UInt8] {
    let end = Array(key.utf8) + integer(UInt64(library.count)) + integer(UInt64(key.utf8.count))
    return end + integer(checksum(library + end))
  }

  /// Whether these are a library and the trailer of `key`, as they were written.
  static func isWhole(_ bytes: [UInt8], _ key: String) -> Bool {
    let libraryBytes = bytes.count - key.utf8.count - sizeBytes
    guard libraryBytes > 0 else { return false }
    return bytes[libraryBytes...].elementsEqual(trailer(Array(bytes[..<libraryBytes]), key))
  }

  /// The sizes and the checksum.
  private static let sizeBytes = 24

  /// Whether the file ends as entries do, with the key of which its name is the hash.
  var isOurs: Bool {
    let file = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
    guard file >= 0 else { return false }
    defer { close(file) }
    return isOurs(file)
  }

  private func isOurs(_ file: Int32) -> Bool {
    guard let sizes = read(file, at: bytes - Self.sizeBytes, count: Self.sizeBytes) else { return false }
    let numbers = sizes.withUnsafeBytes { all in
      (0..<2).map {
        Int(clamping: UInt64(littleEndian: all.loadUnaligned(fromByteOffset: 8 * $0, as: UInt64.self)))
      }
    }
    let (libraryBytes, keyBytes) = (numbers[0], numbers[1])
    guard libraryBytes <= bytes, keyBytes <= bytes, libraryBytes + keyBytes + Self.sizeBytes == bytes,
      let key = read(file, at: libraryBytes, count: keyBytes)
    else { return false }
    return CompilationCache.name(for: String(decoding: key, as: UTF8.self)) == name
  }

  private func read(_ file: Int32, at place: Int, count: Int) -> [UInt8]? {
    guard place >= 0 else { return nil }
    var result = [UInt8](repeating: 0, count: count)
    return pread(file, &result, count, off_t(place)) == count ? result : nil
  }

  /// Removes an entry that nobody writes any more: who does has locked it.
  func removeIfAbandoned() {
    let file = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
    guard file >= 0 else { return }
    defer { close(file) }
    if isOurs(file), flock(file, LOCK_EX | LOCK_NB) == 0 { unlink(path) }
  }
}

func checksum(_ bytes: [UInt8]) -> UInt64 { bytes.withUnsafeBytes { Checksum($0).value } }

private func integer(_ value: UInt64) -> [UInt8] {
  withUnsafeBytes(of: value.littleEndian) { Array($0) }
}
