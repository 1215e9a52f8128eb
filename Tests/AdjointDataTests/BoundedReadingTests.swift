import AdjointData
import Foundation
import Testing

@testable import AdjointArray

@Suite("What is read is bounded before memory is taken for it")
struct BoundedReadingTests {
  /// A file that begins with `start` and has `size` bytes, of which the rest take no place on the disk.
  private func sparse(_ start: [UInt8], _ size: Int, _ body: (String) throws -> Void) throws {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("sparse-\(UUID().uuidString)")
      .path
    defer { try? FileManager.default.removeItem(atPath: path) }
    #expect(FileManager.default.createFile(atPath: path, contents: Data(start)))
    let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
    try file.truncate(atOffset: UInt64(size))
    try file.close()
    try body(path)
  }

  private static let readers: [(name: String, read: @Sendable (String) throws -> Void)] = [
    ("npy", { _ = try NDArray(npy: $0) }), ("idx", { _ = try NDArray(idx: $0) }),
    ("npz", { _ = try NPZFile(path: $0) }), ("safetensors", { _ = try SafetensorsFile(path: $0) }),
    ("csv", { _ = try CSVReader().read(path: $0) }), ("table", { _ = try Table(csv: $0, target: "y") }),
    (
      "rows",
      {
        let rows = try CSVReader().rows(path: $0)
        while try rows.next() != nil {}
      }
    ),
  ]

  @Test("A file without end is refused in every format", arguments: readers.indices)
  func endless(_ index: Int) throws {
    let error = try #require(throws: DataError.self) { try Self.readers[index].read("/dev/zero") }
    #expect("\(error)".contains("/dev/zero"))
  }

  @Test("40 GiB of zeros are refused in every format, whatever they begin with", arguments: readers.indices)
  func sparseFiles(_ index: Int) throws {
    let npy = [0x93] + Array("NUMPY".utf8) + [1, 0]
    for start in [[], Array("PK\u{3}\u{4}".utf8), npy, [0, 0, 8, 2], Array("x,y\n1,2\n".utf8)] as [[UInt8]] {
      try sparse(start, 40 << 30) { path in
        let error = try #require(throws: DataError.self) {
          try Memory.limited(to: 1 << 30) { try Self.readers[index].read(path) }
        }
        #expect(!"\(error)".contains("\n") && "\(error)".contains(path))
      }
    }
  }

  @Test("An array that its header and the file's size agree on is refused where it is larger than memory")
  func honestHeader() throws {
    let text = "{'descr': '<f4', 'fortran_order': False, 'shape': (1000000000, 10), }\n"
    let start: [UInt8] = [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(text.utf8.count), 0] + text.utf8
    try sparse(start, start.count + 40_000_000_000) { path in
      let error = try #require(throws: DataError.self) {
        try Memory.limited(to: 8 << 30) { try NDArray(npy: path) }
      }
      #expect(error.kind == .insufficientMemory)
      #expect(error.message.contains("needs 37.2 GiB of memory, and the limit (Memory.limit) leaves"))
    }
  }

  @Test("Columns are bounded as rows are")
  func columns() throws {
    let text = String(repeating: ",", count: 1_000_001) + "\n"
    let error = try #require(throws: DataError.self) { try CSVReader().read(text: text) }
    #expect(
      error.message
        == "text:1: a row has more than 1000000 fields; give a text whose rows are lines of a table")
  }

  @Test("A table that grows beyond the limit is an error with the number")
  func table() throws {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("rows-\(UUID().uuidString).csv")
      .path
    defer { try? FileManager.default.removeItem(atPath: path) }
    try ("x,y\n" + String(repeating: "1.5,2\n", count: 300_000)).write(
      toFile: path, atomically: true, encoding: .utf8)
    let error = try #require(throws: DataError.self) {
      try Memory.limited(to: 1 << 20) { try Table(csv: path, target: "y") }
    }
    #expect(error.kind == .insufficientMemory && error.message.hasPrefix("the table of \(path) needs"))
    #expect(try Memory.limited(to: 64 << 30) { try Table(csv: path, target: "y").count } == 300_000)
  }
}

@Suite("Memory is asked for")
struct MemoryTests {
  @Test("An array larger than the limit is an error that says what, how much and what bounds it")
  func array() throws {
    let error = try #require(throws: MemoryError.self) {
      try Memory.limited(to: 0) { try NDArray(zeros: [1 << 20, 3], .float64, for: "the array of spectra") }
    }
    #expect(error.needed == 3 << 23 && error.available == 0 && error.bound == .limit)
    #expect(
      error.message
        == "the array of spectra needs 24.0 MiB of memory, and the limit (Memory.limit) leaves 0 bytes; make the array smaller, or raise the limit"
    )
  }

  @Test("A shape that no memory holds, or that cannot be counted, is an error")
  func tooLarge() {
    for shape in [Shape([1 << 47]), Shape([1 << 40, 1 << 40]), Shape([-1])] {
      #expect(throws: MemoryError.self) { try NDArray(zeros: shape, .float64, for: "it") }
    }
  }

  @Test("What fits is there and zero; what is small is not asked for")
  func fits() throws {
    let array = try NDArray(zeros: [1 << 19], .float32, for: "it")
    #expect(array == NDArray(zeros: [1 << 19], .float32))
    #expect(try Memory.limited(to: 0) { try NDArray(zeros: [16], .float32, for: "it") }.count == 16)
  }

  @Test("A limit holds for its call, and the inner one of two")
  func scopes() {
    Memory.limited(to: 0) {
      #expect(Memory.available().bytes == 0)
      Memory.limited(to: 1 << 62) { #expect(Memory.available().bytes > 1 << 20) }
      #expect(Memory.available().bound == .limit)
    }
    #expect(Memory.available().bytes > 1 << 20)
  }

  @Test("Control groups of both versions say what they and those around them leave, less what is cached")
  func controlGroups() throws {
    let root = FileManager.default.temporaryDirectory.appendingPathComponent("groups-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: root) }
    func write(_ folder: String, _ files: [String: String]) throws {
      let folder = root.appendingPathComponent(folder)
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      for (name, text) in files {
        try text.write(to: folder.appendingPathComponent(name), atomically: true, encoding: .utf8)
      }
    }
    try write(
      "a/b",
      [
        "memory.max": "500\n", "memory.current": "300\n",
        "memory.stat": "anon 9\ninactive_file 40\nactive_file 2\n",
      ])
    try write("a", ["memory.max": "max\n", "memory.current": "900\n", "memory.stat": ""])
    try write(
      "memory/c",
      [
        "memory.limit_in_bytes": "700\n", "memory.usage_in_bytes": "600\n",
        "memory.stat": "inactive_file 90\ntotal_inactive_file 10\ntotal_active_file 1\n",
      ])
    try write("memory", ["memory.limit_in_bytes": "9223372036854771712\n", "memory.usage_in_bytes": "1\n"])
    func left(_ list: String) -> [Int] {
      ControlGroup.groups(listed: list, mounted: root.path).compactMap(\.left)
    }
    #expect(left("0::/a/b\n") == [242])
    #expect(left("5:cpu:/x\n4:memory:/c/gone\n0::/\n") == [111])
    #expect(left("0::/a\n") == [] && left("") == [])
  }
}
