/// Rows of text in columns that line up.
package struct TextTable {
  package enum Alignment { case left, right }
  private let alignments: [Alignment]
  private var rows: [[String]] = []

  /// - Parameter header: the titles; `nil` for a table without.
  package init(_ header: [String]? = nil, _ alignments: [Alignment]) {
    self.alignments = alignments
    if let header { rows.append(header) }
  }

  package mutating func row(_ cells: String...) { rows.append(cells) }
  package mutating func row(_ cells: [String]) { rows.append(cells) }

  package var text: String {
    let widths = alignments.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
      let cells = row.enumerated().map { column, cell in
        let padding = String(repeating: " ", count: widths[column] - cell.count)
        return alignments[column] == .left ? cell + padding : padding + cell
      }
      let line = cells.joined(separator: "  ")
      return String(line.reversed().drop { $0 == " " }.reversed())
    }.joined(separator: "\n")
  }
}

extension Int {
  /// For people: `12,345`.
  package var grouped: String {
    let digits = String(magnitude)
    var result = ""
    for (index, digit) in digits.enumerated() {
      if index > 0, (digits.count - index) % 3 == 0 { result.append(",") }
      result.append(digit)
    }
    return self < 0 ? "-" + result : result
  }
}
