import AdjointArray
import Testing

@testable import AdjointData

@Suite("Labels of classes are text")
struct ClassLabelTests {
  /// A table of one target column with these labels, several times each.
  private func table(
    _ labels: [String], times: Int = 1, task: Table.Task? = nil, rule: Table.Labels = .numbers
  ) throws -> Table {
    let rows = (0..<times).flatMap { _ in labels }.enumerated().map { "\($0),\($1)\n" }.joined()
    return try Table(read("x,y\n" + rows), target: "y", task: task, labels: rule)
  }

  @Test(
    "Two numbers that no double tells apart are two classes, in their order, whatever the task",
    arguments: [
      ["9007199254740993", "9007199254740992"], ["01", "1"], ["0.10000000000000001", "0.1"],
      ["123456789012345678901234567890", "123456789012345678901234567891"],
      ["-9007199254740993", "-9007199254740992"], ["1e-400", "0"], ["00", "0"],
      ["1.0000000000000000001", "1"],
      ["1e400", "1e401"],
    ])
  func twoClasses(_ labels: [String]) throws {
    for task in [nil, .binary, .multiclass] as [Table.Task?] {
      if task == nil, labels[0] == "1e400" { continue }
      let table = try table(labels, times: 3, task: task)
      #expect(table.task == task ?? .binary)
      #expect(Set(table.classNames) == Set(labels) && table.classNames.count == 2)
      #expect(try table.classes().prefix(2).map { table.classNames[$0] } == labels)
      #expect(table.targetReading?.merged == [])
      #expect(table.targetReading?.reason == (task == nil ? "2 distinct values" : nil))
    }
  }

  @Test("Numbers that are equal to the last digit are one class, which the table says, unless all are text")
  func merging() throws {
    let labels = ["1.0", "0", "1", "1e0", "-0", "10e-1", "+1", "0.000"]
    let merged = try table(labels)
    #expect(merged.task == .binary && merged.classNames == ["0", "1.0"])
    #expect(try merged.classes() == [1, 0, 1, 1, 0, 1, 1, 0])
    #expect(
      merged.targetReading
        == Table.TargetReading(
          reason: "2 distinct values", labels: .numbers,
          merged: [["0", "-0", "0.000"], ["1.0", "1", "1e0", "10e-1", "+1"]]))
    let text = try table(labels, task: .multiclass, rule: .text)
    #expect(Set(text.classNames) == Set(labels) && text.classNames.count == labels.count)
    #expect(text.targetReading == Table.TargetReading(reason: nil, labels: .text, merged: []))
    #expect(try text.classes().map { text.classNames[$0] } == labels)
    // The parts of a table have what the table has.
    #expect(try merged[0..<2].targetReading == merged.targetReading)
  }

  @Test("A word or a code among the labels makes all of them text")
  func textAmongNumbers() throws {
    #expect(try table(["1", "1.0", "beta"], task: .multiclass).classNames == ["1", "1.0", "beta"])
    #expect(try table(["1", "1.0", "01"], task: .multiclass).classNames == ["01", "1", "1.0"])
    #expect(try table(["10", "9", "1"], task: .multiclass).classNames == ["1", "9", "10"])
    #expect(try table(["2.5", "10", "-1e2"], task: .multiclass).classNames == ["-1e2", "2.5", "10"])
    #expect(try table(["10", "09", "01", "1"], task: .multiclass).classNames == ["01", "1", "09", "10"])
  }

  @Test("What is inferred: codes and long integers that come back are classes, many of them are unclear")
  func inference() throws {
    #expect(try table(["01", "02", "03"], times: 5).task == .multiclass)
    #expect(try table(["01", "02", "03"], times: 5).targetReading?.reason == "3 distinct values in 15 rows")
    let long = ["9007199254740993", "9007199254740992", "9007199254740995"]
    #expect(try table(long, times: 5).classNames == [long[1], long[0], long[2]])
    #expect(throws: DataError.unclearTarget(place(2, "y"), value: long[0], isCode: false)) { try table(long) }
    #expect(throws: DataError.unclearTarget(place(4, "y"), value: "02139", isCode: true)) {
      try table(["10001", "94110", "02139", "60601"])
    }
    for names in [
      ["1000", "1001", "1002"], ["1000000000000000", "1000000000000001", "1000000000000002"],
      ["-1", "0", "1"],
    ] {
      #expect(try table(names, times: 5).classNames == names)
      #expect(try table(names, times: 1).task == .regression)
    }
    #expect(try table(["1000", "1001", "1100"], times: 5).task == .regression)
    // Many measured numbers, some of which differ by less than a double tells.
    let measured = try table(["0.1", "0.10000000000000001", "0.5", "7e20", "-3"])
    #expect(measured.task == .regression && measured.targetReading?.reason == "4 distinct values in 5 rows")
    #expect(measured.targetReading?.labels == nil)
    // Integers that a double keeps are as good as others.
    #expect(try table(["9007199254740994", "1", "2", "3"]).task == .regression)
    let many = (0..<70_000).map { "\($0)" }
    #expect(try table(many).targetReading?.reason == "70000 distinct values in 70000 rows")
    #expect(throws: DataError.unclearTarget(place(70_002, "y"), value: "007", isCode: true)) {
      try table(many + ["007"])
    }
  }

  @Test("A regression takes codes for numbers, and refuses integers that it would change")
  func regression() throws {
    #expect(
      try table(["007", "010", "1.50"], task: .regression).targets(as: .float64).doubles == [7, 10, 1.5])
    #expect(throws: DataError.unclearTarget(place(3, "y"), value: "9007199254740993", isCode: false)) {
      try table(["1", "9007199254740993"], task: .regression)
    }
    #expect(
      try table(["9007199254740992", "1e300"], task: .regression).targets(as: .float64).doubles
        == [0x1p53, 1e300])
  }

  @Test("One class that is written in two ways is one, and the error says so")
  func oneClass() throws {
    #expect(
      throws: DataError.wrongClassCount(
        column: "y", task: .binary, classes: ["2 = 2.0"], file: "t.csv")
    ) { try table(["2", "2.0"], task: .binary) }
    #expect(try table(["2", "2.0"], task: .binary, rule: .text).classNames == ["2", "2.0"])
    // The part of a table of zeros and ones.
    #expect(try table(["1.0"], task: .binary).classNames == ["0", "1.0"])
  }

  @Test("The classes of a model: the text first, then the number, and in old models the value")
  func givenClasses() throws {
    func classes(_ text: String, _ names: [String], _ rule: Table.Labels?) throws -> [Int] {
      let rows = text.split(separator: " ").map { "1,\($0)\n" }.joined()
      return try Table(
        read("x,y\n" + rows), features: ["x"], target: "y", task: .multiclass, classNames: names, labels: rule
      ).classes()
    }
    #expect(try classes("1 1.0 1e0 2", ["1", "2"], .numbers) == [0, 0, 0, 1])
    #expect(try classes("1.0 1 2", ["2", "1.0"], .numbers) == [1, 1, 0])
    #expect(try classes("1 01", ["01", "1"], .numbers) == [1, 0])
    #expect(try classes("01 1.0 2", ["1", "2"], nil) == [0, 0, 1])
    for (text, names, rule) in [
      ("01", ["1", "2"], .numbers), ("1.0", ["1", "2"], .text), ("1.0", ["01", "1"], .numbers),
      ("9007199254740993", ["9007199254740992", "0"], .numbers), ("1.0", ["1", "1e0", "2"], .numbers),
    ] as [(String, [String], Table.Labels?)] {
      #expect(throws: DataError.unknownClass(place(2, "y"), value: text, classes: names)) {
        try classes(text, names, rule)
      }
    }
  }

  @Test("Arrays of int64 keep their labels to the last digit")
  func arrays() throws {
    let features = try NDArray([1.0, 2, 3, 4], shape: [4, 1])
    let large: [Int64] = [9_007_199_254_740_993, 9_007_199_254_740_992]
    let targets = NDArray([large[0], large[1], large[0], large[1]])
    for task in [nil, .binary, .multiclass] as [Table.Task?] {
      let table = try Table(features: features, targets: targets, task: task)
      #expect(table.classNames == ["9007199254740992", "9007199254740993"])
      #expect(try table.classes() == [1, 0, 1, 0])
    }
    let isUnclear = DataError.unclearTarget(
      place(0, "target", file: nil), value: "9007199254740993", isCode: false)
    #expect(throws: isUnclear) { try Table(features: features, targets: targets, task: .regression) }
    #expect(try Table(features: features, targets: NDArray([0.5, 1, 1, 0.5])).classNames == ["0.5", "1"])
    #expect(
      try Table(features: features, targets: NDArray([2, 0, 1, 2] as [Int32]), classNames: ["a", "b", "c"])
        .classes() == [2, 0, 1, 2])
  }

  @Test("Decimal numbers are compared to the last digit")
  func decimals() throws {
    let equal = [
      ["1", "1.0", "+1", "10e-1", "0.1e1", "1.", "001"], ["0", "-0", "0e5", ".0"], ["-2e3", "-2000"],
    ]
    for texts in equal { #expect(Set(texts.map { ExactDecimal($0) }).count == 1, "\(texts)") }
    let sorted = [
      "-1e400", "-2", "-1.5", "-1e-400", "0", "1e-400", "0.1", "0.10000000000000001", "9", "10", "1e400",
    ]
    let numbers = try sorted.map { try #require(ExactDecimal($0)) }
    for (a, b) in zip(numbers, numbers.dropFirst()) { #expect(a < b && !(b < a) && a != b) }
    for text in ["", "-", ".", "e5", "1e", "1e+", "0x10", "nan", "1_000", "1 ", "1e99999999999999999999"] {
      #expect(ExactDecimal(text) == nil, "\(text)")
    }
  }
}
