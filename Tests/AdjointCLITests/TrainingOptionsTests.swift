import Adjoint
import Foundation
import Testing

/// Losses, first weights and the variants of optimizers from the command line.
@Suite("Options of training")
struct TrainingOptionsTests {
  /// y = 2 + x at x = ±1: from zeros the gradients of the mean squared error are −4 of the bias and −2 of the weight.
  static let line = "x,y\n" + (0..<20).map { $0 % 2 == 0 ? "1,3\n" : "-1,1\n" }.joined()
  static let step = [
    "--target", "y", "--task", "regression", "--layers", "none", "--scale", "none", "--test", "0",
    "--initializer", "zeros",
    "--batch", "20", "--epochs", "1", "--learning-rate", "0.1", "--precision", "float64", "--quiet",
  ]

  /// Bias and weight after one step, by predictions at 0 and 1.
  static func afterOneStep(_ options: [String]) throws -> (bias: Double, weight: Double) {
    let scratch = try Scratch()
    let (data, model) = (try scratch.file("line.csv", line), scratch.path("line.adj"))
    let run = try adjoint(["train", "--data", data, "--out", model] + step + options)
    try #require(run.status == 0, "\(run.errors)")
    let points = try scratch.file("points.csv", "x\n0\n1\n")
    let predicted = try adjoint("predict", model, "--data", points, "--json").json()
    let values = try #require(predicted["predictions"] as? [[String: Any]]).compactMap {
      $0["prediction"] as? Double
    }
    try #require(values.count == 2)
    return (values[0], values[1] - values[0])
  }

  struct Step: Sendable {
    let options: [String]
    let bias: Double
    let weight: Double
    init(_ options: String, _ bias: Double, _ weight: Double) {
      (self.options, self.bias, self.weight) = (options.split(separator: " ").map(String.init), bias, weight)
    }
  }

  /// A rate of 0.1, gradients of 4 and 2, and an ε of 1.
  static let steps: [Step] = [
    Step("--optimizer adam", 0.4 / 5, 0.2 / 3),
    Step("--optimizer adam --epsilon-place inside-root", 0.4 / root(17), 0.2 / root(5)),
    Step("--optimizer adagrad --epsilon-place outside-root", 0.4 / 5, 0.2 / 3),
    Step("--optimizer adagrad --epsilon-place inside-root", 0.4 / root(17), 0.2 / root(5)),
    // The mean of squares is a quarter of them.
    Step("--optimizer rmsprop --decay 0.75", 0.4 / 3, 0.2 / 2),
    Step("--optimizer rmsprop --decay 0.75 --epsilon-place inside-root", 0.4 / root(5), 0.2 / root(2)),
    // m̂ and v̂ are g and g² whatever the betas are.
    Step("--optimizer amsgrad --beta1 0.5 --beta2 0.25", 0.4 / 5, 0.2 / 3),
  ]
  static func root(_ x: Double) -> Double { x.squareRoot() }

  @Test("The small number stands inside or outside of the root, as the formulas say", arguments: steps)
  func epsilons(_ step: Step) throws {
    let found = try Self.afterOneStep(step.options + ["--epsilon", "1"])
    #expect(abs(found.bias - step.bias) < 1e-12 && abs(found.weight - step.weight) < 1e-12, "\(found)")
  }

  @Test(
    "One step of gradient descent follows the gradient of the loss that is asked for",
    arguments: [
      ("mean-squared-error", 0.4, 0.2), ("half-squared-error", 0.2, 0.1),
      // Signs of errors: all targets are above.
      ("mean-absolute-error", 0.1, 0.0), ("huber", 0.1, 0.0),
    ])
  func losses(_ name: String, _ bias: Double, _ weight: Double) throws {
    let found = try Self.afterOneStep(["--optimizer", "sgd", "--loss", name])
    #expect(abs(found.bias - bias) < 1e-12 && abs(found.weight - weight) < 1e-12, "\(found)")
  }

  @Test func aHingeModelPredictsLabelsAndMargins() throws {
    let scratch = try Scratch()
    let model = scratch.path("hinge.adj")
    let run = try adjoint(
      "train", "--data", Command.data("wdbc.csv"), "--target", "benign", "--layers", "none", "--loss",
      "hinge",
      "--learning-rate", "1e-2", "--epochs", "40", "--out", model, "--quiet", "--json")
    #expect(run.status == 0, "\(run.errors)")
    let report = try run.json()
    #expect(report["loss"] as? String == "hinge")
    #expect(try #require(report["test_accuracy"] as? Double) > 0.93)
    let predicted = try adjoint("predict", model, "--data", Command.data("wdbc.csv"), "--json").json()
    #expect(try #require(predicted["accuracy"] as? Double) > 0.95)
    #expect(try #require(predicted["roc_area"] as? Double) > 0.98)
    let classes = try #require(predicted["classes"] as? [String])
    for row in try #require(predicted["predictions"] as? [[String: Any]]) {
      let margins = try #require(row["margins"] as? [Double])
      #expect(row["probabilities"] == nil && margins.count == 2 && abs(margins[0] + margins[1]) < 1e-12)
      #expect(row["label"] as? String == classes[margins[1] > 0 ? 1 : 0])
    }
    let csv = try adjoint("predict", model, "--data", Command.data("wdbc.csv")).output
    #expect(csv.hasPrefix("row,prediction,margin_\(classes[0]),margin_\(classes[1])\n"), "\(csv.prefix(80))")
  }

  @Test(arguments: [
    (
      "iris.csv", "species", "hinge",
      "hinge loss is for binary targets; 'species' is multiclass; use --loss cross-entropy"
    ),
    ("iris.csv", "sepal_length_cm", "cross-entropy", "use --loss mean-squared-error, or say --task binary ("),
    (
      "wdbc.csv", "benign", "huber",
      "Huber loss is for regression targets; 'benign' is binary; use --loss cross-entropy"
    ),
  ])
  func lossesThatDoNotSuitTheTask(_ data: String, _ target: String, _ loss: String, _ message: String) throws
  {
    let run = try adjoint(
      "train", "--data", Command.data(data), "--target", target, "--loss", loss, "--categories", "words",
      "--quiet")
    #expect(run.status == 1 && run.errorLines.count == 1 && run.errors.contains(message), "\(run.errors)")
  }

  /// The first weights, which a rate of next to nothing leaves as they are.
  static func weights(_ initializer: String) throws -> NDArray {
    let scratch = try Scratch()
    let checkpoint = scratch.path("weights.safetensors")
    let run = try adjoint(
      ["train"] + RunTests.iris + [
        "--layers", "40,40", "--activation", "tanh", "--initializer", initializer, "--optimizer", "sgd",
        "--learning-rate", "1e-30", "--epochs", "1", "--precision", "float64", "--checkpoint", checkpoint,
        "--quiet",
      ])
    try #require(run.status == 0, "\(run.errors)")
    return try SafetensorsFile(path: checkpoint)["dense2.weight"]
  }

  @Test func orthogonalWeightsAreOrthonormal() throws {
    let w = try Self.weights("orthogonal").doubles
    for i in 0..<40 {
      for j in 0...i {
        var product = 0.0
        for row in 0..<40 { product += w[40 * row + i] * w[40 * row + j] }
        #expect(abs(product - (i == j ? 1 : 0)) < 1e-12)
      }
    }
  }

  struct Spread: Sendable {
    let initializer: String
    let variance: Double
    var bound = Double.infinity
  }

  /// 40 values in and 40 out.
  static let spreads: [Spread] = [
    Spread(initializer: "normal:0.1", variance: 0.01),
    Spread(initializer: "uniform:0.5", variance: 0.25 / 3, bound: 0.5),
    Spread(initializer: "he-normal", variance: 0.05),
    Spread(initializer: "he-uniform", variance: 0.05, bound: root(0.15)),
    Spread(initializer: "glorot-normal", variance: 0.025),
    Spread(initializer: "glorot-uniform", variance: 0.025, bound: root(0.075)),
  ]

  /// Of 1600 normal numbers five standard deviations of the variance are 0.18 of it.
  @Test(arguments: spreads)
  func spreadOfFirstWeights(_ spread: Spread) throws {
    let w = try Self.weights(spread.initializer).doubles
    let found = w.reduce(0) { $0 + $1 * $1 } / 1600
    #expect(w.count == 1600 && abs(found / spread.variance - 1) < 0.2, "\(found)")
    #expect(w.allSatisfy { abs($0) <= spread.bound })
  }

  @Test(arguments: [
    (
      ["--epsilon", "1", "--optimizer", "sgd"],
      "--epsilon has no meaning for --optimizer sgd; it is for adam, adagrad, rmsprop"
    ),
    (["--epsilon-place", "inside-root", "--optimizer", "adamw"], "it is for adam, adagrad, rmsprop ("),
    (["--beta1", "1"], "--beta1 is 1.0; give a fraction from 0 to less than 1"),
    (["--decay", "0.5"], "--decay has no meaning for --optimizer adam; it is for rmsprop, adadelta"),
    (["--epsilon", "-1"], "--epsilon is -1.0; give a number of at least 0"),
    (["--momentum", "0.5"], "it is for momentum, nesterov"),
    (["--loss", "mse"], "'mse' is invalid for '--loss"),
    (["--initializer", "he"], "--initializer 'he' is unknown; give one of glorot-uniform"),
    (["--initializer", "normal:-1"], "--initializer 'normal:-1' is unknown"),
  ])
  func whatIsRefused(_ options: [String], _ message: String) throws {
    let run = try adjoint(["train"] + RunTests.iris + options)
    #expect(run.status == 64 && run.errorLines.count == 1 && run.errors.contains(message), "\(run.errors)")
  }

  @Test("what remedies of the library are called on the command line exists there")
  func remedies() throws {
    let run = try adjoint(
      "train", "--categories", "words", "--missing", "drop", "--separator", "semicolon", "--task", "binary",
      "--loss",
      "cross-entropy", "--checkpoint", "none.safetensors", "--resume")
    #expect(run.status == 64 && run.errors.contains("there is nothing to learn from"), "\(run.errors)")
    let predict = try adjoint("predict", "none.adj", "--data", "none.csv", "--unseen", "zeros")
    #expect(predict.status == 1 && predict.errors.contains("cannot read 'none.adj'"), "\(predict.errors)")
  }
}
