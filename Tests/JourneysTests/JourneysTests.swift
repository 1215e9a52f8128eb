import Adjoint
import Foundation
import Testing

@testable import Journeys

let data = URL(filePath: #filePath).deletingLastPathComponent()
  .appending(path: "../../Examples/Data").standardizedFileURL

func journey(_ name: String) throws -> Journey { try #require(Journey.all.first { $0.name == name }) }

@Suite struct JourneysTests {
  @Test(arguments: ["breast-cancer-logistic", "wine", "iris", "runge"])
  func aSmallJourneyReachesItsBounds(name: String) throws {
    let journey = try journey(name)
    let run = try journey.run(on: journey.data.table(in: data), seed: 1)
    for bound in journey.bounds { #expect(bound.isMet(by: run.metrics[bound.metric] ?? .nan)) }
    #expect(run.seconds >= run.compileSeconds ?? .infinity)
  }

  @Test func aJourneyIsTheSameEachTime() throws {
    let journey = try journey("iris")
    let table = try journey.data.table(in: data)
    #expect(try journey.run(on: table, seed: 3).metrics == journey.run(on: table, seed: 3).metrics)
  }

  @Test func eachJourneyHasItsOwnNameAndABound() {
    let journeys = Journey.all
    #expect(Set(journeys.map(\.name)).count == journeys.count)
    #expect(journeys.allSatisfy { !$0.bounds.isEmpty })
  }
}

@Suite struct JourneyDataTests {
  @Test func aSplitHasEachRowOnceAndEachClassItsShare() throws {
    let table = try DataSet.iris.table(in: data)
    let rows = try DataSet.iris.rows(of: table, seed: 2)
    #expect((rows.train + rows.test).sorted() == Array(0..<150))
    // Fifty of each species, in this order.
    #expect((0..<3).map { species in rows.test.count { $0 / 50 == species } } == [10, 10, 10])
    #expect(try rows.test != DataSet.iris.rows(of: table, seed: 3).test)
  }

  @Test func validationRowsAreTrainingRows() throws {
    let journey = try journey("runge")
    let table = try journey.data.table(in: data)
    let rows = try journey.data.rows(of: table, seed: 1)
    let held = try DataSet.splitting(rows.train, of: table, seed: 1)
    #expect((held.train + held.test).sorted() == rows.train.sorted())
    let parts = try journey.parts(of: table, seed: 1, isValidation: true)
    #expect(parts.train.count == 256 && parts.test.count == 64)
  }

  @Test func testRowsAreScaledByTheTrainingRows() throws {
    let journey = try journey("wine")
    let parts = try journey.parts(of: journey.data.table(in: data), seed: 1, isValidation: false)
    #expect(parts.test.scaling == parts.train.scaling)
    let column = stride(from: 0, to: parts.train.count * 13, by: 13)
    let values = parts.train.features(as: .float64).doubles
    #expect(abs(column.reduce(0) { $0 + values[$1] }) < 1e-10)
    #expect(abs(column.reduce(-Double(parts.train.count)) { $0 + values[$1] * values[$1] }) < 1e-10)
  }

  @Test func imagesAreSplitAsTheirFilesAre() throws {
    let table = try DataSet.fashion.table(in: data)
    #expect(table.featureCount == 784 && table.count == 5000 && table.classNames.count == 10)
    let rows = try DataSet.fashion.rows(of: table, seed: 4)
    #expect(rows.train == Array(0..<4000) && rows.test == Array(4000..<5000))
  }

  /// By Python's floats from Franke's formula.
  @Test(arguments: [
    (0.0, 0.0, 0.7664205912849231), (0.5, 0.5, 0.3257620892806842), (0.25, 0.75, 0.2724132516081212),
    (0.9, 0.1, 0.2371766507476324),
  ])
  func frankesFunction(x: Double, y: Double, value: Double) {
    #expect(abs(DataSet.franke(x, y) - value) < 1e-15)
  }

  @Test func rungesPointsAreOnItsCurve() throws {
    let table = try DataSet.runge.table(in: data)
    let (x, y) = try (table.features(as: .float64).doubles, table.targets(as: .float64).doubles)
    #expect(x.allSatisfy { -1..<1 ~= $0 } && Set(x).count == 400)
    #expect(zip(x, y).allSatisfy { abs($1 * (1 + 25 * $0 * $0) - 1) < 1e-14 })
  }
}

@Suite struct JourneyReportTests {
  /// Of 1...n: the mean is (n + 1)/2, the variance of a sample n(n + 1)/12.
  @Test(arguments: [2, 5, 100]) func meanAndDeviation(count: Int) throws {
    let summary = try #require(Summary((1...count).map(Double.init)))
    let n = Double(count)
    #expect(abs(summary.mean - (n + 1) / 2) < 1e-12)
    #expect(abs(summary.standardDeviation - (n * (n + 1) / 12).squareRoot()) < 1e-12)
  }

  @Test func oneValueHasNoSpreadAndNoneHasNoMean() {
    #expect(Summary([3])?.mean == 3)
    #expect(Summary([3])?.standardDeviation == 0)
    #expect(Summary([]) == nil)
  }

  @Test func aBoundHoldsForTheMeanAndItsWorstRunIsTheFarthest() throws {
    let accuracies = runs(.accuracy, [0.9, 0.97, 0.98])
    let above = try #require(Report.Verdict(.accuracy(0.95), of: accuracies))
    #expect(above.isMet && above.worst == 0.9)
    #expect(try !#require(Report.Verdict(.accuracy(0.951), of: accuracies)).isMet)
    let errors = runs(.meanSquaredError, [0.1, 0.3])
    let below = try #require(Report.Verdict(.meanSquaredError(0.2), of: errors))
    #expect(below.isMet && below.worst == 0.3)
    #expect(try !#require(Report.Verdict(.meanSquaredError(0.19), of: errors)).isMet)
  }

  @Test func aRunWithoutANumberMeetsNoBound() throws {
    #expect(try !#require(Report.Verdict(.accuracy(0), of: runs(.accuracy, [1, .nan]))).isMet)
    #expect(try !#require(Report.Verdict(.rSquared(0), of: runs(.accuracy, [1]))).isMet)
  }

  @Test func aTableHasARowForEachBound() throws {
    let journey = try journey("franke")
    let run = Run(
      system: "adjoint", journey: "franke", seed: 1, metrics: [.meanSquaredError: 0.00125, .rSquared: 0.8],
      seconds: 1.234, compileSeconds: 0.0123)
    let report = Report(entries: [Report.Entry(journey: journey, runs: [run], peers: [])])
    let lines = report.text.split(separator: "\n")
    #expect(Set(lines.map(\.count)).count == 1)
    let cells = lines.dropFirst(2).map { line in
      line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }.dropFirst(2).joined(
        separator: "|")
    }
    #expect(
      cells == [
        "MSE|0.00125 ± 0.00000|0.00125|≤ 0.015|yes|1.2 (0.01)|–|–",
        "R²|0.800 ± 0.000|0.800|≥ 0.82|NO|1.2 (0.01)|–|–",
      ])
    #expect(!report.isMet)
  }

  private func runs(_ metric: Bound.Metric, _ values: [Double]) -> [Run] {
    values.map { Run(system: "adjoint", journey: "", seed: 1, metrics: [metric: $0], seconds: 1) }
  }
}

@Suite struct JourneyPeerTests {
  @Test func aPeerIsGivenTheSameRows() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    defer { try? FileManager.default.removeItem(at: folder) }
    let journey = try journey("iris")
    try Peer(folder: folder).write([journey], seeds: [1, 2], data: data)

    let arrays = try NPZFile(path: folder.appending(path: "iris.npz").path)
    let table = try journey.data.table(in: data)
    #expect(try arrays["x"] == table.features())
    #expect(try arrays["y"] == table.targets())
    let rows = try journey.data.rows(of: table, seed: 2)
    #expect(try arrays["test_2"].doubles == rows.test.map(Double.init))
    let list = try String(contentsOf: folder.appending(path: "journeys.json"), encoding: .utf8)
    #expect(list.contains("\"tanh\"") && list.contains("\"accuracy\""))
  }

  @Test func aRunIsReadAsThePeerWritesIt() throws {
    let line =
      #"{"system": "scikit-learn", "journey": "iris", "seed": 1, "metrics": {"accuracy": 0.9}, "seconds": 0.5}"#
    let run = try JSONDecoder().decode(Run.self, from: Data(line.utf8))
    #expect(run.metrics == [.accuracy: 0.9] && run.compileSeconds == nil)
  }
}
