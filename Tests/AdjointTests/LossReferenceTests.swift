import Adjoint
import Foundation
import Testing

/// Each loss as a function of a logit, close to 0 and far out.
@Suite("Losses at the edges")
struct LossReferenceTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let name: String
    let body: @Sendable (Tensor) -> Tensor
    var testDescription: String { name }
  }

  /// Of one row for each point, with the mean undone.
  static let cases: [Case] =
    [0, 0.25, 1].map { target in
      Case(name: "binary_\(target == 0.25 ? "0.25" : "\(Int(target))")") { x in
        Loss.binaryCrossEntropy(x, target + 0 * x)
      }
    } + [
      Case(name: "squared_0.5") { x in Loss.meanSquaredError(x, 0.5 + 0 * x) },
      Case(name: "halfSquared_0.5") { x in Loss.halfSquaredError(x, 0.5 + 0 * x) },
    ]
    + [0, 1, 2].map { index in
      Case(name: "softmax_\(index)") { x in
        let classes = Tensor.iota(1, .int32, in: x.trace) + Double(index)
        return Loss.softmaxCrossEntropy(StableFormTests.three(x), classes)
      }
    } + [
      Case(name: "softmax_weights") { x in
        let z = StableFormTests.three(x)
        let weights = select(
          Tensor.iota(3, x.scalarType, in: x.trace) .> 0, 0.125,
          0.25 + 0 * Tensor.iota(3, x.scalarType, in: x.trace))
        let third = select(Tensor.iota(3, x.scalarType, in: x.trace) .== 1, 0.625, weights)
        return Loss.softmaxCrossEntropy(z, third.reshaped(to: [1, 3]))
      }
    ]

  @Test("Value and derivatives are mpmath's", arguments: cases, [ScalarType.float32, .float64])
  func references(loss: Case, type: ScalarType) throws {
    let rows = try ReferenceRow.rows(of: "loss-edges").filter { $0.name == loss.name }
    try #require(rows.count == 15)
    var functions = [try Function([("x", TensorType(type, [1]))]) { [loss.body($0[0])] }]
    for _ in 0..<2 { functions.append(try functions[functions.count - 1].derivative()) }
    for (order, function) in functions.enumerated() {
      let compiled = try function.compiled()
      for row in rows {
        let x = NDArray([row.point]).converted(to: type)
        let expected = try #require(row.values[order])
        for (backend, found) in [("interpreter", try function(x)), ("TinyCC", try compiled(x))] {
          let value = found[0].doubles[0]
          // e^−80 is not lost beside 0; else a loss and its derivatives have the digits of a number of size 1.
          let isExact = order == 0 && loss.name.hasPrefix("binary") && loss.name != "binary_0.25"
          let error = roundings(value, expected, type, scale: isExact ? 0 : 1)
          #expect(
            error <= 16, "\(backend), \(type), derivative \(order) at \(row.point): \(value), not \(expected)"
          )
        }
      }
    }
  }

  @Test("Every loss of the table is tested")
  func complete() throws {
    #expect(try Set(ReferenceRow.rows(of: "loss-edges").map(\.name)) == Set(Self.cases.map(\.name)))
  }

  @Test("NaN stays NaN, and an infinite logit on the wrong side costs ∞")
  func notFinite() throws {
    for loss in Self.cases {
      let f = try Function([("x", TensorType(.float64, [1]))]) { [loss.body($0[0])] }
      #expect(try f(NDArray([Double.nan]))[0].doubles[0].isNaN, "\(loss)")
    }
    for (x, t) in [(Double.infinity, 0.0), (.infinity, 0.25), (-.infinity, 1), (-.infinity, 0.25)] {
      let f = try Function([("x", TensorType(.float64, [1])), ("t", TensorType(.float64, [1]))]) {
        [Loss.binaryCrossEntropy($0[0], $0[1])]
      }
      #expect(try f(NDArray([x]), NDArray([t]))[0].doubles == [.infinity])
      #expect(try f.compiled()(NDArray([x]), NDArray([t]))[0].doubles == [.infinity])
    }
    // A class that is masked by −∞ takes no part, and costs ∞ where it is the right one.
    let masked = try NDArray([0, 0, -Double.infinity], shape: [1, 3])
    let f = try Function([("z", TensorType(.float64, [1, 3])), ("t", TensorType(.int32, [1]))]) {
      [Loss.softmaxCrossEntropy($0[0], $0[1])]
    }
    #expect(isClose(try f(masked, NDArray([1] as [Int32]))[0].doubles, [log(2)], 1e-15))
    #expect(try f.derivative()(masked, NDArray([1] as [Int32]))[0].doubles == [0.5, -0.5, 0])
    #expect(try f(masked, NDArray([2] as [Int32]))[0].doubles == [.infinity])
  }
}
