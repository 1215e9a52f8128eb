import Adjoint
import FuzzHarness
import Testing

/// Where sums overflow, and where they are zeros.
@Suite struct SumTests {
  static func sum(_ shape: Shape, _ axes: [[Int]]) throws -> Graph {
    var builder = Builder()
    var value = builder.argument(.input, "x", TensorType(.float64, shape))
    for axes in axes { value = try builder.reduce(.sum, value, axes: axes) }
    return builder.graph(outputs: [Output("y", value)])
  }

  /// ∞ − ∞: the rows are summed first, as it is written.
  @Test(arguments: Backend.tiles + [.portable])
  func sumsOfSumsThatOverflowAreNaN(backend: Backend) throws {
    let x = try NDArray([1.7e308, 1.7e308, -1.7e308, -1.7e308], shape: [2, 2])
    let graph = try Self.sum([2, 2], [[1], [0]])
    for graph in [graph, graph.simplified()] {
      #expect(try Interpreter(graph).run(values: [x])[0].doubles[0].isNaN)
      #expect(try backend.compile(graph)([x])[0].doubles[0].isNaN)
    }
  }

  /// A sum of one element is that element, a sum of several negative zeros is +0.
  @Test(arguments: Backend.tiles + [.portable])
  func theSignOfAZeroSumIsTheSameEverywhere(backend: Backend) throws {
    let forms: [(Shape, [Int], FloatingPointSign)] = [
      ([1], [0], .minus), ([5, 1], [1], .minus), ([1, 5], [0], .minus), ([1, 17, 1], [0, 2], .minus),
      ([2], [0], .plus), ([33], [0], .plus), ([3, 17], [0], .plus), ([3, 17], [1], .plus),
      ([2, 1], [0, 1], .plus), ([2, 4, 3], [0, 2], .plus), ([0], [0], .plus),
    ]
    for (shape, axes, sign) in forms {
      let x = NDArray(repeating: Literal(-0.0), shape: shape)
      let graph = try Self.sum(shape, [axes])
      for result in [try Interpreter(graph).run(values: [x]), try backend.compile(graph)([x])] {
        #expect(result[0].doubles.allSatisfy { $0 == 0 && $0.sign == sign }, "\(shape) \(axes)")
        #expect(result[0].count > 0)
      }
    }
  }
}
