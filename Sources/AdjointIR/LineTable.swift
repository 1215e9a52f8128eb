import CAdjointCallStack
import Glibc
import Synchronization

/// The lines behind addresses of this program, by its debug information, which a tool of the system reads:
/// `llvm-symbolizer`, which comes with Swift, or `addr2line`. Where there is neither, or no debug information, no
/// line is found.
enum LineTable {
  private static let tools = [
    ["llvm-symbolizer", "--output-style=GNU", "--functions=none", "-a", "-i", "-e"],
    ["addr2line", "-a", "-i", "-e"],
  ]
  private static let milliseconds: Int32 = 5_000
  private static let outputLimit = 1 << 20

  /// For each address asked for so far the lines of code it is in: of inlined functions first, of what they are
  /// inlined into last.
  private static let known = Mutex<[UInt: [SourceLocation]]>([:])

  /// This package's own sources end here.
  private static let package = {
    // …/Sources/AdjointIR/LineTable.swift
    #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/") + "/"
  }()

  /// Finds the lines of all `addresses` at once, so that the tool runs once for a message.
  static func load(_ addresses: [UInt]) {
    known.withLock { known in
      let new = Set(addresses).subtracting(known.keys).sorted()
      guard !new.isEmpty else { return }
      known.merge(lines(of: new)) { $1 }
      // What was not found is not looked for again.
      for address in new where known[address] == nil { known[address] = [] }
    }
  }

  /// The innermost line that is not this library's.
  ///
  /// - Parameter near: a line in a file which is then called by the same name.
  static func firstLine(of addresses: [UInt], near: SourceLocation?) -> SourceLocation? {
    load(addresses)
    let lines = known.withLock { known in addresses.flatMap { known[$0] ?? [] } }
    return lines.first { isOfTheUser($0.file) }.map { line in
      let parts = line.file.split(separator: "/")
      // `#fileID` names the module, debug information the path.
      let isSame = near?.file.split(separator: "/").last == parts.last
      return SourceLocation(
        file: isSame ? near?.file ?? "" : parts.suffix(2).joined(separator: "/"), line: line.line)
    }
  }

  /// Whether a user can open the file and finds own code there: it is none of this package's, and no macro's.
  private static func isOfTheUser(_ path: String) -> Bool {
    !path.hasPrefix(package + "Sources/") && !path.hasPrefix(package + "codegen/")
      && !path.contains("/@__swiftmacro_")
  }

  private static func lines(of addresses: [UInt]) -> [UInt: [SourceLocation]] {
    var offsets: [UInt] = []
    var inside: [UInt] = []
    for address in addresses {
      var offset: UInt = 0
      // A return address is behind the call.
      guard adjoint_program_offset(address - 1, &offset) else { continue }
      offsets.append(offset)
      inside.append(address)
    }
    guard !offsets.isEmpty, let program = program() else { return [:] }
    for tool in tools {
      guard let name = tool.first, let path = locate(name),
        let text = output(
          of: path, Array(tool.dropFirst()) + [program] + offsets.map { "0x" + String($0, radix: 16) })
      else { continue }
      let found = parse(text)
      if found.count == inside.count, found.contains(where: { !$0.isEmpty }) {
        return Dictionary(zip(inside, found)) { $1 }
      }
    }
    return [:]
  }

  /// For each address, which opens with its own line `0x…`, the lines `FILE:LINE` below it that are known.
  static func parse(_ text: String) -> [[SourceLocation]] {
    var result: [[SourceLocation]] = []
    for line in text.split(separator: "\n") {
      if line.hasPrefix("0x") {
        result.append([])
        continue
      }
      // GNU's tools may add ` (discriminator 2)`.
      let place = line.firstRange(of: " (discriminator").map { line[..<$0.lowerBound] } ?? line
      guard !result.isEmpty, let colon = place.lastIndex(of: ":"),
        let number = Int(place[place.index(after: colon)...]), number > 0
      else { continue }
      result[result.count - 1].append(SourceLocation(file: String(place[..<colon]), line: number))
    }
    return result
  }

  /// The path of the program that runs.
  private static func program() -> String? {
    var path = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
    let count = readlink("/proc/self/exe", &path, Int(PATH_MAX))
    return count > 0 ? String(decoding: path[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self) : nil
  }

  private static func locate(_ name: String) -> String? {
    let folders = getenv("PATH").map { String(cString: $0) } ?? "/usr/bin:/bin"
    return folders.split(separator: ":").map { "\($0)/\(name)" }.first { access($0, X_OK) == 0 }
  }

  private static func output(of path: String, _ arguments: [String]) -> String? {
    var words = ([path] + arguments).map { strdup($0) } + [nil]
    defer { for word in words { free(word) } }
    var buffer = [UInt8](repeating: 0, count: outputLimit)
    let count = buffer.withUnsafeMutableBytes { buffer in
      adjoint_output_of(
        path, &words, buffer.baseAddress?.assumingMemoryBound(to: CChar.self), buffer.count, milliseconds)
    }
    return count < 0 ? nil : String(decoding: buffer[..<count], as: UTF8.self)
  }
}
