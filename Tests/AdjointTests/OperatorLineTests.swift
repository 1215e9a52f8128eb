import Adjoint
import AdjointArray
import AdjointIR
import Testing

/// Operators take no default arguments. Their lines come from the debug information of this program, through
/// `llvm-symbolizer` or `addr2line`, which the tests need.
@Suite("Operators know their lines")
struct OperatorLineTests {
  private func trace() -> (trace: Trace, x: Tensor, y: Tensor) {
    let trace = Trace(at: SourceLocation(file: "AdjointTests/OperatorLineTests.swift", line: 1))
    return (
      trace, trace.input("x", TensorType(.float32, [64, 30])), trace.input("y", TensorType(.float32, [64]))
    )
  }

  private func place(_ line: Int) -> String { "\(#fileID):\(line)" }

  @Test("an error is at the operator's line, and says where the operands were made, by operators, too")
  func operation() throws {
    let (trace, x, y) = trace()
    let wide = x * x
    let narrow = -y
    let here = #line + 1
    _ = wide + narrow
    let error = try #require(trace.errors.first)
    #expect(
      error.message
        == "\(place(here)): add: shapes [64,30] and [64] differ [float32[64,30] (from \(place(here - 3))) and "
        + "float32[64] (from \(place(here - 2)))]; extents, aligned at the last axis, must be equal or 1")
  }

  @Test("every kind of operator")
  func operators() {
    let (trace, x, y) = trace()
    var sum = x
    let here = #line
    sum += y
    _ = x .< y
    _ = 0.5 * y + x
    _ = .!x
    _ = x.cast(to: .int32) / 0.5
    for (offset, error) in trace.errors.enumerated() {
      #expect(error.message.hasPrefix("\(place(here + 1 + offset)): "), "\(error)")
    }
    #expect(trace.errors.count == 5)
  }

  private func added(_ x: Tensor, _ y: Tensor) -> Tensor {
    let result = x + y
    return result
  }

  @Test("the innermost line of the user's, through functions of the standard library and of the user's own")
  func throughOtherFunctions() {
    let (trace, x, y) = trace()
    let here = #line
    let total = [x, y].reduce(x * 2, +)
    #expect(total.isPoisoned)
    #expect(trace.errors.first?.message.hasPrefix("\(place(here + 1)): add") == true, "\(trace.errors)")
    _ = added(x, y.reshaped(to: [64, 1]) * y)
    #expect(trace.errors.last?.message.hasPrefix("\(place(here - 7)): add") == true, "\(trace.errors)")
  }

  @Test("what the library does with operators is at the line of the call, as before")
  func composed() {
    let (trace, x, _) = trace()
    let here = #line + 1
    _ = Loss.meanSquaredError(x, sum(x, axes: 1))
    #expect(trace.errors.first?.location?.line == here)
    #expect(trace.errors.first?.message.hasPrefix("\(place(here)): ") == true, "\(trace.errors)")
  }

  @Test("derivatives that do not exist name the operator's line")
  func derivatives() {
    let (trace, x, _) = trace()
    let here = #line + 1
    let mixed = x * mean(x)
    _ = gradient(of: exp(mixed), withRespectTo: x)
    #expect(trace.errors.first?.message.contains(place(here)) == true, "\(trace.errors)")
  }

  @Test("in a task of its own, on whatever thread it runs")
  func tasks() async {
    let messages = await withTaskGroup(of: [String].self) { group in
      for _ in 0..<8 {
        group.addTask {
          let (trace, x, y) = self.trace()
          await Task.yield()
          _ = x + y
          return trace.errors.map(\.message)
        }
      }
      return await group.reduce(into: []) { $0 += $1 }
    }
    #expect(messages.count == 8)
    #expect(messages.allSatisfy { $0.hasPrefix(place(#line - 7)) }, "\(messages)")
  }

  @Test("they are no part of what a graph is, nor of how it prints")
  func identity() throws {
    func graph(_ flip: Bool) throws -> Graph {
      try Function(.float64, file: "Model/main.swift", line: 1) { x in
        if flip {
          x * x + 1
        } else {
          x * x + 1
        }
      }.graph
    }
    let (a, b) = (try graph(false), try graph(true))
    #expect(a == b && a.hashValue == b.hashValue)
    #expect(a.nodes.map(\.provenance) == b.nodes.map(\.provenance))
    #expect(a.text() == b.text())
    #expect(try Function(.float64) { x in x }.graph != a)
  }
}
