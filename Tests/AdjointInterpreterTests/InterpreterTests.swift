import AdjointArray
import AdjointIR
import Testing

@testable import AdjointInterpreter

@Suite struct InterpreterTests {
  /// y = x · w + 1 and s = x.
  func example() throws -> Graph {
    var b = Builder()
    let x = b.argument(.input, "x", TensorType(.float64, [2]))
    let w = b.argument(.parameter, "w", TensorType(.float64, [2]))
    let product = try b.binary(.multiply, x, w)
    let y = try b.binary(.add, product, b.constant(1, like: product))
    return b.graph(outputs: [Output("y", y), Output("s", x)])
  }

  @Test func outputsComeByNameAndByPosition() throws {
    let run = try Interpreter(example())
    let (x, w) = (NDArray([1.0, 2]), NDArray([3.0, 4]))
    let named = try run(["x": x, "w": w])
    #expect(named["y"]?.doubles == [4, 9])
    #expect(named["s"] == x)
    #expect(try run.run(values: [x, w]).map(\.doubles) == [[4, 9], [1, 2]])
  }

  @Test func wrongArgumentsAreNamed() throws {
    let run = try Interpreter(example())
    let (x, w) = (NDArray([1.0, 2]), NDArray([3.0, 4]))
    let type = TensorType(.float64, [2])
    #expect(throws: InterpreterError.missingArgument(name: "w", type: type)) { try run(["x": x]) }
    #expect(throws: InterpreterError.unknownArgument(name: "z", known: ["x", "w"])) {
      try run(["x": x, "w": w, "z": x])
    }
    #expect(throws: InterpreterError.argumentCount(expected: 2, found: 1)) { try run.run(values: [x]) }
    let mismatch = InterpreterError.argumentMismatch(
      name: "w", expected: type, found: TensorType(.float32, [3]))
    #expect(throws: mismatch) { try run(["x": x, "w": NDArray(zeros: [3])]) }
    #expect(mismatch.message == "argument 'w' is float32[3]; give float64[2]")
  }

  @Test(arguments: [-1, 3, Int32.max])
  func anIndexOutOfRangeNamesNodeAndLine(index: Int32) throws {
    for scatter in [false, true] {
      var b = Builder()
      let table = b.argument(.input, "t", TensorType(.float32, scatter ? [1, 2] : [3, 2]))
      let indices = b.argument(.input, "i", TensorType(.int32, [1]))
      b.provenance = Provenance(labels: ["rows"], locations: [SourceLocation(file: "M/F.swift", line: 7)])
      let y = try b.append(
        scatter ? .structured(.scatterAddRows(rows: 3)) : .structured(.gatherRows), [table, indices])
      let run = try Interpreter(b.graph(outputs: [Output("y", y)]))
      let expected = InterpreterError.indexOutOfRange(
        index: Int(index), rows: 3, operation: scatter ? "scatter_add_rows" : "gather_rows", label: "rows",
        location: SourceLocation(file: "M/F.swift", line: 7))
      #expect(throws: expected) {
        try run(["t": NDArray(zeros: scatter ? [1, 2] : [3, 2]), "i": NDArray([index])])
      }
      #expect(expected.description.hasPrefix("M/F.swift:7: "))
      #expect(
        expected.description.contains("'rows': index \(index) is out of range; indices run from 0 to 2"))
    }
  }

  @Test func malformedGraphsAreRefused() throws {
    let type = TensorType(.float32, [2])
    let argument = Node(.argument(Argument(.input, "x", type)), [], type: type)
    func refused(_ nodes: [Node], _ outputs: [Output]) {
      #expect(throws: GraphError.self) { try Interpreter(Graph(nodes: nodes, outputs: outputs)) }
    }
    refused([argument, Node(.unary(.exp), [1], type: type)], [Output("y", 1)])
    refused([argument, Node(.unary(.exp), [0], type: TensorType(.float32, [3]))], [Output("y", 1)])
    refused([argument, argument], [Output("y", 1)])
    refused([argument], [Output("y", 1)])
    refused([argument], [Output("y", 0), Output("y", 0)])
    let negative = TensorType(.float32, [-2])
    refused([Node(.argument(Argument(.input, "x", negative)), [], type: negative)], [Output("y", 0)])
  }

  @Test func nestedCallsGiveTheResultAskedFor() throws {
    let graph = try example()
    var b = Builder()
    let a = b.argument(.input, "a", TensorType(.float64, [2]))
    let y = try b.append(.call(Callee(graph), result: 0), [a, a])
    let s = try b.append(.call(Callee(graph), result: 1), [y, a])
    let run = try Interpreter(b.graph(outputs: [Output("y", y), Output("s", s)]))
    // a² + 1, and then the first argument itself.
    #expect(try run.run(values: [NDArray([2.0, 3])]).map(\.doubles) == [[5, 10], [5, 10]])
    #expect(
      try value(.call(Callee(graph), result: 0), NDArray([2.0, 3]), NDArray([1.0, 1])).doubles == [3, 4])
  }

  @Test func aChainOfAHundredThousandNodesRuns() throws {
    var b = Builder()
    let x = b.argument(.input, "x", TensorType(.int32, .scalar))
    var y = x
    for _ in 0..<100_000 { y = try b.binary(.add, y, x) }
    let run = try Interpreter(b.graph(outputs: [Output("y", y)]))
    #expect(try run.run(values: [NDArray(Int32(3))])[0].elements() == [Int32(300_003)])
  }

  @Test func constantsAndDataAreExact() throws {
    #expect(try bits(value(.constant(Literal(-0.0)))) == bits([-0.0]))
    let data = NDArray([Float(0.1), .nan])
    #expect(try value(.data(data)) == data)
    #expect(try value(.stopGradient, data) == data)
  }

  @Test func operationsOutsideTheirDomainAreErrors() throws {
    let flags = NDArray([true])
    #expect(throws: InterpreterError.self) {
      try evaluate(.unary(.exp), [flags], type: TensorType(.bool, [1]))
    }
    #expect(throws: InterpreterError.self) {
      try evaluate(.unary(.exp), [NDArray([1.0])], type: TensorType(.float32, [1]))
    }
  }
}
