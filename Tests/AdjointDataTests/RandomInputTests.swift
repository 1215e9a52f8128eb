import AdjointArray
import Foundation
import Testing

@testable import AdjointData

@Suite("Whatever the bytes are, reading ends in values or in an error")
struct RandomInputTests {
  @Test(
    "20,000 random texts: rows as wide as the header, tables of finite numbers, or a description on one line")
  func randomBytes() throws {
    // Bytes that mean something to the reader come often, the rest now and then.
    let meaningful = Array("\",\n\r;\t 0123456789.-+eEanN?\u{FEFF}é".utf8)
    var generator = SeededGenerator(seed: 7)
    var (tables, errors) = (0, 0)
    for _ in 0..<20_000 {
      var bytes = Array((Bool.random(using: &generator) ? "a,b\n1,2\n" : "").utf8)
      for _ in 0..<Int.random(in: 0...40, using: &generator) {
        let isAny = Int.random(in: 0..<200, using: &generator) == 0
        bytes.append(
          isAny ? .random(in: 0...255, using: &generator) : meaningful.randomElement(using: &generator) ?? 0)
      }
      do {
        let document = try CSVReader().read(bytes: bytes, name: "t.csv")
        for row in try rows(document) { #expect(row.count == document.header.count) }
        let table = try Table(document, target: document.header[document.header.count - 1])
        tables += 1
        #expect(table.features(as: .float64).doubles.allSatisfy { $0.isFinite })
        #expect(table.standardized().features(as: .float64).doubles.allSatisfy { $0.isFinite })
        #expect(try table.targets().shape[0] == document.rowCount)
      } catch let error as DataError {
        errors += 1
        #expect(!"\(error)".isEmpty && !"\(error)".contains { $0.isNewline })
      }
    }
    // Both ways were taken.
    #expect(tables > 100)
    #expect(errors > 1000)
  }

  @Test(
    "20,000 random IDX files, some of them compressed: an array of the extents, or a description on one line")
  func randomIDX() throws {
    // Around a header that is nearly right, as any byte is wrong at the start.
    let types: [UInt8] = [8, 9, 11, 12, 13, 14]
    var generator = SeededGenerator(seed: 17)
    var (arrays, errors) = (0, 0)
    for _ in 0..<20_000 {
      let isAny = { (generator: inout SeededGenerator) in Int.random(in: 0..<20, using: &generator) == 0 }
      let byte = { (generator: inout SeededGenerator) in UInt8.random(in: 0...255, using: &generator) }
      let type = isAny(&generator) ? byte(&generator) : types.randomElement(using: &generator) ?? 8
      let rank = UInt8.random(in: 0...3, using: &generator)
      let extents = (0..<rank).flatMap { _ in [0, 0, 0, UInt8.random(in: 0...3, using: &generator)] }
      var bytes = [0, 0, type, rank] + extents
      for _ in 0..<Int.random(in: 0...8, using: &generator) { bytes.append(byte(&generator)) }
      while isAny(&generator), let position = bytes.indices.randomElement(using: &generator) {
        bytes[position] = byte(&generator)
      }
      if isAny(&generator) { bytes = Array(bytes.prefix(Int.random(in: 0...bytes.count, using: &generator))) }
      if isAny(&generator) { bytes = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3] + bytes }
      do {
        let file = try IDXFile(bytes, name: "t.idx")
        arrays += 1
        #expect(NDArray(file).shape == file.shape)
        #expect(bytes.count == 4 + 4 * file.shape.rank + file.shape.count * file.element.byteSize)
      } catch {
        errors += 1
        #expect(!"\(error)".isEmpty && !"\(error)".contains { $0.isNewline })
      }
    }
    #expect(arrays > 1000)
    #expect(errors > 1000)
  }

  @Test("Random fields written by the rules come back as they were")
  func roundTrip() throws {
    let alphabet: [Character] = ["a", "é", "\"", ",", "\n", "\r\n", " ", "1", ";"]
    var generator = SeededGenerator(seed: 11)
    for _ in 0..<2_000 {
      let width = Int.random(in: 2...4, using: &generator)
      let fields = (0..<Int.random(in: 1...5, using: &generator)).map { _ in
        (0..<width).map { _ in
          String(
            (0..<Int.random(in: 0...6, using: &generator)).compactMap { _ in
              alphabet.randomElement(using: &generator)
            })
        }
      }
      let header = (0..<width).map { "c\($0)" }
      let text = ([header] + fields).map { row in
        row.map { "\"" + $0.replacingOccurrences(of: "\"", with: "\"\"") + "\"" }.joined(separator: ",")
      }.joined(separator: "\r\n")
      #expect(try rows(read(text)) == fields)
    }
  }

  @Test("20,000 random decimals have the bits that the C library gives them")
  func decimals() {
    var generator = SeededGenerator(seed: 13)
    for _ in 0..<20_000 {
      var text = ["", "-", "+"].randomElement(using: &generator) ?? ""
      for _ in 0..<Int.random(in: 1...22, using: &generator) {
        text += "\(Int.random(in: 0...9, using: &generator))"
      }
      if Bool.random(using: &generator) {
        text += "."
        for _ in 0..<Int.random(in: 0...12, using: &generator) {
          text += "\(Int.random(in: 0...9, using: &generator))"
        }
      }
      if Bool.random(using: &generator) { text += "e\(Int.random(in: -60...60, using: &generator))" }
      guard case .number(let value) = Cell(text) else {
        Issue.record("\(text) is a number")
        continue
      }
      #expect(value.bitPattern == strtod(text, nil).bitPattern, "\(text)")
    }
  }
}
