import Adjoint
import Foundation
import Testing

@Suite("Labels of classes, from a file to a prediction")
struct LabelTests {
  private let scratch: Scratch
  init() throws { scratch = try Scratch() }

  /// Eight rows of two classes on either side of 0.
  private func data(_ low: [String], _ high: [String]) throws -> String {
    let rows = (1...8).map { "\(-$0),\(low[$0 % low.count])\n\($0),\(high[$0 % high.count])\n" }
    return try scratch.file("data.csv", "a,y\n" + rows.joined())
  }

  private func train(_ data: String, _ options: String...) throws -> Run {
    try adjoint(
      [
        "train", "--data", data, "--target", "y", "--layers", "none", "--test", "0", "--epochs", "400",
        "--learning-rate", "0.1", "--quiet", "--out", scratch.path("m.adj"),
      ] + options)
  }

  @Test(
    "Labels that a double takes for one are two classes, and come back as they are written",
    arguments: [
      ["9007199254740992", "9007199254740993"], ["01", "1"], ["0.1", "0.10000000000000001"],
    ])
  func twoClasses(_ labels: [String]) throws {
    let data = try data([labels[0]], [labels[1]])
    for task in [[], ["--task", "binary"], ["--task", "multiclass"]] {
      let arguments = ["train", "--data", data, "--target", "y", "--layers", "none", "--test", "0"]
      let run = try adjoint(
        arguments + [
          "--epochs", "400", "--learning-rate", "0.1", "--quiet", "--json", "--out",
          scratch.path("m.adj"),
        ] + task)
      #expect(run.status == 0, "\(run.errors)")
      let report = try run.json()
      #expect(report["classes"] as? [String] == labels)
      #expect(report["task"] as? String == task.last ?? "binary")
      #expect(report["task_inferred_from"] as? String == (task.isEmpty ? "2 distinct values" : nil))
      #expect(report["train_accuracy"] as? Double == 1)
      let predicted = try adjoint("predict", scratch.path("m.adj"), "--data", data)
      let found = predicted.output.split(separator: "\n").dropFirst().map {
        String($0.split(separator: ",")[1])
      }
      #expect(Set(found) == Set(labels), "\(predicted.output)")
    }
  }

  @Test("A regression of such numbers is refused, and what is inferred is said")
  func regression() throws {
    let data = try data(["9007199254740992"], ["9007199254740993"])
    let run = try train(data, "--task", "regression")
    #expect(run.status == 1 && run.errorLines.count == 1)
    #expect(
      run.errors.contains(
        "data.csv:3, column 'y': 9007199254740993 has more digits than a number keeps (it would be 9007199254740992.0); say that the task is binary"
      ), "\(run.errors)")
    let inferred = try train(try self.data(["1"], ["2"]))
    #expect(inferred.output.contains("binary, target 'y': 1, 2 (inferred from 2 distinct values)"))
  }

  @Test("1 and 1.0 are one class, the report says so, and --labels text keeps them apart")
  func merging() throws {
    let data = try data(["0"], ["1", "1.0"])
    let merged = try train(data)
    #expect(
      merged.output.contains("1.0 and 1 are one class; --labels text keeps them apart"), "\(merged.output)")
    let report = try train(data, "--json").json()
    #expect(report["merged_labels"] as? [[String]] == [["1.0", "1"]])
    #expect(report["classes"] as? [String] == ["0", "1.0"])
    // The model knows each spelling that is the same number.
    let other = try scratch.file("other.csv", "a,y\n3,1e0\n-3,0.0\n")
    let predicted = try adjoint("predict", scratch.path("m.adj"), "--data", other, "--json")
    #expect(try predicted.json()["accuracy"] as? Double == 1, "\(predicted.output)\(predicted.errors)")

    let apart = try train(data, "--labels", "text", "--json").json()
    #expect(
      apart["classes"] as? [String] == ["0", "1.0", "1"].sorted() && apart["task"] as? String == "multiclass")
    #expect(apart["merged_labels"] as? [[String]] == [])
    let unknown = try adjoint("predict", scratch.path("m.adj"), "--data", other)
    #expect(unknown.errors.contains("'1e0' is none of the classes 0, 1, 1.0"), "\(unknown.errors)")
    // A picture needs them all.
    let picture = try adjoint("plot", scratch.path("m.adj"), "--data", other)
    #expect(picture.status == 1 && picture.errorLines.count == 1, "\(picture.errors)")
    #expect(picture.errors.contains("'1e0' is none of the classes 0, 1, 1.0"), "\(picture.errors)")
  }

  @Test("Texts that look alike and are written otherwise are two classes")
  func alike() throws {
    let labels = ["e\u{301}", "\u{E9}"]
    let run = try train(try data([labels[0]], [labels[1]]), "--json")
    #expect(run.status == 0, "\(run.errors)")
    let classes = try #require(try run.json()["classes"] as? [String])
    #expect(classes.map { Array($0.utf8) } == labels.map { Array($0.utf8) })
  }

  @Test(
    "Who says that labels are text means classes", arguments: [["+1", "1", "-1"], ["1e3", "1000", "2"]])
  func textIsNoRegression(_ labels: [String]) throws {
    let run = try train(try data([labels[0], labels[1]], [labels[2]]), "--labels", "text", "--json")
    #expect(run.status == 0, "\(run.errors)")
    #expect(try run.json()["task"] as? String == "multiclass")
    #expect(Set(try #require(try run.json()["classes"] as? [String])) == Set(labels))
  }

  @Test("From one class nothing can be learned, whatever the task", arguments: ["1", "0", "1.0", "+1"])
  func oneClass(_ label: String) throws {
    for task in ["binary", "multiclass"] {
      let run = try train(try data([label], [label]), "--task", task)
      #expect(run.status == 1 && run.errors.contains("has 1 class"), "\(run.errors)")
    }
  }

  @Test("A training is gone on with only with the same labels")
  func resumed() throws {
    let checkpoint = scratch.path("c.safetensors")
    let first = try train(try data(["a"], ["b"]), "--checkpoint", checkpoint)
    #expect(first.status == 0, "\(first.errors)")
    let other = try train(try data(["c"], ["d"]), "--checkpoint", checkpoint, "--resume", "--epochs", "500")
    #expect(
      other.status == 1 && other.errors.contains("it is of the classes a, b, not c, d"), "\(other.errors)")
    #expect(try TrainedModel(contentsOf: scratch.path("m.adj")).schema.classNames == ["a", "b"])
  }

  @Test("A model that was saved before labels were text finds its classes, however their numbers are written")
  func oldModel() throws {
    let model = URL(filePath: #filePath).deletingLastPathComponent().appending(
      path: "Reference/old-labels.model")
    let data = try scratch.file("old.csv", "a,y\n3,1\n2,01\n4,1.0\n-3,0\n-2,00\n-1,0.0\n")
    let run = try adjoint("predict", model.path, "--data", data, "--json")
    #expect(try run.json()["accuracy"] as? Double == 1, "\(run.output)\(run.errors)")
  }
}
