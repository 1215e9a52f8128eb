import Adjoint
import FuzzHarness
import FuzzSupport
import Testing

/// Cholesky factors and triangular systems, compiled: large ones, and what happens where there are none.
@Suite struct LinearAlgebraTests {
  /// Symmetric, with elements of [−1, 1) outside of a diagonal that makes it positive definite.
  static func definite(_ n: Int, seed: UInt64) -> [Double] {
    var random = SplitMix64(seed: seed)
    var a = [Double](repeating: 0, count: n * n)
    for i in 0..<n {
      for j in 0..<i {
        a[i * n + j] = random.unit() * 2 - 1
        a[j * n + i] = a[i * n + j]
      }
      a[i * n + i] = Double(n)
    }
    return a
  }

  static func array(_ values: [Double], _ shape: Shape, _ type: ScalarType = .float64) throws -> NDArray {
    try NDArray(values, shape: shape).converted(to: type)
  }

  /// `operation` on arguments of these types.
  static func graph(_ operation: Operation, _ types: [TensorType]) throws -> Graph {
    var builder = Builder()
    let ids = types.enumerated().map { builder.argument(.input, "x\($0)", $1) }
    builder.provenance = Provenance(
      labels: ["factor"], locations: [SourceLocation(file: "Model/Fit.swift", line: 9)])
    let y = try builder.append(operation, ids)
    return builder.graph(outputs: [Output("y", y)])
  }

  /// |L Lᵀ − A| ≤ (n + 1) ε |L| |Lᵀ| (N. J. Higham, Accuracy and Stability of Numerical Algorithms, theorem 10.3), and so
  /// below 10⁻¹² of the largest element.
  @Test(arguments: [
    1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 15, 16, 17, 31, 32, 33, 63, 64, 65, 100, 127, 128, 129, 255, 256,
  ])
  func theFactorTimesItsTransposeIsTheMatrix(n: Int) throws {
    let a = Self.definite(n, seed: UInt64(n))
    let graph = try Self.graph(.structured(.cholesky), [TensorType(.float64, [n, n])])
    let l = try Backend.tiles[Backend.tiles.count - 1].compile(graph)([Self.array(a, [n, n])])[0].doubles
    var error = 0.0
    for i in 0..<n {
      for j in 0..<n {
        if j > i { #expect(l[i * n + j].bitPattern == 0) }
        let product = (0...min(i, j)).reduce(0) { $0 + l[i * n + $1] * l[j * n + $1] }
        error = max(error, abs(product - a[i * n + j]))
      }
    }
    #expect(error <= 1e-12 * Double(n))
    #expect(error <= Double(n + 1) * 0x1p-52 * Double(n))
  }

  /// Of a factor of a positive definite matrix, which is as well conditioned as that one's root.
  @Test(arguments: [1, 5, 33, 127, 256], [1, 7, 40])
  func solutionsSolve(n: Int, m: Int) throws {
    let a = Self.definite(n, seed: UInt64(n))
    let b = Self.ordinary([n, m], seed: 4)
    for (isLower, isTransposed) in [(false, false), (false, true), (true, false), (true, true)] {
      let form = TriangularSolve(isLower: isLower, isTransposed: isTransposed)
      let graph = try Self.graph(
        .structured(.triangularSolve(form)), [TensorType(.float64, [n, n]), TensorType(.float64, [n, m])])
      let inputs = try [Self.array(a, [n, n]), b]
      let x = try Backend.tiles[Backend.tiles.count - 1].compile(graph)(inputs)[0].doubles
      var error = 0.0
      for i in 0..<n {
        for j in 0..<m {
          // The matrix is symmetric: row i of either triangle, or of its transpose.
          let isLeft = isLower != isTransposed
          let columns = isLeft ? 0...i : i...(n - 1)
          let product = columns.reduce(0) { $0 + a[i * n + $1] * x[$1 * m + j] }
          error = max(error, abs(product - b.doubles[i * m + j]))
        }
      }
      #expect(error <= 1e-13, "\(form)")
    }
  }

  /// Larger than what `OperationTests` has: several rounds of four rows and of all widths of columns.
  @Test(arguments: Backend.tiles + [.portable], [ScalarType.float32, .float64])
  func largeOnesHaveTheInterpretersBits(backend: Backend, type: ScalarType) throws {
    let n = 131
    let a = try Self.array(Self.definite(n, seed: 2), [n, n], type)
    let factor = try Self.graph(.structured(.cholesky), [TensorType(type, [n, n])])
    #expect(try backend.compile(factor)([a]) == Interpreter(factor).run(values: [a]))
    let b = Self.ordinary([n, 75], seed: 9).converted(to: type)
    for (isLower, isTransposed) in [(false, true), (true, true)] {
      let solve = try Self.graph(
        .structured(.triangularSolve(TriangularSolve(isLower: isLower, isTransposed: isTransposed))),
        [TensorType(type, [n, n]), TensorType(type, [n, 75])])
      #expect(try backend.compile(solve)([a, b]) == Interpreter(solve).run(values: [a, b]))
    }
  }

  // MARK: Errors

  private static let indefinite: [[Double]] = [
    [0, 0, 0, 1], [-1, 0, 0, 1], [1, 0, 2, 1], [1, 0, 1, 1], [.nan, 0, 0, 1], [1, 0, .nan, 1],
    [-.infinity, 0, 0, 1],
  ]

  @Test(arguments: Backend.tiles + [.portable])
  func whatIsNotPositiveDefiniteIsAnErrorThatNamesItsPlace(backend: Backend) throws {
    for type in [ScalarType.float32, .float64] {
      for matrix in Self.indefinite {
        let graph = try Self.graph(.structured(.cholesky), [TensorType(type, [3, 2, 2])])
        // One of three is enough.
        let inputs = [try Self.array([2, 0, 1, 2] + matrix + [2, 0, 1, 2], [3, 2, 2], type)]
        let expected =
          "Model/Fit.swift:9: cholesky 'factor': a matrix is not positive definite; "
          + "add a multiple of the identity to it, or correct what it is made of"
        let compiled = #expect(throws: ExecutionError.self) { try backend.compile(graph)(inputs) }
        #expect(compiled?.kind == .notPositiveDefinite)
        #expect(compiled?.message == expected)
        let interpreted = #expect(throws: InterpreterError.self) {
          try Interpreter(graph).run(values: inputs)
        }
        #expect(interpreted?.kind == .notPositiveDefinite)
        #expect(interpreted?.message == expected)
      }
    }
  }

  @Test(arguments: Backend.tiles + [.portable])
  func aZeroOnADiagonalIsAnErrorThatNamesItsPlace(backend: Backend) throws {
    for zero in [0.0, -0.0] {
      for (isLower, isTransposed) in [(false, false), (false, true), (true, false), (true, true)] {
        let graph = try Self.graph(
          .structured(.triangularSolve(TriangularSolve(isLower: isLower, isTransposed: isTransposed))),
          [TensorType(.float64, [2, 2, 2]), TensorType(.float64, [2, 2, 1])])
        let inputs = [
          try Self.array([1, 1, 1, 1, 1, 1, 1, zero], [2, 2, 2]), try Self.array([1, 2, 3, 4], [2, 2, 1]),
        ]
        let expected =
          "Model/Fit.swift:9: triangular_solve 'factor': the diagonal of a triangular matrix has a zero; "
          + "give a matrix whose diagonal has none"
        let compiled = #expect(throws: ExecutionError.self) { try backend.compile(graph)(inputs) }
        #expect(compiled?.kind == .singularMatrix)
        #expect(compiled?.message == expected)
        let interpreted = #expect(throws: InterpreterError.self) {
          try Interpreter(graph).run(values: inputs)
        }
        #expect(interpreted?.message == expected)
        // Without right-hand sides nothing is solved.
        let none = try Self.graph(
          .structured(.triangularSolve(TriangularSolve(isLower: isLower, isTransposed: isTransposed))),
          [TensorType(.float64, [2, 2, 2]), TensorType(.float64, [2, 2, 0])])
        let empty = [inputs[0], NDArray(zeros: [2, 2, 0], .float64)]
        #expect(try backend.compile(none)(empty) == Interpreter(none).run(values: empty))
      }
    }
  }

  /// What is in the triangle that is not read makes no difference, not even where it is no number.
  @Test(arguments: Backend.tiles + [.portable])
  func theOtherTriangleIsNotRead(backend: Backend) throws {
    let n = 9
    let type = TensorType(.float64, [n, n])
    let a = Self.definite(n, seed: 3)
    let lower = a.indices.map { $0 % n > $0 / n ? .nan : a[$0] }
    let upper = a.indices.map { $0 % n < $0 / n ? .nan : a[$0] }
    let factor = try Self.graph(.structured(.cholesky), [type])
    #expect(
      try backend.compile(factor)([Self.array(lower, [n, n])])
        == backend.compile(factor)([Self.array(a, [n, n])]))
    for (isLower, isTransposed) in [(false, false), (false, true), (true, false), (true, true)] {
      let solve = try Self.graph(
        .structured(.triangularSolve(TriangularSolve(isLower: isLower, isTransposed: isTransposed))),
        [type, type])
      let b = Self.ordinary([n, n], seed: 5)
      #expect(
        try backend.compile(solve)([Self.array(isLower ? lower : upper, [n, n]), b])
          == backend.compile(solve)([Self.array(a, [n, n]), b]))
    }
  }
}

extension LinearAlgebraTests {
  fileprivate static func ordinary(_ shape: Shape, seed: UInt64) -> NDArray {
    var random = SplitMix64(seed: seed)
    var result = NDArray(zeros: shape, .float64)
    result.withUnsafeMutableElements(of: Double.self) {
      for i in $0.indices { $0[i] = random.unit() * 4 - 2 }
    }
    return result
  }
}
