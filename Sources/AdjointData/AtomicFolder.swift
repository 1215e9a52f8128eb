#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// A new folder that appears with all of its first files and with its lock, or not at all.
///
/// Where there is none, it is made beside its place and renamed. One that is there already cannot be replaced, as others may
/// have files in it: a mark stands in it until it is whole, and one with a mark is as good as new.
package struct AtomicFolder: ~Copyable {
  private let path: String
  /// The folder beside; nil where it is there already.
  private let temporary: String?
  private let lock: FileLock
  private var names: [String] = []
  private var isWhole = false

  private static let (lockName, mark) = (".lock", ".adjoint-unfinished")
  private static let (prefix, suffix) = (".adjoint-", ".new")

  /// Locks the folder at `path`, which is there: whoever holds the lock may write in it.
  ///
  /// - Throws: ``DataError/Kind/inUse``, ``DataError/Kind/unwritable``.
  package static func lock(_ path: String) throws(DataError) -> FileLock {
    try FileLock(at: "\(path)/\(lockName)", of: path)
  }

  /// Whether the folder at `path` was begun and never became whole.
  package static func isUnfinished(_ path: String) -> Bool { access("\(path)/\(mark)", F_OK) == 0 }

  /// - Parameters:
  ///   - lock: that of the folder at `path`, where it is there; nil where it is not.
  ///   - names: files that the folder will hold. Of an unfinished one, those that are there are removed.
  /// - Throws: ``DataError/Kind/unwritable``.
  package init(_ path: String, lock: FileLock?, names: [String]) throws(DataError) {
    let begun = try Self.begin(path, lock, names)
    (self.path, temporary, self.lock) = (path, begun.temporary, begun.lock)
  }

  private static func begin(
    _ path: String, _ lock: FileLock?, _ names: [String]
  ) throws(DataError) -> (temporary: String?, lock: FileLock) {
    if let lock {
      if isUnfinished(path) {
        for name in names { unlink("\(path)/\(name)") }
      }
      try File.writeAtomically([], to: "\(path)/\(mark)")
      return (nil, lock)
    }
    let parent = File.directory(of: path)
    removeAbandoned(in: parent)
    for _ in 0..<100 {
      let folder = "\(parent)/\(prefix)\(String(UInt64.random(in: 0 ... .max), radix: 36))\(suffix)"
      guard mkdir(folder, 0o777) == 0 else {
        if errno == EEXIST { continue }
        break
      }
      do throws(DataError) {
        return (folder, try FileLock(at: "\(folder)/\(lockName)", of: path))
      } catch {
        rmdir(folder)
        throw error
      }
    }
    throw .unwritable(path: path, reason: File.lastError())
  }

  /// Writes a file of the folder.
  package mutating func write(_ bytes: [UInt8], to name: String) throws(DataError) {
    names.append(name)
    try File.writeAtomically(bytes, to: "\(temporary ?? path)/\(name)")
  }

  /// Lets the folder appear.
  ///
  /// - Returns: its lock.
  /// - Throws: ``DataError/Kind/inUse`` where somebody else made it meanwhile, ``DataError/Kind/unwritable``.
  package consuming func commit() throws(DataError) -> FileLock {
    if let temporary {
      guard rename(temporary, path) == 0 else {
        let reason = File.lastError()
        // Whoever was faster holds its lock.
        if errno == ENOTEMPTY || errno == EEXIST {
          _ = try Self.lock(path)
          // It has ended meanwhile.
          throw .inUse(path: path, holder: nil)
        }
        throw .unwritable(path: path, reason: reason)
      }
      lock.move(to: "\(path)/\(Self.lockName)")
    } else {
      guard unlink("\(path)/\(Self.mark)") == 0 else {
        throw .unwritable(path: path, reason: File.lastError())
      }
    }
    isWhole = true
    File.synchronizeDirectory(File.directory(of: path))
    return lock
  }

  deinit {
    guard !isWhole else { return }
    for name in names { unlink("\(temporary ?? path)/\(name)") }
    if let temporary {
      unlink("\(temporary)/\(Self.lockName)")
      rmdir(temporary)
    } else {
      unlink("\(path)/\(Self.mark)")
    }
  }

  /// Removes folders whose makers were killed: of our names, a while old, and locked by nobody.
  private static func removeAbandoned(in parent: String) {
    for name in File.names(in: parent) where name.hasPrefix(prefix) && name.hasSuffix(suffix) {
      let folder = "\(parent)/\(name)"
      var status = stat()
      guard lstat(folder, &status) == 0, status.st_mode & S_IFMT == S_IFDIR,
        time(nil) - status.st_mtim.tv_sec > 10, let lock = try? lock(folder)
      else { continue }
      withExtendedLifetime(lock) {
        for name in File.names(in: folder) where name != "." && name != ".." { unlink("\(folder)/\(name)") }
      }
      rmdir(folder)
    }
  }
}
