import AdjointArray
import Foundation
import Testing

@testable import AdjointData

private func file(_ bytes: [UInt8]) throws -> NPZFile { try NPZFile(bytes, name: "t.npz") }

/// What is wrong with an archive.
private func problem(_ bytes: [UInt8]) throws -> String {
  let error = try #require(throws: DataError.self) { try file(bytes) }
  // What the same error would be with another problem.
  let around = DataError.notNPZ(file: "t.npz", problem: "|").message.split(separator: "|").map(String.init)
  guard error.kind == .notNPZ, error.message.hasPrefix(around[0]), error.message.hasSuffix(around[1]) else {
    return "\(error)"
  }
  return String(error.message.dropFirst(around[0].count).dropLast(around[1].count))
}

/// An archive of the arrays x and y, and where its parts are.
private struct Archive {
  var bytes: [UInt8]
  let directory: Int
  let end: Int

  init(compressed: Bool = false) throws {
    let arrays = [
      (name: "x", array: NDArray([1, 2, 3] as [Float])), (name: "y", array: NDArray(zeros: [30], .float64)),
    ]
    bytes = try NPZFile(arrays).bytes(for: "t.npz", compressed: compressed)
    let signature = littleEndian(0x0201_4B50, 4)
    let position = bytes.indices.first { [bytes] in bytes[$0...].starts(with: signature) }
    directory = try #require(position)
    end = bytes.count - 22
  }

  /// This archive with other bytes at `offset`.
  func with(_ offset: Int, _ value: Int, _ byteCount: Int) -> [UInt8] {
    var result = bytes
    result.replaceSubrange(offset..<(offset + byteCount), with: littleEndian(value, byteCount))
    return result
  }
}

@Suite("NumPy's .npz files")
struct NPZTests {
  @Test(
    "What NumPy wrote holds what NumPy says, in its order",
    arguments: [("arrays", 8), ("compressed", 3), ("streamed", 2), ("wide", 2)])
  func reference(_ name: String, _ count: Int) throws {
    let expected = try ReferenceArray.contents(of: name + ".npz")
    let file = try NPZFile(path: ReferenceArray.path(name + ".npz"))
    #expect(expected.count == count)
    #expect(file.arrays.map(\.name) == expected.map(\.name))
    for (array, expected) in zip(file.arrays, expected) {
      #expect(try expected.matches(array.array), "\(expected.name)")
      #expect(try file[expected.name] == array.array)
    }
  }

  @Test("What is written without compression is byte for byte what NumPy writes")
  func sameBytes() throws {
    let bytes = try File.read(ReferenceArray.path("arrays.npz"))
    #expect(try file(bytes).bytes(for: "t.npz", compressed: false) == bytes)
  }

  @Test("Arrays come back from a file, stored and compressed; zeros shrink")
  func files() throws {
    let arrays = [
      (name: "zeros", array: NDArray(zeros: [1000], .float32)), (name: "", array: NDArray(-1 as Int64)),
      (name: "a/b.npy", array: NDArray([true, false])),
      (name: "größe", array: NDArray(zeros: [0, 3], .float64)),
    ]
    try withTemporaryFolder { (folder) throws in
      for isCompressed in [false, true] {
        try NPZFile(arrays).write(to: folder + "/t.npz", compressed: isCompressed)
        let file = try NPZFile(path: folder + "/t.npz")
        #expect(file.arrays.map(\.name) == arrays.map(\.name))
        #expect(file.arrays.map(\.array) == arrays.map(\.array))
        let size = try File.read(folder + "/t.npz").count
        #expect(isCompressed ? size < 1500 : size > 4500)
      }
    }
    #expect(try file(NPZFile([]).bytes(for: "t.npz", compressed: true)).arrays.isEmpty)
  }

  @Test("70,000 arrays, more than 16 bits count, and sizes in 64 bits")
  func wide() throws {
    let names = (0..<70_000).map { "\($0)" }
    let bytes = try NPZFile(names.map { (name: $0, array: NDArray(1 as Float)) }).bytes(
      for: "t", compressed: false)
    #expect(try file(bytes).arrays.map(\.name) == names)
    var writer = ZipWriter(limit: 0)
    for name in ["x", "y"] {
      writer.append(name + ".npy", NPYFile.bytes(of: NDArray(zeros: [9], .float32)), compressed: name == "y")
    }
    let wide = writer.finished()
    #expect(try file(wide).arrays.map(\.array) == [NDArray(zeros: [9]), NDArray(zeros: [9])])
    // Behind the directory stand two ends, of 56 and 22 bytes, and the place of the first, of 20.
    #expect(wide.suffix(98).starts(with: littleEndian(0x0606_4B50, 4)))
  }

  @Test("An array that is not there is an error that names a similar one")
  func missing() throws {
    let file = try NPZFile(path: ReferenceArray.path("compressed.npz"))
    #expect(
      throws: DataError.unknownArray(
        file: ReferenceArray.path("compressed.npz"), name: "zero", names: ["zeros", "x", "F"], hint: "zeros")
    ) { try file["zero"] }
    #expect(throws: DataError.unknownArray(file: nil, name: "x", names: [], hint: nil)) {
      try NPZFile([])["x"]
    }
  }

  @Test("Names that an archive cannot hold are refused, and nothing is written")
  func names() throws {
    let array = NDArray(1 as Float)
    let error = { (names: [String]) in
      try #require(throws: DataError.self) {
        try NPZFile(names.map { (name: $0, array: array) }).write(to: "/nowhere/t.npz")
      }
    }
    #expect(try error(["a", "b", "a"]) == .repeatedArray(file: "/nowhere/t.npz", name: "a"))
    // Composed and not: one name for Swift.
    #expect(try error(["\u{E9}", "e\u{301}"]).kind == .repeatedArray)
    #expect(try error(["a\0"]).kind == .unusableName)
    #expect(try error([String(repeating: "x", count: 65_532)]).kind == .unusableName)
    #expect(try error([String(repeating: "x", count: 65_531)]).kind == .unwritable)
  }

  @Test("What is no archive of arrays is said to be none, with the entry that is wrong")
  func malformed() throws {
    let archive = try Archive()
    let (directory, end) = (archive.directory, archive.end)
    #expect(try problem([]) == "it is empty")
    #expect(try problem(Array("PK".utf8)) == "it has no end of a zip archive")
    #expect(try problem(archive.bytes + [0]) == "it has no end of a zip archive")
    #expect(try problem(Array(archive.bytes.dropLast())) == "it has no end of a zip archive")
    #expect(try problem(archive.with(end + 4, 1, 2)) == "it is one volume of several")
    #expect(try problem(archive.with(end + 8, 1, 2)) == "it is one volume of several")
    #expect(
      try problem(archive.with(end + 8, 0x0003_0003, 4)) == "its directory has 2 entries, and 3 are announced"
    )
    #expect(try problem(archive.with(end + 12, 1 << 30, 4)) == "its directory lies beyond its end")
    #expect(try problem(archive.with(end + 16, end + 1, 4)) == "its directory lies beyond its end")
    #expect(try problem(archive.with(end + 12, 51, 4)) == "its directory has 1 entries, and 2 are announced")
    #expect(try problem(archive.with(end + 12, 60, 4)) == "its directory is damaged")
    #expect(try problem(archive.with(directory, 0, 1)) == "its directory is damaged")
    #expect(try problem(archive.with(directory + 32, 0xFFFF, 2)) == "its directory is damaged")
    #expect(try problem(archive.with(directory + 46, 0xFF, 1)) == "the name of an entry is not UTF-8")
    #expect(try problem(archive.with(directory + 8, 1, 2)) == "'x.npy' is encrypted")
    #expect(
      try problem(archive.with(directory + 10, 14, 2))
        == "'x.npy' is compressed by method 14, neither stored nor deflated")
    #expect(try problem(archive.with(directory + 34, 1, 2)) == "the directory's entry for 'x.npy' is damaged")
    #expect(
      try problem(archive.with(directory + 24, -1, 4)) == "the directory's entry for 'x.npy' is damaged")
    #expect(try problem(archive.with(directory + 42, 1, 4)) == "'x.npy' is not where the directory says")
    #expect(
      try problem(archive.with(directory + 42, directory, 4)) == "'x.npy' is not where the directory says")
    #expect(try problem(archive.with(26, 4, 2)) == "'x.npy' has another name in the directory")
    #expect(try problem(archive.with(30, 0x79, 1)) == "'x.npy' has another name in the directory")
    #expect(try problem(archive.with(28, 0xFFFF, 2)) == "'x.npy' goes on beyond the directory")
    #expect(try problem(archive.with(directory + 20, 1 << 20, 4)) == "'x.npy' goes on beyond the directory")
    #expect(
      try problem(archive.with(directory + 24, 139, 4)) == "'x.npy' does not expand to the size that it says")
    #expect(try problem(archive.with(55 + 130, 1, 1)) == "the checksum of 'x.npy' is wrong")
    #expect(try problem(archive.with(directory + 16, 0, 4)) == "the checksum of 'x.npy' is wrong")
  }

  @Test("Archives of something else, and arrays that are wrong, are refused by name")
  func contents() throws {
    var writer = ZipWriter()
    writer.append("readme.txt", Array("text".utf8), compressed: false)
    #expect(try problem(writer.finished()) == "'readme.txt' in it is no .npy file")
    writer = ZipWriter()
    writer.append("x.npy", Array("text".utf8), compressed: false)
    #expect(throws: DataError.notNPY(file: "t.npz/x.npy", problem: "it does not begin with 93 NUMPY")) {
      try file(writer.finished())
    }
    writer = ZipWriter()
    for _ in 0..<2 { writer.append("x.npy", NPYFile.bytes(of: NDArray(1 as Float)), compressed: false) }
    #expect(throws: DataError.repeatedArray(file: "t.npz", name: "x")) { try file(writer.finished()) }
  }

  @Test(
    "Deflated data that are damaged or give another size are errors, and no more is expanded than they can give"
  )
  func deflated() throws {
    let archive = try Archive(compressed: true)
    let directory = archive.directory
    let wrong = "'x.npy' does not expand to the size that it says"
    #expect(archive.bytes[directory + 10] == 8)
    #expect(try file(archive.bytes).arrays.map(\.array) == file(Archive().bytes).arrays.map(\.array))
    #expect(try problem(archive.with(directory + 24, 139, 4)) == wrong)
    #expect(try problem(archive.with(directory + 24, 141, 4)) == wrong)
    #expect(try problem(archive.with(directory + 24, 0, 4)) == wrong)
    #expect(try problem(archive.with(directory + 24, 1 << 31, 4)) == wrong)
    #expect(try problem(archive.with(directory + 20, 5, 4)) == wrong)
    #expect(try problem(archive.with(55, 0xFF, 1)) == wrong)
  }

  @Test("Entries that share their bytes are refused: a small archive could hold them any number of times")
  func overlap() throws {
    let archive = try Archive()
    let first = archive.bytes[archive.directory..<(archive.directory + 51)]
    var bytes = archive.bytes[..<archive.directory] + first + first
    bytes += littleEndian(0x0605_4B50, 4) + littleEndian(0, 4) + littleEndian(0x0002_0002, 4)
    bytes += littleEndian(102, 4) + littleEndian(archive.directory, 4) + [0, 0]
    #expect(try problem(Array(bytes)) == "two of its entries overlap")
  }
}
