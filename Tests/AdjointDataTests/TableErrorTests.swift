import AdjointArray
import Foundation
import Testing

@testable import AdjointData

@Suite("What is wrong with a table is said with its place")
struct TableErrorTests {
  @Test("Text, missing and infinite values are named with line, column and value")
  func values() {
    #expect(throws: DataError.textValue(place(3, "colour"), value: "red")) {
      try Table(read("x,colour,y\n1,2,0\n1,red,1\n"), target: "y")
    }
    #expect(throws: DataError.missingValue(place(2, "b"))) { try Table(read("a,b,y\n1,,0\n"), target: "y") }
    #expect(throws: DataError.missingValue(place(2, "a"))) { try Table(read("a,y\nNaN,0\n"), target: "y") }
    #expect(throws: DataError.nonFiniteValue(place(3, "a"), value: "-inf")) {
      try Table(read("a,y\n1,0\n-inf,0\n"), target: "y")
    }
    #expect(throws: DataError.nonFiniteValue(place(2, "a"), value: "1e999")) {
      try Table(read("a,y\n1e999,0\n"), target: "y")
    }
    #expect(throws: DataError.missingValue(place(3, "y"))) { try Table(read("a,y\n1,u\n1,\n"), target: "y") }
  }

  @Test("The line is right behind a field of several lines")
  func lineInsideRow() {
    #expect(throws: DataError.textValue(place(4, "b"), value: "x")) {
      try Table(read("t,b,y\n1,2,0\n\"two\nlines\",x,1\n"), features: ["b"], target: "y")
    }
  }

  @Test("A word among many numbers of a target is a slip, unless all are said to be names")
  func wordInTarget() throws {
    let document = try read("x,y\n1,0.5\n2,1.5\n3,l.5\n")
    #expect(throws: DataError.textTarget(place(4, "y"), value: "l.5")) { try Table(document, target: "y") }
    #expect(throws: DataError.textTarget(place(4, "y"), value: "l.5")) {
      try Table(document, target: "y", task: .regression)
    }
    #expect(try Table(document, target: "y", task: .multiclass).classNames == ["0.5", "1.5", "l.5"])
  }

  @Test("An unknown column comes with the columns there are, and the nearest name")
  func unknownColumn() throws {
    let error = #expect(throws: DataError.self) {
      try Table(csv: example("wdbc.csv"), target: "bening")
    }
    let description = try #require(error.map { "\($0)" })
    #expect(description.contains("no column 'bening'; did you mean 'benign'? the columns are mean_radius, "))
    let tooFar = #expect(throws: DataError.self) { try Table(read("a,b\n1,2\n"), target: "price") }
    #expect(tooFar?.message == "t.csv: no column 'price'; the columns are a, b")
    let wrongSeparator = #expect(throws: DataError.self) { try Table(read("a;b\n1;2\n"), target: "b") }
    #expect(
      wrongSeparator?.message
        == "t.csv: no column 'b'; the header looks separated by something else (say separator: .semicolon); "
        + "the columns are a;b")
    #expect(throws: DataError.self) { try Table(read("a,b\n1,2\n"), features: ["a", "c"]) }
  }

  @Test("Columns that cannot be features are errors")
  func columns() {
    #expect(throws: DataError.unnamedColumn(file: "t.csv", position: 1)) {
      try Table(read(",a,y\n0,1,2\n"), target: "y")
    }
    #expect(throws: DataError.noFeatures(file: "t.csv")) { try Table(read("y\n1\n"), target: "y") }
    #expect(throws: DataError.noFeatures(file: "t.csv")) { try Table(read("y\n1\n"), features: []) }
    #expect(throws: DataError.noRows(file: "t.csv")) { try Table(read("x,y\n"), target: "y") }
    #expect(throws: DataError.repeatedFeature("x")) { try Table(read("x,y\n1,2\n"), features: ["x", "x"]) }
    #expect(throws: DataError.targetAmongFeatures("y")) {
      try Table(read("x,y\n1,2\n"), features: ["x", "y"], target: "y")
    }
  }

  @Test("Names with line breaks are on one line in messages, and shortened")
  func namesOfSeveralLines() {
    let accents = "e" + String(repeating: "\u{301}", count: 10_000)
    let long = accents + String(repeating: "long\u{2028}", count: 1000)
    for text in [
      "\"a\nb\",y\n1,2\n", "\"a\nb\",\"a\nb\",y\n1,2\n", "\"\(long)\",y\nx,1\n", "\"\(long)\",y\n,1\n",
    ] {
      for target in ["y", "a\nc", long + "r"] {
        guard
          let error = #expect(
            throws: DataError.self,
            performing: {
              if try Table(read(text), target: target).count > 0 { throw DataError.noTarget }
            })
        else { continue }
        #expect(!error.message.contains(where: \.isNewline) && error.message.count < 400, "\(error)")
      }
    }
  }

  @Test("A header of 50,000 columns takes time in proportion")
  func wideHeader() throws {
    let names = (0..<50_000).map { "c\($0)" }
    let row = names.map { _ in "1" }.joined(separator: ",")
    let table = try Table(read(names.joined(separator: ",") + ",y\n\(row),1\n\(row),2\n"), target: "y")
    #expect(table.featureCount == 50_000 && table.count == 2)
  }

  @Test("Classes that do not fit the task or the model are errors")
  func classes() {
    #expect(
      throws: DataError.wrongClassCount(column: "y", task: .binary, classes: ["a", "b", "c"], file: "t.csv")
    ) {
      try Table(read("x,y\n1,a\n2,b\n3,c\n"), target: "y", task: .binary)
    }
    #expect(throws: DataError.wrongClassCount(column: "y", task: .multiclass, classes: ["a"], file: "t.csv"))
    {
      try Table(read("x,y\n1,a\n2,a\n"), target: "y")
    }
    #expect(throws: DataError.unknownClass(place(3, "y"), value: "c", classes: ["a", "b"])) {
      try Table(read("x,y\n1,a\n2,c\n"), features: ["x"], target: "y", classNames: ["a", "b"])
    }
    // In a file, numbers are not taken for the indices of words.
    #expect(throws: DataError.unknownClass(place(2, "y"), value: "0", classes: ["a", "b"])) {
      try Table(read("x,y\n1,0\n"), features: ["x"], target: "y", classNames: ["a", "b"])
    }
  }

  @Test("Arrays of the wrong shape or with a NaN are errors")
  func arrays() throws {
    let features = NDArray(zeros: [3, 2])
    #expect(throws: DataError.wrongShape(what: "targets", expected: "shape [3] or [3,k]", found: "[2]")) {
      try Table(features: features, targets: NDArray(zeros: [2]))
    }
    #expect(throws: DataError.self) { try Table(features: NDArray(zeros: [3])) }
    #expect(throws: DataError.self) { try Table(features: NDArray(zeros: [0, 2])) }
    #expect(throws: DataError.self) { try Table(features: NDArray(zeros: [2, 0])) }
    #expect(throws: DataError.self) { try Table(features: features, targets: NDArray(zeros: [3, 0])) }
    #expect(throws: DataError.self) { try Table(features: features, targets: features, task: .multiclass) }
    #expect(throws: DataError.wrongShape(what: "featureNames", expected: "2 names", found: "1")) {
      try Table(features: features, featureNames: ["a"])
    }
    #expect(throws: DataError.repeatedFeature("a")) {
      try Table(features: features, featureNames: ["a", "a"])
    }
    #expect(throws: DataError.missingValue(place(1, "x1", file: nil))) {
      try Table(features: NDArray([0, 1, 2, .nan], shape: [2, 2]))
    }
    #expect(throws: DataError.nonFiniteValue(place(0, "target[1]", file: nil), value: "inf")) {
      try Table(features: NDArray(zeros: [1, 1]), targets: NDArray([0, Float.infinity], shape: [1, 2]))
    }
  }

  @Test("Rows and splits that do not exist are errors")
  func rowsAndSplits() throws {
    let table = try Table(features: NDArray(zeros: [3, 1]))
    #expect(throws: DataError.rowOutOfRange(index: 3, count: 3)) { try table.rows([0, 3]) }
    #expect(throws: DataError.rowOutOfRange(index: -1, count: 3)) { try table[-1..<2] }
    #expect(throws: DataError.rowOutOfRange(index: 3, count: 3)) { try table[1..<9] }
    #expect(throws: DataError.self) { try table[1..<1] }
    for fraction in [0, 1, -0.5, 1.5, 0.99, .nan, .infinity] {
      #expect(throws: DataError.self, "\(fraction)") { try table.split(test: fraction, seed: 0) }
    }
    #expect(throws: DataError.notClassification) { try table.split(test: 0.5, seed: 0, stratified: true) }
  }

  @Test("A scaling is checked when it is made, read or used")
  func scaling() throws {
    let table = try Table(read("a,b\n1,2\n"), features: ["a", "b"])
    let other = try FeatureScaling(featureNames: ["b", "a"], offsets: [0, 0], divisors: [1, 1])
    #expect(throws: DataError.featureMismatch(expected: ["b", "a"], found: ["a", "b"])) {
      try table.scaled(by: other)
    }
    #expect(throws: DataError.self) { try other(NDArray(zeros: [4, 3])) }
    #expect(throws: DataError.self) { try other(NDArray(zeros: .scalar)) }
    #expect(throws: DataError.self) { try FeatureScaling(featureNames: ["a"], offsets: [], divisors: [1]) }
    for json in [
      #"{"featureNames":["a"],"means":[0],"deviations":[0]}"#,
      #"{"featureNames":["a"],"means":[0,1],"deviations":[1]}"#,
      #"{"kind":"minMax","featureNames":["a"],"offsets":[0],"divisors":[-1]}"#,
      #"{"kind":"other","featureNames":["a"],"offsets":[0],"divisors":[1]}"#,
    ] {
      #expect(throws: (any Error).self) {
        try JSONDecoder().decode(FeatureScaling.self, from: Data(json.utf8))
      }
    }
  }
}
