import Foundation
import Testing

@testable import Adjoint

/// The C of a few fixed graphs, as committed.
@Suite struct GoldenTests {
  private static let folder = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "codegen/Goldens")
  private static let isRecording = ProcessInfo.processInfo.environment["ADJOINT_RECORD_GOLDENS"] == "1"

  @Test(arguments: GoldenGraph.allCases, [Dialect.tile, .native, .portable])
  func theCIsTheCommittedOne(golden: GoldenGraph, dialect: Dialect) throws {
    let text = try golden.graph.program(golden.rawValue).c(dialect, locations: false)
    let name = golden.rawValue + (dialect == .tile ? ".c" : dialect == .native ? ".native.c" : ".portable.c")
    let file = Self.folder.appending(path: name)
    if Self.isRecording {
      try FileManager.default.createDirectory(at: Self.folder, withIntermediateDirectories: true)
      try text.write(to: file, atomically: true, encoding: .utf8)
      Issue.record(
        "\(name) was recorded; look at the difference, then run the tests without ADJOINT_RECORD_GOLDENS")
      return
    }
    let committed = try String(contentsOf: file, encoding: .utf8)
    #expect(text == committed, "\(name) differs; `make goldens` rewrites it")
  }

  @Test(arguments: GoldenGraph.allCases)
  func everyDialectCompilesWithoutWarnings(golden: GoldenGraph) throws {
    let program = try golden.graph.program(golden.rawValue)
    for dialect in [Dialect.tile, .native, .portable] {
      _ = try Executable(try golden.graph, name: golden.rawValue, dialect: dialect)
      let text = program.c(dialect, prelude: dialect == .native ? .table : .headers)
      _ = try strictCompiler().compile(text, exporting: [program.name], symbols: InstructionSet.best.symbols)
    }
  }

  /// f(1.5) and f'(1.5) by hand: (2x + 2x·exp(x²)) / (2·sqrt(x² + exp(x²))).
  @Test func theLecturesFunctionHasItsClosedForm() throws {
    let x = 1.5
    let f = (x * x + exp(x * x)).squareRoot()
    let df = (x + x * exp(x * x)) / f
    let values = try Executable(try GoldenGraph.lecture.graph)([NDArray(x)]).map { $0.doubles[0] }
    #expect(abs(values[0] - f) <= 4 * f.ulp)
    #expect(abs(values[1] - df) <= 8 * df.ulp)
  }
}
