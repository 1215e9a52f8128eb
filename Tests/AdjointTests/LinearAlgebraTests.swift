import Adjoint
import AdjointArray
import AdjointIR
import AdjointInterpreter
import Foundation
import Testing

/// Values and derivatives of the functions against NumPy and PyTorch are in the table of all functions; here are closed
/// forms, data, and errors.
@Suite("Linear algebra")
struct LinearAlgebraTests {
  @Test("The factor of a 2 by 2 matrix, and of Pascal's, which are whole numbers")
  func closedForms() throws {
    let two = try evaluate([doubles([4, 2, 2, 10], [2, 2])]) { [cholesky($0[0])] }[0]
    #expect(two.doubles == [2, 0, 1, 3])
    // Binomials (i + j over i) are the product of (i over k) and (j over k): N. J. Higham, section 28.4.
    let n = 12
    var rows = [[Double]](repeating: [Double](repeating: 0, count: n), count: n)
    for i in 0..<n {
      rows[i][0] = 1
      for j in stride(from: 1, through: i, by: 1) { rows[i][j] = rows[i - 1][j - 1] + rows[i - 1][j] }
    }
    let pascal = (0..<(n * n)).map { place in
      zip(rows[place / n], rows[place % n]).reduce(0) { $0 + $1.0 * $1.1 }
    }
    for (way, found) in try bothWays([doubles(pascal, [n, n])], { [cholesky($0[0])] }) {
      #expect(found[0].doubles == rows.flatMap { $0 }, "\(way)")
    }
  }

  /// Hᵢⱼ = 1/(i + j − 1) has the condition number 1.6 · 10¹³ for n = 10, and the inverse of whole numbers.
  @Test("Hilbert's matrix of ten rows still has its factor; its system is as wrong as its condition says")
  func hilbert() throws {
    let n = 10
    let h = (0..<(n * n)).map { 1 / Double($0 / n + $0 % n + 1) }
    let ones = [Double](repeating: 1, count: n)
    for (way, found) in try bothWays(
      [doubles(h, [n, n]), doubles(ones, [n])], { [cholesky($0[0]), solve(positiveDefinite: $0[0], $0[1])] })
    {
      let l = found[0].doubles
      for place in h.indices {
        let product = (0..<n).reduce(0) { $0 + l[place / n * n + $1] * l[place % n * n + $1] }
        #expect(abs(product - h[place]) < 1e-15, "\(way)")
      }
      // Σᵢⱼ (H⁻¹)ᵢⱼ = n².
      #expect(abs(found[1].doubles.reduce(0, +) - Double(n * n)) < 1e-2, "\(way)")
    }
  }

  @Test("The derivative of log det A is A⁻¹, and that of tr A⁻¹ is −A⁻²; second derivatives follow")
  func derivativesInClosedForm() throws {
    let a = try doubles([4, 1, -0.5, 1, 3, 0.7, -0.5, 0.7, 2], [3, 3])
    let found = try evaluate([a]) { x in
      let first = gradient(of: logDeterminant(positiveDefinite: x[0]), withRespectTo: x[0])
      let trace = sum(inverse(positiveDefinite: x[0]).diagonal())
      let inverse = inverse(positiveDefinite: x[0])
      return [
        first, inverse, gradient(of: trace, withRespectTo: x[0]), -matmul(inverse, inverse),
        gradient(of: sum(first.diagonal()), withRespectTo: x[0]),
      ]
    }.map(\.doubles)
    #expect(isClose(found[0], found[1], 1e-14))
    #expect(isClose(found[2], found[3], 1e-14))
    #expect(isClose(found[4], found[3], 1e-14))
  }

  @Test("What is not read of a triangle has the derivative 0")
  func derivativesByWhatIsNotRead() throws {
    let a = try doubles([4, 1, -0.5, 1, 3, 0.7, -0.5, 0.7, 2], [3, 3])
    let b = try doubles([1, 2, 3], [3])
    let d = try evaluate([a, b]) { x in
      [true, false].map { isLower in
        gradient(of: sum(square(triangularSolve(x[0], x[1], isLower: isLower))), withRespectTo: x[0])
      }
    }.map(\.doubles)
    #expect([1, 2, 5].allSatisfy { d[0][$0] == 0 } && [0, 3, 4, 6, 7, 8].allSatisfy { d[0][$0] != 0 })
    #expect([3, 6, 7].allSatisfy { d[1][$0] == 0 } && [0, 1, 2, 4, 5, 8].allSatisfy { d[1][$0] != 0 })
  }

  // MARK: Least squares

  /// 1, x, x² at `count` points of 0...1, and 2 − 3x + 5x² there.
  private static func polynomial(_ count: Int) throws -> (x: NDArray, y: NDArray) {
    let points = (0..<count).map { Double($0) / Double(count - 1) }
    return (
      try doubles(points.flatMap { [1, $0, $0 * $0] }, [count, 3]),
      try doubles(points.map { 2 - 3 * $0 + 5 * $0 * $0 }, [count])
    )
  }

  @Test("A polynomial is recovered from its values, and its coefficients shrink with the ridge")
  func recoversAPolynomial() throws {
    let (x, y) = try Self.polynomial(50)
    for (way, found) in try bothWays(
      [x, y], { [leastSquares($0[0], $0[1]), leastSquares($0[0], $0[1], ridge: 1)] })
    {
      #expect(isClose(found[0].doubles, [2, -3, 5], 1e-12), "\(way)")
      let sizes = found.map { inner($0.doubles, $0.doubles) }
      #expect(sizes[1] < sizes[0], "\(way)")
    }
    // Of the identity, w = y / (1 + λ).
    let shrunk = try evaluate([doubles([3, -6], [2])]) {
      [leastSquares(Tensor.identity(2, like: $0[0]), $0[0], ridge: 0.5)]
    }[0]
    #expect(isClose(shrunk.doubles, [2, -4], 1e-15))
  }

  /// (XᵀX + λI) w = Xᵀy, so that (XᵀX + λI) dw/dλ = −w.
  @Test("The derivative of ridge coefficients by λ has its closed form, with the same matrix")
  func derivativeByTheRidge() throws {
    let (x, y) = try Self.polynomial(20)
    let found = try evaluate([x, y, NDArray(0.3)]) { x in
      let w = leastSquares(x[0], x[1], ridge: x[2])
      let gram = matmul(x[0].transposed(), x[0]) + x[2] * Tensor.identity(3, like: x[0])
      return [jacobian(of: w, withRespectTo: x[2]), -solve(positiveDefinite: gram, w)]
    }.map(\.doubles)
    #expect(isClose(found[0], found[1], 1e-12))
  }

  /// R² is 0.51774842 by NumPy's `lstsq`. (The data: B. Efron, T. Hastie, I. Johnstone, R. Tibshirani, Least angle
  /// regression, Annals of Statistics 32, 2004.)
  @Test("Least squares on the diabetes data: residuals are orthogonal to all columns, R² is NumPy's")
  func diabetes() throws {
    let data = try Table(csv: TrainingExampleTests.file("diabetes"), target: "progression").standardized()
    let x = data.features(as: .float64)
    let y = try data.targets(as: .float64)
    #expect(x.shape == [442, 10])
    let mean = y.doubles.reduce(0, +) / 442
    let centred = try doubles(y.doubles.map { $0 - mean }, [442])
    for (way, found) in try bothWays(
      [x, centred],
      { x in
        let w = leastSquares(x[0], x[1])
        let residual = x[1] - matmul(x[0], w)
        return [matmul(residual, x[0]), sum(square(residual)), sum(square(x[1]))]
      })
    {
      let total = found[2].doubles[0]
      #expect(found[0].doubles.allSatisfy { abs($0) < 1e-10 * total }, "\(way)")
      #expect(abs(1 - found[1].doubles[0] / total - 0.51774842) < 1e-8, "\(way)")
    }
  }

  @Test("Dependent columns are an error of the run without a ridge, and none with one")
  func dependentColumns() throws {
    let x = try doubles([1, 2, 2, 4, 3, 6], [3, 2])
    let y = try doubles([1, 1, 1], [3])
    let types = [x, y].enumerated().map { ("x\($0)", TensorType(.float64, $1.shape)) }
    let line = #line + 1
    let f = try Function(types) { [leastSquares($0[0], $0[1])] }
    let place = "AdjointTests/LinearAlgebraTests.swift:\(line): cholesky: a matrix is not positive definite"
    let interpreted = #expect(throws: InterpreterError.self) { try f(x, y) }
    #expect(interpreted?.message.hasPrefix(place) == true, "\(interpreted?.message ?? "")")
    let compiled = #expect(throws: ExecutionError.self) { try f.compiled()(x, y) }
    #expect(compiled?.message.hasPrefix(place) == true, "\(compiled?.message ?? "")")
    for (_, found) in try bothWays([x, y], { [leastSquares($0[0], $0[1], ridge: 1e-3)] }) {
      // Of the columns c and 2c the second gets twice the coefficient of the first.
      #expect(isClose([found[0].doubles[1]], [2 * found[0].doubles[0]], 1e-10))
    }
  }

  // MARK: Errors

  @Test("Training throws the error, too, on both backends", arguments: [Adjoint.Backend.tcc, .interpreter])
  func training(backend: Adjoint.Backend) throws {
    struct Covariance: Layer {
      let scale = Parameter([1, 1], initializer: .constant(-1))
      func callAsFunction(_ x: Tensor) -> Tensor {
        x * cholesky(scale(for: x).labelled("covariance"))
      }
    }
    let table = try Table(
      features: NDArray([1, 2, 3] as [Double], shape: [3, 1]), targets: NDArray([1, 2, 3] as [Double]),
      task: .regression)
    let trainer = try Trainer(
      Covariance(), loss: .meanSquaredError, optimizer: .adam(), backend: backend)
    let error = #expect(throws: (any Error).self) {
      try trainer.fit(table, epochs: 1, progress: .silent)
    }
    let message = "\(try #require(error))"
    #expect(message.contains("LinearAlgebraTests.swift:"), "\(message)")
    #expect(message.contains("cholesky"), "\(message)")
    #expect(message.contains("not positive definite"), "\(message)")
  }

  @Test("Wrong shapes, types and ridges are errors that name the function")
  func wrongOperands() throws {
    func fails(_ operation: String, _ text: String, _ body: @escaping ([Tensor]) -> Tensor) {
      let types = [
        ("square", TensorType(.float64, [3, 3])), ("wide", TensorType(.float64, [2, 3])),
        ("vector", TensorType(.float64, [4])), ("whole", TensorType(.int32, [3, 3])),
      ]
      let error = #expect(throws: TraceError.self) { try Function(types) { [body($0)] } }
      #expect(error?.errors.first?.operation == operation)
      #expect(error?.description.contains(text) == true, "\(error?.description ?? "")")
    }
    fails("cholesky", "no square matrix") { cholesky($0[1]) }
    fails("cholesky", "no square matrix") { cholesky($0[2]) }
    fails("cholesky", "cast to float32 or float64") { cholesky($0[3]) }
    fails("inverse", "no square matrix") { inverse(positiveDefinite: $0[1]) }
    fails("log_determinant", "no square matrix") { logDeterminant(positiveDefinite: $0[1]) }
    fails("solve", "a right-hand side [4] for a matrix [3,3]") { solve(positiveDefinite: $0[0], $0[2]) }
    fails("triangular_solve", "for a matrix [2,3]") { triangularSolve($0[1], $0[0], isLower: true) }
    fails("least_squares", "no rows of data") { leastSquares($0[0], $0[2]) }
    fails("least_squares", "no rows of data") { leastSquares($0[2], $0[2]) }
    fails("least_squares", "2 rows do not determine 3 coefficients") { leastSquares($0[1], $0[1]) }
    fails("least_squares", "the ridge is -1.0") { leastSquares($0[0], $0[0], ridge: -1) }
    fails("least_squares", "the ridge is nan") { leastSquares($0[0], $0[0], ridge: .nan) }
    fails("least_squares", "give a scalar") { leastSquares($0[0], $0[0], ridge: $0[2]) }
  }
}

private func inner(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
