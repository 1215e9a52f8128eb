import Foundation
import Testing

@testable import AdjointData

/// A line of Reference/events.txt: what TensorBoard reads in the file that its own classes wrote.
private struct Point {
  let tag: String
  let step: Int
  let wallTime: Double
  let value: Double

  static func all() throws -> [Point] {
    try String(contentsOfFile: ReferenceArray.path("events.txt"), encoding: .utf8).split(separator: "\n").map
    {
      let fields = $0.split(separator: "\t")
      try #require(fields.count == 4)
      return Point(
        tag: String(fields[0]), step: try #require(Int(fields[1])),
        wallTime: try #require(Double(fields[2])), value: try #require(Double(fields[3])))
    }
  }
}

private let name = "events.out.tfevents.1700000000.host"

private func newFile(in folder: String) throws -> EventFile {
  try EventFile(in: folder, host: "host", wallTime: 1_700_000_000.25)
}

@Suite("TensorBoard's event files")
struct EventFileTests {
  @Test("What is written is byte for byte what TensorBoard writes")
  func sameBytes() throws {
    let points = try Point.all()
    #expect(points.count == 13)
    try withTemporaryFolder { (folder) throws in
      let events = try newFile(in: folder)
      for point in points { events.add(point.tag, point.value, step: point.step, wallTime: point.wallTime) }
      try events.flush()
      #expect(events.path == "\(folder)/\(name)")
      #expect(try File.read(events.path) == File.read(ReferenceArray.path(name)))
    }
  }

  @Test("The file's version is there at once, points once they are flushed, each once")
  func flush() throws {
    let whole = try File.read(ReferenceArray.path(name))
    let points = try Point.all().prefix(2)
    try withTemporaryFolder { (folder) throws in
      let events = try newFile(in: folder)
      #expect(try File.read(events.path) == Array(whole[..<40]))
      // Each is a record of 16 + 30 and 16 + 32 bytes: a step of zero is left out.
      for (point, size) in zip(points, [86, 134]) {
        events.add(point.tag, point.value, step: point.step, wallTime: point.wallTime)
        try events.flush()
        try events.flush()
        #expect(try File.read(events.path) == Array(whole[..<size]))
      }
    }
  }

  @Test("A file of the same second is left alone")
  func namesAreDistinct() throws {
    try withTemporaryFolder { (folder) throws in
      let events = try (0..<3).map { _ in try newFile(in: folder) }
      #expect(events.map(\.path) == ["", ".1", ".2"].map { "\(folder)/\(name)\($0)" })
      events[1].add("loss", 1, step: 1)
      try events[1].flush()
      #expect(try events.map { try File.read($0.path).count } == [40, 82, 40])
    }
  }

  @Test("The name has the second and the machine, and points have the time at which they are added")
  func clock() throws {
    try withTemporaryFolder { (folder) throws in
      let before = Date().timeIntervalSince1970
      let events = try EventFile(in: folder)
      events.add("a", 1, step: 1)
      let after = Date().timeIntervalSince1970
      try events.flush()
      let parts = events.path.dropFirst(folder.count + 1).split(separator: ".", maxSplits: 4)
      #expect(parts.prefix(3) == ["events", "out", "tfevents"])
      #expect(parts.count == 5 && (Int(before)...Int(after)).contains(Int(parts[3]) ?? 0))
      // A record's length and checksum, the wall time's key, and the wall time: of the version, then of the point.
      let bytes = try File.read(events.path)[...]
      for offset in [13, 40 + 13] {
        let time = Double(bitPattern: try #require(bytes.littleEndian(at: offset, 8)))
        #expect(before <= time && time <= after)
      }
    }
  }

  @Test("A folder that is not there is named with the reason")
  func errors() throws {
    try withTemporaryFolder { (folder) throws in
      let path = "\(folder)/none/\(name)"
      #expect(throws: DataError.unwritable(path: path, reason: "No such file or directory")) {
        _ = try newFile(in: folder + "/none")
      }
      #expect(throws: DataError.self) { _ = try newFile(in: folder + "/a\0b") }
    }
  }

  @Test(
    "CRC-32C has its published values",
    arguments: [
      // RFC 3720, appendix B.4, whose bytes stand in the order of the wire: the lowest first.
      ([UInt8](repeating: 0, count: 32), 0x8A91_36AA),
      ([UInt8](repeating: 0xFF, count: 32), 0x62A8_AB43),
      ([UInt8](0..<32), 0x46DD_794E),
      ((0..<32).reversed(), 0x113F_DB5C),
      // A read command of iSCSI.
      (
        [0x01, 0xC0] + [UInt8](repeating: 0, count: 14) + [0x14, 0, 0, 0, 0, 0, 0x04, 0, 0, 0, 0, 0x14]
          + [0, 0, 0, 0x18, 0x28] + [UInt8](repeating: 0, count: 7) + [0x02]
          + [UInt8](repeating: 0, count: 7),
        0xD996_3A56
      ),
      // The check value of the catalogue of parametrised CRC algorithms, CRC-32/ISCSI.
      (Array("123456789".utf8), 0xE306_9283),
      ([], 0),
    ] as [([UInt8], UInt32)])
  func checksum(_ bytes: [UInt8], _ expected: UInt32) { #expect(CRC32C.checksum(bytes) == expected) }
}
