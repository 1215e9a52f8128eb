import Adjoint
import FuzzHarness
import Testing

/// A layer with relu, forward and backward, at numbers where it could go wrong.
@Suite struct ReluTests {
  @Test(arguments: Backend.tiles + [.portable], [ScalarType.float32, .float64])
  func bitsAreTheInterpretersAtZerosInfinitiesAndNaN(_ backend: Backend, _ type: ScalarType) throws {
    let tiny = type == .float32 ? 0x1p-149 : 0x1p-1074
    let numbers = [0, -0.0, 1, -1, .nan, .infinity, -.infinity, tiny, -tiny, 1e30, -1e30, 3]
    var builder = Builder()
    let x = builder.argument(.input, "x", TensorType(type, [5, 36]))
    let bias = builder.argument(.input, "bias", TensorType(type, [36]))
    let g = builder.argument(.input, "g", TensorType(type, [5, 36]))
    let a = try builder.unary(.relu, builder.binary(.add, x, builder.broadcast(bias, to: [5, 36])))
    let product = try builder.append(
      .dot(.matmul(rank: 2)), [a, builder.argument(.input, "w", TensorType(type, [36, 36]))])
    let d = try builder.vjp(of: [a], withRespectTo: [x], cotangents: [g])[0]
    let sum = try builder.reduce(.sum, d, axes: [0])
    let graph = builder.graph(outputs: [
      Output("a", a), Output("product", product), Output("d", d), Output("sum", sum),
    ])
    let values = { (count: Int, step: Int) in (0..<count).map { numbers[$0 * step % numbers.count] } }
    let zeros = (0..<36).map { $0 % 3 == 0 ? -0.0 : $0 % 3 == 1 ? 0 : 0.5 }
    let inputs = [
      try NDArray(values(180, 1), shape: [5, 36]).converted(to: type),
      try NDArray(zeros, shape: [36]).converted(to: type),
      try NDArray(values(180, 5), shape: [5, 36]).converted(to: type),
      NDArray(zeros: [36, 36], type),
    ]
    let executable = try backend.compile(graph)
    if executable.source.contains("adj_gemm") {
      for primitive in ["adj_add_relu_", "adj_where_positive_"] {
        #expect(executable.source.contains(primitive))
      }
    }
    let (found, expected) = (try executable(inputs), try Interpreter(graph).run(values: inputs))
    for (found, expected) in zip(found, expected) {
      for (a, b) in zip(found.doubles, expected.doubles) {
        #expect(a == b && a.sign == b.sign || a.isNaN && b.isNaN, "\(a) is not \(b)")
      }
    }
  }
}
