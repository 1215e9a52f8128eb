import AdjointArray
import AdjointIR
import Testing

@testable import AdjointInterpreter

@Suite struct ElementwiseTests {
  static let inf = Double.infinity

  /// NumPy 2.4: `np.exp(x)` and so on for x = [-2, -0.5, 0, 0.5, 2]; sigmoid is `1 / (1 + np.exp(-x))`.
  static let transcendental: [(UnaryFunction, [Double])] = [
    (.exp, [0.1353352832366127, 0.6065306597126334, 1.0, 1.6487212707001282, 7.38905609893065]),
    (.log1p, [.nan, -0.6931471805599453, 0.0, 0.4054651081081644, 1.0986122886681098]),
    (.expm1, [-0.8646647167633873, -0.3934693402873666, 0.0, 0.6487212707001282, 6.38905609893065]),
    (.sin, [-0.9092974268256817, -0.479425538604203, 0.0, 0.479425538604203, 0.9092974268256817]),
    (.cos, [-0.4161468365471424, 0.8775825618903728, 1.0, 0.8775825618903728, -0.4161468365471424]),
    (.tanh, [-0.9640275800758169, -0.46211715726000974, 0.0, 0.46211715726000974, 0.9640275800758169]),
    (.sigmoid, [0.11920292202211755, 0.3775406687981454, 0.5, 0.6224593312018546, 0.8807970779778823]),
    (.log, [.nan, .nan, -.infinity, -0.6931471805599453, 0.6931471805599453]),
  ]

  @Test(arguments: transcendental)
  func transcendentalsAreNumPys(function: UnaryFunction, expected: [Double]) throws {
    let x = NDArray([-2.0, -0.5, 0, 0.5, 2])
    for (type, tolerance) in [(ScalarType.float64, 4e-16), (.float32, 2e-7)] {
      let found = try value(.unary(function), x.converted(to: type))
      #expect(found.scalarType == type)
      for (a, b) in zip(found.doubles, expected) {
        #expect(a == b || (a.isNaN && b.isNaN) || abs(a - b) <= tolerance * max(1, abs(b)))
      }
    }
  }

  /// By hand from the definitions, on −inf, −1.5, −0, 0, 1.5, inf, NaN.
  static let exact: [(UnaryFunction, [Double])] = [
    (.negate, [inf, 1.5, 0, -0.0, -1.5, -inf, .nan]),
    (.absolute, [inf, 1.5, 0, 0, 1.5, inf, .nan]),
    (.sign, [-1, -1, -0.0, 0, 1, 1, .nan]),
    (.relu, [0, 0, 0, 0, 1.5, inf, .nan]),
    (.sqrt, [.nan, .nan, -0.0, 0, 1.224744871391589, inf, .nan]),
  ]

  @Test(arguments: exact)
  func specialValuesAreAsDefined(function: UnaryFunction, expected: [Double]) throws {
    let x = NDArray([-Self.inf, -1.5, -0.0, 0, 1.5, Self.inf, .nan])
    #expect(try bits(value(.unary(function), x)) == bits(expected))
  }

  @Test func negationFlipsTheSignBitOfNaN() throws {
    let flipped = try value(.unary(.negate), NDArray(Float.nan)).elements(as: Float.self)
    #expect(flipped[0].bitPattern == Float.nan.bitPattern ^ 0x8000_0000)
  }

  @Test func sigmoidDoesNotOverflow() throws {
    // e^-1000 underflows to 0, e^-700 does not: np.exp(-700.) is 9.859676543759770e-305.
    let found = try value(.unary(.sigmoid), NDArray([-1000.0, -700, 1000])).doubles
    #expect(found[0] == 0)
    #expect(abs(found[1] / 9.85967654375977e-305 - 1) < 1e-14)
    #expect(found[2] == 1)
    let special = try value(.unary(.sigmoid), NDArray([-Self.inf, -0.0, 0, Self.inf, .nan]))
    #expect(bits(special) == bits([0, 0.5, 0.5, 1, .nan]))
  }

  static let binary: [(BinaryFunction, [Double])] = [
    (.add, [3, .nan, 0, .nan, .nan, 7]),
    (.subtract, [-1, inf, -0.0, .nan, .nan, 3]),
    (.multiply, [2, -inf, -0.0, .nan, .nan, 10]),
    (.divide, [0.5, -inf, .nan, .nan, .nan, 2.5]),
    (.maximum, [2, inf, 0, .nan, .nan, 5]),
    (.minimum, [1, -inf, 0, .nan, .nan, 2]),
  ]

  @Test(arguments: binary)
  func binaryFunctionsAreAsDefined(function: BinaryFunction, expected: [Double]) throws {
    let inf = Self.inf
    let a = NDArray([1, inf, -0.0, .nan, 1, 5])
    let b = NDArray([2, -inf, 0.0, 1, .nan, 2])
    var expected = expected
    if function == .divide { expected[1] = .nan }  // inf / -inf
    for type in [ScalarType.float32, .float64] {
      let found = try value(.binary(function), a.converted(to: type), b.converted(to: type))
      #expect(bits(found) == bits(expected))
    }
  }

  @Test func powerIsThatOfC() throws {
    // NumPy: np.power([-2., 2, 0, 9, -8], [3., -1, 0, .5, 1/3])
    let found = try value(
      .binary(.power), NDArray([-2.0, 2, 0, 9, -8]), NDArray([3.0, -1, 0, 0.5, 1.0 / 3]))
    #expect(bits(found) == bits([-8, 0.5, 1, 3, .nan]))
    #expect(try value(.binary(.power), NDArray([Float(-2)]), NDArray([Float(3)])).doubles == [-8])
  }

  @Test func integersWrapAndNeverTrap() throws {
    let a = NDArray([Int32.max, .min, .min, 7, -7, 5])
    let b = NDArray([Int32(1), -1, 1, 2, 2, 0])
    func result(_ function: BinaryFunction) throws -> [Int32] {
      try value(.binary(function), a, b).elements()
    }
    #expect(try result(.add) == [.min, .max, .min + 1, 9, -5, 5])
    #expect(try result(.subtract) == [.max - 1, .min + 1, .max, 5, -9, 5])
    #expect(try result(.multiply) == [.max, .min, .min, 14, -14, 0])
    #expect(try result(.divide) == [.max, .min, .min, 3, -3, 0])
    #expect(try result(.maximum) == [.max, -1, 1, 7, 2, 5])
    #expect(try result(.minimum) == [1, .min, .min, 2, -7, 0])
    let c = NDArray([Int32.min, -3, 0, 4])
    #expect(try value(.unary(.absolute), c).elements(as: Int32.self) == [.min, 3, 0, 4])
    #expect(try value(.unary(.negate), c).elements(as: Int32.self) == [.min, 3, 0, -4])
    #expect(try value(.unary(.sign), c).elements(as: Int32.self) == [-1, -1, 0, 1])
    #expect(try value(.unary(.relu), c).elements(as: Int32.self) == [0, 0, 0, 4])
  }

  @Test func logicIsThatOfTheTruthTable() throws {
    let a = NDArray([false, false, true, true])
    let b = NDArray([false, true, false, true])
    #expect(try value(.binary(.and), a, b).elements() == [false, false, false, true])
    #expect(try value(.binary(.or), a, b).elements() == [false, true, true, true])
    #expect(try value(.unary(.not), a).elements() == [true, true, false, false])
    #expect(try value(.compare(.equal), a, b).elements() == [true, false, false, true])
    #expect(try value(.compare(.notEqual), a, b).elements() == [false, true, true, false])
  }

  /// On (1, 2), (2, 1), (0, −0), (NaN, NaN).
  static let comparisons: [(Comparison, [Bool])] = [
    (.equal, [false, false, true, false]),
    (.notEqual, [true, true, false, true]),
    (.less, [true, false, false, false]),
    (.lessOrEqual, [true, false, true, false]),
    (.greater, [false, true, false, false]),
    (.greaterOrEqual, [false, true, true, false]),
  ]

  @Test(arguments: comparisons)
  func comparisonsWithNaNAreFalse(comparison: Comparison, expected: [Bool]) throws {
    let (a, b) = (NDArray([1, 2, 0, Double.nan]), NDArray([2, 1, -0.0, Double.nan]))
    for type in [ScalarType.float32, .float64] {
      #expect(
        try value(.compare(comparison), a.converted(to: type), b.converted(to: type)).elements() == expected)
    }
    let integers = try value(.compare(comparison), NDArray([Int32(1), 2, 0]), NDArray([Int32(2), 1, 0]))
    #expect(try integers.elements() == Array(expected.prefix(3)))
  }

  @Test func selectCopiesBits() throws {
    let condition = NDArray([true, false, true])
    let found = try value(.select, condition, NDArray([-0.0, 1, .nan]), NDArray([5.0, -0.0, 5]))
    #expect(bits(found) == bits([-0.0, -0.0, .nan]))
    #expect(
      try value(.select, condition, condition, NDArray([true, true, false])).elements() == [true, true, true])
    #expect(
      try value(.select, condition, NDArray([Int32(1), 2, 3]), NDArray([Int32(4), 5, 6])).elements(
        as: Int32.self) == [1, 5, 3])
  }

  @Test func castsTruncateSaturateAndRound() throws {
    let x = NDArray([-1e20, -1.9, -0.0, 1.9, 1e20, .nan, .infinity])
    let integers: [Int32] = [.min, -1, 0, 1, .max, 0, .max]
    #expect(try value(.cast(.int32), x).elements() == integers)
    #expect(try value(.cast(.int32), x.converted(to: .float32)).elements() == integers)
    #expect(try value(.cast(.bool), x).elements() == [true, true, false, true, true, true, true])
    #expect(try value(.cast(.float32), NDArray([0.1])).elements() == [Float(0.1)])
    // 2^24 + 1 lies between two floats: to even.
    #expect(try value(.cast(.float32), NDArray([Int32(16_777_217)])).doubles == [16_777_216])
    #expect(try value(.cast(.float64), NDArray([Int32.min, 3])).doubles == [-2_147_483_648, 3])
    #expect(try value(.cast(.float64), NDArray([Float(0.1)])).doubles == [0.10000000149011612])
    #expect(try value(.cast(.float64), NDArray([true, false])).doubles == [1, 0])
    #expect(try value(.cast(.int32), NDArray([true, false])).elements(as: Int32.self) == [1, 0])
    #expect(try value(.cast(.bool), NDArray([Int32(-2), 0])).elements() == [true, false])
  }

  @Test(arguments: [Shape([0]), [3, 0], [1], .scalar])
  func shapesWithNoneOrOneElementWork(shape: Shape) throws {
    let x = NDArray(repeating: Literal(Float(2)), shape: shape)
    let sum = try value(.binary(.add), x, x)
    #expect(sum.shape == shape && sum.doubles == [Double](repeating: 4, count: shape.count))
    #expect(try value(.unary(.negate), x).doubles == [Double](repeating: -2, count: shape.count))
  }
}
