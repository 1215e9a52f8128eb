import AdjointArray
import Foundation
import Testing

@testable import AdjointData

@Suite("Missing values and categories become features")
struct FeatureEncodingTests {
  private static let homes = "town,size,price\nYork,50,1.5\nBath,,2.5\nYork,90,3.5\n Ely ,70,4.5\n"

  @Test(
    "A column of words is one feature for each word, in the words' order, and numbers stay where they are")
  func categories() throws {
    let table = try Table(read("a,c,y\n1,red,0.5\n2,blue,1.5\n3,red,2.5\n"), target: "y", categories: .words)
    #expect(table.featureNames == ["a", "c=blue", "c=red"])
    #expect(table.features(as: .float64).doubles == [1, 0, 1, 2, 1, 0, 3, 0, 1])
    #expect(table.description == "3 rows, 3 features, target 'y' (regression, 0.5 to 2.5)")
    #expect(table.encoding.columns.map(\.name) == ["a", "c"])
  }

  @Test("Fills and one-hot codes are scikit-learn's SimpleImputer and OneHotEncoder, learned from other rows")
  func scikitLearn() throws {
    let reference = try ReferencePreparation.read()
    let cases: [(MissingValues, ReferencePreparation.Filled)] = [
      (.mean, reference.mean), (.median, reference.median), (.constant(-1), reference.constant),
    ]
    for (missing, expected) in cases {
      let train = try Table(
        read(reference.files.train), features: ["colour", "a", "b"], missing: missing, categories: .words)
      #expect(isClose(train.features(as: .float64), expected.train))
      let test = try Table(read(reference.files.test), encoding: train.encoding)
      #expect(isClose(test.features(as: .float64), expected.test))
      #expect(test.featureNames == ["colour=blue", "colour=green", "colour=red", "a", "b"])
    }
  }

  @Test("Without being asked for, a missing value or a word is an error")
  func errorsByDefault() throws {
    #expect(throws: DataError.missingValue(place(3, "size"))) {
      try Table(read(Self.homes), target: "price", categories: .words)
    }
    #expect(throws: DataError.textValue(place(2, "town"), value: "York")) {
      try Table(read(Self.homes), target: "price", missing: .mean)
    }
  }

  @Test("Rows with a missing feature are left out when asked for, and targets stay with their rows")
  func droppedRows() throws {
    let table = try Table(read(Self.homes), target: "price", missing: .dropRow, categories: .words)
    #expect(table.count == 3)
    #expect(table.featureNames == ["town=Ely", "town=York", "size"])
    #expect(try table.targets(as: .float64).doubles == [1.5, 3.5, 4.5])
    #expect(table.features(as: .float64).doubles == [0, 1, 50, 0, 1, 90, 1, 0, 70])
    // A row that is left out has no target to be wrong.
    #expect(try Table(read("a,y\n,\n1,2\n3,4\n"), target: "y", missing: .dropRow).count == 2)
    #expect(throws: DataError.noRows(file: "t.csv")) {
      try Table(read("a,y\n,1\nNA,2\n"), target: "y", missing: .dropRow)
    }
    // What predicts needs all rows.
    #expect(throws: DataError.missingValue(place(2, "size"))) {
      try Table(read("size,town\n,York\n"), encoding: table.encoding)
    }
  }

  @Test("What is filled in comes from the rows to train with, also before they are scaled")
  func noLeak() throws {
    let lines = (0..<40).map { $0.isMultiple(of: 4) ? ",\($0)" : "\($0 * $0),\($0)" }
    let document = try read("x,y\n" + lines.joined(separator: "\n"))
    let table = try Table(document, target: "y", missing: .mean)
    let present = (0..<40).filter { !$0.isMultiple(of: 4) }.map { Double($0 * $0) }
    #expect(isClose(try #require(table.encoding.columns[0].fill), mean(present)))
    for split in [try table.split(test: 0.5, seed: 3), try table.bootstrap(seed: 3)] {
      let rows = try split.train.targets(as: .float64).doubles.map { Int($0) }
      let known = rows.filter { !$0.isMultiple(of: 4) }.map { Double($0 * $0) }
      let fill = try #require(split.train.encoding.columns[0].fill)
      #expect(isClose(fill, mean(known)))
      #expect(split.test.encoding == split.train.encoding && split.train.encoding != table.encoding)
      for part in [split.train, split.test] {
        let features = part.features(as: .float64).doubles
        for (value, row) in zip(features, try part.targets().doubles.map { Int($0) }) {
          #expect(value == (row.isMultiple(of: 4) ? fill : Double(row * row)))
        }
      }
    }
    let scaled = try table.standardized().split(test: 0.5, seed: 3)
    #expect(abs(mean(scaled.train.features(as: .float64).doubles)) < 1e-12)
    // Rows taken by hand keep the whole table's.
    #expect(try table[0..<3].encoding == table.encoding)
  }

  @Test("The median is NumPy's: of two in the middle the mean")
  func median() throws {
    let encoding = try Table(
      read("a,b\n1,9\n4,\n,1\n2,5\n100,\n"), features: ["a", "b"], missing: .median
    ).encoding
    // numpy: np.median([1, 4, 2, 100]) = 3, np.median([9, 1, 5]) = 5
    #expect(encoding.columns.map(\.fill) == [3, 5])
  }

  @Test("Named columns are categories though they hold numbers, as text")
  func namedColumns() throws {
    let table = try Table(
      read("zip,x,y\n007,1,0.5\n7,2,1.5\n10,3,2.5\n"), target: "y", categories: ["zip"])
    #expect(table.featureNames == ["zip=007", "zip=10", "zip=7", "x"])
    #expect(throws: DataError.self) {
      try Table(read("zip,y\n1,2\n"), target: "y", categories: ["zap"])
    }
  }

  @Test("A column is words if its first value is one, and a slip among numbers stays an error")
  func mixedColumns() throws {
    #expect(throws: DataError.textValue(place(3, "a"), value: "x")) {
      try Table(read("a,y\n1,2\nx,3\n"), target: "y", categories: .words)
    }
    #expect(throws: DataError.textValue(place(2, "a"), value: "l.5")) {
      try Table(read("a,y\nl.5,2\n2,3\n3,4\n"), target: "y", categories: .words)
    }
    let table = try Table(read("a,y\nx,2\n1,3\n,4\n"), target: "y", missing: .mean, categories: .words)
    #expect(table.featureNames == ["a=", "a=1", "a=x"])
  }

  @Test("A missing category is one of its own where it was met in training, else an error")
  func missingCategories() throws {
    let met = try Table(read("c\nred\n?\nblue\n"), features: ["c"], missing: .mean, categories: .words)
    #expect(met.featureNames == ["c=", "c=blue", "c=red"])
    let new = try Table(read("c\nNA\nred\n"), encoding: met.encoding)
    #expect(new.features().doubles == [1, 0, 0, 0, 0, 1])
    let never = try Table(read("c\nred\nblue\n"), features: ["c"], missing: .mean, categories: .words)
    #expect(throws: DataError.missingValue(place(2, "c"))) {
      try Table(read("c\n?\n"), encoding: never.encoding)
    }
    #expect(throws: DataError.missingValue(place(3, "c"))) {
      try Table(read("c\nred\n?\n"), features: ["c"], categories: .words)
    }
  }

  @Test("A category that is not known is an error with those that are, or no category at all")
  func unseen() throws {
    let encoding = try Table(read("c\nred\nblue\n"), features: ["c"], categories: .words).encoding
    let document = try read("d,c\n1,red\n2,pink\n")
    let expected = DataError.unknownCategory(place(3, "c"), value: "pink", categories: ["blue", "red"])
    #expect(throws: expected) { try Table(document, encoding: encoding) }
    #expect(
      expected.message
        == "t.csv:3, column 'c': 'pink' was not among the rows that were trained with; the categories there are blue, red; "
        + "correct it, remove the row, or let it count as none of them (unseen: .zeros)"
    )
    let zeros = try Table(document, encoding: encoding, unseen: .zeros)
    #expect(zeros.features().doubles == [0, 1, 0, 0])
  }

  @Test("An encoding is saved with a model and read back, and what was changed is an error")
  func saved() throws {
    let table = try Table(
      read(Self.homes), target: "price", missing: .median, categories: .words
    ).polynomial(degree: 2, interactionOnly: true)
    let restored = try JSONDecoder().decode(
      FeatureEncoding.self, from: JSONEncoder().encode(table.encoding))
    #expect(restored == table.encoding)
    let again = try Table(read(Self.homes), encoding: restored, target: "price")
    #expect(again.features(as: .float64) == table.features(as: .float64))
    #expect(again.featureNames == table.featureNames && again.encoding == restored)
    for json in [
      #"{"columns":[{"name":"a","categories":["b","a"]}]}"#, #"{"columns":[{"name":"a","categories":[]}]}"#,
      #"{"columns":[{"name":"a"},{"name":"a"}]}"#,
      #"{"columns":[{"name":"a","categories":["b"],"fill":1}]}"#,
      #"{"columns":[{"name":"a=b"},{"name":"a","categories":["b"]}]}"#,
      #"{"columns":[{"name":"a"}],"polynomial":{"degree":0,"interactionOnly":false}}"#,
      #"{"columns":[{"name":"a"}],"polynomial":{"degree":2000000,"interactionOnly":false}}"#,
    ] {
      #expect(throws: DataError.self, "\(json)") {
        try JSONDecoder().decode(FeatureEncoding.self, from: Data(json.utf8))
      }
    }
  }

  @Test("Columns that cannot be filled in or are no categories are errors")
  func impossible() throws {
    for missing in [MissingValues.mean, .median] {
      #expect(throws: DataError.emptyColumn("b", file: "t.csv")) {
        try Table(read("a,b,y\n1,,1\n2,NA,2\n"), target: "y", missing: missing)
      }
    }
    // Here it is the training part that has no value.
    let table = try Table(
      read("x,y\n1,1\n" + (2..<30).map { ",\($0)\n" }.joined()), target: "y", missing: .mean)
    var errors = 0
    for seed in UInt64(0)..<10 {
      do {
        let split = try table.split(test: 0.5, seed: seed)
        #expect(split.train.encoding.columns[0].fill == 1)
      } catch {
        #expect("\(error)" == "\(DataError.emptyColumn("x"))")
        errors += 1
      }
    }
    #expect((1..<10).contains(errors))
    for value in [Double.nan, .infinity] {
      #expect(throws: DataError.self) { try Table(read("x,y\n,1\n"), target: "y", missing: .constant(value)) }
    }
    let names = (0...1000).map { "name\($0),\($0)\n" }.joined()
    #expect(throws: DataError.tooManyFeatures(of: "the words of column 'x'", limit: 1000, file: "t.csv")) {
      try Table(read("x,y\n" + names), target: "y", categories: .words)
    }
    #expect(throws: DataError.repeatedFeature("c=red")) {
      try Table(read("c=red,c,y\n1,red,2\n2,blue,3\n"), target: "y", categories: .words)
    }
  }

  @Test("A target's words and missing values are as before")
  func target() throws {
    let table = try Table(
      read("c,y\nred,no\nblue,yes\n"), target: "y", missing: .mean, categories: .words)
    #expect(table.task == .binary && table.classNames == ["no", "yes"])
    #expect(throws: DataError.missingValue(place(2, "y"))) {
      try Table(read("x,y\n1,\n2,3\n"), target: "y", missing: .mean)
    }
  }

  @Test("A gap before a column's first word is a category, too")
  func gapFirst() throws {
    let document = try CSVReader().read(text: "c,x,y\n,1,2\nred,2,3\nblue,3,4\n")
    let table = try Table(document, target: "y", missing: .mean, categories: .words)
    #expect(table.featureNames == ["c=", "c=blue", "c=red", "x"])
    #expect(table.features(as: .float64).doubles == [1, 0, 0, 1, 0, 0, 1, 2, 0, 1, 0, 3])
  }
}
