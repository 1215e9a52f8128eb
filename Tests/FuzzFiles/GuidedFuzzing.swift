import FileFuzz
import Foundation

// What libFuzzer calls (llvm.org/docs/LibFuzzer.html): `make fuzz-guided` links it, and names the format by the environment.

/// The format, and where its files are written.
nonisolated(unsafe) private var target: (format: FileFormat, path: String)?

@_cdecl("LLVMFuzzerInitialize")
public func beginGuidedFuzzing(
  _ count: UnsafeMutablePointer<CInt>, _ arguments: UnsafeMutablePointer<OpaquePointer?>
) -> CInt {
  let environment = ProcessInfo.processInfo.environment
  let name = environment["ADJOINT_FUZZ_FORMAT"] ?? ""
  do {
    guard let format = try FileFormat(named: name) else {
      complain(
        "ADJOINT_FUZZ_FORMAT names no format; set it to one of \(FileFormat.names.joined(separator: ", "))")
      exit(1)
    }
    if let folder = environment["ADJOINT_FUZZ_BEGINNINGS"] {
      try writeBeginnings(of: format, to: URL(filePath: folder))
      exit(0)
    }
    target = (format, FileFormat.path(name, UInt64(getpid()), in: FileFormat.temporaryFolder))
  } catch {
    complain("\(error)")
    exit(1)
  }
  return 0
}

/// Reads one file; what should not happen ends the process, as a trap would.
@_cdecl("LLVMFuzzerTestOneInput")
public func examineGuidedInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  guard let (format, path) = target else { return 0 }
  do {
    let input = Array(UnsafeBufferPointer(start: bytes, count: count))
    guard case .failed(let fault) = try format.examine(guided: input, at: path) else { return 0 }
    complain(fault)
  } catch {
    complain("the file could not be written: \(error)")
  }
  unlink(path)
  abort()
}

/// Files to begin with, and a dictionary.
private func writeBeginnings(of format: FileFormat, to folder: URL) throws {
  try FileManager.default.createDirectory(
    at: folder.appending(path: "inputs"), withIntermediateDirectories: true)
  for (index, input) in format.guidedInputs.enumerated() {
    try Data(input).write(to: folder.appending(path: "inputs/\(index)"))
  }
  // No word is longer than 64 bytes in libFuzzer.
  let lines = format.words.filter { 1...64 ~= $0.count }.map { word in
    "\"" + word.map { String(format: "\\x%02X", $0) }.joined() + "\"\n"
  }
  try Data(lines.joined().utf8).write(to: folder.appending(path: "words"))
}

private func complain(_ text: String) { FileHandle.standardError.write(Data("error: \(text)\n".utf8)) }
