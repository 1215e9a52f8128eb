import Foundation
import Testing

@testable import AdjointData

@Suite("A CSV file is read by RFC 4180")
struct CSVReaderTests {
  @Test("The header names the columns and each line is a row")
  func plain() throws {
    let document = try read("a,b\n1,2\n3,4\n")
    #expect(document.header == ["a", "b"])
    #expect(try rows(document) == [["1", "2"], ["3", "4"]])
  }

  @Test(
    "Line ends, a byte order mark, a last line without its end and blank lines do not matter",
    arguments: [
      "a,b\r\n1,2\r\n3,4\r\n", "a,b\n1,2\n3,4", "\u{FEFF}a,b\n1,2\n3,4\n", "a,b\r1,2\r3,4\r",
      "\n\na,b\n\n1,2\n\r\n3,4\n\n\n", "\"a\",\"b\"\r\n\"1\",\"2\"\n3,\"4\"", " a , b\n1,2\n3,4\n",
    ])
  func variants(text: String) throws {
    let document = try read(text)
    #expect(document.header == ["a", "b"])
    #expect(try rows(document) == [["1", "2"], ["3", "4"]])
  }

  @Test("A quoted field holds separators, line breaks and doubled quotes")
  func quoted() throws {
    let document = try read("a,b\n\"x, y\",\"say \"\"hi\"\"\"\n\"two\r\nlines\",\"\"\n\"\"\"\",z\n")
    #expect(try rows(document) == [["x, y", "say \"hi\""], ["two\r\nlines", ""], ["\"", "z"]])
  }

  @Test("Fields may be empty, also the last; spaces and inner quotes are part of a field")
  func oddFields() throws {
    #expect(try rows(read("a,b,c\n,,\n x ,5\" disk,\n")) == [["", "", ""], [" x ", "5\" disk", ""]])
    #expect(try rows(read("a,b\n1,")) == [["1", ""]])
  }

  @Test("In a single column a blank line is an empty field")
  func singleColumn() throws {
    #expect(try rows(read("a\n1\n\n2\n")) == [["1"], [""], ["2"]])
  }

  @Test("Semicolons and tabs separate where that is said")
  func separators() throws {
    #expect(try rows(read("a;b\n1,5;2\n", .semicolon)) == [["1,5", "2"]])
    #expect(try rows(read("a\tb\n1\t2\n", .tab)) == [["1", "2"]])
  }

  @Test("A header without rows is a document of no rows")
  func headerOnly() throws {
    let document = try read("a,b\n")
    #expect(document.rowCount == 0)
    #expect(throws: DataError.rowOutOfRange(index: 0, count: 0)) { try document[row: 0] }
  }

  @Test("What is not well-formed is named with file, line and column")
  func malformed() {
    #expect(throws: DataError.emptyFile(file: "t.csv")) { try read("") }
    #expect(throws: DataError.emptyFile(file: "t.csv")) { try read("\u{FEFF}\n\r\n") }
    #expect(throws: DataError.raggedRow(file: "t.csv", line: 3, expected: 2, found: 3)) {
      try read("a,b\n1,2\n1,2,3\n")
    }
    #expect(throws: DataError.raggedRow(file: "t.csv", line: 5, expected: 2, found: 1)) {
      try read("a,b\r\n\"x\r\ny\",2\r\n\r\n1\r\n")
    }
    #expect(throws: DataError.duplicateColumn(file: "t.csv", line: 1, column: "a", first: 1, second: 3)) {
      try read("a,b,a\n1,2,3\n")
    }
    #expect(throws: DataError.unterminatedQuote(place(2, "b"))) { try read("a,b\n1,\"2\n3,4\n") }
    #expect(throws: DataError.textAfterQuote(place(2, "a"))) { try read("a,b\n\"1\"x,2\n") }
  }

  @Test("Text in another encoding is an error that names the first such line")
  func encoding() {
    // "é" in Latin-1, and a UTF-16 byte order mark.
    #expect(throws: DataError.notUTF8(file: "t.csv", line: 2)) {
      try CSVReader().read(bytes: Array("a,b\n1,".utf8) + [0xE9, 0x0A], name: "t.csv")
    }
    #expect(throws: DataError.notUTF8(file: "t.csv", line: 1)) {
      try CSVReader().read(bytes: [0xFF, 0xFE, 0x61, 0x00], name: "t.csv")
    }
  }

  @Test("A file that is not there is named with the system's reason")
  func missingFile() throws {
    #expect(throws: DataError.unreadable(path: "/nowhere/x.csv", reason: "No such file or directory")) {
      try CSVReader().read(path: "/nowhere/x.csv")
    }
    #expect(throws: DataError.unreadable(path: "/", reason: "Is a directory")) {
      try CSVReader().read(path: "/")
    }
  }

  @Test("Descriptions are one line: what, where, what would be right")
  func descriptions() {
    let error = DataError.raggedRow(file: "t.csv", line: 3, expected: 2, found: 1)
    #expect(
      error.message
        == "t.csv:3: 1 field, but the header has 2; a field that contains a separator must stand in double quotes"
    )
    #expect(
      DataError.missingValue(place(4, "radius")).message
        == "t.csv:4, column 'radius': the value is missing; a finite number is expected, so fill it in or "
        + "remove the row (for features missing: .mean or .dropRow does so)")
  }

  @Test(
    "Numbers are decimal",
    arguments: [
      ("1", 1), ("-2.5", -2.5), ("+3", 3), (".5", 0.5), ("5.", 5), ("1e3", 1000), ("1E-3", 0.001),
      ("1.e+2", 100),
      ("007", 7), ("0.000000000000000000000000000001", 1e-30),
      ("123456789012345678901234567890", 1.2345678901234568e29),
      ("9007199254740993", 9_007_199_254_740_992), ("4.9e-324", .leastNonzeroMagnitude), ("1e-400", 0),
      ("0e999", 0),
      (" 7\t", 7),
    ])
  func numbers(text: String, value: Double) {
    #expect(Cell(text) == .number(value))
  }

  @Test("Zero keeps its sign")
  func negativeZero() throws {
    guard case .number(let value) = Cell("-0.0") else {
      Issue.record("-0.0 is a number")
      return
    }
    #expect(value.sign == .minus && value == 0)
  }

  @Test("What is missing, infinite or text is told apart")
  func otherCells() {
    for word in ["", "  ", "NA", "NaN", "nan", "?", "null", "N/A"] {
      #expect(Cell(word) == .missing, "\(word)")
    }
    for word in ["inf", "-Infinity", "+INF", "1e999", "-1e400"] {
      #expect(Cell(word) == .notFinite, "\(word)")
    }
    for word in ["x", "1,5", "0x10", "1e", "1e+", ".", "-", "+", "--1", "1 2", "1.2.3", "Na", "None", "١"] {
      #expect(Cell(word) == .text, "\(word)")
    }
  }
}
