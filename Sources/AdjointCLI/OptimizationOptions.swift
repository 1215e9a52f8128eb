import Adjoint
import ArgumentParser

/// How parameters follow their gradients.
struct OptimizationOptions: ParsableArguments {
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
    parsing: .unconditional,
    help: ArgumentHelp(
      "β₁ of adam, amsgrad, adamw and lion: how much of the mean of gradients is kept (default: 0.9).",
      valueName: "fraction"))
  var beta1: Double?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "β₂: how much of the mean of squared gradients is kept (default: 0.999; of lion 0.99).",
      valueName: "fraction"))
  var beta2: Double?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "How much of the mean of squared gradients is kept, for --optimizer rmsprop (default: 0.99) and adadelta (0.9).",
      valueName: "fraction"))
  var decay: Double?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The number that keeps a denominator from being 0 (default: 1e-8; of adagrad 1e-10, of adadelta 1e-6).",
      valueName: "number"))
  var epsilon: Double?

  @Option(
    name: .customLong("epsilon-place"),
    help: ArgumentHelp(
      "Where it stands, for --optimizer adam, rmsprop and adagrad: √v + ε, or √(v + ε) (default: outside-root).",
      valueName: "place"))
  var epsilonPlace: EpsilonPlace?

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
}

enum OptimizerName: String, ExpressibleByArgument, CaseIterable {
  case adam, sgd, momentum, nesterov, adagrad, rmsprop, adadelta, amsgrad, adamw, lion, lbfgs

  /// With the usual numbers; `nil` where ε has but one place and another is asked for.
  func optimizer(_ place: Optimizer.Epsilon?) -> Optimizer? {
    switch self {
    case .adam: .adam(place ?? .outsideRoot)
    case .adagrad: .adaGrad(place ?? .outsideRoot)
    case .rmsprop: .rmsProp(place ?? .outsideRoot)
    case _ where place != nil: nil
    case .sgd: .sgd(learningRate: 1e-3)
    case .momentum: .sgd(learningRate: 1e-3, momentum: 0.9)
    case .nesterov: .sgd(learningRate: 1e-3, momentum: 0.9, nesterov: true)
    case .adadelta: .adaDelta()
    case .amsgrad: .amsGrad()
    case .adamw: .adamW()
    case .lion: .lion()
    case .lbfgs: .lbfgs()
    }
  }
}

enum EpsilonPlace: String, ExpressibleByArgument, CaseIterable {
  case outsideRoot = "outside-root"
  case insideRoot = "inside-root"

  var place: Optimizer.Epsilon { self == .outsideRoot ? .outsideRoot : .insideRoot }
}

extension OptimizationOptions {
  private static let usualRate = 1e-3

  /// Whether the optimizer sees all rows in each step.
  var takesAllRows: Bool { optimizer == .lbfgs }

  /// Every option with its value, as it would stand on the command line; `nil` where there is none.
  var settings: [(name: String, value: String?)] {
    func text(_ value: Double?) -> String? { value.map { "\($0)" } }
    var result: [(name: String, value: String?)] = [
      ("optimizer", optimizer.rawValue),
      ("learning-rate", text(learningRate ?? (takesAllRows ? nil : Self.usualRate))),
    ]
    result += numbers.map { ($0.option, text($0.value)) }
    result += [
      ("epsilon-place", epsilonPlace?.rawValue), ("schedule", schedule), ("clip-norm", text(clipNorm)),
      ("clip-value", text(clipValue)),
    ]
    return result
  }

  /// The options for numbers that some optimizers have, and what these call them.
  private var numbers: [(option: String, name: String, value: Double?, isFraction: Bool)] {
    [
      ("momentum", "momentum", momentum, true), ("beta1", "beta1", beta1, true),
      ("beta2", "beta2", beta2, true), ("decay", "decay", decay, true),
      ("epsilon", "epsilon", epsilon, false), ("weight-decay", "weightDecay", weightDecay, false),
    ]
  }

  /// - Parameter epochs: how long a schedule has.
  func optimizer(epochs: Int) throws(UsageError) -> Optimizer {
    if let learningRate, !(learningRate.isFinite && learningRate > 0) {
      throw UsageError("--learning-rate is \(learningRate); give a positive number, such as 1e-3")
    }
    for (name, value) in [("--clip-norm", clipNorm), ("--clip-value", clipValue)] {
      if let value, !(value.isFinite && value > 0) {
        throw UsageError(
          "\(name) is \(value); give a number above 0, as 0 would leave nothing of the gradients")
      }
    }
    if takesAllRows {
      try check(noneOf: [
        ("--learning-rate", learningRate != nil), ("--schedule", schedule != "constant"),
        ("--clip-norm", clipNorm != nil), ("--clip-value", clipValue != nil),
      ])
    }
    var result = try plain().scheduled(try Schedule(option: schedule, epochs: epochs))
    switch (clipNorm, clipValue) {
    case (nil, nil): break
    case (let bound?, nil): result = result.clipping(.norm(bound))
    case (nil, let bound?): result = result.clipping(.value(bound))
    case (_?, _?): throw UsageError("--clip-norm and --clip-value exclude each other; give one of them")
    }
    return result
  }

  /// Throws where an option is given that means nothing to an optimizer which takes all rows.
  func check(noneOf options: [(name: String, isGiven: Bool)]) throws(UsageError) {
    guard let (name, _) = options.first(where: \.isGiven) else { return }
    throw UsageError(
      "\(name) has no meaning for --optimizer \(optimizer.rawValue), which takes all rows at once, always with the same cost, and finds the length of a step by itself; leave it out"
    )
  }

  /// Without schedule and bounds.
  private func plain() throws(UsageError) -> Optimizer {
    guard var result = optimizer.optimizer(epsilonPlace?.place) else {
      throw misplaced("epsilon-place", in: OptimizerName.allCases.filter { $0.optimizer(.insideRoot) != nil })
    }
    if !takesAllRows { result = result.with("learningRate", learningRate ?? Self.usualRate) ?? result }
    for (option, name, value, isFraction) in numbers {
      guard let value else { continue }
      guard value.isFinite, value >= 0, !isFraction || value < 1 else {
        throw UsageError(
          "--\(option) is \(value); give \(isFraction ? "a fraction from 0 to less than 1, such as 0.9" : "a number of at least 0")"
        )
      }
      guard let changed = result.with(name, value) else {
        throw misplaced(
          option, in: OptimizerName.allCases.filter { $0.optimizer(nil)?.with(name, value) != nil })
      }
      result = changed
    }
    return result
  }

  private func misplaced(_ option: String, in known: [OptimizerName]) -> UsageError {
    UsageError(
      "--\(option) has no meaning for --optimizer \(optimizer.rawValue); it is for \(known.map(\.rawValue).joined(separator: ", "))"
    )
  }
}
