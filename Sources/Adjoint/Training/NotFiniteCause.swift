import AdjointArray

/// What may have made a cost or a parameter a NaN or an infinity.
public enum NotFiniteCause: Hashable, Sendable {
  /// The optimizer's ε is 0, or rounds to 0 in the type of the parameters, so that it divides a gradient of 0 by 0.
  case zeroEpsilon
  /// Numbers of this size in the features, the target, or an array.
  case largeNumbers(in: String, size: Double)
  /// A coefficient of a penalty, the decay of weights, or what should be a fraction, such as momentum.
  case largeSetting(name: String, value: Double)
  case learningRate(Double)
  /// The cost was so before there was a step: nothing that the optimizer is given has to do with it.
  case firstWeights

  /// What was found, as a clause.
  var finding: String {
    switch self {
    case .zeroEpsilon: "epsilon is 0, so that a gradient of 0 is divided by 0"
    case .largeNumbers(let place, let size): "there are numbers of size \(rounded(size)) in \(place)"
    case .largeSetting(let name, let value): "\(name) is \(value)"
    case .learningRate(let rate): "the learning rate is \(rate)"
    case .firstWeights: "it is so with the first weights, before any step"
    }
  }

  /// What would be right.
  var remedy: String {
    switch self {
    case .zeroEpsilon: "give a positive epsilon, such as 1e-8"
    case .largeNumbers(let place, _): "scale \(place) to numbers of size 1"
    case .largeSetting(let name, _): "give a smaller \(name)"
    case .learningRate: "lower the learning rate"
    case .firstWeights:
      "see where the model or its cost leaves the numbers, as a logarithm of 0 does, or begin with smaller weights"
    }
  }
}

/// Two digits of a size.
private func rounded(_ size: Double) -> String {
  guard size.isFinite, size > 0 else { return "\(size)" }
  var (digits, exponent) = (size, 0)
  while digits >= 10 { (digits, exponent) = (digits / 10, exponent + 1) }
  return "\((digits * 10).rounded() / 10)e\(exponent)"
}

extension Trainer {
  /// The error of an epoch whose end is not finite; parameters and state must be as that left them.
  func notFinite(epoch: Int, _ outcome: EpochOutcome, _ plan: TrainingPlan) -> TrainingError {
    // The cost of a step is that of the parameters before it.
    let isUntrained = if case .notFinite = outcome.end { outcome.steps == 1 && updates == 1 } else { false }
    // Beyond this, squares and their sums do not fit the type.
    let limit = scalarType == .float32 ? 1e15 : 1e140
    var causes: [NotFiniteCause] = []
    let numbers = Dictionary(
      optimizer.hyperparameters.map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first })
    if !isUntrained, let epsilon = numbers["epsilon"],
      Literal(epsilon, as: scalarType).doubleValue == 0
    {
      causes.append(.zeroEpsilon)
    }
    for (name, array) in plan.arrays where array.scalarType.isFloatingPoint {
      let size = array.greatestSize
      guard size > (isUntrained ? limit : 1e3) else { continue }
      let place = plan.task == nil ? "'\(name)'" : name == "x" ? "the features" : "the target"
      causes.append(.largeNumbers(in: place, size: size))
    }
    for (name, value) in regularization.hyperparameters where value > (isUntrained ? limit : 10) {
      causes.append(.largeSetting(name: name, value: value))
    }
    for name in ["momentum", "beta1", "beta2", "decay", "weightDecay"] where !isUntrained {
      guard let value = numbers[name], value >= 1 else { continue }
      causes.append(.largeSetting(name: name, value: value))
    }
    if isUntrained {
      if causes.isEmpty { causes.append(.firstWeights) }
    } else if numbers["learningRate"] != nil,
      // That of the step: a schedule may have made it large.
      let rate = optimizer.settings(step: updates, stepsPerEpoch: division(of: plan.arrays).steps).first,
      causes.isEmpty || rate > 1
    {
      causes.append(.learningRate(rate))
    }
    return .notFiniteCost(epoch: epoch, step: outcome.steps, causes: causes)
  }
}

extension NDArray {
  /// The greatest absolute value; 0 where there are no floating-point numbers.
  fileprivate var greatestSize: Double {
    switch scalarType {
    case .float32: withUnsafeElements(of: Float.self) { $0.reduce(0) { max($0, Double(abs($1))) } }
    case .float64: withUnsafeElements(of: Double.self) { $0.reduce(0) { max($0, abs($1)) } }
    case .int32, .int64, .bool: 0
    }
  }
}
