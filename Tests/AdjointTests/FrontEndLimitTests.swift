import Adjoint
import AdjointArray
import AdjointIR
import Testing

@Suite("Numbers beyond all bounds are errors or harmless, never traps")
struct FrontEndLimitTests {
  @Test(
    "An input of an impossible shape is an error that names it",
    arguments: [[1 << 40, 1 << 40], [-3], [.max], [0, -1]] as [Shape])
  func inputs(_ shape: Shape) throws {
    let here = #line + 1
    let error = try #require(throws: TraceError.self) {
      _ = try Function([("a", TensorType(.float32, shape))]) { [$0[0]] }
    }
    #expect(error.errors.count == 1)
    #expect(error.errors[0].kind == .invalidAttribute)
    #expect(error.errors[0].operation == "input 'a'")
    #expect(error.errors[0].problem == "the shape \(shape) is negative or too large")
    #expect(error.errors[0].location == SourceLocation(file: #fileID, line: here))

    // What is done with it is silent, and asks for no more memory than there is.
    let trace = Trace()
    let x = trace.input("x", TensorType(.float32, shape))
    #expect(x.isPoisoned)
    #expect(x.rank == shape.rank)
    #expect(x.count == 1)
    _ = x.split(axis: 0)
    _ = mean(exp(x) * 2, axes: 0).flattened()
    _ = trace.state("s", TensorType(.int32, shape))
    #expect(trace.errors.map(\.operation) == ["input 'x'", "state 's'"])
  }

  @Test("A vector of more numbers than there can be is an error")
  func iota() {
    let trace = Trace()
    _ = Tensor.iota(.max, in: trace).split(axis: 0)
    _ = trace.input("x", TensorType(.int32, [3])).oneHot(depth: .max)
    #expect(trace.errors.count == 2)
  }

  @Test("A step beyond the range takes its first element, interpreted, differentiated and compiled")
  func steps() throws {
    let x = try NDArray((0..<6).map(Double.init), shape: [2, 3])
    let f = try Function([("x", TensorType(.float64, [2, 3]))]) { x in
      let x = x[0]
      let part = x[0].sliced(axis: 0, from: 1, by: .max)
      return [sum(square(x.sliced(axis: 0, from: 1, to: 2, by: .max).sliced(axis: 1, by: .max)) * part)]
    }
    // x[1, 0]² · x[0, 1]
    #expect(try f(x)[0].doubles == [9])
    #expect(try f.compiled()(x)[0].doubles == [9])
    let slope = try f.gradient()
    #expect(try slope(x)[0].doubles == [0, 9, 0, 6, 0, 0])
    #expect(try slope.compiled()(x)[0].doubles == [0, 9, 0, 6, 0, 0])
  }
}
