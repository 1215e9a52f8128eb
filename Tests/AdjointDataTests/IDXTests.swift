import AdjointArray
import Foundation
import Testing

@testable import AdjointData

/// An IDX file of these extents.
private func idx(_ type: UInt8, _ extents: [Int], _ elements: [UInt8]) -> [UInt8] {
  [0, 0, type, UInt8(extents.count)]
    + extents.flatMap { extent in [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: extent >> $0) } } + elements
}

private func array(_ content: [UInt8]) throws -> NDArray { NDArray(try IDXFile(content, name: "t.idx")) }

private func error(_ content: [UInt8]) throws -> DataError {
  try #require(throws: DataError.self) { try IDXFile(content, name: "t.idx") }
}

/// What Python's `gzip.compress(content, mtime=0)` gives.
private enum Compressed {
  /// `idx(8, [2, 3], [1, 2, 3, 4, 5, 255])`
  static let small: [UInt8] = [
    31, 139, 8, 0, 0, 0, 0, 0, 2, 3, 99, 96, 224, 96, 98, 96, 96, 0, 97, 102, 70, 38, 102, 22, 214, 255, 0,
    240, 222, 95, 33, 18, 0, 0, 0,
  ]
  /// The same in two members, cut after 7 bytes.
  static let members: [UInt8] = [
    31, 139, 8, 0, 0, 0, 0, 0, 2, 3, 99, 96, 224, 96, 98, 96, 96, 0, 0, 52, 92, 21, 7, 7, 0, 0, 0, 31, 139, 8,
    0, 0, 0, 0, 0, 2, 3, 99, 98, 96, 96, 96, 102, 100, 98, 102, 97, 253, 15, 0, 143, 142, 86, 246, 11, 0, 0,
    0,
  ]
  /// `idx(8, [1 << 22], …)` of zeros, and one more zero.
  static let bomb: [UInt8] =
    [
      31, 139, 8, 0, 0, 0, 0, 0, 2, 3, 237, 193, 49, 1, 0, 0, 8, 192, 160, 249, 25, 203, 254, 169, 44, 2, 212,
      78, 23,
    ] + [UInt8](repeating: 0, count: 4064)
    + [15, 235, 25, 59, 89, 9, 0, 64, 0]
}

@Suite("IDX files")
struct IDXTests {
  @Test("MNIST's digits: 5000 images with their classes, 500 of each")
  func digits() throws {
    let parts = try ["train", "test"].map { part in
      (
        raw: try NDArray(idx: example("mnist5k-\(part)-images-idx3-ubyte.gz")),
        images: try NDArray(imagesIDX: example("mnist5k-\(part)-images-idx3-ubyte.gz")),
        labels: try NDArray(idx: example("mnist5k-\(part)-labels-idx1-ubyte.gz"))
      )
    }
    #expect(parts.map(\.raw.shape) == [[4000, 28, 28], [1000, 28, 28]])
    #expect(parts.map(\.images.shape) == [[4000, 28, 28, 1], [1000, 28, 28, 1]])
    #expect(parts.map(\.labels.shape) == [[4000], [1000]])
    #expect(parts.map(\.labels.scalarType) == [.int32, .int32])
    var counts = [Int](repeating: 0, count: 10)
    for label in parts.flatMap(\.labels.doubles) { counts[Int(label)] += 1 }
    #expect(counts == [Int](repeating: 500, count: 10))
    // By NumPy: np.frombuffer(gzip.open(…).read(), np.uint8)[16:].sum(), and the first labels.
    #expect(parts.map { $0.raw.doubles.reduce(0, +) } == [104720938, 26546164])
    #expect(
      parts.map { Array($0.labels.doubles.prefix(8)) } == [
        [4, 2, 0, 9, 6, 6, 2, 1], [3, 0, 6, 7, 8, 2, 7, 1],
      ])
    for part in parts {
      #expect(part.images.doubles == part.raw.doubles.map { Double(Float($0) / 255) })
      #expect(part.images.doubles.max() == 1 && part.images.doubles.min() == 0)
    }
  }

  @Test("Each type of element, most significant byte first")
  func elements() throws {
    #expect(try array(idx(0x08, [3], [0, 127, 255])) == NDArray([0, 127, 255] as [Int32]))
    #expect(try array(idx(0x09, [3], [0, 127, 255])) == NDArray([0, 127, -1] as [Int32]))
    #expect(try array(idx(0x0B, [2], [0x01, 0x02, 0xFF, 0xFE])) == NDArray([258, -2] as [Int32]))
    #expect(
      try array(idx(0x0C, [2], [0x01, 0x02, 0x03, 0x04, 0x80, 0, 0, 0]))
        == NDArray([0x0102_0304, .min] as [Int32]))
    #expect(
      try array(idx(0x0D, [2], [0x3F, 0xC0, 0, 0, 0xFF, 0x80, 0, 0]))
        == NDArray([1.5, -.infinity] as [Float]))
    #expect(try array(idx(0x0E, [1], [0xC0, 0x04, 0, 0, 0, 0, 0, 0])) == NDArray([-2.5] as [Double]))
  }

  @Test("Any number of axes; none is one number, and an extent of 0 leaves none")
  func shapes() throws {
    #expect(
      try array(idx(8, [2, 1, 3], [1, 2, 3, 4, 5, 6]))
        == NDArray([1, 2, 3, 4, 5, 6] as [Int32], shape: [2, 1, 3]))
    #expect(try array(idx(8, [], [7])) == NDArray(7 as Int32))
    #expect(try array(idx(8, [0, 28, 28], [])).shape == [0, 28, 28])
    #expect(try array(idx(14, [3, 0], [])).shape == [3, 0])
  }

  @Test("gzip is seen by its first bytes, in one member or several")
  func compressed() throws {
    let expected = try NDArray([1, 2, 3, 4, 5, 255] as [Int32], shape: [2, 3])
    #expect(try array(Compressed.small) == expected)
    #expect(try array(Compressed.members) == expected)
  }

  @Test("Images are float32 in 0...1, with channels; other arrays are none")
  func images() throws {
    let images = { (content: [UInt8]) in try NDArray(imagesOf: IDXFile(content, name: "t.idx")) }
    #expect(try images(idx(8, [1, 1, 2], [51, 255])) == NDArray([0.2, 1] as [Float], shape: [1, 1, 2, 1]))
    #expect(
      try images(idx(8, [1, 1, 1, 3], [0, 51, 255])) == NDArray([0, 0.2, 1] as [Float], shape: [1, 1, 1, 3]))
    #expect(throws: DataError.notImages(file: "t.idx", found: "[2] of unsigned byte (0x08)")) {
      try images(idx(8, [2], [1, 2]))
    }
    #expect(throws: DataError.notImages(file: "t.idx", found: "[1,1,1] of signed byte (0x09)")) {
      try images(idx(9, [1, 1, 1], [1]))
    }
  }

  @Test("What is no IDX file is said to be none")
  func headers() throws {
    #expect(try error([]) == .notIDX(file: "t.idx", problem: "it is empty"))
    #expect(try error([0, 0, 8]) == .notIDX(file: "t.idx", problem: "it ends after 3 bytes"))
    #expect(try error(Array("x,y\n1,2\n".utf8)) == .notIDX(file: "t.idx", problem: "it begins with 120 44"))
    #expect(
      try error([0, 0, 10, 1, 0, 0, 0, 0]) == .notIDX(file: "t.idx", problem: "10 is no type of elements"))
    #expect(
      try error([0, 0, 8, 2, 0, 0, 0, 1]) == .notIDX(file: "t.idx", problem: "it ends within its 2 extents"))
    let huge = idx(14, [1 << 31, 1 << 31, 1 << 31], [])
    #expect(
      try error(huge)
        == .notIDX(
          file: "t.idx", problem: "no memory holds an array of its extents [2147483648,2147483648,2147483648]"
        ))
    #expect(try error(idx(8, [Int](repeating: 1, count: 255), [1])).kind == .notIDX)
    #expect(throws: DataError.unreadable(path: "nowhere", reason: "No such file or directory")) {
      try NDArray(idx: "nowhere")
    }
  }

  @Test("A file of another size than its extents say is an error")
  func sizes() throws {
    let missing = try error(idx(8, [2, 3], [1, 2, 3, 4, 5]))
    #expect(missing == .wrongByteCount(file: "t.idx", shape: [2, 3], expected: 18, found: "17"))
    let surplus = try error(idx(11, [2], [1, 2, 3, 4, 5]))
    #expect(surplus == .wrongByteCount(file: "t.idx", shape: [2], expected: 12, found: "13"))
    #expect(
      try error(idx(8, [0], [1])) == .wrongByteCount(file: "t.idx", shape: [0], expected: 8, found: "9"))
  }

  @Test("A gzip file that is cut, changed or followed by something else is an error, wherever")
  func corruption() throws {
    for count in 2..<Compressed.small.count {
      #expect(try error(Array(Compressed.small.prefix(count))).kind == .corruptGzip, "\(count) bytes")
    }
    // The header's fields of time and system say nothing about the content.
    for position in 10..<Compressed.small.count {
      var changed = Compressed.small
      changed[position] ^= 0x10
      #expect(throws: DataError.self, "byte \(position)") { try array(changed) }
    }
    #expect(try error(Compressed.small + [1, 2, 3]).kind == .corruptGzip)
    #expect(try error(Compressed.small + [0x1F, 0x8B]).kind == .corruptGzip)
  }

  @Test("No more is expanded than the extents say, and no more memory is asked for than a file can fill")
  func bombs() throws {
    #expect(
      try error(Compressed.bomb)
        == .wrongByteCount(file: "t.idx", shape: [1 << 22], expected: 8 + 1 << 22, found: "more"))
    // Extents of 2^40 in a file of a few bytes, and of 30 KB, which it would take 4 to hold.
    let lie =
      [
        31, 139, 8, 0, 0, 0, 0, 0, 2, 3, 99, 96, 224, 96, 98, 16, 96, 96, 0, 99, 0, 78, 17, 224, 157, 13, 0,
        0, 0,
      ] as [UInt8]
    #expect(
      try error(lie)
        == .wrongByteCount(
          file: "t.idx", shape: [1 << 20, 1 << 20], expected: 12 + 1 << 40,
          found: "at most \(1032 * lie.count)"))
    #expect(
      try error([
        31, 139, 8, 0, 0, 0, 0, 0, 2, 3, 99, 96, 224, 96, 100, 96, 240, 83, 0, 0, 247, 54, 133, 225, 8, 0, 0,
        0,
      ]) == .wrongByteCount(file: "t.idx", shape: [20_000], expected: 20_008, found: "8"))
  }

  @Test("Images with their labels are a table, whose rows are the images' pixels")
  func table() throws {
    let images = try NDArray(
      imagesOf: IDXFile(idx(8, [3, 1, 2], [0, 51, 102, 153, 204, 255]), name: "t.idx"))
    let labels = try array(idx(8, [3], [7, 0, 7]))
    let table = try Table(
      features: images, targets: labels, task: .multiclass, classNames: (0...9).map(String.init))
    #expect(table.count == 3 && table.featureCount == 2)
    #expect(table.features() == (try NDArray([0, 0.2, 0.4, 0.6, 0.8, 1] as [Float], shape: [3, 2])))
    #expect(try table.targets() == NDArray([7, 0, 7] as [Int32]))
    #expect(throws: DataError.wrongShape(what: "targets", expected: "shape [3] or [3,k]", found: "[2]")) {
      try Table(features: images, targets: array(idx(8, [2], [1, 2])))
    }
    #expect(throws: DataError.missingValue(place(1, "x1", file: nil))) {
      try Table(features: NDArray([0, 0, 0, Float.nan], shape: [2, 2, 1]))
    }
  }
}
