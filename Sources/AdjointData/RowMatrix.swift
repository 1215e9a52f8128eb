/// Rows of so many numbers each. Those that are chosen of others share their memory, so that the parts of a table do not
/// need it a second time.
struct RowMatrix: Sendable {
  let width: Int
  let count: Int
  /// Row-major.
  private let values: [Double]
  /// Where the rows stand in `values`; nil where they are all, in their order.
  private let places: [Int]?

  /// - Precondition: `values` are `width` for each of `count` rows.
  init(_ values: [Double], width: Int, count: Int) {
    (self.values, self.width, self.count) = (values, width, count)
    places = nil
  }

  private init(_ values: [Double], width: Int, places: [Int]) {
    (self.values, self.width, self.count) = (values, width, places.count)
    self.places = places
  }

  /// The rows at `indices`, in that order.
  ///
  /// - Precondition: they are rows of this one.
  func selecting(_ indices: [Int]) -> RowMatrix {
    let chosen = places.map { places in indices.map { places[$0] } } ?? indices
    let shared = RowMatrix(values, width: width, places: chosen)
    // Few rows are no reason to keep many.
    return chosen.count * width * 8 < values.count
      ? RowMatrix(shared.values(of: 0..<chosen.count), width: width, count: chosen.count) : shared
  }

  /// Some rows after the other, row-major.
  func values(of rows: Range<Int>) -> [Double] {
    guard let places else {
      return rows == 0..<count ? values : Array(values[rows.lowerBound * width..<rows.upperBound * width])
    }
    var result: [Double] = []
    result.reserveCapacity(rows.count * width)
    for row in places[rows] { result += values[row * width..<(row + 1) * width] }
    return result
  }

  /// What a column holds in the rows, one after the other.
  func column(_ column: Int) -> some Sequence<Double> {
    (0..<count).lazy.map { row in values[(places?[row] ?? row) * width + column] }
  }

  /// Calls `body` with all rows, some thousand numbers at a time.
  func forEachBlock(_ body: (_ rows: Range<Int>, _ values: [Double]) -> Void) {
    let size = max(1, Self.blockSize / max(1, width))
    for start in stride(from: 0, to: count, by: size) {
      let rows = start..<min(start + size, count)
      body(rows, values(of: rows))
    }
  }

  private static let blockSize = 1 << 14
}

extension RowMatrix: Equatable {
  /// Whether the rows are the same, wherever they stand.
  static func == (a: RowMatrix, b: RowMatrix) -> Bool {
    guard a.width == b.width, a.count == b.count else { return false }
    if a.places == b.places, a.values == b.values { return true }
    return (0..<a.count).allSatisfy { a.values(of: $0..<$0 + 1) == b.values(of: $0..<$0 + 1) }
  }
}
