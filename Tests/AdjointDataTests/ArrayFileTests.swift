import AdjointArray
import Foundation
import Testing

@testable import AdjointData

@Suite("Files of arrays are told by their first bytes")
struct ArrayFileTests {
  private func write(_ bytes: [UInt8], _ folder: String, _ name: String = "file.csv") throws -> String {
    try Data(bytes).write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
    return "\(folder)/\(name)"
  }

  /// The only array in the file.
  private func array(_ path: String) throws -> NDArray? {
    guard case .one(let stored) = try ArrayFile(path: path)?.contents() else { return nil }
    #expect(stored.place == path)
    return stored.array
  }

  @Test("NumPy's files and IDX, whatever they are called")
  func formats() throws {
    for (reference, bytes) in try ReferenceArray.npyFiles().prefix(5) {
      try withTemporaryFolder { folder in
        let found = try #require(try array(write(bytes, folder)))
        #expect(try reference.matches(found), "\(reference)")
      }
    }
    #expect(try array(example("mnist5k-test-images-idx3-ubyte.gz"))?.shape == [1000, 28, 28])
    let archive = try #require(try ArrayFile(path: ReferenceArray.path("compressed.npz")))
    guard case .several(let file) = try archive.contents() else {
      Issue.record("one array")
      return
    }
    let expected = try ReferenceArray.contents(of: "compressed.npz")
    for reference in expected {
      let found = try file.stored(reference.name).array
      #expect(try reference.matches(found), "\(reference)")
    }
    #expect(
      try file.stored(expected[0].name).place
        == "\(ReferenceArray.path("compressed.npz"))/\(expected[0].name).npy")
  }

  @Test("gzip is looked through")
  func gzip() throws {
    // Python: numpy.save of numpy.array([1, 2, 3], "u1"), and gzip.compress(…, mtime=0).
    let text =
      "H4sIAAAAAAACA5vsF+obEMnIUMZQrZ6SWpxcpG6loF5Taqiuo6Cell9UUpSYF59flJIKEndLzClOBYoXZyQWpAL5GsY6mjoKtQoUAC5GJmYAKuOOsYMAAAA="
    try withTemporaryFolder { folder in
      let bytes = try #require(Data(base64Encoded: text))
      let path = try write(Array(bytes), folder)
      #expect(try array(path)?.doubles == [1, 2, 3])
    }
  }

  @Test("Text is none of them, and neither are folders, pipes and what is not there")
  func others() throws {
    try withTemporaryFolder { folder in
      for text in ["", "a", "PK,y\n1,2\n", "NUMPY\n", "0,0\n"] {
        #expect(try ArrayFile(path: write(Array(text.utf8), folder)) == nil, "\(text)")
      }
      #expect(try ArrayFile(path: folder) == nil)
      #expect(try ArrayFile(path: folder + "/none") == nil)
      // Opening it would wait for a writer.
      try #require(mkfifo(folder + "/pipe", 0o600) == 0)
      #expect(try ArrayFile(path: folder + "/pipe") == nil)
    }
  }

  @Test("What begins as one of them and is none says so")
  func damaged() throws {
    try withTemporaryFolder { folder in
      let beginnings: [([UInt8], DataError.Kind)] = [
        (NPYHeader.magic, .notNPY), (Array("PK\u{3}\u{4}".utf8), .notNPZ), ([0, 0, 1, 1], .notIDX),
        ([0x1F, 0x8B, 8], .corruptGzip),
      ]
      for (bytes, kind) in beginnings {
        let path = try write(bytes, folder)
        let error = try #require(throws: DataError.self) { try ArrayFile(path: path)?.contents() }
        #expect(error.kind == kind && error.message.hasPrefix(path + ": "), "\(error)")
      }
    }
  }

  @Test("Values that a table cannot have are named by file, row and column")
  func places() throws {
    let features = StoredArray(try NDArray([0, 1, 2, .nan] as [Double], shape: [2, 2]), place: "x.npy")
    let error = try #require(throws: DataError.self) { try Table(features: features, targets: nil) }
    #expect(error.message.hasPrefix("x.npy: row 1, column 'x1': the value is missing; "))
    let whole = StoredArray(NDArray(zeros: [2, 2]), place: "x.npy")
    let targets = StoredArray(try NDArray([1, 3] as [Double], shape: [2]), place: "y.npy")
    let unknown = try #require(throws: DataError.self) {
      try Table(features: whole, targets: targets, targetName: "y", classNames: ["1", "2"])
    }
    #expect(unknown.message.hasPrefix("y.npy: row 1, column 'y': '3' is none of the classes 1, 2; "))
    let wide = try FeatureEncoding(features: ["a", "b", "c"])
    let width = try #require(throws: DataError.self) {
      try Table(features: whole, targets: nil, encoding: wide)
    }
    #expect(
      width.message
        == "x.npy: rows of 2 (shape [2,2]) found; give rows of 3 numbers, one for each of the model's columns"
    )
  }

  @Test("The columns of arrays become features as a model's columns did, products among them")
  func encoding() throws {
    let columns = try FeatureEncoding(
      columns: ["a", "b"].map { FeatureEncoding.Column(name: $0) },
      polynomial: PolynomialFeatures(degree: 2))
    let array = StoredArray(try NDArray([2, 3] as [Double], shape: [1, 2]), place: "x.npy")
    let table = try Table(features: array, targets: nil, encoding: columns)
    #expect(table.featureNames.prefix(2) == ["a", "b"])
    #expect(table.features(as: .float64).doubles == [2, 3, 4, 6, 9])
  }
}
