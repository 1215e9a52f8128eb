extension HeatMap {
  /// What stands in the cells.
  func cellTexts() -> [[String]] {
    if let texts { return texts }
    let finite = values.flatMap { $0 }.filter { $0.isFinite && $0 != 0 }.map(abs)
    guard let least = finite.min(), let greatest = finite.max() else {
      return values.map { $0.map { Self.text($0, decimals: 0) } }
    }
    if greatest < 1e6, finite.allSatisfy({ $0 == $0.rounded() }) {
      return values.map { $0.map { Self.text($0, decimals: 0) } }
    }
    // As many decimals everywhere, so that they can be compared by eye, where that shows three digits of each.
    if least >= 1e-3, greatest < 1e4, greatest / least < 100, let magnitude = DecimalNumber(least)?.magnitude
    {
      return values.map { $0.map { Self.text($0, decimals: max(0, 2 - magnitude)) } }
    }
    return values.map { row in
      row.map { $0 == 0 ? "0" : DecimalNumber($0)?.short(3, keepsZeros: true) ?? Self.notFinite($0) }
    }
  }

  private static func text(_ value: Double, decimals: Int) -> String {
    DecimalNumber(value)?.fixed(decimals) ?? notFinite(value)
  }

  static func text(_ value: Double, digits: Int) -> String {
    DecimalNumber(value)?.short(digits) ?? notFinite(value)
  }

  private static func notFinite(_ value: Double) -> String {
    value.isNaN ? "" : value < 0 ? "\(minus)∞" : "∞"
  }

  /// The cell of the best value, the first of several.
  var bestCell: (row: Int, column: Int)? {
    var found: (row: Int, column: Int, value: Double)?
    for (row, values) in values.enumerated() {
      for (column, value) in values.enumerated() where value.isFinite {
        switch (best, found) {
        case (nil, _): return nil
        case (_, nil): found = (row, column, value)
        case (.greatest, let other?): if value > other.value { found = (row, column, value) }
        case (.least, let other?): if value < other.value { found = (row, column, value) }
        }
      }
    }
    return found.map { ($0.row, $0.column) }
  }
}
