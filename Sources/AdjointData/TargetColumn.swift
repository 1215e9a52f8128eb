/// A target's column as it is read.
struct TargetColumn {
  private let request: TargetEncoding.Request
  private var values: TargetValues
  private var lines = RowLines()

  init(_ request: TargetEncoding.Request) {
    self.request = request
    values = TargetValues(request)
  }

  mutating func append(_ column: Int, of row: CSVRowReader) throws(DataError) {
    switch row.cell(column) {
    case .number(let value): values.append(value, isCode: row.isCode(column), label: row.text(column))
    case .missing: throw .missingValue(row.place(column))
    case .notFinite:
      // As a label a number may be of any size.
      let text = row.text(column)
      let isLabel = request.task == nil ? TargetValues.isInteger(text) : ExactDecimal(text) != nil
      guard values.hasLabels, isLabel else { throw .nonFiniteValue(row.place(column), value: text) }
      values.append(.infinity, isCode: row.isCode(column), label: text)
    case .text:
      guard values.hasLabels else { throw .textTarget(row.place(column), value: row.text(column)) }
      values.append(word: row.text(column))
    }
    lines.append(row.line(of: column))
  }

  /// - Parameter file: what errors call the file.
  func encoded(file: String) throws(DataError) -> TargetEncoding {
    var request = request
    request.place = { DataError.Place(file: file, line: lines[$0], column: request.column) }
    return try TargetEncoding(values, request)
  }
}
