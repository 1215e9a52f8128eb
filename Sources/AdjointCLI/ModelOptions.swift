import Adjoint
import ArgumentParser
import Foundation

/// What a model is made of and learns from: the options that `train` and `dump` share.
struct ModelOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The file to learn from: CSV with a header line, or arrays (.npy, .npz, IDX; told by what is in it, also within gzip).",
      valueName: "file"))
  var data: String?

  @Option(
    help: ArgumentHelp(
      "The column to predict; all others are features. Of a .npz file the array (features are x, or the only other one); beside a file of one array the file of the targets.",
      valueName: "column, array or file"))
  var target: String?

  @Option(help: "What the target asks for; without it, inferred from the target's values.")
  var task: TaskName?

  @Option(
    help:
      "Which labels of classes are the same: numbers (1, 1.0 and 1e0 are; 01 is another one) or text (those that are written alike)."
  )
  var labels = LabelsName.numbers

  @Option(help: "What stands between two fields of the file.")
  var separator = SeparatorName.comma

  @Option(
    help: ArgumentHelp(
      "What a missing number among the features becomes: error, drop (the row is left out), mean, median, or a number.",
      valueName: "rule"))
  var missing = "error"

  @Option(
    help: ArgumentHelp(
      "Columns of categories, each of which becomes a feature that is 0 or 1: none, words (columns of words), or names with commas between them.",
      valueName: "columns"))
  var categories = "none"

  @Option(help: "How features are scaled, by the training rows: to mean 0 and deviation 1, to 0...1, or not.")
  var scale = ScaleName.standard

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Products of features up to this degree become features, too.", valueName: "degree"))
  var polynomial = 1

  @Option(
    help: ArgumentHelp("The widths of the hidden layers; 'none' for a linear model.", valueName: "widths"))
  var layers = "64,32"

  @Option(
    help: ArgumentHelp(
      "The function after each hidden layer: \(Activation.named.map(\.name).joined(separator: ", ")).",
      valueName: "name"))
  var activation = "relu"

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The fraction of each hidden layer's outputs that is dropped in training.", valueName: "fraction"))
  var dropout = 0.0

  @Option(
    help: ArgumentHelp(
      "How weights start: \(Initializer.optionNames) (default: he-uniform for relu and its kin, else glorot-uniform).",
      valueName: "name"))
  var initializer: String?

  @Option(
    help:
      "What is made small, one that suits the task (default: mean-squared-error for a regression, else cross-entropy)."
  )
  var loss: LossName?

  @OptionGroup var optimization: OptimizationOptions

  @Option(parsing: .unconditional, help: ArgumentHelp("Rows in a batch (default: 64).", valueName: "rows"))
  var batch: Int?

  @Option(parsing: .unconditional, help: ArgumentHelp("λ of a penalty λ Σ|w| on weights.", valueName: "λ"))
  var l1: Double?

  @Option(parsing: .unconditional, help: ArgumentHelp("λ of a penalty λ Σw² on weights.", valueName: "λ"))
  var l2: Double?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Decides the split, the first weights and the order of rows.", valueName: "number"))
  var seed: UInt64 = 42

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The fraction of rows that is held out to test with; 0 for none (default: 0.2).", valueName: "fraction")
  )
  var test: Double?

  @Option(help: "The type of weights and arithmetic.")
  var precision = Precision.float32
}

enum TaskName: String, ExpressibleByArgument, CaseIterable {
  case regression, binary, multiclass

  var task: Table.Task {
    switch self {
    case .regression: .regression
    case .binary: .binary
    case .multiclass: .multiclass
    }
  }
}

enum LabelsName: String, ExpressibleByArgument, CaseIterable {
  case numbers, text

  var labels: Table.Labels { self == .numbers ? .numbers : .text }
}

enum SeparatorName: String, ExpressibleByArgument, CaseIterable {
  case comma, semicolon, tab

  var separator: CSVReader.Separator {
    switch self {
    case .comma: .comma
    case .semicolon: .semicolon
    case .tab: .tab
    }
  }
}

enum ScaleName: String, ExpressibleByArgument, CaseIterable {
  case standard
  case minMax = "min-max"
  case none
}

enum Precision: String, ExpressibleByArgument, CaseIterable {
  case float32, float64

  var scalarType: ScalarType { self == .float32 ? .float32 : .float64 }
}

extension Backend: ExpressibleByArgument {}

extension ModelOptions {
  /// The rows that the options name, as they ask for them.
  ///
  /// - Throws: ``UsageError`` where none are named, ``DataError``
  func table() throws -> Table {
    guard let data else { throw UsageError("there is nothing to learn from; say --data FILE.csv") }
    guard 1...8 ~= polynomial else {
      throw UsageError("--polynomial is \(polynomial); give a degree from 1 to 8")
    }
    let arrays = try ArrayFile(path: data)
    var table = if let arrays { try self.table(arrays) } else { try self.table(csv: data) }
    if polynomial > 1 { table = try table.polynomial(degree: polynomial) }
    return switch scale {
    case .standard: table.standardized()
    case .minMax: table.minMaxScaled()
    case .none: table
    }
  }

  /// The rows of a CSV file, as they are there.
  private func table(csv path: String) throws -> Table {
    guard let target else {
      let columns = try CSVReader(separator: separator.separator).rows(path: path).header.joined(
        separator: ", ")
      throw UsageError(
        "--target is missing; say which column to predict: the columns of \(path) are \(columns)")
    }
    let missing: MissingValues =
      switch self.missing {
      case "error": .error
      case "drop": .dropRow
      case "mean": .mean
      case "median": .median
      default:
        if let number = Double(self.missing), number.isFinite {
          .constant(number)
        } else {
          throw UsageError("--missing is '\(self.missing)'; give error, drop, mean, median, or a number")
        }
      }
    let categories: Categories =
      switch self.categories {
      case "none": .none
      case "words": .words
      default: .columns(self.categories.split(separator: ",").map(String.init))
      }
    return try Table(
      csv: path, target: target, task: task?.task, labels: labels.labels, missing: missing,
      categories: categories,
      separator: separator.separator)
  }

  private static let usualTest = 0.2
  static let usualBatch = 64

  /// Every option with its value, as it would stand on the command line; `nil` where there is none.
  var settings: [(name: String, value: String?)] {
    func text(_ value: (some Any)?) -> String? { value.map { "\($0)" } }
    let network: [(name: String, value: String?)] = [
      ("data", data), ("target", target), ("task", text(task?.rawValue)), ("labels", labels.rawValue),
      ("separator", separator.rawValue),
      ("missing", missing),
      ("categories", categories), ("scale", scale.rawValue), ("polynomial", text(polynomial)),
      ("layers", layers),
      ("activation", activation), ("dropout", text(dropout)), ("initializer", initializer),
      ("loss", loss?.rawValue),
    ]
    let course: [(name: String, value: String?)] = [
      ("batch", text(batch ?? (optimization.takesAllRows ? nil : Self.usualBatch))), ("l1", text(l1)),
      ("l2", text(l2)),
      ("seed", text(seed)), ("test", text(test ?? Self.usualTest)), ("precision", precision.rawValue),
    ]
    return network + optimization.settings + course
  }

  /// The first option that is not as it is by default, but for the data's.
  func firstChosen() throws -> String? {
    let normal = try ModelOptions.parse([]).settings
    let chosen = zip(settings, normal).first { own, normal in
      own.value != normal.value && own.name != "data" && own.name != "target"
    }
    return chosen.map { "--\($0.0.name)" }
  }

  /// The options once they are known to make sense.
  struct Recipe {
    let widths: [Int]
    let activation: Activation
    let optimizer: Optimizer
    let regularization: Regularization
    let dropout: Double
    /// `nil` for the usual one of the activation.
    let initializer: Initializer?
    /// `nil` for the usual one of the task.
    let loss: LossName?
    /// `nil` for all rows at once.
    let batch: Int?
    let seed: UInt64
    let test: Double
    let scalarType: ScalarType
  }

  /// - Throws: ``UsageError``, ``UnknownNameError``
  ///
  /// - Parameter epochs: how long a schedule has.
  func recipe(epochs: Int = 1) throws -> Recipe {
    for (name, value) in [("--l1", l1), ("--l2", l2)] {
      if let value, !(value.isFinite && value >= 0) {
        throw UsageError("\(name) is \(value); give a number of at least 0")
      }
    }
    if let batch, batch < 1 { throw UsageError("--batch is \(batch); give at least 1 row") }
    guard dropout >= 0, dropout < 1 else {
      throw UsageError("--dropout is \(dropout); give a fraction from 0 to less than 1, such as 0.2")
    }
    if optimization.takesAllRows {
      try optimization.check(noneOf: [("--batch", batch != nil), ("--dropout", dropout > 0)])
    }
    let test = test ?? Self.usualTest
    guard test >= 0, test < 1 else {
      throw UsageError("--test is \(test); give the held-out fraction, from 0 to less than 1, such as 0.2")
    }
    return Recipe(
      widths: try widths(), activation: try Activation(named: activation),
      optimizer: try optimization.optimizer(epochs: epochs),
      regularization: regularization, dropout: dropout,
      initializer: try initializer.map { try Initializer(option: $0) }, loss: loss,
      batch: optimization.takesAllRows ? nil : batch ?? Self.usualBatch, seed: seed, test: test,
      scalarType: precision.scalarType
    )
  }

  private func widths() throws(UsageError) -> [Int] {
    if layers == "none" { return [] }
    return try layers.split(separator: ",", omittingEmptySubsequences: false).map {
      (text) throws(UsageError) in
      guard let width = Int(text.trimmingCharacters(in: .whitespaces)), 1...100_000 ~= width else {
        let part = text.isEmpty ? "has nothing between two commas or at an end" : "has '\(text)'"
        throw UsageError(
          "--layers '\(layers)' \(part); give widths from 1 to 100000 with commas between them, such as 64,32, or none"
        )
      }
      return width
    }
  }

  private var regularization: Regularization {
    switch (l1, l2) {
    case (let l1?, let l2?): .combined(l1: l1, l2: l2)
    case (let l1?, nil): .l1(l1)
    case (nil, let l2?): .l2(l2)
    case (nil, nil): .none
    }
  }
}
