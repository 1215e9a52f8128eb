import Foundation
import Testing

/// `adjoint diff` against closed forms.
@Suite struct DiffTests {
  /// The report, once machine code has given the same numbers.
  private func report(_ arguments: [String]) throws -> (
    value: Double, derivatives: [[String: Any]], [String: Any]
  ) {
    let run = try adjoint(["diff"] + arguments + ["--json"])
    #expect(run.status == 0, "\(run.errors)")
    let report = try run.json()
    let derivatives = try #require(report["derivatives"] as? [[String: Any]])
    #expect(report["compiled_value"] as? Double == report["value"] as? Double)
    for part in derivatives { #expect(part["compiled_value"] as? Double == part["value"] as? Double) }
    return (try #require(report["value"] as? Double), derivatives, report)
  }

  private func derivative(_ arguments: String...) throws -> (value: Double, derivative: Double, [String: Any])
  {
    let (value, derivatives, report) = try report(arguments)
    #expect(derivatives.count == 1)
    return (value, try #require(derivatives[0]["value"] as? Double), report)
  }

  private func values(_ derivatives: [[String: Any]]) -> [String: Double] {
    Dictionary(
      derivatives.compactMap { item in
        (item["name"] as? String).flatMap { name in (item["value"] as? Double).map { (name, $0) } }
      }, uniquingKeysWith: { first, _ in first })
  }

  private func isClose(_ a: Double, _ b: Double) -> Bool { abs(a - b) <= 1e-14 * max(abs(a), abs(b)) * 8 }

  @Test func theLecturesFunction() throws {
    let (value, derivative, report) = try derivative("sqrt(x^2 + exp(x^2))", "--at", "x=1.5")
    let f = (1.5 * 1.5 + exp(2.25)).squareRoot()
    #expect(isClose(value, f))
    #expect(isClose(derivative, 1.5 * (1 + exp(2.25)) / f))
    let parts = try #require(report["derivatives"] as? [[String: Any]])
    let check = try #require(parts[0]["check"] as? [String: Any])
    #expect(try #require(check["relative_difference"] as? Double) < 1e-9)
    #expect(parts[0]["algebraic"] as? String == "x*(exp(x^2) + 1)/sqrt(x^2 + exp(x^2))")
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

  /// Of x³y² + sin(xy), by hand, at x = 0.8, y = 1.3.
  @Test func mixedDerivatives() throws {
    let (x, y) = (0.8, 1.3)
    let expression = "x^3*y^2 + sin(x*y)"
    let point = ["--at", "x=0.8,y=1.3"]
    let byHand = [
      ("x,y", 6 * x * x * y + cos(x * y) - x * y * sin(x * y)),
      ("y,x", 6 * x * x * y + cos(x * y) - x * y * sin(x * y)),
      ("x,x,y", 12 * x * y - 2 * y * sin(x * y) - x * y * y * cos(x * y)),
      ("y,y,y", -pow(x, 3) * cos(x * y)),
    ]
    for (variables, expected) in byHand {
      let (_, derivatives, _) = try report([expression, "--wrt", variables] + point)
      #expect(isClose(try #require(derivatives[0]["value"] as? Double), expected), "\(variables)")
      #expect((derivatives[0]["with_respect_to"] as? [String])?.joined(separator: ",") == variables)
    }
  }

  @Test func gradientAndHessian() throws {
    let (x, y) = (3.0, 0.7)
    let gradient = try values(report(["x^2 * sin(y)", "--at", "x=3,y=0.7", "--gradient"]).derivatives)
    #expect(gradient.count == 2)
    #expect(isClose(try #require(gradient["df_dx"]), 2 * x * sin(y)))
    #expect(isClose(try #require(gradient["df_dy"]), x * x * cos(y)))

    let (_, derivatives, report) = try report(["x^2 * sin(y)", "--at", "x=3,y=0.7", "--hessian"])
    #expect(values(derivatives).count == 5)
    let hessian = try #require(report["hessian"] as? [String: Any])
    let found = try #require(hessian["values"] as? [[Double]])
    let expected = [[2 * sin(y), 2 * x * cos(y)], [2 * x * cos(y), -x * x * sin(y)]]
    for i in 0..<2 { for j in 0..<2 { #expect(isClose(found[i][j], expected[i][j])) } }
    let latex =
      #"\begin{bmatrix} 2 \sin\left(y\right) & 2 x \cos\left(y\right) \\ "#
      + #"2 x \cos\left(y\right) & -x^{2} \sin\left(y\right) \end{bmatrix}"#
    #expect(hessian["latex"] as? String == latex)
    // One function for all entries, in which the sine is computed once.
    let c = try #require(report["c"] as? String)
    for name in ["f[0]", "df_dx[0]", "df_dy[0]", "d2f_dx2[0]", "d2f_dx_dy[0]", "d2f_dy2[0]"] {
      #expect(c.contains(name + " ="), "\(name)")
    }
    #expect(c.components(separatedBy: "= sin(y[0])").count == 2)
  }

  @Test func theHessianIsLaidOutAsAMatrix() throws {
    let run = try adjoint("diff", "x^2 * sin(y)", "--hessian", "--latex")
    #expect(run.status == 0)
    let matrix = """
      Hessian
           x           y
        x  2*sin(y)    2*x*cos(y)
        y  2*x*cos(y)  -x^2*sin(y)
      """
    #expect(run.output.contains(matrix), "\(run.output)")
    #expect(run.output.contains("\\nabla f = \\begin{bmatrix}"))
    // Only some variables, and formulas too long for columns.
    let wide = try adjoint("diff", "sqrt(x^2 + y^2 + exp(x*y*z))", "--hessian", "--wrt", "x,z")
    #expect(wide.output.contains("  z  d2f_dx_dz  d2f_dz2") && !wide.output.contains("df_dy"))
  }

  /// eˣ to the order 20; (1 − x)⁻¹, whose derivatives are n!/(1 − x)ⁿ⁺¹.
  @Test func highOrders() throws {
    #expect(isClose(try derivative("exp(x)", "--at", "x=0.3", "--order", "20").derivative, exp(0.3)))
    let tenth = try derivative("1/(1 - x)", "--at", "x=0.5", "--order", "10").derivative
    #expect(abs(tenth / (3_628_800 * 2048) - 1) < 1e-12)
  }

  @Test func withoutAPointOneIsChosenInTheDomain() throws {
    let run = try adjoint("diff", "log(1 - x)", "--json")
    let at = try #require(run.json()["at"] as? [[String: Any]])
    #expect(at[0]["value"] as? Double == 0.5)
    let none = try adjoint("diff", "log(-1 - x^2)")
    #expect(none.status == 64 && none.errors.contains("no point was found"), "\(none.errors)")
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
      (["diff", "x", "--at", "x=1", "--wrt", "q"], "'q' is no variable"),
      (["diff", "2+3"], "has no variable"), (["diff", "x", "--at", "x=1", "--order", "0"], "give 1 to 20"),
      (["diff", "x", "--order", "21"], "give 1 to 20"),
      (["diff", "x*y", "--wrt", "x,"], "'' is no variable"),
      (["diff", "x*y", "--wrt", "x,y", "--order", "3"], "do not fit"),
      (["diff", "x*y", "--gradient", "--hessian"], "leave --gradient out"),
      (["diff", "x*y", "--hessian", "--order", "2"], "--order has no meaning"),
      (["diff", "x*y", "--gradient", "--wrt", "x,x"], "names a variable twice"),
    ]
    for (arguments, message) in cases {
      let run = try adjoint(arguments)
      #expect(run.status != 0 && run.output.isEmpty && run.errorLines.count == 1, "\(run.errors)")
      #expect(run.errors.hasPrefix("error: ") && run.errors.contains(message), "\(run.errors)")
    }
  }
}
