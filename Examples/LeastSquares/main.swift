// A polynomial in two variables fitted to Franke's function with noise: ordinary least squares and ridge regression in
// closed form, the same by gradient descent, and the ridge's λ by the derivatives of the validation error by log λ.
import Adjoint
import Foundation

func franke(_ x: Double, _ y: Double) -> Double {
  let (u, v) = (9 * x, 9 * y)
  return 0.75 * exp(-((u - 2) * (u - 2) + (v - 2) * (v - 2)) / 4)
    + 0.75 * exp(-(u + 1) * (u + 1) / 49 - (v + 1) / 10)
    + 0.5 * exp(-((u - 7) * (u - 7) + (v - 3) * (v - 3)) / 4)
    - 0.2 * exp(-(u - 4) * (u - 4) - (v - 7) * (v - 7))
}

let degree = 6
let columns = (degree + 1) * (degree + 2) / 2

/// All monomials up to the degree in 2x − 1 and 2y − 1 at random points, and Franke's function there with normal noise.
func points(_ count: Int, noise: Double, seed: UInt64) throws -> (x: NDArray, y: NDArray) {
  var generator = SeededGenerator(seed: seed)
  let uniform = { (generator: inout SeededGenerator) in Double(generator.next() >> 11) * 0x1p-53 }
  var rows: [Double] = []
  var targets: [Double] = []
  for _ in 0..<count {
    let (x, y) = (uniform(&generator), uniform(&generator))
    for i in 0...degree {
      for j in 0...(degree - i) { rows.append(pow(2 * x - 1, Double(i)) * pow(2 * y - 1, Double(j))) }
    }
    // Box and Muller.
    targets.append(
      franke(x, y) + noise * sqrt(-2 * log(1 - uniform(&generator))) * cos(2 * .pi * uniform(&generator)))
  }
  return (try NDArray(rows, shape: [count, columns]), NDArray(targets))
}

let train = try points(60, noise: 0.1, seed: 1)
let validation = try points(60, noise: 0.1, seed: 2)
let test = try points(1000, noise: 0, seed: 3)
func input(_ name: String, _ array: NDArray) -> (name: String, type: TensorType) {
  (name, TensorType(array.scalarType, array.shape))
}
let data = [
  input("x", train.x), input("y", train.y), input("validation_x", validation.x),
  input("validation_y", validation.y),
]
let number = ("log_ridge", TensorType(.float64, .scalar))

// The coefficients in closed form.
let ordinary = try Function(Array(data[..<2])) { [leastSquares($0[0], $0[1])] }.compiled()
let ridge = try Function(data[..<2] + [number]) { x in
  [leastSquares(x[0], x[1], ridge: exp(x[2]))]
}.compiled()

// The validation error as a function of log λ, with its first two derivatives, which go through the solution.
let selection = try Function(data + [number]) { x in
  let w = leastSquares(x[0], x[1], ridge: exp(x[4]))
  let error = mean(square(matmul(x[2], w) - x[3]))
  let slope = gradient(of: error, withRespectTo: x[4])
  return [error, slope, gradient(of: slope, withRespectTo: x[4])]
}.compiled()

print("Newton's method for log λ by the validation error\n step         λ       error   derivative")
var logRidge = log(1.0)
for step in 0...8 {
  let found = try selection(train.x, train.y, validation.x, validation.y, NDArray(logRidge)).map {
    $0.doubles[0]
  }
  print(String(format: "%5d %9.5f %11.6f %12.1e", step, exp(logRidge), found[0], found[1]))
  // Where the error is not convex, downhill; never further than by a factor of e².
  let newton = found[2] > 0 ? -found[1] / found[2] : (found[1] > 0 ? -2 : 2)
  logRidge += max(-2, min(2, newton))
}

// Gradient descent on the same cost, about as fast as the largest eigenvalue of XᵀX allows.
let descent = try Function(data[..<2] + [number, ("w", TensorType(.float64, [columns]))]) { x in
  let cost = sum(square(matmul(x[0], x[3]) - x[1])) + exp(x[2]) * sum(square(x[3]))
  return [x[3] - 0.006 * gradient(of: cost, withRespectTo: x[3])]
}.compiled()
let exact = try ridge(train.x, train.y, NDArray(logRidge))[0]
var w = NDArray(zeros: [columns], .float64)
print("\nGradient descent from 0\n steps   largest difference from the closed form")
var next = 10
for step in 1...10_000 {
  w = try descent(train.x, train.y, NDArray(logRidge), w)[0]
  if step == next {
    let difference = zip(w.doubles, exact.doubles).map { abs($0 - $1) }.max() ?? 0
    print(String(format: "%6d %12.1e", step, difference))
    next *= 10
  }
}

// How far each is from the function without noise, at points that none has seen.
let score = try Function([input("x", test.x), input("y", test.y), ("w", TensorType(.float64, [columns]))]) {
  x in
  [mean(square(matmul(x[0], x[2]) - x[1]))]
}.compiled()
print("\nMean squared error against the function without noise")
for (name, w) in [
  ("ordinary least squares", try ordinary(train.x, train.y)[0]), ("ridge, λ chosen", exact),
] {
  print(
    "  \(name.padding(toLength: 24, withPad: " ", startingAt: 0))",
    String(format: "%.5f", try score(test.x, test.y, w)[0].doubles[0]))
}
