/// Of numbers up to half of the greatest finite size, without overflow on the way.
extension [Double] {
  /// 0 where there are none.
  var mean: Double { isEmpty ? 0 : ColumnStatistics(width: 1, rows: count) { $0(self) }.means()[0] }

  /// The number in the middle, or the mean of the two there; 0 where there are none.
  var median: Double {
    guard !isEmpty else { return 0 }
    let sorted = sorted()
    let middle = sorted[count / 2]
    return count.isMultiple(of: 2) ? sorted[count / 2 - 1] / 2 + middle / 2 : middle
  }
}
