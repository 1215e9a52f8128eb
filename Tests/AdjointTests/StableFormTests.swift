import Adjoint
import Foundation
import Testing

/// What users write, in the words of the table: value and derivatives are those of the mathematics, far out and close to
/// where digits cancel.
@Suite("Unstable forms, made stable")
struct StableFormTests {
  struct Form: Sendable, CustomTestStringConvertible {
    let name: String
    /// Whether the value has all its digits where it is small, too, or as many as a number of size 1 has.
    let isRelative: Bool
    let body: @Sendable (Tensor) -> Tensor

    init(_ name: String, isRelative: Bool = true, _ body: @escaping @Sendable (Tensor) -> Tensor) {
      self.name = name.replacingOccurrences(of: " ", with: "_")
      self.isRelative = isRelative
      self.body = body
    }
    var testDescription: String { name }
  }

  static let forms: [Form] = [
    Form("log(exp(x))") { log(exp($0)) },
    Form("log(sigmoid(x))") { log(sigmoid($0)) },
    Form("log(1 - sigmoid(x))") { log(1 - sigmoid($0)) },
    Form("log(1 + exp(x))") { log(1 + exp($0)) },
    Form("log(2 + exp(x))", isRelative: false) { log(2 + exp($0)) },
    Form("log(exp(x) + exp(2x))", isRelative: false) { log(exp($0) + exp(2 * $0)) },
    Form("log(exp(x) + exp(-x) + 1)", isRelative: false) { log(exp($0) + exp(-$0) + 1) },
    Form("log(1 - exp(x))") { log(1 - exp($0)) },
    Form("log(1 - tanh(x)^2)") { log(1 - square(tanh($0))) },
    Form("log(3 exp(-x²/2))", isRelative: false) { log(3 * exp(-square($0) / 2)) },
    Form("exp(x) - 1") { exp($0) - 1 },
    Form("1 - exp(x)") { 1 - exp($0) },
    Form("1/(1 + exp(-x))") { 1 / (1 + exp(-$0)) },
    Form("exp(x)/(1 + exp(x))") { exp($0) / (1 + exp($0)) },
    Form("exp(x)/(exp(x) + exp(-x))") { exp($0) / (exp($0) + exp(-$0)) },
    Form("5/(1 + exp(x))") { 5 / (1 + exp($0)) },
    Form("(1 + tanh(x/2))/2") { 0.5 * (1 + tanh($0 / 2)) },
    Form("2 sigmoid(x) - 1") { 2 * sigmoid($0) - 1 },
    Form("(exp(x) - exp(-x))/(exp(x) + exp(-x))") { (exp($0) - exp(-$0)) / (exp($0) + exp(-$0)) },
    Form("(exp(2x) - 1)/(exp(2x) + 1)") { (exp(2 * $0) - 1) / (exp(2 * $0) + 1) },
    Form("(1 - exp(-2x))/(1 + exp(-2x))") { (1 - exp(-2 * $0)) / (1 + exp(-2 * $0)) },
    Form("softmax") { first(softmaxAsWritten(three($0))) },
    Form("log softmax", isRelative: false) { first(log(softmaxAsWritten(three($0)))) },
    Form("log sum exp", isRelative: false) { x in log(sum(exp(three(x)), axes: 1)) },
    Form("log mean exp", isRelative: false) { x in
      log(mean(exp(three(x)), axes: 1, keepDimensions: true)).reshaped(to: x.shape)
    },
    Form("cross-entropy", isRelative: false) { x in
      let p = sigmoid(x)
      return -(0.25 * log(p) + 0.75 * log(1 - p))
    },
  ]

  /// The rows (x, 0, −x).
  static func three(_ x: Tensor) -> Tensor {
    x.reshaped(to: [x.count, 1]) * (1 - Tensor.iota(3, x.scalarType, in: x.trace))
  }
  static func softmaxAsWritten(_ z: Tensor) -> Tensor { exp(z) / sum(exp(z), axes: 1, keepDimensions: true) }
  static func first(_ rows: Tensor) -> Tensor { rows.split(axis: 1)[0].reshaped(to: [rows.shape[0]]) }

  @Test("Value and derivatives are mpmath's", arguments: forms, [ScalarType.float32, .float64])
  func references(form: Form, type: ScalarType) throws {
    let rows = try ReferenceRow.rows(of: "stable-forms").filter { $0.name == form.name }
    try #require(rows.count >= 8)
    let found = try valueAndDerivatives(at: rows.map(\.point), type, form.body)
    for (backend, orders) in found {
      for (index, row) in rows.enumerated() {
        for (order, values) in orders.enumerated() {
          let expected = try #require(row.values[order])
          // Derivatives of something of size 1 are right to as many digits after the point as that has.
          let scale = order == 0 && form.isRelative ? 0.0 : 1
          let error = roundings(values[index], expected, type, scale: scale)
          #expect(
            error <= 16,
            "\(backend), \(type), derivative \(order) at \(row.point): \(values[index]), not \(expected)")
        }
      }
    }
  }

  @Test("Every form of the table is tested")
  func complete() throws {
    #expect(try Set(ReferenceRow.rows(of: "stable-forms").map(\.name)) == Set(Self.forms.map(\.name)))
  }

  @Test("NaN stays NaN", arguments: forms)
  func nan(form: Form) throws {
    for (backend, orders) in try valueAndDerivatives(at: [.nan], .float64, order: 0, form.body) {
      #expect(orders[0][0].isNaN, "\(backend)")
    }
  }

  @Test("Losses written by hand from probabilities are the built-in ones, far out, too")
  func handwrittenLosses() throws {
    let z = try NDArray([800.0, -800, 0, 3, -700, 700], shape: [2, 3])
    let t = try NDArray([0.0, 1, 0, 0.25, 0.5, 0.25], shape: [2, 3])
    let types = [("z", TensorType(.float64, [2, 3])), ("t", TensorType(.float64, [2, 3]))]
    func compare(_ byHand: @escaping (Tensor, Tensor) -> Tensor, _ loss: Loss) throws {
      let (own, builtIn) = (
        try Function(types) { [byHand($0[0], $0[1])] }, try Function(types) { [loss($0[0], $0[1])] }
      )
      #expect(isClose(try own(z, t)[0].doubles, try builtIn(z, t)[0].doubles, 1e-15))
      let (slope, expected) = (
        try own.derivative()(z, t)[0].doubles, try builtIn.derivative()(z, t)[0].doubles
      )
      #expect(isClose(slope, expected, 1e-15))
      #expect(slope.allSatisfy { $0.isFinite })
    }
    try compare(
      { z, t in
        let p = sigmoid(z)
        return -mean(t * log(p) + (1 - t) * log(1 - p))
      }, .binaryCrossEntropy)
    try compare(
      { z, t in
        -mean(sum(t * log(exp(z) / sum(exp(z), axes: 1, keepDimensions: true)), axes: 1))
      }, .softmaxCrossEntropy)
  }
}
