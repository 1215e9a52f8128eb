import Foundation
import Testing

/// `adjoint flops` against the counts of the lecture (FYS5429, Oslo, 1 and 8 February 2023) and counts by hand.
@Suite struct FlopsTests {
  private func report(_ arguments: String...) throws -> [String: Any] {
    let run = try adjoint(["flops"] + arguments + ["--json"])
    #expect(run.status == 0, "\(run.errors)")
    return try run.json()
  }

  private func rows(_ report: [String: Any]) throws -> [String: [String: Any]] {
    let rows = try #require(report["rows"] as? [[String: Any]])
    return Dictionary(
      rows.compactMap { row in ((row["method"] ?? row["name"]) as? String).map { ($0, row) } },
      uniquingKeysWith: { first, _ in first })
  }

  @Test func theLecturesTable() throws {
    let report = try report("sqrt(x^2 + exp(x^2))", "--at", "x=1.5")
    let rows = try rows(report)
    let counts = rows.mapValues { $0["flops"] as? Int }
    #expect(
      counts == [
        "functionAsWritten": 5, "functionShared": 4, "derivativeAsWritten": 10, "bothAsWritten": 15,
        "bothShared": 7, "reverseSweep": 10, "algebra": 7, "forwardDifference": 13,
        "forwardDifferenceShared": 11, "centralDifference": 14, "centralDifferenceShared": 12,
      ])
    for (method, f, derivative) in [("reverseSweep", 4, 6), ("algebra", 4, 3), ("bothShared", 4, 3)] {
      #expect(rows[method]?["function_flops"] as? Int == f)
      #expect(rows[method]?["derivative_flops"] as? Int == derivative)
    }
    let operations = try #require(rows["functionShared"]?["operations"] as? [[String: Any]])
    #expect(operations.map { $0["name"] as? String } == ["a", "b", "c", "d"])
    #expect(operations.map { $0["expression"] as? String } == ["x^2", "exp(a)", "a + b", "sqrt(c)"])
    // The rules that led from 6 to 3 have their names.
    let rules = try #require(rows["algebra"]?["rules"] as? [[String: Any]])
    #expect(rules.contains { $0["name"] as? String == "factor-out" && $0["phase"] as? String == "algebra" })
  }

  /// What is listed behind each count adds up to it, and every way gives the closed form at the point.
  @Test(arguments: [
    "sqrt(x^2 + exp(x^2))", "x^2*sin(y) + y/x", "log(x)*x^2.5", "exp(x^2)", "-x", "max(x, y)*y",
  ])
  func operationsAddUp(_ expression: String) throws {
    let report = try report(expression)
    let rows = try #require(report["rows"] as? [[String: Any]])
    #expect(rows.count == 11)
    for row in rows {
      let operations = try #require(row["operations"] as? [[String: Any]])
      let kinds = try #require(row["kinds"] as? [[String: Any]])
      let listed =
        operations.compactMap { $0["flops"] as? Int }.reduce(0, +)
        + kinds.compactMap { $0["count"] as? Int }.reduce(0, +)
      #expect(listed == row["flops"] as? Int, "\(row)")
      for result in try #require(row["results"] as? [[String: Any]]) {
        #expect(try #require(result["relative_difference"] as? Double) < 1e-6, "\(row)")
      }
    }
  }

  /// The slides of 2024: exp(x²) is 2, its derivative 2x·exp(x²) 4, together 6, and 4 with b = exp(x²) kept.
  @Test func theExponentialOfTheSlides() throws {
    let counts = try rows(report("exp(x^2)")).mapValues { $0["flops"] as? Int }
    #expect(counts["functionAsWritten"] == 2 && counts["derivativeAsWritten"] == 4)
    #expect(counts["bothAsWritten"] == 6 && counts["algebra"] == 4)
  }

  /// f = x²·sin(y) is 3; two forward differences are 2 (2·3 + 3), or with f(x, y) evaluated once 3·3 + 2·3.
  @Test func severalVariables() throws {
    let counts = try rows(report("x^2*sin(y)")).mapValues { $0["flops"] as? Int }
    #expect(counts["forwardDifference"] == 18 && counts["forwardDifferenceShared"] == 15)
    #expect(counts["centralDifference"] == 20 && counts["centralDifferenceShared"] == 20)
    let one = try rows(report("x^2*sin(y)", "--wrt", "y")).mapValues { $0["flops"] as? Int }
    // x·x, cos, ×.
    #expect(one["derivativeAsWritten"] == 3 && one["forwardDifference"] == 9)
  }

  @Test func textNamesTheIntermediates() throws {
    let run = try adjoint("flops", "sqrt(x^2 + exp(x^2))")
    for part in [
      "1 f as written                             5", "6 f and f' by the reverse sweep           10  = 4 + 6",
      "7 f and f' after the rules of algebra      7  = 4 + 3", "a  = x^2", "d  = sqrt(c)",
      "(f(x + h) - f(x))/h",
      "4 ×, 2 exp, 2 +, 1 sqrt, 1 ÷", "rules of algebra:",
    ] {
      #expect(run.output.contains(part), "\(part)\n\(run.output)")
    }
  }

  @Test func theReadmeShowsWhatIsPrinted() throws {
    let output = try adjoint("flops", "sqrt(x^2 + exp(x^2))").output
    let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    let page = try String(contentsOf: tests.appending(path: "../README.md"), encoding: .utf8)
    let lines = page.components(separatedBy: "\n")
    let start = try #require(lines.firstIndex { $0.hasSuffix("numbers at the point") })
    let shown = lines[start...].prefix { $0.hasPrefix("    ") }.map { $0.dropFirst(4) }
    #expect(shown.count == 12 && output.contains(shown.joined(separator: "\n")))
  }

  /// A layer of 30 → 16 on 8 rows: 2·8·30·16 for the product, 8·16 for the bias, 8·16 for relu.
  @Test func aNetworkLayerByLayer() throws {
    let report = try report(
      "--inputs", "30", "--outputs", "1", "--layers", "16", "--batch", "8", "--task", "binary", "--optimizer",
      "sgd")
    let rows = try rows(report)
    #expect(Set(rows.keys).isSuperset(of: ["dense1", "dense2", "cost"]))
    #expect(rows["dense1"]?["forward"] as? Int == 2 * 8 * 30 * 16 + 2 * 8 * 16)
    #expect(rows["dense2"]?["forward"] as? Int == 2 * 8 * 16 * 1 + 8 * 1)
    // p − η g: two operations a parameter.
    #expect(report["update"] as? Int == 2 * (30 * 16 + 16 + 16 + 1))
    for phase in ["forward", "backward", "update", "total"] {
      #expect(rows.values.reduce(0) { $0 + ($1[phase] as? Int ?? 0) } == report[phase] as? Int)
    }
  }

  @Test func aSavedModelIsCountedAsItWasTrained() throws {
    let scratch = try Scratch()
    let model = scratch.path("m.adj")
    let options = ["--data", Command.data("iris.csv"), "--target", "species", "--layers", "8"]
    let trained = try adjoint(["train"] + options + ["--epochs", "1", "--quiet", "--out", model])
    #expect(trained.status == 0, "\(trained.errors)")
    let saved = try report(model)
    let fresh = try adjoint(["flops"] + options + ["--json"]).json()
    #expect(saved["total"] as? Int == fresh["total"] as? Int)
    #expect((saved["rows"] as? NSArray) == (fresh["rows"] as? NSArray))
  }

  @Test func mistakesAreOneLine() throws {
    let cases = [
      (["flops"], "there is nothing to count"), (["flops", "sqr(x)"], "did you mean sqrt?"),
      (["flops", "2+3"], "has no variable"), (["flops", "x*y", "--wrt", "x,x"], "names a variable twice"),
      (["flops", "x", "--at", "z=1"], "a value for 'z'"),
      (["flops", "x", "--layers", "3"], "--layers has no effect"),
      (["flops", "--inputs", "3", "--outputs", "1", "--at", "x=1"], "--at has no effect"),
      (["flops", "none.adj"], "No such file"), (["flops", "--inputs", "3"], "go together"),
      (["flops", "--inputs", "-1", "--outputs", "1"], "--inputs is -1; give a number from 1 to 100000"),
    ]
    for (arguments, message) in cases {
      let run = try adjoint(arguments)
      #expect(run.status != 0 && run.output.isEmpty && run.errorLines.count == 1, "\(run.errors)")
      #expect(run.errors.hasPrefix("error: ") && run.errors.contains(message), "\(run.errors)")
    }
  }
}
