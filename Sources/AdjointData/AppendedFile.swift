#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// A file that this process has made and adds to: a log, which others may read while it grows.
package struct AppendedFile: ~Copyable {
  package let path: String
  private let descriptor: Int32
  /// Bytes in the file.
  private var count = 0

  /// Makes the file at `path`; nil where there is one already.
  ///
  /// - Throws: ``DataError/Kind/unwritable``.
  package init?(creating path: String) throws(DataError) {
    guard !path.utf8.contains(0) else { throw .unwritable(path: path, reason: File.nulInPath) }
    let descriptor = File.openDescriptor(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND)
    guard descriptor >= 0 else {
      if errno == EEXIST { return nil }
      throw .unwritable(path: path, reason: File.lastError())
    }
    self.path = path
    self.descriptor = descriptor
  }

  /// Goes on with the file at `path`, which is there.
  ///
  /// - Throws: ``DataError/Kind/unwritable``.
  package init(goingOn path: String) throws(DataError) {
    let descriptor = File.openDescriptor(path, O_WRONLY | O_APPEND | O_NOFOLLOW)
    guard descriptor >= 0 else { throw .unwritable(path: path, reason: File.lastError()) }
    var status = stat()
    fstat(descriptor, &status)
    self.path = path
    self.descriptor = descriptor
    count = Int(status.st_size)
  }

  deinit { close(descriptor) }

  /// Adds all of `bytes`, or none of them where an error is thrown: a full disk leaves no half of a record.
  ///
  /// - Throws: ``DataError/Kind/unwritable``.
  package mutating func append(_ bytes: [UInt8]) throws(DataError) {
    guard File.writeAll(bytes, to: descriptor) else {
      let reason = File.lastError()
      _ = File.retrying { ftruncate(descriptor, off_t(count)) }
      throw .unwritable(path: path, reason: reason)
    }
    count += bytes.count
  }
}
