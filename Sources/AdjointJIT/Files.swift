import AdjointArray
import CAdjointJIT
import Glibc

/// Whether the limit of this process allows a file of this size. Going beyond it is a signal that ends a program.
func fitsFileLimit(_ bytes: Int) -> Bool {
  var limit = rlimit()
  return getrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit) != 0 || limit.rlim_cur >= UInt64(bytes)
}

/// The bytes of a regular file, or nil where it cannot be read, or there is no memory for it.
func contents(of path: String, _ flags: Int32 = 0) -> [UInt8]? {
  let file = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | flags)
  guard file >= 0 else { return nil }
  defer { close(file) }
  var information = stat()
  guard fstat(file, &information) == 0, information.st_mode & S_IFMT == S_IFREG else { return nil }
  let size = Int(information.st_size)
  guard Memory.has(2 * size) else { return nil }
  var bytes = [UInt8](repeating: 0, count: size)
  var done = 0
  while done < size {
    let count = bytes.withUnsafeMutableBytes {
      Glibc.read(file, $0.baseAddress?.advanced(by: done), size - done)
    }
    guard count > 0 else { return nil }
    done += count
  }
  return bytes
}

/// Writes a text to a new file.
func write(_ text: String, to path: String) throws(CompilationError) {
  let count = text.utf8.count
  guard fitsFileLimit(count) else {
    throw .loadFailed(reason: "\(path) cannot be written (the limit of file sizes is below \(count) bytes)")
  }
  guard let file = fopen(path, "wxe") else {
    throw .loadFailed(reason: "\(path) cannot be written (\(String(cString: strerror(errno))))")
  }
  let written = text.withCString { fwrite($0, 1, count, file) }
  let closed = fclose(file)
  guard written == count, closed == 0 else {
    throw .loadFailed(reason: "\(path) cannot be written (\(String(cString: strerror(errno))))")
  }
}

/// The text of a file, or the beginning of a long one; empty where it cannot be read.
func read(_ path: String) -> String {
  guard let file = fopen(path, "re") else { return "" }
  defer { fclose(file) }
  var bytes: [UInt8] = []
  var chunk = [UInt8](repeating: 0, count: 4096)
  while bytes.count < 1 << 20 {
    let count = fread(&chunk, 1, chunk.count, file)
    if count == 0 { break }
    bytes += chunk[..<count]
  }
  return String(decoding: bytes, as: UTF8.self)
}
