import AdjointArray
import AdjointIR
import Testing

@testable import AdjointInterpreter

@Suite struct ReductionTests {
  /// NumPy: `a = np.arange(24.).reshape(2, 3, 4)`, then `a.sum(axis)` and `a.max(axis)`.
  static let subsets: [([Int], sum: [Double], max: [Double])] = [
    ([], (0..<24).map(Double.init), (0..<24).map(Double.init)),
    ([0], [12, 14, 16, 18, 20, 22, 24, 26, 28, 30, 32, 34], (12..<24).map(Double.init)),
    ([1], [12, 15, 18, 21, 48, 51, 54, 57], [8, 9, 10, 11, 20, 21, 22, 23]),
    ([2], [6, 22, 38, 54, 70, 86], [3, 7, 11, 15, 19, 23]),
    ([0, 1], [60, 66, 72, 78], [20, 21, 22, 23]),
    ([0, 2], [60, 92, 124], [15, 19, 23]),
    ([1, 2], [66, 210], [11, 23]),
    ([0, 1, 2], [276], [23]),
  ]

  @Test(arguments: subsets)
  func everySubsetOfAxesIsNumPys(axes: [Int], sum: [Double], max: [Double]) throws {
    let a = try counting([2, 3, 4])
    let negated = try value(.unary(.negate), a)
    for type in [ScalarType.float32, .float64, .int32] {
      let found = try value(.reduce(.sum, axes: axes), a.converted(to: type))
      #expect(found.doubles == sum)
      #expect(found.shape == a.shape.reducing(axes, keepingDimensions: false))
      #expect(try value(.reduce(.maximum, axes: axes), a.converted(to: type)).doubles == max)
      // min a = -max(-a)
      #expect(
        try value(.reduce(.minimum, axes: axes), negated.converted(to: type)).doubles == max.map { 0 - $0 })
    }
  }

  @Test func productsMultiply() throws {
    // NumPy: np.arange(1, 7.).reshape(2, 3).prod(axis)
    let a = try counting([2, 3], from: 1)
    #expect(try value(.reduce(.product, axes: [0]), a).doubles == [4, 10, 18])
    #expect(try value(.reduce(.product, axes: [1]), a).doubles == [6, 120])
    #expect(try value(.reduce(.product, axes: [0, 1]), a).doubles == [720])
  }

  @Test func reductionsOverNothingGiveTheIdentity() throws {
    for axes in [[0], [0, 1]] {
      for (reduction, expected) in [
        (Reduction.sum, 0.0), (.product, 1), (.maximum, -.infinity), (.minimum, .infinity),
      ] {
        let found = try value(.reduce(reduction, axes: axes), NDArray(zeros: [0, 2], .float32))
        #expect(found.doubles == [Double](repeating: expected, count: axes.count == 1 ? 2 : 1))
      }
    }
    let integers = NDArray(zeros: [0], .int32)
    #expect(try value(.reduce(.maximum, axes: [0]), integers).elements() == [Int32.min])
    #expect(try value(.reduce(.minimum, axes: [0]), integers).elements() == [Int32.max])
    #expect(try value(.reduce(.sum, axes: [0]), NDArray(zeros: [3, 0])).doubles == [])
  }

  @Test func aReductionOfOneElementIsThatElement() throws {
    for reduction in Reduction.allCases where reduction.domain.contains(.float64) {
      let column = try NDArray([-0.0, 0.0, -3, .infinity], shape: [4, 1])
      #expect(bits(try value(.reduce(reduction, axes: [1]), column)) == bits(column))
      let corners = try column.reshaped(to: [1, 4, 1])
      #expect(bits(try value(.reduce(reduction, axes: [0, 2]), corners)) == bits(column))
    }
    // Several start from +0, and +0 + -0 is +0; so is a sum of none.
    for shape in [[2], [7], [600], [2, 1], [0]] as [Shape] {
      let zeros = NDArray(repeating: Literal(-0.0), shape: shape)
      #expect(bits(try value(.reduce(.sum, axes: Array(0..<shape.rank)), zeros)) == bits([0.0]))
    }
    #expect(
      bits(try value(.reduce(.sum, axes: [0]), NDArray(repeating: Literal(-0.0), shape: [3, 2])))
        == bits([0.0, 0.0]))
  }

  @Test(arguments: [0, 1, 2, 3, 4, 5, 999])
  func aNaNAnywhereReachesTheResult(place: Int) throws {
    var x = [Double](repeating: 1, count: 1000)
    x[place] = .nan
    for reduction in Reduction.allCases where reduction.domain.contains(.float64) {
      #expect(try value(.reduce(reduction, axes: [0]), NDArray(x)).doubles[0].isNaN)
      let column = try NDArray(x + x, shape: [1000, 2])
      #expect(try value(.reduce(reduction, axes: [0]), column).doubles.contains(where: \.isNaN))
    }
  }

  @Test func longSumsStayAccurate() throws {
    // A million times 0.1 in float32; one running sum ends at 100958.3 (np.add.accumulate). The bound is
    // (terms a chunk and accumulator + chunks) × half an epsilon × sum of magnitudes.
    let x = NDArray(repeating: Literal(Float(0.1)), shape: [1_000_000])
    let bound = (512 / 4 + 1_000_000 / 512) * 0x1p-24 * 100_000
    #expect(abs(try value(.reduce(.sum, axes: [0]), x).doubles[0] - 100_000) < bound)
    let columns = try x.reshaped(to: [500_000, 2])
    let columnBound = (512 + 500_000 / 512) * 0x1p-24 * 50_000
    #expect(
      try value(.reduce(.sum, axes: [0]), columns).doubles.allSatisfy { abs($0 - 50_000) < columnBound })
  }

  @Test func integerSumsWrap() throws {
    #expect(try value(.reduce(.sum, axes: [0]), NDArray([Int32.max, 1])).elements() == [Int32.min])
  }
}
