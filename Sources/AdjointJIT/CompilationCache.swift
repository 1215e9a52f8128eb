import AdjointArray
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
    let path = path(for: key)
    guard let bytes = contents(of: path), isWhole(bytes, key) else { return nil }
    utimensat(AT_FDCWD, path, nil, 0)
    return path
  }

  /// Keeps a library.
  func store(_ library: String, for key: String) {
    guard makeDirectory(), var bytes = contents(of: library) else { return }
    bytes += trailer(libraryBytes: bytes.count, key)
    bytes += integer(checksum(bytes))
    var template = Array("\(directory)/new-XXXXXX".utf8CString)
    let file = mkstemp(&template)
    guard file >= 0 else { return }
    let isWritten = bytes.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) == $0.count }
    guard close(file) == 0, isWritten, rename(template, path(for: key)) == 0 else {
      unlink(template)
      return
    }
    makeRoom()
  }

  private func path(for key: String) -> String {
    let bytes = Array(key.utf8)
    let digits = [checksum(bytes), checksum(bytes.reversed())].map { hash in
      let text = String(hash, radix: 16)
      return String(repeating: "0", count: 16 - text.count) + text
    }
    return "\(directory)/\(digits.joined()).so"
  }

  private func isWhole(_ bytes: [UInt8], _ key: String) -> Bool {
    let end = trailer(libraryBytes: bytes.count - key.utf8.count - 24, key)
    return bytes.count > end.count + 8 && bytes.dropLast(8).suffix(end.count).elementsEqual(end)
      && bytes.suffix(8).elementsEqual(integer(checksum(Array(bytes.dropLast(8)))))
  }

  /// What stands behind a library; a loader does not look there.
  private func trailer(libraryBytes: Int, _ key: String) -> [UInt8] {
    Array(key.utf8) + integer(UInt64(max(0, libraryBytes))) + integer(UInt64(key.utf8.count))
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

  /// Removes what was not used for longest, down to half of what may be.
  private func makeRoom() {
    var entries: [(path: String, bytes: Int, seconds: Int)] = []
    guard let stream = opendir(directory) else { return }
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      let path = "\(directory)/\(name)"
      var information = stat()
      guard name.hasSuffix(".so") || name.hasPrefix("new-"), stat(path, &information) == 0 else { continue }
      entries.append((path, Int(information.st_size), information.st_mtim.tv_sec))
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

/// The bytes of a file, or nil where it cannot be read.
private func contents(of path: String) -> [UInt8]? {
  guard let file = fopen(path, "re") else { return nil }
  defer { fclose(file) }
  var information = stat()
  guard fstat(fileno(file), &information) == 0, information.st_mode & S_IFMT == S_IFREG else { return nil }
  var bytes = [UInt8](repeating: 0, count: Int(information.st_size))
  return fread(&bytes, 1, bytes.count, file) == bytes.count ? bytes : nil
}

private func checksum(_ bytes: [UInt8]) -> UInt64 { bytes.withUnsafeBytes { Checksum($0).value } }

private func integer(_ value: UInt64) -> [UInt8] {
  withUnsafeBytes(of: value.littleEndian) { Array($0) }
}
