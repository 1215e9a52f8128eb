import AdjointArray
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Keeps other processes away from what this one writes for as long as it runs, or until this object goes.
///
/// It is a small file that is locked by `flock` and says who holds it. The system takes the lock back with the process, in whatever
/// way that ends, and no program that it starts inherits it. On NFS the lock holds between hosts where the share is mounted with
/// locks, as by default; where a file system has none, nobody is kept away.
package final class FileLock: Sendable {
  private let path: Mutex<String>
  private let descriptor: Int32

  /// A lock for a file: it lies hidden beside it.
  ///
  /// - Throws: ``DataError/Kind/inUse`` where another process, or another object of this one, holds it;
  ///   ``DataError/Kind/unwritable``.
  package convenience init(for file: String) throws(DataError) {
    let path = File.absolutePath(file)
    let name = File.name(of: path)
    let folder = File.directory(of: path)
    // A name that would become too long is known by its checksum.
    let short =
      name.utf8.count <= 240
      ? name : Array(name.utf8).withUnsafeBytes { String(Checksum($0).value, radix: 16) }
    try self.init(at: "\(folder == "/" ? "" : folder)/.\(short).lock", of: file)
  }

  /// A lock that is the file at `path`, of what errors call `subject`.
  package init(at path: String, of subject: String) throws(DataError) {
    self.path = Mutex(path)
    while true {
      var descriptor = File.openDescriptor(path, O_RDWR | O_CREAT | O_NOFOLLOW, 0o644)
      // That of another user can be locked and read, if not written.
      if descriptor < 0, errno == EACCES { descriptor = File.openDescriptor(path, O_RDONLY | O_NOFOLLOW) }
      guard descriptor >= 0 else { throw .unwritable(path: path, reason: File.lastError()) }
      if flock(descriptor, LOCK_EX | LOCK_NB) != 0, errno == EWOULDBLOCK {
        let holder = Self.holder(descriptor)
        close(descriptor)
        throw .inUse(path: subject, holder: holder)
      }
      // Whoever held it before may have removed the file in between.
      var (own, current) = (stat(), stat())
      if fstat(descriptor, &own) == 0, stat(path, &current) == 0, own.st_ino == current.st_ino,
        own.st_dev == current.st_dev
      {
        self.descriptor = descriptor
        ftruncate(descriptor, 0)
        _ = File.writeAll(Array(Self.description.utf8), to: descriptor)
        return
      }
      close(descriptor)
    }
  }

  /// The file has another name now.
  func move(to path: String) { self.path.withLock { $0 = path } }

  deinit {
    // First removed, then unlocked: who waits for it looks whether it is still there.
    path.withLock { _ = unlink($0) }
    close(descriptor)
  }

  /// `process 4711 (adjoint) on babbage since 2026-11-30 14:02:51 UTC`
  private static var description: String {
    var name = [CChar](repeating: 0, count: 256)
    gethostname(&name, name.count - 1)
    let host = text(name)
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
    readlink("/proc/self/exe", &buffer, buffer.count - 1)
    let program = text(buffer).split(separator: "/").last.map { " (\($0))" } ?? ""
    var (now, parts) = (time(nil), tm())
    gmtime_r(&now, &parts)
    var clock = [CChar](repeating: 0, count: 64)
    strftime(&clock, clock.count, "%Y-%m-%d %H:%M:%S UTC", &parts)
    return "process \(getpid())\(program) on \(host.isEmpty ? "this machine" : host) since \(text(clock))"
  }

  private static func holder(_ descriptor: Int32) -> String? {
    var bytes = [CChar](repeating: 0, count: 401)
    guard pread(descriptor, &bytes, bytes.count - 1, 0) > 0 else { return nil }
    let text = text(bytes)
    return text.hasPrefix("process ") ? shortened(text, to: 300) : nil
  }

  private static func text(_ characters: [CChar]) -> String {
    String(decoding: characters.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
