import Adjoint
import Foundation

/// The data of the journeys: files of `Examples/Data`, and points of two functions.
enum DataSet {
  case breastCancer, digits, wine, iris, franke, runge, mnist, fashion

  /// All rows.
  ///
  /// - Parameter folder: where the files are.
  func table(in folder: URL) throws -> Table {
    let path = { (name: String) in folder.appending(path: name).path }
    switch self {
    case .breastCancer: return try Table(csv: path("wdbc.csv"), target: "benign")
    case .digits: return try Table(csv: path("digits.csv"), target: "digit")
    case .wine: return try Table(csv: path("wine.csv"), target: "cultivator")
    case .iris: return try Table(csv: path("iris.csv"), target: "species")
    case .franke: return try points(400, within: 0..<1, inputs: 2) { DataSet.franke($0[0], $0[1]) }
    case .runge: return try points(400, within: -1..<1, inputs: 1) { 1 / (1 + 25 * $0[0] * $0[0]) }
    case .mnist: return try images("mnist5k", in: folder)
    case .fashion: return try images("fashion5k", in: folder)
    }
  }

  /// The numbers of the rows to train with and to test with.
  ///
  /// - Parameter seed: of the split; images have one split, which is given.
  func rows(of table: Table, seed: UInt64) throws -> (train: [Int], test: [Int]) {
    if let trainCount { return (Array(0..<trainCount), Array(trainCount..<table.count)) }
    return try Self.splitting(Array(0..<table.count), of: table, seed: seed)
  }

  /// Four fifths of the `rows` and one fifth, each class with its share in both.
  static func splitting(_ rows: [Int], of table: Table, seed: UInt64) throws -> (train: [Int], test: [Int]) {
    // A table's split does not say which rows went where: so their numbers are split, beside the same targets.
    let numbered = try Table(
      features: NDArray(rows.map(Double.init), shape: [rows.count, 1]),
      targets: table.rows(rows).targets(as: .float64),
      task: table.task)
    let split = try numbered.split(test: 0.2, seed: seed, stratified: table.task != .regression)
    let numbers = { (part: Table) in part.features(as: .float64).doubles.map { Int($0) } }
    return (numbers(split.train), numbers(split.test))
  }

  /// Whether features are brought to mean 0 and standard deviation 1; pixels of images are within 0...1 already.
  var isStandardized: Bool { trainCount == nil }

  var loss: Loss {
    switch self {
    case .franke, .runge: .meanSquaredError
    case .breastCancer: .binaryCrossEntropy
    case .digits, .wine, .iris, .mnist, .fashion: .softmaxCrossEntropy
    }
  }

  /// Of images, which are in two files.
  private var trainCount: Int? {
    switch self {
    case .mnist, .fashion: 4000
    case .breastCancer, .digits, .wine, .iris, .franke, .runge: nil
    }
  }
}

extension DataSet {
  /// Franke, A critical comparison of some methods for interpolation of scattered data, 1979.
  static func franke(_ x: Double, _ y: Double) -> Double {
    let (u, v) = (9 * x, 9 * y)
    let peaks =
      0.75 * exp(-((u - 2) * (u - 2) + (v - 2) * (v - 2)) / 4)
      + 0.75 * exp(-(u + 1) * (u + 1) / 49 - (v + 1) / 10)
      + 0.5 * exp(-((u - 7) * (u - 7) + (v - 3) * (v - 3)) / 4)
    return peaks - 0.2 * exp(-(u - 4) * (u - 4) - (v - 7) * (v - 7))
  }

  /// A function at uniform random points, always the same ones.
  private func points(
    _ count: Int, within range: Range<Double>, inputs: Int, _ function: ([Double]) -> Double
  ) throws -> Table {
    var generator = SeededGenerator(seed: 2023)
    let features = (0..<count * inputs).map { _ in
      range.lowerBound + (range.upperBound - range.lowerBound) * Double(generator.next() >> 11) * 0x1p-53
    }
    let targets = (0..<count).map { function(Array(features[($0 * inputs)..<(($0 + 1) * inputs)])) }
    return try Table(
      features: NDArray(features, shape: [count, inputs]), targets: NDArray(targets), task: .regression)
  }

  /// Training images, then test images.
  private func images(_ name: String, in folder: URL) throws -> Table {
    var (pixels, labels): ([Float], [Int32]) = ([], [])
    for part in ["train", "test"] {
      let path = { (kind: String) in folder.appending(path: "\(name)-\(part)-\(kind)-ubyte.gz").path }
      pixels += try NDArray(imagesIDX: path("images-idx3")).elements(as: Float.self)
      labels += try NDArray(idx: path("labels-idx1")).elements(as: Int32.self)
    }
    return try Table(
      features: NDArray(pixels, shape: [labels.count, pixels.count / max(1, labels.count)]),
      targets: NDArray(labels), task: .multiclass)
  }
}
