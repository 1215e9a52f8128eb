// The Lorenz system integrated by a loop in the graph, differentiated by its parameters, and the parameters found again
// from a trajectory. `Lorenz [--steps N] [--svg FILE]`
//
// E. N. Lorenz, "Deterministic nonperiodic flow", J. Atmos. Sci. 20, 1963: x′ = σ(y − x), y′ = x(ρ − z) − y, z′ = xy − βz.
import Adjoint
import Foundation

/// The value behind a flag.
func option(_ name: String) -> String? {
  let arguments = CommandLine.arguments
  return arguments.firstIndex(of: name).flatMap { $0 + 1 < arguments.count ? arguments[$0 + 1] : nil }
}

func lorenz(_ y: Tensor, _ p: Tensor) -> Tensor {
  stacked([p[0] * (y[1] - y[0]), y[0] * (p[1] - y[2]) - y[1], y[0] * y[1] - p[2] * y[2]], axis: 0)
}

let vector = TensorType(.float64, [3])
let steps = option("--steps").flatMap { Int($0) } ?? 800
let start = NDArray([1.0, 1, 1])
let truth = NDArray([10.0, 28, 8.0 / 3])
let step = 0.01

/// The trajectory `[steps + 1, 3]` for a start and parameters σ, ρ, β.
func trajectory(_ steps: Int) throws -> Function {
  try Function([("start", vector), ("parameters", vector)]) { x in
    [integrate(from: x[0], step: step, steps: steps, keeping: .segments()) { y, _ in lorenz(y, x[1]) }]
  }
}

// The attractor.
let whole = try trajectory(steps).compiled()
let clock = ContinuousClock()
var path: [Double] = []
let time = try clock.measure { path = try whole(start, truth)[0].doubles }
print("\(steps) steps of RK4, h = \(step): \(time), \(whole.executable.program.kernelCount) kernels")
print("ends at", path.suffix(3).map { String(format: "%.4f", $0) }.joined(separator: ", "))
if let file = option("--svg") {
  let points = stride(from: 0, to: path.count, by: 3).map { LinePlot.Point(x: path[$0], y: path[$0 + 2]) }
  let plot = LinePlot(
    x: .init("x"), y: .init("z"), series: [.init("", points: points, lineWidth: 0.75)], hasEqualScales: true,
    width: 500, height: 600)
  try Data(plot.svg.utf8).write(to: URL(filePath: file))
  print("drawn: \(file)")
}

// The derivative of the mean of z by the parameters, against differences.
let short = min(steps, 200)
let meanHeight = try Function([("start", vector), ("parameters", vector)]) { x in
  let path = integrate(from: x[0], step: step, steps: short, keeping: .segments()) { y, _ in lorenz(y, x[1]) }
  let height = mean(path[AxisRange.all, 2])
  return [height, gradient(of: height, withRespectTo: x[1])]
}.compiled()
let exact = try meanHeight(start, truth)[1].doubles
print("\nmean of z over \(short) steps, by its parameters")
print("       derivative   difference quotient")
for (index, name) in ["sigma", "rho", "beta"].enumerated() {
  let values = try [1e-6, -1e-6].map { shift in
    var shifted = truth.doubles
    shifted[index] += shift
    return try meanHeight(start, NDArray(shifted))[0].doubles[0]
  }
  let quotient = (values[0] - values[1]) / 2e-6
  print(
    name.padding(toLength: 6, withPad: " ", startingAt: 0),
    String(format: "%.8f   %.8f", exact[index], quotient))
}

// The parameters from the trajectory: Gauss's and Newton's method on what the first second shows.
let seen = min(steps, 100)
let data = NDArray(Array(path.prefix(3 * (seen + 1))))
let fit = try Function([("parameters", vector), ("data", TensorType(.float64, [3 * (seen + 1)]))]) { x in
  let y = integrate(from: Tensor.constant(start, in: x[0].trace), step: step, steps: seen) { y, _ in
    lorenz(y, x[0])
  }.flattened()
  let residual = x[1] - y
  return [x[0] + leastSquares(jacobian(of: y, withRespectTo: x[0]), residual), mean(square(residual))]
}.compiled()
var guess = NDArray([9.0, 25, 2])
print("\nfitted to \(seen) steps, from sigma 9, rho 25, beta 2")
for iteration in 1...8 {
  let results = try fit(guess, data)
  guess = results[0]
  let shown = guess.doubles.map { String(format: "%.6f", $0) }.joined(separator: ", ")
  print("\(iteration)  \(shown)  mean square before \(String(format: "%.1e", results[1].doubles[0]))")
}
