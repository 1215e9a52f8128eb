import Adjoint
import AdjointArray
import AdjointIR
import Foundation
import Testing

/// No walk recurses along the graph, and none is quadratic, from the closure to the machine code.
@Suite struct DepthTests {
  /// x ← x / (1 + x), n times, is x / (1 + n x), whose derivative is 1 / (1 + n x)².
  @Test(
    "A long chain is differentiated and compiled", .timeLimit(.minutes(2)),
    arguments: [(100_000, [3]), (10_000, [])] as [(Int, Shape)])
  func chain(_ operations: Int, _ shape: Shape) throws {
    let n = Double(operations / 2)
    let f = try Function([("x", TensorType(.float64, shape))]) { x in
      let y = (0..<(operations / 2)).reduce(x[0]) { y, _ in y / (1 + y) }
      return [y, gradient(of: y, withRespectTo: x[0])]
    }
    let xs = Array([0.5, 1, 2].prefix(shape.count))
    let results = try f.compiled()(NDArray(xs, shape: shape))
    // Each of the operations rounds once, and the derivative takes twice as many.
    let bound = 4 * Double(operations) * Double.ulpOfOne
    for (index, x) in xs.enumerated() {
      let (value, slope) = (x / (1 + n * x), 1 / ((1 + n * x) * (1 + n * x)))
      #expect(abs(results[0].doubles[index] / value - 1) < bound)
      #expect(abs(results[1].doubles[index] / slope - 1) < bound)
    }
  }

  /// The update of the last of 4,000 parameters goes through no more calls than that of the first: a small stack holds it.
  @Test func manyParametersAreRecordedOnASmallStack() async throws {
    let nodes = try await withCheckedThrowingContinuation { continuation in
      let thread = Thread {
        continuation.resume(with: Result { try Self.nodesOfStep(layers: 2_000) })
      }
      thread.stackSize = 256 * 1024
      thread.start()
    }
    let (one, two) = (try Self.nodesOfStep(layers: 10), try Self.nodesOfStep(layers: 11))
    #expect(nodes == one + 1_990 * (two - one))
  }

  /// Of a training step of so many layers of one weight and one bias.
  private static func nodesOfStep(layers: Int) throws -> Int {
    let data = NDArray(zeros: [1, 1], .float32)
    let model = Sequential { for _ in 0..<layers { Dense(1, activation: .tanh) } }
    return try StepBenchmark(
      model, loss: .meanSquaredError, regularization: .l2(1e-4), optimizer: .adam(), features: data,
      targets: data, seed: 1
    ).nodeCount
  }
}
