import Adjoint
import AdjointArray
import AdjointIR
import AdjointInterpreter
import Foundation
import Testing

/// Derivatives as a user writes them, within a closure and of a function.
@Suite("Derivatives")
struct DerivativeTests {
  static let matrix: [Double] = [1, 2, 3, 4, 5, 6]

  @Test("Value and gradient of a closure at a tensor, and at several")
  func valueAndGradientOfAClosure() throws {
    let x = try doubles([1, 2, -3], [3])
    let one = try evaluate([x]) { inputs in
      let (value, slope) = valueAndGradient(at: inputs[0]) { x in sum(x * x * x) }
      return [value, slope]
    }
    #expect(one.map(\.doubles) == [[1 + 8 - 27], [3, 12, 27]])
    let several = try evaluate([x, NDArray(2.0)]) { inputs in
      let (value, slopes) = valueAndGradient(at: inputs) { sum($0[0]) * $0[1] * $0[1] }
      return [value] + slopes
    }
    #expect(several.map(\.doubles) == [[0], [4, 4, 4], [0]])
    struct Own: Error {}
    #expect(throws: Own.self) {
      try evaluate([x]) { inputs in
        [try valueAndGradient(at: inputs[0]) { _ throws(Own) in throw Own() }.value]
      }
    }
  }

  @Test("vjp and jvp of a matrix product are products with the matrix from the left and from the right")
  func products() throws {
    let w = try doubles(Self.matrix, [2, 3])
    let (x, t) = (try doubles([1, -1, 2], [3]), try doubles([0.5, 1, 2], [3]))
    let c = try doubles([10, 1], [2])
    let found = try evaluate([w, x, t, c]) { inputs in
      let y = matmul(inputs[0], inputs[1])
      return [
        jvp(of: y, withRespectTo: inputs[1], tangent: inputs[2]),
        vjp(of: y, withRespectTo: inputs[1], cotangent: inputs[3]),
      ] + vjp(of: [y], withRespectTo: [inputs[0], inputs[1]], cotangents: [inputs[3]])
        + jvp(of: [y, sum(y)], withRespectTo: [inputs[0], inputs[1]], tangents: [inputs[0], inputs[2]])
    }
    // W t = (8.5, 19), Wᵀ c = (14, 25, 36), c xᵀ, and W x + W t = (5 + 8.5, 11 + 19).
    #expect(
      found.map(\.doubles) == [
        [8.5, 19], [14, 25, 36], [10, -10, 20, 1, -1, 2], [14, 25, 36], [13.5, 30], [43.5],
      ])
  }

  @Test("A derivative of what was written is that of its stable form, in every direction")
  func stableForms() throws {
    let x = try doubles([-800, 0.5], [2])
    let slope = 1 / (1 + exp(0.5))
    let found = try evaluate([x, doubles([1, 1], [2])]) { inputs in
      let y = log(sigmoid(inputs[0]))
      return [
        jvp(of: y, withRespectTo: inputs[0], tangent: inputs[1]),
        vjp(of: y, withRespectTo: inputs[0], cotangent: inputs[1]),
        jacobian(of: y, withRespectTo: inputs[0]),
        hessian(of: sum(y), withRespectTo: inputs[0]),
        hessianVectorProduct(of: sum(y), withRespectTo: inputs[0], vector: inputs[1]),
      ]
    }
    let bend = slope * (slope - 1)
    for (found, expected) in zip(
      found, [[1, slope], [1, slope], [1, 0, 0, slope], [0, 0, 0, bend], [0, bend]])
    {
      #expect(isClose(found.doubles, expected, 1e-15))
    }
  }

  @Test("Where one target depends on another, its tangent is what is given and what flows in")
  func dependentTargets() throws {
    let found = try evaluate([NDArray(3.0)]) { inputs in
      let h = inputs[0] * inputs[0]
      let y = h * inputs[0]
      let one = Tensor.ones(like: y)
      return jvp(of: [y, h], withRespectTo: [h, inputs[0]], tangents: [10 * one, one])
    }
    // dh = 10 + 2·3, dy = 3·dh + h.
    #expect(found.map(\.doubles) == [[57], [16]])
  }

  @Test("A Jacobian has the shape of the output followed by that of the input")
  func jacobians() throws {
    let w = try doubles(Self.matrix, [2, 3])
    let x = try generic([3, 2])
    let found = try evaluate([w, x]) { inputs in
      let y = matmul(inputs[0], inputs[1])
      return [jacobian(of: y, withRespectTo: inputs[1])] + jacobian(of: sum(y), withRespectTo: inputs)
    }
    #expect(found.map(\.shape) == [[2, 2, 3, 2], [2, 3], [3, 2]])
    // ∂yᵢⱼ/∂xₖₗ = wᵢₖ δⱼₗ.
    let expected = (0..<24).map { (place: Int) -> Double in
      let (i, j, k, l) = (place / 12, place / 6 % 2, place / 2 % 3, place % 2)
      return j == l ? Self.matrix[i * 3 + k] : 0
    }
    #expect(found[0].doubles == expected)
    #expect(found[2].doubles == [5, 5, 7, 7, 9, 9])
  }

  @Test("Second derivatives of several tensors, as blocks and as products, and a third one")
  func secondDerivatives() throws {
    let x = try doubles([0.5, -1], [2])
    let found = try evaluate([x, NDArray(3.0), x, NDArray(2.0)]) { inputs in
      let xs = Array(inputs.prefix(2))
      let y = sum(xs[0] * xs[0] * xs[0]) * xs[1] * xs[1]
      let blocks = hessian(of: y, withRespectTo: xs)
      let products = hessianVectorProduct(of: y, withRespectTo: xs, vectors: Array(inputs.suffix(2)))
      return blocks.flatMap { $0 } + products + [jacobian(of: blocks[0][0], withRespectTo: xs[1])]
    }
    // y = s z² with s = Σ x³: by x twice 6 x z² on the diagonal, by x and z 6 x² z, by z twice 2 s.
    let (z, s) = (3.0, 0.125 - 1)
    let own = [27.0, 0, 0, -54]
    let mixed = [6 * 0.25 * z, 6 * z]
    let expected: [[Double]] = [
      own, mixed, mixed, [2 * s],
      [own[0] * 0.5 + 2 * mixed[0], -own[3] + 2 * mixed[1]],
      [0.5 * mixed[0] - mixed[1] + 2 * 2 * s],
      [18, 0, 0, -36],
    ]
    for (found, expected) in zip(found, expected) { #expect(isClose(found.doubles, expected, 1e-14)) }
    #expect(found.prefix(4).map(\.shape) == [[2, 2], [2], [2], []])
  }

  @Test("stopGradient stops forward mode too")
  func stopped() throws {
    let found = try evaluate([NDArray(3.0)]) { inputs in
      let x = inputs[0]
      return [jvp(of: x * stopGradient(x), withRespectTo: x, tangent: Tensor.ones(like: x))]
    }
    #expect(found[0].doubles == [3])
  }

  @Test(
    "What is wrong is an error with its kind, its operation and the user's line, and poison of the right shape"
  )
  func errors() {
    let trace = Trace()
    let x = trace.input("x", TensorType(.float64, [2]))
    let y = trace.input("y", TensorType(.float64, [3]))
    let n = trace.input("n", TensorType(.int32, [2]))
    let narrow = trace.input("narrow", TensorType(.float32, [2]))
    let start = #line
    let poison = [
      jvp(of: exp(x), withRespectTo: x, tangent: y),
      vjp(of: exp(x), withRespectTo: x, cotangent: narrow),
      jvp(of: exp(x), withRespectTo: n, tangent: n),
      jacobian(of: n, withRespectTo: x),
      hessian(of: exp(x), withRespectTo: x),
      hessianVectorProduct(of: sum(x), withRespectTo: x, vector: y),
      jvp(of: [x], withRespectTo: [x], tangents: [])[0],
    ]
    #expect(poison.allSatisfy { $0.isPoisoned })
    #expect(poison.map(\.shape) == [[2], [2], [2], [2, 2], [2, 2], [2], [2]])
    #expect(
      trace.errors.map(\.kind) == [
        .typeMismatch, .typeMismatch, .notDifferentiable, .notDifferentiable, .shapeMismatch, .typeMismatch,
        .invalidAttribute,
      ])
    #expect(trace.errors.map(\.location?.line) == (0..<7).map { start + 2 + $0 })
    #expect(trace.errors.first?.operation == "jvp")
  }

  // MARK: Functions

  static func twoInputs() throws -> Function {
    try Function([
      ("x", TensorType(.float64, [3])), ("n", TensorType(.int32, [])), ("z", TensorType(.float64, [])),
    ]) {
      [sum($0[0] * $0[0]) * exp($0[2]) * $0[1].cast(to: .float64)]
    }
  }

  @Test(
    "A function gives functions: value and gradient, vjp, jvp, with inputs named after what they belong to")
  func functions() throws {
    let f = try Self.twoInputs()
    let (x, n, z) = (NDArray([1.0, 2, 3]), NDArray(Int32(2)), NDArray(0.5))
    let e = exp(0.5)
    let value = try f.valueAndGradient()
    #expect(isClose(try value(x, n, z).flatMap(\.doubles), [28 * e, 4 * e, 8 * e, 12 * e, 28 * e], 1e-15))
    let vjp = try f.vjp()
    #expect(names(vjp) == ["x", "n", "z", "d_y"])
    #expect(
      isClose(
        try vjp(x, n, z, NDArray(10.0)).flatMap(\.doubles), [40 * e, 80 * e, 120 * e, 280 * e], 1e-15))
    let jvp = try f.jvp()
    #expect(names(jvp) == ["x", "n", "z", "t_x", "t_z"])
    let tangents = [NDArray([1.0, 0, -1]), NDArray(0.5)]
    #expect(
      isClose(
        try jvp(x, n, z, tangents[0], tangents[1])[0].doubles, [4 * e - 12 * e + 14 * e], 1e-14))
    let several = try Function([("x", TensorType(.float64, []))]) { [$0[0] * $0[0], sin($0[0])] }
    #expect(names(try several.vjp()) == ["x", "d_y0", "d_y1"])
    #expect(try several.jvp()(NDArray(0.0), NDArray(3.0)).map(\.doubles) == [[0], [3]])
  }

  private func names(_ f: Function) -> [String] {
    f.graph.arguments.compactMap { id in
      if case .argument(let argument) = f.graph[id].operation { argument.name } else { nil }
    }
  }

  @Test(
    "Jacobian, Hessian and its products: compiled as interpreted, on every instruction set of this machine")
  func compiledMatrices() throws {
    let f = try Function([("w", TensorType(.float64, [2, 3])), ("x", TensorType(.float64, [3]))]) {
      [tanh(matmul($0[0], $0[1]))]
    }
    let cost = try Function([("w", TensorType(.float64, [2, 3])), ("x", TensorType(.float64, [3]))]) {
      [sum(square(tanh(matmul($0[0], $0[1]))))]
    }
    let (w, x) = (try generic([2, 3]), try generic([3]))
    let cases: [(Function, [NDArray], [Shape])] = [
      (try f.jacobian(), [w, x], [[2, 2, 3], [2, 3]]),
      (try cost.hessian(), [w, x], [[2, 3, 2, 3], [2, 3, 3], [3, 2, 3], [3, 3]]),
      (try cost.hessianVectorProduct(), [w, x, try generic([2, 3]), try generic([3])], [[2, 3], [3]]),
    ]
    for (function, inputs, shapes) in cases {
      let expected = try Interpreter(function.simplified).run(values: inputs)
      #expect(expected.map(\.shape) == shapes)
      for set in InstructionSet.allCases where set <= InstructionSet.best {
        let found = try function.compiled(instructionSet: set).executable(inputs)
        for (found, expected) in zip(found, expected) {
          #expect(isClose(found.doubles, expected.doubles, 1e-13), "\(set)")
        }
      }
    }
  }

  /// (1 − x)² + 100 (y − x²)², by H. Rosenbrock, 1960.
  @Test("The Hessian of Rosenbrock's function, row by row, and a Newton step by it")
  func rosenbrock() throws {
    let f = try Function(.float64) { x, y in square(1 - x) + 100 * square(y - x * x) }
    let (x, y) = (-1.2, 1.0)
    let hessian = try f.hessian()(NDArray(x), NDArray(y)).map { $0.doubles[0] }
    #expect(isClose(hessian, [1200 * x * x - 400 * y + 2, -400 * x, -400 * x, 200], 1e-14))
    let product = try f.hessianVectorProduct()(NDArray(x), NDArray(y), NDArray(1.0), NDArray(0.0))
    #expect(isClose(product.map { $0.doubles[0] }, [hessian[0], hessian[2]], 1e-15))
    let third = try f.hessian().jacobianOfFirst(at: x, y)
    #expect(isClose([third], [2400 * x], 1e-14))
  }

  @Test("Several results, vectors without a matrix of second derivatives, and integers are errors")
  func functionErrors() throws {
    let several = try Function([("x", TensorType(.float64, []))]) { [$0[0], $0[0] + 1] }
    let vector = try Function([("x", TensorType(.float64, [3]))]) { [exp($0[0])] }
    let whole = try Function([("x", TensorType(.float64, [])), ("n", TensorType(.int32, []))]) { [$0[1]] }
    #expect(throws: GraphError.self) { try several.valueAndGradient() }
    #expect(throws: GraphError.self) { try several.jacobian() }
    #expect(throws: GraphError.self) { try several.hessianVectorProduct() }
    #expect(throws: GraphError.self) { try vector.hessian() }
    #expect(throws: GraphError.self) { try vector.hessianVectorProduct() }
    #expect(throws: GraphError.self) { try whole.vjp() }
    #expect(throws: GraphError.self) { try whole.jvp() }
    #expect(throws: GraphError.self) { try whole.jacobian() }
  }
}

extension Function {
  /// The derivative of the first result by the first input.
  fileprivate func jacobianOfFirst(at x: Double, _ y: Double) throws -> Double {
    let whole = try vjp()
    let cotangents = graph.outputs.indices.map { NDArray($0 == 0 ? 1.0 : 0) }
    return try Interpreter(whole.simplified).run(values: [NDArray(x), NDArray(y)] + cotangents)[0].doubles[0]
  }
}
