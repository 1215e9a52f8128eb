import AdjointArray
import FileMutations
import Testing

@testable import AdjointData

@Suite("Files that were changed anywhere")
struct MutatedFileTests {
  /// Reads changed files, made of those in `originals`, and expects arrays of bounded size or an error on one
  /// line.
  ///
  /// - Parameters:
  ///   - pieces: what is written over a file or into it now and then.
  ///   - ratio: the most bytes of arrays for each byte of a file.
  private func expectSafe(
    _ originals: [[UInt8]], pieces: [[UInt8]], seed: UInt64, rounds: Int = 20_000, ratio: Int,
    _ read: ([UInt8]) throws(DataError) -> [NDArray]
  ) throws {
    var mutator = FileMutator(seed: seed, pieces: pieces)
    var (arrays, errors) = (0, 0)
    for round in 0..<rounds {
      var bytes = try #require(originals.randomElement(using: &mutator.generator))
      mutator.mutate(&bytes)
      do {
        let result = try read(bytes)
        arrays += 1
        #expect(result.reduce(0) { $0 + $1.byteCount } <= ratio * bytes.count, "round \(round)")
        for array in result where array.scalarType == .bool {
          #expect(array.withUnsafeBytes { $0.allSatisfy { $0 <= 1 } })
        }
      } catch {
        errors += 1
        #expect(!"\(error)".isEmpty && !"\(error)".contains { $0.isNewline }, "round \(round)")
      }
    }
    // Both ways were taken.
    #expect(arrays > rounds / 100)
    #expect(errors > rounds / 100)
  }

  private let numbers = [
    littleEndian(-1, 2), littleEndian(-1, 4), littleEndian(-1, 8), littleEndian(1 << 31, 4),
    littleEndian(.max, 8),
  ]

  @Test("20,000 .npy files")
  func npy() throws {
    let pieces = byteStrings(
      "99", "(", ")", "'", ",", "True", "<i8", "|O", "9999999999999999", "281474976710656,", "}", "-")
    try expectSafe(ReferenceArray.npyFiles().map(\.bytes), pieces: pieces + numbers, seed: 1, ratio: 4) {
      (bytes) throws(DataError) in [try NPYFile(bytes[...], name: "t").array]
    }
  }

  @Test("20,000 .npz files")
  func npz() throws {
    let files = try ["arrays", "compressed", "streamed", "wide"].map {
      try File.read(ReferenceArray.path($0 + ".npz"))
    }
    let pieces = [0x0403_4B50, 0x0201_4B50, 0x0605_4B50, 0x0606_4B50, 0x0706_4B50].map { littleEndian($0, 4) }
    try expectSafe(files, pieces: pieces + numbers, seed: 2, ratio: 4 * Gzip.greatestRatio) {
      (bytes) throws(DataError) in try NPZFile(bytes, name: "t").arrays.map(\.array)
    }
  }

  @Test("5,000 .npy files in archives that are whole")
  func npyInArchives() throws {
    try expectSafe(ReferenceArray.npyFiles().map(\.bytes), pieces: numbers, seed: 4, rounds: 5_000, ratio: 4)
    {
      (bytes) throws(DataError) in
      var writer = ZipWriter()
      writer.append("x.npy", bytes, compressed: bytes.count.isMultiple(of: 2))
      return try NPZFile(writer.finished(), name: "t").arrays.map(\.array)
    }
  }

  @Test("20,000 safetensors files")
  func safetensors() throws {
    let files = try ["written", "tensors"].map { try File.read(ReferenceArray.path($0 + ".safetensors")) }
    let pieces = byteStrings(
      "99", "\"", "\\u", "\\ud800", "[", "]", "{", "}", ",", "F64", "BOOL", "9999999999999999", "-", " ")
    try expectSafe(files, pieces: pieces + numbers, seed: 3, ratio: 8) { (bytes) throws(DataError) in
      try SafetensorsFile(bytes, name: "t").tensors.map(\.array)
    }
  }
}
