import Adjoint
import AdjointArray
import AdjointIR
import AdjointInterpreter
import Testing

/// The values of what `body` makes of `inputs`, by the interpreter, after the verifier has passed the graph.
func evaluate(_ inputs: [NDArray], _ body: ([Tensor]) throws -> [Tensor]) throws -> [NDArray] {
  let trace = Trace()
  let tensors = inputs.enumerated().map { index, array in
    trace.input("x\(index)", TensorType(array.scalarType, array.shape))
  }
  let results = try body(tensors)
  trace.finish()
  try trace.check()
  let outputs = try results.enumerated().map { index, result in
    Output("y\(index)", try #require(result.id))
  }
  let graph = trace.builder.graph(outputs: outputs)
  try graph.verify()
  return try Interpreter(graph).run(values: inputs)
}

/// The elements of what `body` makes of `x`, as doubles.
func values(_ x: NDArray, _ body: (Tensor) -> Tensor) throws -> [Double] {
  try evaluate([x]) { [body($0[0])] }[0].doubles
}

func doubles(_ values: [Double], _ shape: Shape) throws -> NDArray { try NDArray(values, shape: shape) }

/// Generic numbers in −1.5...1.5, none near 0.
func generic(_ shape: Shape) throws -> NDArray {
  try NDArray((0..<shape.count).map { 1.5 * sin(Double($0) * 1.7 + 0.9) + 0.01 }, shape: shape)
}

private func sin(_ x: Double) -> Double {
  // By its series: enough for a test's inputs, and independent of what is tested.
  var x = x.truncatingRemainder(dividingBy: 2 * .pi)
  if x > .pi { x -= 2 * .pi }
  var term = x
  var sum = x
  for k in 1..<20 {
    term *= -x * x / Double(2 * k * (2 * k + 1))
    sum += term
  }
  return sum
}

/// The largest difference between the gradient of a weighted sum of `body` and central differences, in float64,
/// relative to the largest derivative.
func gradientError(_ shape: Shape, _ body: (Tensor) -> Tensor) throws -> Double {
  let point = try generic(shape)
  func cost(_ x: Tensor) -> Tensor {
    let y = body(x).flattened()
    let weights = 0.3 + 0.2 * Tensor.iota(y.count, .float64, in: x.trace)
    return sum(y * weights)
  }
  let analytic = try evaluate([point]) { [gradient(of: cost($0[0]), withRespectTo: $0[0])] }[0].doubles
  let step = 1e-5
  var worst = 0.0
  for index in 0..<shape.count {
    var shifted: [Double] = []
    for delta in [step, -step] {
      var elements = point.doubles
      elements[index] += delta
      shifted.append(try evaluate([doubles(elements, shape)]) { [cost($0[0])] }[0].doubles[0])
    }
    worst = Swift.max(worst, Swift.abs((shifted[0] - shifted[1]) / (2 * step) - analytic[index]))
  }
  return worst / (analytic.map(Swift.abs).max() ?? 1)
}

func isClose(_ a: [Double], _ b: [Double], _ tolerance: Double) -> Bool {
  a.count == b.count && zip(a, b).allSatisfy { Swift.abs($0 - $1) <= tolerance * Swift.max(1, Swift.abs($1)) }
}
