import CAdjointJIT
import Glibc
import Synchronization

/// A directory that only this user can read, removed with its files when it goes out of scope, or when the process ends
/// while a compiler runs.
struct TemporaryDirectory: ~Copyable {
  let path: String
  /// The file that says whose the directory is; it is locked as long as somebody uses it.
  private let owner: Int32

  init() throws(CompilationError) {
    let requested = getenv("TMPDIR").map { String(cString: $0) } ?? ""
    let base = requested.isEmpty ? "/tmp" : requested
    Abandoned.tidied(base)
    var template = Array("\(base)/\(Abandoned.prefix)XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else {
      let reason = String(cString: strerror(errno))
      throw .loadFailed(
        reason: "no directory can be made in \(base) (\(reason)); set TMPDIR to one that exists")
    }
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    // Where it cannot be written, nothing is lost but that others see an abandoned directory as such.
    owner = open("\(path)/\(Abandoned.mark)", O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    flock(owner, LOCK_EX | LOCK_NB)
    if fitsFileLimit(Abandoned.text.utf8.count) {
      _ = Abandoned.text.withCString { pwrite(owner, $0, strlen($0), 0) }
    }
  }

  deinit {
    adjoint_jit_remove(path)
    close(owner)
  }

  func path(of file: String) -> String { "\(path)/\(file)" }
}

/// Directories of processes that ended together with all that could have removed them.
private enum Abandoned {
  static let prefix = "adjoint-compilation-"
  static let mark = "owner"
  static let text = "A compilation of Adjoint. It may be removed when its process has ended.\n"

  /// The folders that were looked through, each once a process.
  private static let known = Mutex<Set<String>>([])

  /// Removes those in `base`. They have our name, hold our mark, and are locked by nobody; a new one may not be locked yet.
  static func tidied(_ base: String) {
    guard known.withLock({ $0.insert(base).inserted }), let stream = opendir(base) else { return }
    defer { closedir(stream) }
    while let found = readdir(stream) {
      let name = withUnsafePointer(to: &found.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      let path = "\(base)/\(name)"
      var information = stat()
      guard name.hasPrefix(prefix), lstat(path, &information) == 0, information.st_mode & S_IFMT == S_IFDIR,
        information.st_uid == geteuid(), information.st_mtim.tv_sec < time(nil) - 60
      else { continue }
      let file = open("\(path)/\(mark)", O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
      guard file >= 0 else { continue }
      defer { close(file) }
      var bytes = [UInt8](repeating: 0, count: text.utf8.count + 1)
      let count = pread(file, &bytes, bytes.count, 0)
      if count == text.utf8.count, bytes.dropLast().elementsEqual(text.utf8),
        flock(file, LOCK_EX | LOCK_NB) == 0
      {
        adjoint_jit_remove(path)
      }
    }
  }
}
