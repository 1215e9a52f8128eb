import Foundation
import Testing

/// Files with gaps and words, long files, and all that is said of predictions.
@Suite("Preparing data from the command line")
struct PreparationTests {
  /// y = size + 10 where the colour is red; every seventh size is missing.
  static func rows(_ count: Int) -> String {
    "size,colour,y\n"
      + (0..<count).map { (row: Int) -> String in
        let size = (row * 37) % 50
        let colour = ["red", "green", "blue"][row % 3]
        return "\(row % 7 == 3 ? "" : "\(size)"),\(colour),\(Double(size) + (row % 3 == 0 ? 10 : 0) + 0.25)\n"
      }.joined()
  }

  @Test func gapsAndWords() throws {
    let scratch = try Scratch()
    let (data, model) = (try scratch.file("data.csv", Self.rows(210)), scratch.path("m.adj"))
    let train = ["train", "--data", data, "--target", "y", "--layers", "16", "--quiet", "--json"]
    let plain = try adjoint(train)
    #expect(
      plain.status == 1 && plain.errors.contains("column 'colour': 'red' is not a number"), "\(plain.errors)")
    let words = try adjoint(train + ["--categories", "words"])
    #expect(words.status == 1 && words.errors.contains("column 'size'"), "\(words.errors)")
    let run = try adjoint(
      train + [
        "--categories", "colour", "--missing", "median", "--epochs", "200", "--learning-rate", "1e-2",
        "--batch", "16",
        "--out", model,
      ])
    #expect(run.status == 0, "\(run.errors)")
    // size, and three colours.
    #expect(try run.json()["layers"] as? [Int] == [4, 16, 1])
    let new = try scratch.file("new.csv", "colour,size\nred,20\nblue,\ngreen,20\n")
    let predicted = try adjoint("predict", model, "--data", new, "--json").json()
    let values = try #require(predicted["predictions"] as? [[String: Any]]).compactMap {
      $0["prediction"] as? Double
    }
    #expect(values.count == 3 && abs(values[0] - values[2] - 10) < 3, "\(values)")
    let strange = try scratch.file("strange.csv", "colour,size\npurple,20\n")
    let refused = try adjoint("predict", model, "--data", strange)
    #expect(refused.status == 1 && refused.errors.contains("purple") && refused.output.isEmpty)
    #expect(try adjoint("predict", model, "--data", strange, "--unseen", "zeros").status == 0)
    let dropped = try adjoint(train + ["--categories", "words", "--missing", "drop", "--epochs", "1"]).json()
    #expect(dropped["rows"] as? Int == 180)
  }

  @Test(arguments: [
    ["--missing", "often"], ["--scale", "log"], ["--polynomial", "0"], ["--polynomial", "9"],
  ])
  func whatIsRefused(_ options: [String]) throws {
    let run = try adjoint(["train", "--data", Command.data("iris.csv"), "--target", "species"] + options)
    #expect(run.status == 64 && run.errorLines.count == 1 && run.errors.contains(options[0]), "\(run.errors)")
  }

  @Test func productsAndRanges() throws {
    let run = try adjoint(
      "train", "--data", Command.data("iris.csv"), "--target", "species", "--layers", "none", "--polynomial",
      "2",
      "--scale", "min-max", "--epochs", "300", "--learning-rate", "3e-2", "--quiet", "--json"
    ).json()
    // Four lengths, their squares and their products.
    #expect(run["layers"] as? [Int] == [14, 3])
    #expect(try #require(run["test_accuracy"] as? Double) >= 0.9)
  }

  @Test func aLongFileIsPredictedPieceByPieceAndTheSame() throws {
    let scratch = try Scratch()
    let model = scratch.path("m.adj")
    let iris = try String(contentsOfFile: Command.data("iris.csv"), encoding: .utf8).split(separator: "\n")
    #expect(
      try adjoint(
        "train", "--data", Command.data("iris.csv"), "--target", "species", "--epochs", "30", "--out", model,
        "--quiet"
      ).status == 0)
    // 20,100 rows: two pieces and a rest.
    let long = try scratch.file(
      "long.csv",
      iris[0] + "\n" + String(repeating: iris.dropFirst().joined(separator: "\n") + "\n", count: 134))
    let out = scratch.path("out.csv")
    let run = try adjoint("predict", model, "--data", long, "--out", out)
    #expect(run.status == 0 && run.errors.contains("20100 predictions written to"), "\(run.errors)")
    let lines = try String(contentsOfFile: out, encoding: .utf8).split(separator: "\n")
    #expect(lines.count == 20_101)
    let short = try adjoint("predict", model, "--data", Command.data("iris.csv"))
    let once = short.output.split(separator: "\n").dropFirst().map { $0.drop { $0 != "," } }
    for row in [0, 149, 8191, 8192, 16_384, 20_099] {
      #expect(lines[row + 1].drop { $0 != "," } == once[row % 150])
    }
    // The accuracy of the rows repeated is that of the rows.
    #expect(run.errorLines.last?.prefix(15) == short.errorLines.first?.prefix(15))
    #expect(short.errorLines.last?.hasPrefix("note: the model was trained with rows of") == true)
    let report = try adjoint("predict", model, "--data", Command.data("iris.csv"), "--json").json()
    let confusion = try #require(report["confusion"] as? [[Int]])
    let right = confusion.indices.reduce(0) { $0 + confusion[$1][$1] }
    #expect(try #require(report["accuracy"] as? Double) == Double(right) / 150)
    #expect(try #require(report["roc_area"] as? Double) > 0.9)
    let scores = try #require(report["class_scores"] as? [[String: Any]])
    #expect(scores.map { $0["name"] as? String } == ["setosa", "versicolor", "virginica"])
    #expect(scores.allSatisfy { $0["rows"] as? Int == 50 })
  }
}
