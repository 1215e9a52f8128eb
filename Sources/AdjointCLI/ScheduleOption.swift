import Adjoint

extension Schedule {
  /// What `--schedule` asks for: `cosine`, `step:10:0.5`, `warm-up:5,exponential:0.95`.
  ///
  /// - Parameter epochs: the length of training, which some schedules have too.
  init(option: String, epochs: Int) throws(UsageError) {
    let parts = option.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    guard let last = parts.last else { throw Self.unknown(option) }
    var warmUp: Int?
    if parts.count > 1 {
      let words = parts[0].split(separator: ":")
      guard parts.count == 2, words.count == 2, words[0] == "warm-up", let count = Int(words[1]), count >= 1
      else {
        throw UsageError(
          "--schedule '\(option)' begins with '\(parts[0])'; what may stand before a comma is warm-up:EPOCHS, such as warm-up:5,cosine"
        )
      }
      warmUp = count
    }
    let rest = max(2, epochs - (warmUp ?? 0))
    let words = last.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    let numbers = words.dropFirst().compactMap { Double($0) }
    guard numbers.count == words.count - 1, numbers.allSatisfy({ $0.isFinite && $0 >= 0 }) else {
      throw Self.unknown(option)
    }
    let schedule: Schedule
    switch (words[0], numbers.count) {
    case ("constant", 0): schedule = .constant
    case ("cosine", 0): schedule = .cosine(over: rest, .epochs)
    case ("one-cycle", 0): schedule = .oneCycle(over: rest, .epochs)
    case ("exponential", 1): schedule = .exponential(factor: numbers[0], .epochs)
    case ("time", 1) where numbers[0] > 0: schedule = .timeDecay(halving: numbers[0], .epochs)
    case ("step", 2):
      guard let every = Int(words[1]), every >= 1 else { throw Self.unknown(option) }
      schedule = .step(every: every, factor: numbers[1], .epochs)
    default: throw Self.unknown(option)
    }
    self = warmUp.map { .warmUp(over: $0, .epochs, next: schedule) } ?? schedule
  }

  private static func unknown(_ option: String) -> UsageError {
    UsageError(
      "--schedule '\(option)' is unknown; give constant, cosine, one-cycle, step:EPOCHS:FACTOR (step:10:0.5), exponential:FACTOR (exponential:0.95), or time:EPOCHS (time:20)"
    )
  }
}
