import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// A file that is being written such that whoever opens its path meets either the old file or all of the new one.
///
/// The bytes go to a file beside it, reach the disk, and take the old one's name and permissions. Unless it is committed the
/// old file is as it was, and nothing is left beside it. A link is followed. What is no file (a terminal, a pipe) is written to
/// directly, as there is nothing to replace.
package struct AtomicFile: ~Copyable {
  private let path: String
  /// The file beside, and the one whose name it will take; nil where bytes are written directly.
  private let names: (temporary: String, target: String)?
  private let descriptor: Int32

  /// - Throws: ``DataError/unwritable(path:reason:)``.
  package init(_ path: String) throws(DataError) {
    // All at once, as a part of a noncopyable value could not be given back where something fails.
    let (names, descriptor) = try Self.begin(path)
    self.path = path
    self.names = names
    self.descriptor = descriptor
  }

  private static func begin(
    _ path: String
  ) throws(DataError) -> (names: (temporary: String, target: String)?, descriptor: Int32) {
    guard !path.utf8.contains(0) else { throw .unwritable(path: path, reason: File.nulInPath) }
    var status = stat()
    let exists = stat(path, &status) == 0
    let kind = status.st_mode & S_IFMT
    if exists, kind == S_IFDIR { throw .unwritable(path: path, reason: "it is a directory") }
    if exists, access(path, W_OK) != 0 { throw .unwritable(path: path, reason: File.lastError()) }
    if exists, kind != S_IFREG {
      let descriptor = File.retrying { open(path, O_WRONLY | O_CLOEXEC) }
      guard descriptor >= 0 else { throw .unwritable(path: path, reason: File.lastError()) }
      return (nil, descriptor)
    }
    let target = exists ? File.resolvingLinks(path) : path
    let made = try createTemporary(in: File.directory(of: target), for: path)
    if exists, fchmod(made.descriptor, status.st_mode & 0o7777) != 0 {
      let reason = File.lastError()
      unlink(made.path)
      close(made.descriptor)
      throw .unwritable(path: path, reason: reason)
    }
    return ((made.path, target), made.descriptor)
  }

  /// - Throws: ``DataError/unwritable(path:reason:)``; what was written before is then of no use.
  package mutating func write(_ bytes: [UInt8]) throws(DataError) {
    guard File.writeAll(bytes, to: descriptor) else {
      throw .unwritable(path: path, reason: File.lastError())
    }
  }

  /// Lets the file take its name.
  ///
  /// - Throws: ``DataError/unwritable(path:reason:)``.
  package consuming func commit() throws(DataError) {
    guard let names else { return }
    guard File.synchronize(descriptor), rename(names.temporary, names.target) == 0 else {
      throw .unwritable(path: path, reason: File.lastError())
    }
    // The file is whole whether or not its new name has reached the disk, so a failure here is none.
    let parent = open(File.directory(of: names.target), O_RDONLY | O_CLOEXEC)
    if parent >= 0 {
      fsync(parent)
      close(parent)
    }
  }

  deinit {
    // After a commit there is none of that name.
    if let names { unlink(names.temporary) }
    if descriptor >= 0 { close(descriptor) }
  }

  // MARK: The file beside

  private static let (prefix, suffix) = (".adjoint-", ".tmp")
  /// Folders in which this process has looked for what others left.
  private static let tidied = Mutex<Set<String>>([])

  /// A new file in `folder`. Its name does not contain the target's, which may be as long as a name can be.
  private static func createTemporary(
    in folder: String, for path: String
  ) throws(DataError) -> (path: String, descriptor: Int32) {
    if tidied.withLock({ $0.insert(folder).inserted }) { removeAbandoned(in: folder) }
    for _ in 0..<100 {
      let temporary = "\(folder)/\(prefix)\(String(UInt64.random(in: 0 ... .max), radix: 36))\(suffix)"
      let descriptor = File.retrying { open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666) }
      if descriptor >= 0 {
        // Says that somebody still writes it, until the process ends in whatever way.
        flock(descriptor, LOCK_EX | LOCK_NB)
        return (temporary, descriptor)
      }
      guard errno == EEXIST else { break }
    }
    throw .unwritable(path: path, reason: File.lastError())
  }

  /// Removes files of writers that were killed: of our names, and locked by nobody. A new one is left alone, as its writer may
  /// not have come to lock it.
  private static func removeAbandoned(in folder: String) {
    guard let entries = opendir(folder) else { return }
    defer { closedir(entries) }
    while let entry = readdir(entries) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      guard name.hasPrefix(prefix), name.hasSuffix(suffix) else { continue }
      let path = "\(folder)/\(name)"
      let descriptor = File.retrying { open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW) }
      guard descriptor >= 0 else { continue }
      defer { close(descriptor) }
      var status = stat()
      let isOld = fstat(descriptor, &status) == 0 && time(nil) - status.st_mtim.tv_sec > 10
      if isOld, flock(descriptor, LOCK_EX | LOCK_NB) == 0 { unlink(path) }
    }
  }
}
