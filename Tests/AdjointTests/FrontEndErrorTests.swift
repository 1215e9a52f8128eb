import Adjoint
import AdjointArray
import AdjointIR
import Testing

@Suite("Errors of tensors are kept and thrown later")
struct FrontEndErrorTests {
  func trace() -> (trace: Trace, x: Tensor) {
    let trace = Trace(at: SourceLocation(file: "Test/Here.swift", line: 7))
    return (trace, trace.input("x", TensorType(.float32, [64, 30])))
  }

  @Test("A mismatch names both shapes, where both came from, and the user's line")
  func mismatch() throws {
    let (trace, x) = trace()
    let y = sum(x, axes: 1)
    let here = #line - 1
    let z = x + y
    #expect(z.isPoisoned)
    let error = try #require(trace.errors.first)
    #expect(error.kind == .shapeMismatch)
    #expect(error.operation == "add")
    #expect(error.operands.map(\.type.shape) == [[64, 30], [64]])
    #expect(error.operands[1].provenance.locations == [SourceLocation(file: #fileID, line: here)])
    #expect(error.location == SourceLocation(file: "Test/Here.swift", line: 7))
    #expect(
      error.description.hasPrefix(
        "\(#fileID):\(here + 2): add: shapes [64,30] and [64] differ [x: float32[64,30]"))
    #expect(!error.description.contains("\n"))
  }

  @Test("A named function's error is at the line that calls it, also inside a composition")
  func namedCall() {
    let (trace, x) = trace()
    let here = #line
    _ = x.reshaped(to: [7, -1])
    _ = softmax(x, axis: 2)
    #expect(trace.errors.map(\.location?.line) == [here + 1, here + 2])
    #expect(trace.errors.allSatisfy { $0.location?.file == #fileID })
    #expect(trace.errors.map(\.kind) == [.shapeMismatch, .axisOutOfRange])
  }

  @Test("All errors are collected; the message is one line with the first one first")
  func collected() throws {
    let (trace, x) = trace()
    _ = matmul(x, x)
    _ = x.transposed(0, 0)
    _ = x.sliced(axis: 1, from: 10, to: 40)
    _ = x.cast(to: .int32) * 0.5
    _ = mean(x.cast(to: .int32))
    #expect(trace.errors.count == 5)
    let error = try #require(throws: TraceError.self) { try trace.check() }
    #expect(error.errors == trace.errors)
    let text = error.description
    #expect(text.contains("[64,30] times [64,30]: 30 columns meet 64 rows"))
    #expect(text.contains("(and 4 more: "))
    #expect(!text.contains("\n"))
  }

  @Test("Operations on poison are silent, and its shape can still be asked for")
  func poison() {
    let (trace, x) = trace()
    let bad = matmul(x, x)
    let (a, b) = (exp(bad) * 2 - x).unstacked(axis: 0)
    _ = concatenated([a, b, bad], axis: 5)
    _ = Dense(3)(bad)
    _ = Loss.meanSquaredError(bad, x)
    _ = gradient(of: bad, withRespectTo: x)
    _ = bad.split(axis: 1).map { $0[3] }
    #expect(trace.errors.count == 1)
    #expect(bad.shape == [64, 30])
    #expect("\(bad)" == "poisoned float32[64,30]")
  }

  @Test("A tensor of a finished trace is an error in the open one, whichever stands first")
  func finished() {
    let (old, x) = trace()
    old.finish()
    let new = Trace()
    let y = new.input("y", TensorType(.float32, [64, 30]))
    #expect((x + y).isPoisoned)
    #expect((y * x).isPoisoned)
    #expect(new.errors.map(\.kind) == [.foreignTensor, .foreignTensor])
    #expect(new.errors.first?.problem == "a tensor is used after its trace has ended")
    #expect(new.errors.first?.operands.first?.provenance.label == "x")
    #expect(old.errors.isEmpty)
    #expect(exp(x).isPoisoned)
  }

  @Test("Of two open traces both learn of it")
  func foreign() {
    let (one, x) = trace()
    let (other, y) = trace()
    #expect((x * y).isPoisoned)
    #expect(one.errors.map(\.kind) == [.foreignTensor])
    #expect(other.errors.map(\.kind) == [.foreignTensor])
  }

  @Test("What is made of no tensors at all is an error where it is first used")
  func nothing() {
    let (trace, x) = trace()
    let empty = concatenated([])
    let here = #line - 1
    #expect((x + empty).isPoisoned)
    #expect(trace.errors.first?.problem == "no tensors are given")
    #expect(trace.errors.first?.location?.line == here)
  }

  @Test("A wrong number of parts and a wrong index say what there is")
  func parts() {
    let (trace, x) = trace()
    let (_, _) = x.unstacked(axis: 1) as (Tensor, Tensor)
    _ = x[64]
    _ = x[0, 0, 0]
    #expect(
      trace.errors.map(\.problem) == [
        "axis 1 of [64,30] does not have 2 parts", "index 64 of axis 0 of [64,30]", "3 selections of 2 axes",
      ])
  }

  @Test("A derivative of rows that mix names the node")
  func mixedRows() {
    let (trace, x) = trace()
    let mixed = (x * mean(x)).labelled("mixed")
    _ = gradient(of: mixed, withRespectTo: x)
    #expect(trace.errors.first?.kind == .notDifferentiable)
  }
}
