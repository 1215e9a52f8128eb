/// The lines of a file on which rows begin, in the memory that the exceptions need: rows mostly follow each other line
/// by line.
struct RowLines {
  /// From this row on, one row is one line, until the next run.
  private var runs: [(row: Int, line: Int)] = []
  private var count = 0

  mutating func append(_ line: Int) {
    if runs.last.map({ $0.line + count - $0.row }) != line { runs.append((count, line)) }
    count += 1
  }

  /// The line of a row that was appended.
  subscript(row: Int) -> Int {
    // The last run that begins at the row or before it.
    var (low, high) = (0, runs.count)
    while low < high {
      let middle = (low + high) / 2
      if runs[middle].row <= row { low = middle + 1 } else { high = middle }
    }
    return low == 0 ? 0 : runs[low - 1].line + row - runs[low - 1].row
  }
}
