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

  @Option(help: "How parameters follow their gradients; lbfgs takes all rows at once, and needs no rate.")
  var optimizer = OptimizerName.adam

  @Option(
    name: .customLong("learning-rate"), parsing: .unconditional,
    help: ArgumentHelp("How far a step goes (default: 0.001).", valueName: "rate"))
  var learningRate: Double?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "How much of the last update is kept, for --optimizer momentum and nesterov (default: 0.9).",
      valueName: "fraction"))
  var momentum: Double?

  @Option(
    name: .customLong("weight-decay"), parsing: .unconditional,
    help: ArgumentHelp(
      "How much weights decay in a step at rate 1, for --optimizer adamw (default: 0.01) and lion (0).",
      valueName: "fraction"))
  var weightDecay: Double?

  @Option(
    help: ArgumentHelp(
      "How the rate changes: constant, cosine, one-cycle, step:EPOCHS:FACTOR, exponential:FACTOR, time:EPOCHS (half the rate then); 'warm-up:EPOCHS,' may stand before.",
      valueName: "schedule"))
  var schedule = "constant"

  @Option(
    name: .customLong("clip-norm"), parsing: .unconditional,
    help: ArgumentHelp("The greatest norm of all gradients together.", valueName: "bound"))
  var clipNorm: Double?

  @Option(
    name: .customLong("clip-value"), parsing: .unconditional,
    help: ArgumentHelp("The greatest size of each gradient's element.", valueName: "bound"))
  var clipValue: Double?

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

enum OptimizerName: String, ExpressibleByArgument, CaseIterable {
  case adam, sgd, momentum, nesterov, adagrad, rmsprop, adadelta, amsgrad, adamw, lion, lbfgs
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
      csv: path, target: target, task: task?.task, missing: missing, categories: categories,
      separator: separator.separator)
  }

  private static let usualRate = 1e-3
  private static let usualTest = 0.2
  static let usualBatch = 64

  /// Every option with its value, as it would stand on the command line; `nil` where there is none.
  var settings: [(name: String, value: String?)] {
    func text(_ value: (some Any)?) -> String? { value.map { "\($0)" } }
    return [
      ("data", data), ("target", target), ("task", text(task?.rawValue)), ("separator", separator.rawValue),
      ("missing", missing),
      ("categories", categories), ("scale", scale.rawValue), ("polynomial", text(polynomial)),
      ("layers", layers),
      ("activation", activation), ("dropout", text(dropout)), ("optimizer", optimizer.rawValue),
      ("learning-rate", text(learningRate ?? (optimizer == .lbfgs ? nil : Self.usualRate))),
      ("momentum", text(momentum)),
      ("weight-decay", text(weightDecay)), ("schedule", schedule), ("clip-norm", text(clipNorm)),
      ("clip-value", text(clipValue)),
      ("batch", text(batch ?? (optimizer == .lbfgs ? nil : Self.usualBatch))), ("l1", text(l1)),
      ("l2", text(l2)),
      ("seed", text(seed)), ("test", text(test ?? Self.usualTest)), ("precision", precision.rawValue),
    ]
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
    let numbers = [
      ("--l1", l1), ("--l2", l2), ("--weight-decay", weightDecay), ("--clip-norm", clipNorm),
      ("--clip-value", clipValue),
    ]
    for (name, value) in numbers {
      if let value, !(value.isFinite && value >= 0) {
        throw UsageError("\(name) is \(value); give a number of at least 0")
      }
    }
    if let learningRate, !(learningRate.isFinite && learningRate > 0) {
      throw UsageError("--learning-rate is \(learningRate); give a positive number, such as 1e-3")
    }
    if let batch, batch < 1 { throw UsageError("--batch is \(batch); give at least 1 row") }
    for (name, value) in [("--clip-norm", clipNorm), ("--clip-value", clipValue)] where value == 0 {
      throw UsageError("\(name) is 0, which leaves nothing of the gradients; give a number above 0")
    }
    guard dropout >= 0, dropout < 1 else {
      throw UsageError("--dropout is \(dropout); give a fraction from 0 to less than 1, such as 0.2")
    }
    if optimizer == .lbfgs {
      let useless = [
        ("--batch", batch != nil), ("--learning-rate", learningRate != nil),
        ("--schedule", schedule != "constant"), ("--clip-norm", clipNorm != nil),
        ("--clip-value", clipValue != nil), ("--dropout", dropout > 0),
      ].first { $0.1 }
      if let (name, _) = useless {
        throw UsageError(
          "\(name) has no meaning for --optimizer lbfgs, which takes all rows at once, always with the same cost, and finds the length of a step by itself; leave it out"
        )
      }
    }
    let test = test ?? Self.usualTest
    guard test >= 0, test < 1 else {
      throw UsageError("--test is \(test); give the held-out fraction, from 0 to less than 1, such as 0.2")
    }
    return Recipe(
      widths: try widths(), activation: try Activation(named: activation),
      optimizer: try chosenOptimizer(epochs: epochs),
      regularization: regularization, dropout: dropout,
      batch: optimizer == .lbfgs ? nil : batch ?? Self.usualBatch, seed: seed, test: test,
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

  private func chosenOptimizer(epochs: Int) throws(UsageError) -> Optimizer {
    var result = try plainOptimizer().scheduled(try Schedule(option: schedule, epochs: epochs))
    switch (clipNorm, clipValue) {
    case (nil, nil): break
    case (let bound?, nil): result = result.clipping(.norm(bound))
    case (nil, let bound?): result = result.clipping(.value(bound))
    case (_?, _?): throw UsageError("--clip-norm and --clip-value exclude each other; give one of them")
    }
    return result
  }

  private func plainOptimizer() throws(UsageError) -> Optimizer {
    if weightDecay != nil, optimizer != .adamw, optimizer != .lion {
      throw UsageError(
        "--weight-decay has no meaning for --optimizer \(optimizer.rawValue); add --optimizer adamw, or say --l2"
      )
    }
    if let momentum {
      guard momentum >= 0, momentum < 1 else {
        throw UsageError("--momentum is \(momentum); give a fraction from 0 to less than 1, such as 0.9")
      }
      guard optimizer == .momentum || optimizer == .nesterov else {
        throw UsageError(
          "--momentum has no meaning for --optimizer \(optimizer.rawValue); add --optimizer momentum")
      }
    }
    let learningRate = learningRate ?? Self.usualRate
    switch optimizer {
    case .adam: return .adam(learningRate: learningRate)
    case .sgd: return .sgd(learningRate: learningRate)
    case .momentum: return .sgd(learningRate: learningRate, momentum: momentum ?? 0.9)
    case .nesterov: return .sgd(learningRate: learningRate, momentum: momentum ?? 0.9, nesterov: true)
    case .adagrad: return .adaGrad(learningRate: learningRate)
    case .rmsprop: return .rmsProp(learningRate: learningRate)
    case .adadelta: return .adaDelta(learningRate: learningRate)
    case .amsgrad: return .amsGrad(learningRate: learningRate)
    case .adamw: return .adamW(learningRate: learningRate, weightDecay: weightDecay ?? 1e-2)
    case .lion: return .lion(learningRate: learningRate, weightDecay: weightDecay ?? 0)
    case .lbfgs: return .lbfgs()
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
