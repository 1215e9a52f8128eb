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

  @Test(
    "The small number stands inside or outside of the root, as the formulas say",
    arguments: [
      (["--optimizer", "adam"], 0.1 * 4 / (4 + 1), 0.1 * 2 / (2 + 1)),
      (
        ["--optimizer", "adam", "--epsilon-place", "inside-root"], 0.1 * 4 / 17.squareRoot(),
        0.1 * 2 / 5.squareRoot()
      ),
      (["--optimizer", "adagrad", "--epsilon-place", "outside-root"], 0.1 * 4 / 5, 0.1 * 2 / 3),
      (
        ["--optimizer", "adagrad", "--epsilon-place", "inside-root"], 0.1 * 4 / 17.squareRoot(),
        0.1 * 2 / 5.squareRoot()
      ),
      (["--optimizer", "rmsprop", "--decay", "0.75"], 0.1 * 4 / (2 + 1), 0.1 * 2 / (1 + 1)),
      (
        ["--optimizer", "rmsprop", "--decay", "0.75", "--epsilon-place", "inside-root"],
        0.1 * 4 / 5.squareRoot(),
        0.1 * 2 / 2.squareRoot()
      ),
      // m̂ and v̂ are g and g² whatever the betas, so that both steps are as before.
      (["--optimizer", "amsgrad", "--beta1", "0.5", "--beta2", "0.25"], 0.1 * 4 / 5, 0.1 * 2 / 3),
    ] as [([String], Double, Double)])
  func epsilons(_ options: [String], _ bias: Double, _ weight: Double) throws {
    let found = try Self.afterOneStep(options + ["--epsilon", "1"])
    #expect(abs(found.bias - bias) < 1e-12 && abs(found.weight - weight) < 1e-12, "\(found)")
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
      #expect(row["probabilities"] == nil && margins.count == 2 && margins[0] == -margins[1])
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
        let product = (0..<40).reduce(0) { $0 + w[40 * $1 + i] * w[40 * $1 + j] }
        #expect(abs(product - (i == j ? 1 : 0)) < 1e-12)
      }
    }
  }

  /// 1600 weights: their variance is within a fifth of what it should be (5 standard deviations of a normal's are 0.18).
  @Test(arguments: [
    ("normal:0.1", 0.01, Double.infinity), ("uniform:0.5", 0.25 / 3, 0.5),
    ("he-normal", 2.0 / 40, Double.infinity),
    ("he-uniform", 2.0 / 40, (6.0 / 40).squareRoot()), ("glorot-normal", 2.0 / 80, Double.infinity),
    ("glorot-uniform", 2.0 / 80, (6.0 / 80).squareRoot()),
  ])
  func spreadOfFirstWeights(_ initializer: String, _ variance: Double, _ bound: Double) throws {
    let w = try Self.weights(initializer).doubles
    let found = w.reduce(0) { $0 + $1 * $1 } / 1600
    #expect(w.count == 1600 && abs(found / variance - 1) < 0.2, "\(found)")
    #expect(w.allSatisfy { abs($0) <= bound })
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
}
