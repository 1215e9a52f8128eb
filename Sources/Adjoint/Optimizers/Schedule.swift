import Glibc

/// How a learning rate changes in the course of training: a factor for each step. Rates are inputs of the compiled step, so
/// nothing is compiled anew.
///
/// Time t is 0 at the first step, and counted in steps or in whole epochs.
public indirect enum Schedule: Sendable, Hashable {
  /// What a schedule counts.
  public enum Unit: Sendable, Hashable {
    case steps, epochs
  }

  case constant
  /// 1 / (1 + t / `halving`): half of the rate at t = `halving`. The course's t₀ / (t + t₁) is a rate t₀ / t₁ with
  /// `halving` t₁.
  case timeDecay(halving: Double, Unit)
  /// `factor` to the power of ⌊t / every⌋: PyTorch's `StepLR`.
  case step(every: Int, factor: Double, Unit)
  /// `factor` to the power of t: PyTorch's `ExponentialLR`.
  case exponential(factor: Double, Unit)
  /// From 1 to `end` along half a cosine in `over`, then `end`: PyTorch's `CosineAnnealingLR`.
  ///
  /// Loshchilov & Hutter, SGDR: Stochastic gradient descent with warm restarts, ICLR 2017, without restarts.
  case cosine(over: Int, end: Double = 0, Unit)
  /// From 1/`over` to 1 in equal steps, then `next`, whose time begins there.
  case warmUp(over: Int, Unit, next: Schedule = .constant)
  /// Up from 1/`start` along half a cosine in the first `rise` of the time, then down to 1/(`start` · `finish`): PyTorch's
  /// `OneCycleLR` with its defaults; the given rate is the highest.
  ///
  /// Smith & Topin, Super-convergence: very fast training of neural networks using large learning rates (2018).
  case oneCycle(over: Int, rise: Double = 0.3, start: Double = 25, finish: Double = 1e4, Unit)

  /// What the learning rate is multiplied by.
  ///
  /// - Parameter step: its number, from 1 on.
  public func factor(step: Int, stepsPerEpoch: Int) -> Double {
    let count = { (unit: Unit) in
      unit == .steps ? max(1, step) - 1 : (max(1, step) - 1) / max(1, stepsPerEpoch)
    }
    switch self {
    case .constant: return 1
    case .timeDecay(let halving, let unit): return 1 / (1 + Double(count(unit)) / halving)
    case .step(let every, let factor, let unit): return pow(factor, Double(count(unit) / max(1, every)))
    case .exponential(let factor, let unit): return pow(factor, Double(count(unit)))
    case .cosine(let over, let end, let unit):
      return Self.cosine(from: 1, to: end, at: Double(count(unit)) / Double(max(1, over)))
    case .warmUp(let over, let unit, let next):
      let time = count(unit)
      if time < over { return (Double(time) + 1) / Double(over) }
      // A time that has come is a number of steps.
      let steps = unit == .steps ? max(0, over) : max(0, over) * max(1, stepsPerEpoch)
      return next.factor(step: max(1, step) - steps, stepsPerEpoch: stepsPerEpoch)
    case .oneCycle(let over, let rise, let start, let finish, let unit):
      let time = Double(count(unit))
      // As in PyTorch, the highest and the lowest rate are each at one step.
      let (top, end) = (rise * Double(over) - 1, Double(over) - 1)
      if time <= top { return Self.cosine(from: 1 / start, to: 1, at: top > 0 ? time / top : 1) }
      return Self.cosine(from: 1, to: 1 / (start * finish), at: end > top ? (time - top) / (end - top) : 1)
    }
  }

  private static func cosine(from start: Double, to end: Double, at part: Double) -> Double {
    end + (start - end) * (1 + cos(.pi * min(1, part))) / 2
  }

  /// Whether the rate is another one from step to step of an epoch.
  var changesWithinEpochs: Bool {
    switch self {
    case .constant: false
    case .timeDecay(_, let unit), .step(_, _, let unit), .exponential(_, let unit), .cosine(_, _, let unit),
      .oneCycle(_, _, _, _, let unit):
      unit == .steps
    case .warmUp(_, let unit, let next): unit == .steps || next.changesWithinEpochs
    }
  }

  /// What is wrong with its numbers, and what would be right.
  var problem: (value: String, remedy: String)? {
    switch self {
    case .constant: nil
    case .timeDecay(let halving, _):
      halving > 0 && halving.isFinite ? nil : ("halving \(halving)", "give a number above 0")
    case .step(let every, let factor, _):
      every < 1 ? ("every \(every)", "give at least 1") : Self.problem(factor)
    case .exponential(let factor, _): Self.problem(factor)
    case .cosine(let over, let end, _): over < 1 ? ("over \(over)", "give at least 1") : Self.problem(end)
    case .warmUp(let over, _, let next): over < 1 ? ("over \(over)", "give at least 1") : next.problem
    case .oneCycle(let over, let rise, let start, let finish, _):
      if over < 2 {
        ("over \(over)", "give at least 2")
      } else if !(0...1).contains(rise) {
        ("rise \(rise)", "give a part of the time, within 0...1")
      } else if !(start >= 1 && finish >= 1 && start.isFinite && finish.isFinite) {
        ("start \(start) and finish \(finish)", "give divisors of at least 1")
      } else {
        nil
      }
    }
  }

  private static func problem(_ factor: Double) -> (value: String, remedy: String)? {
    factor >= 0 && factor.isFinite ? nil : ("the factor \(factor)", "give a finite number of at least 0")
  }
}
