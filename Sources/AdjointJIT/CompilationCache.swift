import Glibc

/// Compiled libraries on disk, so that what was compiled once is only loaded the next time.
///
/// An entry is a file: the library, behind it the key of which it was made, their sizes, and a checksum. What does not
/// fit is as good as not there. Entries are written beside their place and renamed, so that processes may share a
/// folder. No failure of it is an error: where nothing can be kept, everything is compiled.
public struct CompilationCache: Sendable, Equatable {
  /// The folder; it is made when the first entry is.
  public let directory: String
  /// When the entries take more than this, those not used for longest go.
  public let maximumBytes: Int

  public init(directory: String, maximumBytes: Int = 64 << 20) {
    self.directory = directory
    self.maximumBytes = maximumBytes
  }

  /// The folder that `ADJOINT_CACHE` names, else `adjoint` in `XDG_CACHE_HOME` or in `~/.cache`.
  ///
  /// - Returns: nil where `ADJOINT_CACHE` is `off`, or there is no such folder.
  public static func standard(
    _ variable: (String) -> String? = { getenv($0).map { String(cString: $0) } }
  ) -> CompilationCache? {
    if let chosen = variable("ADJOINT_CACHE"), !chosen.isEmpty {
      return chosen == "off" ? nil : CompilationCache(directory: chosen)
    }
    // Relative paths are to be ignored (XDG Base Directory Specification).
    if let base = variable("XDG_CACHE_HOME"), base.hasPrefix("/") {
      return CompilationCache(directory: base + "/adjoint")
    }
    guard let home = variable("HOME"), home.hasPrefix("/") else { return nil }
    return CompilationCache(directory: home + "/.cache/adjoint")
  }

  // MARK: Entries

  /// The path of the library that was made of `key`, whole and of this user.
  func library(for key: String) -> String? {
    // Code that another user could have put there is not run.
    var information = stat()
    guard stat(directory, &information) == 0, information.st_uid == geteuid(),
      information.st_mode & 0o022 == 0
    else { return nil }
    let path = "\(directory)/\(Self.name(for: key)).so"
    guard let bytes = contents(of: path, O_NOFOLLOW), CacheEntry.isWhole(bytes, key) else { return nil }
    utimensat(AT_FDCWD, path, nil, AT_SYMLINK_NOFOLLOW)
    return path
  }

  /// Keeps a library.
  func store(_ library: [UInt8], for key: String) {
    let name = Self.name(for: key)
    let trailer = CacheEntry.trailer(library, key)
    guard makeDirectory(), fitsFileLimit(library.count + trailer.count) else { return }
    var template = Array("\(directory)/\(name).new-XXXXXX".utf8CString)
    let file = mkstemp(&template)
    guard file >= 0 else { return }
    defer { close(file) }
    _ = fcntl(file, F_SETFD, FD_CLOEXEC)
    // As long as it is locked, others know that somebody writes it. The trailer goes first: by it they know that it is
    // an entry, however little of the library is there.
    flock(file, LOCK_EX | LOCK_NB)
    guard write(trailer, to: file, at: library.count), write(library, to: file, at: 0),
      rename(template, "\(directory)/\(name).so") == 0
    else {
      unlink(template)
      return
    }
    makeRoom()
  }

  private func write(_ bytes: [UInt8], to file: Int32, at place: Int) -> Bool {
    bytes.withUnsafeBytes { pwrite(file, $0.baseAddress, $0.count, off_t(place)) == $0.count }
  }

  /// What the file of an entry is called, without its suffix: a hash of the key.
  static func name(for key: String) -> String {
    let bytes = Array(key.utf8)
    return [checksum(bytes), checksum(bytes.reversed())].map { hash in
      let text = String(hash, radix: 16)
      return String(repeating: "0", count: 16 - text.count) + text
    }.joined()
  }

  // MARK: Folder

  private func makeDirectory() -> Bool {
    // Each folder on the way; those that exist stay as they are.
    for end in directory.indices where directory[end] == "/" && end > directory.startIndex {
      mkdir(String(directory[..<end]), 0o700)
    }
    mkdir(directory, 0o700)
    return access(directory, W_OK) == 0
  }

  /// Removes what was not used for longest, down to half of what may be, and what somebody began to write and left.
  ///
  /// The folder may be one that others use, too. So only files go whose names and ends say that they are entries.
  private func makeRoom() {
    var entries: [CacheEntry] = []
    guard let stream = opendir(directory) else { return }
    while let found = readdir(stream) {
      let name = withUnsafePointer(to: &found.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      guard let entry = CacheEntry(name, in: directory) else { continue }
      if !entry.isBeingWritten {
        // What is not ours takes nothing of our room.
        if entry.isOurs { entries.append(entry) }
      } else if entry.seconds < time(nil) - 3600 {
        entry.removeIfAbandoned()
      }
    }
    closedir(stream)
    var total = entries.reduce(0) { $0 + $1.bytes }
    guard total > maximumBytes else { return }
    for entry in entries.sorted(by: { $0.seconds < $1.seconds }) where total > maximumBytes / 2 {
      unlink(entry.path)
      total -= entry.bytes
    }
  }
}
