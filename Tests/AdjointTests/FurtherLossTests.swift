import Adjoint
import Testing

/// Losses that `Reference/losses.py` computes with PyTorch.
@Suite("Losses beside PyTorch's")
struct FurtherLossTests {
  static let targets = [0.4, 1.0, -0.5, 0.0, 0.1, 2.5]
  static let probabilities = [0.2, 0.8, 0.0, 0.5, 0.25, 0.25]
  static let truth = [0.0, 1, 1, 1, 0, 0]
  static let cases: [(name: String, loss: Loss, targets: [Double])] = [
    ("absolute", .meanAbsoluteError, targets), ("huber", .huber(), targets),
    ("huber-0.5", .huber(0.5), targets),
    ("hinge", .hinge, truth), ("kl", .klDivergence, probabilities),
  ]

  @Test func valuesAndDerivatives() throws {
    let reference = try referenceNumbers("losses")
    #expect(reference.count == Self.cases.count)
    let logits = try NDArray([0.5, -1.25, 2.0, 3.0, 0.1, -0.2], shape: [2, 3])
    for item in Self.cases {
      let expected = try #require(reference[item.name])
      let targets = try NDArray(item.targets, shape: [2, 3])
      for type in [ScalarType.float64, .float32] {
        let inputs = [("z", TensorType(type, [2, 3])), ("t", TensorType(type, [2, 3]))]
        let function = try Function(inputs) { (tensors: [Tensor]) -> [Tensor] in
          let loss = item.loss(tensors[0], tensors[1])
          return [loss, gradient(of: loss, withRespectTo: tensors[0])]
        }
        let (z, t) = (logits.converted(to: type), targets.converted(to: type))
        for found in [try function(z, t), try function.compiled()(z, t)] {
          let values = found[0].doubles + found[1].doubles
          #expect(values.count == expected.count)
          for (a, b) in zip(values, expected) {
            let bound = type == .float64 ? 1e-15 : 3e-7
            #expect(abs(a - b) <= bound, "\(item.name), \(type)")
          }
        }
      }
    }
  }

  @Test func initialMatricesAreOrthogonal() {
    for (rows, columns) in [(5, 5), (7, 3), (3, 8), (1, 4)] {
      var generator = SeededGenerator(seed: 9)
      let values = Initializer.orthogonal(gain: 2).values(
        shape: [rows, columns], fanIn: rows, fanOut: columns, scalarType: .float64, using: &generator
      ).doubles
      let count = min(rows, columns)
      for a in 0..<count {
        for b in 0..<count {
          var product = 0.0
          for k in 0..<max(rows, columns) {
            let (i, j) =
              rows <= columns ? (a * columns + k, b * columns + k) : (k * columns + a, k * columns + b)
            product += values[i] * values[j]
          }
          #expect(abs(product - (a == b ? 4 : 0)) < 1e-14)
        }
      }
    }
  }
}
