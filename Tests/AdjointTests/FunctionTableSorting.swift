import Adjoint

extension TableEntry {
  static let sorting: [TableEntry] = [
    TableEntry("sort") { sort($0) },
    TableEntry("sort descending") { sort($0, descending: true) },
    TableEntry("sort along 0") { sort($0, axis: 0) },
    TableEntry("argsort") { argsort($0) },
    TableEntry("argsort descending") { argsort($0, descending: true) },
    TableEntry("argsort along 0") { argsort($0, axis: 0, descending: true) },
    TableEntry("topK") { topK($0, 3).values },
    TableEntry("topK indices") { topK($0, 3).indices },
    TableEntry("topK along 0") { topK($0, 2, axis: 0).values },
    TableEntry("median") { median($0) },
    TableEntry("median along 1") { median($0, axis: 1) },
    TableEntry("quantile 0.3") { quantile($0, 0.3, axis: 0, keepDimensions: true) },
    TableEntry("quantile 0.9") { quantile($0, 0.9, axis: 0, keepDimensions: true) },
    TableEntry("quantile 0") { quantile($0, 0, axis: 0, keepDimensions: true) },
    TableEntry("quantile 1") { quantile($0, 1, axis: 0, keepDimensions: true) },
  ]
}
