import Adjoint
import Foundation
import Testing

/// Each activation at 0, close to it, at ±80, ±700, ±10,000, at the greatest numbers, at ±∞ and NaN.
@Suite("Activations at the edges")
struct ActivationTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let name: String
    /// The first two derivatives at each kink, by the function's documentation.
    let kinks: [Double: [Double]]
    /// The first derivative at NaN, by the function's documentation.
    let slopeOfNaN: Double
    let body: @Sendable (Tensor) -> Tensor

    init(
      _ name: String, kinks: [Double: [Double]] = [:], slopeOfNaN: Double = .nan,
      _ body: @escaping @Sendable (Tensor) -> Tensor
    ) {
      (self.name, self.kinks, self.slopeOfNaN, self.body) = (name, kinks, slopeOfNaN, body)
    }
    var testDescription: String { name }
  }

  /// By the names of Reference/edges.py.
  static let cases = [
    Case("identity", slopeOfNaN: 1) { $0 },
    Case("relu", kinks: [0: [0, 0]], slopeOfNaN: 0) { relu($0) },
    Case("leakyRelu", kinks: [0: [1 / 64, 0]], slopeOfNaN: 1 / 64) { leakyRelu($0, slope: 1 / 64) },
    Case("elu", kinks: [0: [1, 1]]) { elu($0) },
    Case("sigmoid") { sigmoid($0) },
    Case("tanh") { tanh($0) },
    Case("softplus") { softplus($0) },
    Case("gelu") { gelu($0) },
    Case("silu") { silu($0) },
    Case("geluErf") { gelu($0, form: .erf) },
    Case("mish") { mish($0) },
    Case("logSigmoid") { logSigmoid($0) },
    Case("selu", kinks: [0: [1.7580993408473766, 1.7580993408473766]]) { selu($0) },
    Case("hardSigmoid", kinks: [-3: [0, 0], 3: [1 / 6, 0]], slopeOfNaN: 1 / 6) { hardSigmoid($0) },
    Case("softsign", kinks: [0: [1, 0]]) { softsign($0) },
  ]

  @Test("Value and derivatives are mpmath's", arguments: cases, [ScalarType.float32, .float64])
  func references(activation: Case, type: ScalarType) throws {
    let rows = try ReferenceRow.rows(of: "activation-edges").filter {
      $0.name == activation.name && (type == .float64 || Double(Float($0.point)) == $0.point)
    }
    try #require(rows.count > 20)
    let found = try valueAndDerivatives(at: rows.map(\.point) + [.nan], type, activation.body)
    for (backend, orders) in found {
      for (index, row) in rows.enumerated() {
        for (order, values) in orders.enumerated() {
          let expected = try #require(row.values[order] ?? activation.kinks[row.point]?[order - 1])
          // Values have their digits however small they are, derivatives those that a number of size 1 has. The Gaussian
          // tail at −30 is the worst: rounding x once changes it by x² = 900 halves of a rounding.
          let error = roundings(values[index], expected, type, scale: order == 0 ? 0 : 1)
          #expect(
            error <= 256,
            "\(backend), \(type), derivative \(order) at \(row.point): \(values[index]), not \(expected)")
        }
      }
      #expect(orders[0][rows.count].isNaN)
      #expect(roundings(orders[1][rows.count], activation.slopeOfNaN, type) <= 1, "\(backend) \(type) NaN")
    }
  }

  @Test("Every row of the table is tested, and every activation that layers have is in it")
  func complete() throws {
    let names = Set(Self.cases.map(\.name))
    #expect(try Set(ReferenceRow.rows(of: "activation-edges").map(\.name)) == names)
    func plain(_ name: String) -> String { name.lowercased().filter { $0 != "-" } }
    // Softmax is no function of one number.
    let known = Set(Activation.named.map { plain($0.name) }).subtracting(["softmax"])
    #expect(known.isSubset(of: Set(names.map(plain))))
  }
}

@Suite("Names of activations")
struct ActivationNameTests {
  @Test func aNameReadsBackToItsActivation() throws {
    for (name, activation) in Activation.named {
      #expect(try Activation(named: name) == activation && activation.name == name && "\(activation)" == name)
    }
  }

  @Test func anUnusualNumberIsSaid() {
    #expect("\(Activation.leakyRelu(slope: 0.2))" == "leaky-relu of slope 0.2")
    #expect("\(Activation.elu(alpha: 2))" == "elu of alpha 2.0")
  }
}
