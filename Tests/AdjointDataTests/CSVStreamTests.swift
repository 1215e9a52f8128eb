import AdjointArray
import Foundation
import Testing

@testable import AdjointData

@Suite("A CSV file is read piece by piece")
struct CSVStreamTests {
  /// What reading gives: header and rows with their lines, or an error's text.
  private func outcome(_ reader: () throws -> CSVRowReader) -> [String] {
    do {
      var rows = try reader()
      var result = [rows.header.joined(separator: "|")]
      while try rows.next() {
        result.append(
          "\(rows.line) " + rows.header.indices.map { rows.text($0, trimmed: false) }.joined(separator: "|"))
        result.append(rows.header.indices.map { "\(rows.line(of: $0))" }.joined(separator: " "))
      }
      return result
    } catch { return ["\(error)"] }
  }

  @Test("3,000 random texts give the same rows, lines and errors in pieces of 4 bytes as in one")
  func pieces() throws {
    try withTemporaryFolder { (folder) throws in
      let meaningful = Array("\"\"\",,,\n\n\r\r;\t 01ab\u{FEFF}é漢🙂".utf8)
      var generator = SeededGenerator(seed: 23)
      var (whole, errors) = (0, 0)
      for round in 0..<3_000 {
        var bytes = Array((Bool.random(using: &generator) ? "a,b\n" : "a\n").utf8)
        for _ in 0..<Int.random(in: 0...10, using: &generator) {
          bytes.append(meaningful.randomElement(using: &generator) ?? 0)
        }
        let path = folder + "/t.csv"
        try Data(bytes).write(to: URL(filePath: path))
        let expected = outcome { try CSVRowReader(bytes: bytes, name: path, separator: .comma) }
        let found = outcome { try CSVRowReader(path: path, separator: .comma, pieceSize: 4) }
        if expected.count == 1 { errors += 1 } else { whole += 1 }
        // Of a file with several errors, reading in pieces meets the first one first.
        if expected != found { #expect(expected.count == 1 && found.count == 1, "round \(round)") }
      }
      #expect(whole > 100)
      #expect(errors > 300)
    }
  }

  @Test("Compressed files are read as others, also of several members, and damaged ones are errors")
  func gzip() throws {
    try withTemporaryFolder { (folder) throws in
      // Python: gzip.compress(b"a,b\n1,2\n", mtime=0) and gzip.compress(b"3,4\n", mtime=0)
      let first = try #require(Data(base64Encoded: "H4sIAAAAAAACA0vUSeIy1DHiAgB7B5cKCAAAAA=="))
      let second = try #require(Data(base64Encoded: "H4sIAAAAAAACAzPWMeECAD4tcqkEAAAA"))
      let path = folder + "/t.csv.gz"
      try (first + second).write(to: URL(filePath: path))
      #expect(try Table(csv: path, features: ["b", "a"]).features().doubles == [2, 1, 4, 3])
      #expect(try rows(CSVReader().read(path: path)) == [["1", "2"], ["3", "4"]])
      try (first + second.dropLast(5)).write(to: URL(filePath: path))
      #expect(throws: DataError.corruptGzip(file: path, reason: "it ends too early")) {
        try Table(csv: path, target: "a")
      }
      try (first.dropLast(8) + second).write(to: URL(filePath: path))
      #expect(throws: DataError.corruptGzip(file: path, reason: "its bytes or their checksum are wrong")) {
        try Table(csv: path, target: "a")
      }
    }
  }

  @Test("Rows come one after the other, as text")
  func rowsOneByOne() throws {
    try withTemporaryFolder { (folder) throws in
      let path = folder + "/t.csv"
      try "a,b\n 1,\"x, y\"\n2,z\n3\n".write(toFile: path, atomically: true, encoding: .utf8)
      let rows = try CSVReader().rows(path: path)
      #expect(rows.header == ["a", "b"])
      #expect(try rows.next() == [" 1", "x, y"])
      #expect(try rows.next() == ["2", "z"])
      #expect(throws: DataError.raggedRow(file: path, line: 4, expected: 2, found: 1)) { try rows.next() }
    }
  }

  @Test("A file comes as tables of at most so many rows, which together are the file")
  func tables() throws {
    let whole = try Table(csv: example("iris.csv"), target: "species")
    let tables = try CSVTables(
      example("iris.csv"), rows: 40, encoding: whole.encoding, target: "species", task: .multiclass,
      classNames: whole.classNames)
    var (features, classes, counts) = ([Double](), [Int](), [Int]())
    while let table = try tables.next() {
      features += table.features(as: .float64).doubles
      classes += try table.classes()
      counts.append(table.count)
    }
    #expect(counts == [40, 40, 40, 30])
    #expect(features == whole.features(as: .float64).doubles)
    #expect(try classes == whole.classes())
    #expect(throws: DataError.self) {
      try CSVTables(example("iris.csv"), rows: 0, encoding: whole.encoding)
    }
  }

  @Test("The line of a target is right behind rows of several lines and rows that were left out")
  func targetLines() throws {
    let text = "t,x,y\n\"a\nb\",1,u\n\n\"c\",,v\n\"d\ne\n\",2,u\nf,3,\"w\"\n"
    #expect(throws: DataError.unknownClass(place(9, "y"), value: "w", classes: ["u", "v"])) {
      try Table(
        read(text), features: ["x"], target: "y", classNames: ["u", "v"], missing: .dropRow)
    }
  }

  @Test("Many different numbers before a word leave it a slip, as few do")
  func lateWord() throws {
    let text = "x,y\n" + (0..<70_000).map { "1,\($0).5\n" }.joined() + "1,l.5\n"
    #expect(throws: DataError.textTarget(place(70_002, "y"), value: "l.5")) {
      try Table(read(text), target: "y")
    }
  }
}
