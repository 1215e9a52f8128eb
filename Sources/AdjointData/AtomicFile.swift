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
  private var descriptor: Int32

  /// - Throws: ``DataError/Kind/unwritable``.
  package init(_ path: String) throws(DataError) {
    let opened = try Self.open(path)
    (self.path, names, descriptor) = (path, opened.names, opened.descriptor)
  }

  private static func open(
    _ path: String
  ) throws(DataError) -> (names: (temporary: String, target: String)?, descriptor: Int32) {
    guard !path.isEmpty else { throw .unwritable(path: path, reason: "the name is empty") }
    guard !path.utf8.contains(0) else { throw .unwritable(path: path, reason: File.nulInPath) }
    var status = stat()
    let exists = stat(path, &status) == 0
    guard exists || errno == ENOENT else { throw .unwritable(path: path, reason: File.lastError()) }
    if exists, let reason = refusal(of: status.st_mode & S_IFMT) {
      throw .unwritable(path: path, reason: reason)
    }
    if exists, status.st_mode & S_IFMT != S_IFREG {
      return (nil, try File.openStream(path, isPipe: status.st_mode & S_IFMT == S_IFIFO))
    }
    let target = exists ? File.resolvingLinks(path) : File.followingLinks(path)
    if exists { try checkPermission(target) }
    let made = try createTemporary(in: File.directory(of: target), for: path)
    if exists, fchmod(made.descriptor, status.st_mode & 0o7777) != 0 {
      let reason = File.lastError()
      unlink(made.path)
      close(made.descriptor)
      throw .unwritable(path: path, reason: reason)
    }
    return ((made.path, target), made.descriptor)
  }

  /// Why nothing can be written to such a file, if so.
  private static func refusal(of kind: mode_t) -> String? {
    switch kind {
    case S_IFDIR: "it is a directory"
    case S_IFSOCK: "it is a socket"
    case S_IFBLK: "it is a disk"
    default: nil
    }
  }

  /// Opening a file to write tells more than its permissions do: of the superuser's, and on read-only systems.
  private static func checkPermission(_ path: String) throws(DataError) {
    let descriptor = File.openDescriptor(path, O_WRONLY | O_NONBLOCK)
    if descriptor >= 0 {
      close(descriptor)
    } else if errno != ETXTBSY {
      throw .unwritable(path: path, reason: File.lastError())
    }
  }

  /// Makes sure, before any work is done, that so many bytes can be written to `path`; nothing there changes.
  ///
  /// - Throws: ``DataError/Kind/unwritable``.
  package static func check(_ path: String, bytes: Int = 0) throws(DataError) {
    var status = stat()
    if stat(path, &status) == 0, status.st_mode & S_IFMT != S_IFREG {
      // To open a pipe is to begin to write to it.
      if let reason = refusal(of: status.st_mode & S_IFMT) { throw .unwritable(path: path, reason: reason) }
      if isSame(status, "/dev/full") { throw .unwritable(path: path, reason: "this device is always full") }
      return
    }
    try checkOwner(path)
    let probe = try AtomicFile(path)
    guard File.reserve(bytes, for: probe.descriptor) else {
      throw .unwritable(path: path, reason: "\(bytes) bytes are needed there: \(File.lastError())")
    }
  }

  /// Makes sure that there is room for so many bytes in files where `path` is; nothing there changes.
  ///
  /// - Throws: ``DataError/Kind/unwritable``.
  package static func checkRoom(_ path: String, bytes: Int) throws(DataError) {
    var system = statvfs()
    guard statvfs(File.directory(of: File.absolutePath(path)), &system) == 0 else { return }
    let free = File.freeBytes(system)
    guard free < UInt64(max(0, bytes)) else { return }
    throw .unwritable(path: path, reason: "\(bytes) bytes are needed there, and \(free) are free")
  }

  private static func isSame(_ status: stat, _ device: String) -> Bool {
    var other = stat()
    return stat(device, &other) == 0 && status.st_mode & S_IFMT == S_IFCHR && status.st_rdev == other.st_rdev
  }

  /// In a folder with the sticky bit, such as /tmp, nobody may replace the file of somebody else.
  private static func checkOwner(_ path: String) throws(DataError) {
    let target = File.resolvingLinks(path)
    var (file, folder) = (stat(), stat())
    guard lstat(target, &file) == 0, stat(File.directory(of: target), &folder) == 0 else { return }
    let user = geteuid()
    guard folder.st_mode & S_ISVTX != 0, user != 0, file.st_uid != user, folder.st_uid != user else { return }
    throw .unwritable(
      path: path, reason: "it is somebody else's, in a folder where only its owner may replace it")
  }

  /// - Throws: ``DataError/Kind/unwritable``; what was written before is then of no use.
  package mutating func write(_ bytes: [UInt8]) throws(DataError) {
    guard File.writeAll(bytes, to: descriptor) else {
      throw .unwritable(path: path, reason: File.lastError())
    }
  }

  /// Lets the file take its name.
  ///
  /// - Throws: ``DataError/Kind/unwritable``.
  package consuming func commit() throws(DataError) {
    guard let names else { return }
    guard File.synchronize(descriptor), rename(names.temporary, names.target) == 0 else {
      throw .unwritable(path: path, reason: File.lastError())
    }
    File.synchronizeDirectory(File.directory(of: names.target))
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
      let descriptor = File.openDescriptor(temporary, O_WRONLY | O_CREAT | O_EXCL)
      if descriptor >= 0 {
        // Says that somebody still writes it, until the process ends in whatever way.
        flock(descriptor, LOCK_EX | LOCK_NB)
        return (temporary, descriptor)
      }
      guard errno == EEXIST else { break }
    }
    throw .unwritable(
      path: path,
      reason: errno != ENOENT
        ? File.lastError()
        : access(folder, F_OK) == 0 ? "\(folder) takes no new files" : "there is no folder \(folder)")
  }

  /// Removes files of writers that were killed: of our names, and locked by nobody. A new one is left alone, as its writer may
  /// not have come to lock it.
  private static func removeAbandoned(in folder: String) {
    for name in File.names(in: folder) {
      guard name.hasPrefix(prefix), name.hasSuffix(suffix) else { continue }
      let path = "\(folder)/\(name)"
      let descriptor = File.openDescriptor(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
      guard descriptor >= 0 else { continue }
      defer { close(descriptor) }
      var status = stat()
      let isOld = fstat(descriptor, &status) == 0 && time(nil) - status.st_mtim.tv_sec > 10
      if isOld, flock(descriptor, LOCK_EX | LOCK_NB) == 0 { unlink(path) }
    }
  }
}
