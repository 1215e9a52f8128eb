import Glibc

/// A directory that only this user can read, removed with its files when it goes out of scope.
struct TemporaryDirectory: ~Copyable {
  let path: String

  init() throws(CompilationError) {
    let requested = getenv("TMPDIR").map { String(cString: $0) } ?? ""
    let base = requested.isEmpty ? "/tmp" : requested
    var template = Array("\(base)/adjoint-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else {
      let reason = String(cString: strerror(errno))
      throw .loadFailed(
        reason: "no directory can be made in \(base) (\(reason)); set TMPDIR to one that exists")
    }
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  deinit {
    for file in ["kernel.c", "kernel.so", "output"] { unlink("\(path)/\(file)") }
    rmdir(path)
  }

  func path(of file: String) -> String { "\(path)/\(file)" }
}

/// Writes a text to a new file.
func write(_ text: String, to path: String) throws(CompilationError) {
  guard let file = fopen(path, "wxe") else {
    throw .loadFailed(reason: "\(path) cannot be written (\(String(cString: strerror(errno))))")
  }
  let count = text.utf8.count
  let written = text.withCString { fwrite($0, 1, count, file) }
  let closed = fclose(file)
  guard written == count, closed == 0 else {
    throw .loadFailed(reason: "\(path) cannot be written (\(String(cString: strerror(errno))))")
  }
}

/// The text of a file, empty where it cannot be read.
func read(_ path: String) -> String {
  guard let file = fopen(path, "re") else { return "" }
  defer { fclose(file) }
  var bytes: [UInt8] = []
  var chunk = [UInt8](repeating: 0, count: 4096)
  while true {
    let count = fread(&chunk, 1, chunk.count, file)
    if count == 0 { return String(decoding: bytes, as: UTF8.self) }
    bytes += chunk[..<count]
  }
}
