import AdjointArray
import Foundation
import Testing

@testable import AdjointData

/// The data sets that come with the examples.
func example(_ name: String) -> String {
  URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("Examples/Data/\(name)").path
}

/// Calls `body` with a new folder, which is removed afterwards.
func withTemporaryFolder<R>(_ body: (String) throws -> R) throws -> R {
  let folder = FileManager.default.temporaryDirectory.appendingPathComponent("adjoint-test-\(UUID())").path
  try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(atPath: folder) }
  return try body(folder)
}

func read(_ text: String, _ separator: CSVReader.Separator = .comma) throws -> CSVDocument {
  try CSVReader(separator: separator).read(text: text, name: "t.csv")
}

/// All rows below the header.
func rows(_ document: CSVDocument) throws -> [[String]] {
  try (0..<document.rowCount).map { try document[row: $0] }
}

func place(_ line: Int, _ column: String, file: String? = "t.csv") -> DataError.Place {
  DataError.Place(file: file, line: line, column: column)
}

/// Column `index` of `[n, d]`.
func column(_ array: NDArray, _ index: Int) -> [Double] {
  let values = array.doubles
  return stride(from: index, to: values.count, by: array.shape[1]).map { values[$0] }
}

func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }

func populationDeviation(_ values: [Double]) -> Double {
  let center = mean(values)
  return (values.reduce(0) { $0 + ($1 - center) * ($1 - center) } / Double(values.count)).squareRoot()
}

func isClose(_ a: Double, _ b: Double, relative: Double = 1e-12) -> Bool {
  abs(a - b) <= relative * max(1, abs(b))
}
