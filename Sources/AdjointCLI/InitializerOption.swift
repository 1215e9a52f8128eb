import Adjoint

extension Initializer {
  /// The names that stand alone; the numbers are the usual ones.
  private static let optionNamed: [(name: String, initializer: Initializer)] = [
    ("glorot-uniform", .glorotUniform), ("glorot-normal", .glorotNormal), ("he-uniform", .heUniform),
    ("he-normal", .heNormal), ("orthogonal", .orthogonal()), ("zeros", .zeros),
  ]

  /// What may be asked for, for people to read.
  static let optionNames =
    (optionNamed.map(\.name) + ["normal:DEVIATION", "uniform:BOUND"]).joined(separator: ", ")

  /// What `--initializer` asks for: `he-normal`, `normal:0.1` (around 0), `uniform:0.5` (within ±0.5).
  init(option: String) throws(UsageError) {
    if let known = Self.optionNamed.first(where: { $0.name == option }) {
      self = known.initializer
      return
    }
    let words = option.split(separator: ":", omittingEmptySubsequences: false)
    guard words.count == 2, let number = Double(words[1]), number.isFinite, number > 0 else {
      throw Self.unknown(option)
    }
    switch words[0] {
    case "normal": self = .normal(standardDeviation: number)
    case "uniform": self = .uniform(low: -number, high: number)
    default: throw Self.unknown(option)
    }
  }

  private static func unknown(_ option: String) -> UsageError {
    UsageError("--initializer '\(option)' is unknown; give one of \(optionNames) (such as normal:0.1)")
  }
}
