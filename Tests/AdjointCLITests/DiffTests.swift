import Foundation
import Testing

/// `adjoint diff` against closed forms.
@Suite struct DiffTests {
  private func derivative(_ arguments: String...) throws -> (value: Double, derivative: Double, [String: Any])
  {
    let run = try adjoint(["diff"] + arguments + ["--json"])
    #expect(run.status == 0, "\(run.errors)")
    let report = try run.json()
    let part = try #require(report["derivative"] as? [String: Any])
    let check = try #require(report["check"] as? [String: Any])
    #expect(check["compiled_value"] as? Double == report["value"] as? Double)
    #expect(check["compiled_derivative"] as? Double == part["value"] as? Double)
    return (
      try #require(report["value"] as? Double), try #require(part["value"] as? Double), report
    )
  }

  private func isClose(_ a: Double, _ b: Double) -> Bool { abs(a - b) <= 1e-14 * max(abs(a), abs(b)) * 8 }

  @Test func theLecturesFunction() throws {
    let (value, derivative, report) = try derivative("sqrt(x^2 + exp(x^2))", "--at", "x=1.5")
    let f = (1.5 * 1.5 + exp(2.25)).squareRoot()
    #expect(isClose(value, f))
    #expect(isClose(derivative, 1.5 * (1 + exp(2.25)) / f))
    let check = try #require(report["check"] as? [String: Any])
    #expect(try #require(check["relative_difference"] as? Double) < 1e-9)
    // x·x twice, exp, + and sqrt; shared, x·x once.
    let flops = try #require(report["flops"] as? [[String: Any]])
    #expect(flops[0]["flops"] as? Int == 5 && flops[1]["flops"] as? Int == 4)
    let c = try #require(report["c"] as? String)
    #expect(c.contains("exp(") && !c.contains("adj_"))
  }

  @Test func severalVariablesAndHigherOrders() throws {
    let second = try derivative("x^2 * sin(y)", "--at", "x=3,y=0.7", "--wrt", "y", "--order", "2")
    #expect(isClose(second.value, 9 * sin(0.7)))
    #expect(isClose(second.derivative, -9 * sin(0.7)))
    let third = try derivative("x^5", "--at", "x=2", "--order", "3")
    #expect(third.derivative == 60 * 4)
    let zero = try derivative("x + 2*y", "--at", "x=1,y=1", "--order", "2")
    #expect(zero.derivative == 0)
  }

  @Test func anExpressionMayBeginWithAMinus() throws {
    let result = try derivative("-x^2", "--at", "x=-3")
    #expect(result.value == -9 && result.derivative == 6)
  }

  @Test func textShowsEverything() throws {
    let run = try adjoint("diff", "log(x)*x", "--at", "x=2", "--latex")
    #expect(run.status == 0)
    for part in ["log(x)*x", "0.69314718", "LaTeX", "\\log", "FLOPs", "#include <math.h>", "agrees with"] {
      #expect(run.output.contains(part), "\(part)")
    }
  }

  @Test func mistakesAreOneLine() throws {
    let cases = [
      (["diff", "sqr(x)", "--at", "x=1"], "did you mean sqrt?"), (["diff", "x +", "--at", "x=1"], "column"),
      (["diff", "x*y", "--at", "x=1"], "the variable y has no value"),
      (["diff", "x", "--at", "x=1,z=2"], "a value for 'z'"), (["diff", "x", "--at", "x"], "x=1.5"),
      (["diff", "x", "--at", "x=1", "--wrt", "q"], "--wrt q is no variable"),
      (["diff", "2+3"], "has no variable"), (["diff", "x", "--at", "x=1", "--order", "0"], "give 1 to 6"),
    ]
    for (arguments, message) in cases {
      let run = try adjoint(arguments)
      #expect(run.status != 0 && run.output.isEmpty && run.errorLines.count == 1, "\(run.errors)")
      #expect(run.errors.hasPrefix("error: ") && run.errors.contains(message), "\(run.errors)")
    }
  }
}
