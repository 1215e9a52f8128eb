import Adjoint
import FuzzHarness
import Testing

/// An index outside a table is an error of the step that says where, from compiled code too.
@Suite struct IndexErrorTests {
  private func lookup(rows: Int, indices: [Int32]) throws -> (graph: Graph, inputs: [NDArray]) {
    var builder = Builder()
    let table = builder.argument(.parameter, "embedding", TensorType(.float32, [rows, 3]))
    let tokens = builder.argument(.input, "tokens", TensorType(.int32, [indices.count]))
    builder.provenance = Provenance(
      labels: ["words"], locations: [SourceLocation(file: "Model/Words.swift", line: 12)])
    let rowsOf = try builder.append(.structured(.gatherRows), [table, tokens])
    builder.provenance = .none
    let negated = try builder.unary(.negate, rowsOf)
    return (
      builder.graph(outputs: [Output("y", negated)]), [NDArray(zeros: [rows, 3]), NDArray(indices)]
    )
  }

  @Test(arguments: Backend.tiles + [.portable])
  func theErrorNamesNodeAndLine(backend: Backend) throws {
    for index: Int32 in [5, -1, .max, .min] {
      let (graph, inputs) = try lookup(rows: 5, indices: [0, index, 4])
      let executable = try backend.compile(graph)
      let error = #expect(throws: ExecutionError.self) { try executable(inputs) }
      #expect(
        error?.message
          == "Model/Words.swift:12: gather_rows 'words': an index is out of range; indices run from 0 to 4")
    }
  }

  @Test(arguments: Backend.tiles + [.portable], [-1, 3, 2_147_483_647] as [Int32])
  func soDoThoseAlongAnAxis(backend: Backend, index: Int32) throws {
    for (operation, name) in [
      (Operation.structured(.gather(axis: 1)), "gather"),
      (.structured(.scatterAdd(axis: 1, extent: 3)), "scatter_add"),
    ] {
      var builder = Builder()
      let values = builder.argument(.input, "x", TensorType(.float64, [2, 3]))
      let places = builder.argument(.input, "places", TensorType(.int32, [2, 3]))
      builder.provenance = Provenance(
        labels: ["picked"], locations: [SourceLocation(file: "Model/Pick.swift", line: 7)])
      let result = try builder.append(operation, [values, places])
      let graph = builder.graph(outputs: [Output("y", result)])
      let inputs = [NDArray(zeros: [2, 3], .float64), try NDArray([0, 1, 2, 0, index, 2], shape: [2, 3])]
      let compiled = #expect(throws: ExecutionError.self) { try backend.compile(graph)(inputs) }
      let expected = "Model/Pick.swift:7: \(name) 'picked': an index is out of range; indices run from 0 to 2"
      #expect(compiled?.description.hasPrefix(expected) == true, "\(compiled?.description ?? "")")
      let interpreted = #expect(throws: InterpreterError.self) { try Interpreter(graph).run(values: inputs) }
      #expect(
        interpreted?.description.hasPrefix("Model/Pick.swift:7: \(name) 'picked': index \(index)") == true,
        "\(interpreted?.description ?? "")")
    }
  }

  @Test(arguments: Backend.tiles + [.portable])
  func indicesInRangeAreNoError(backend: Backend) throws {
    let (graph, inputs) = try lookup(rows: 5, indices: [0, 4, 2])
    #expect(try backend.compile(graph)(inputs)[0].doubles == [Double](repeating: 0, count: 9))
  }

  @Test(arguments: Backend.tiles + [.portable])
  func theFirstOfSeveralErrorsIsNamed(backend: Backend) throws {
    // The gradient scatters to the same wrong row after the lookup has met it.
    let (graph, inputs) = try lookup(rows: 5, indices: [0, 7, 4])
    var builder = Builder(graph)
    let output = graph.outputs[0].node
    let ones = try builder.constant(1, like: output)
    let gradient = try builder.vjp(of: [output], withRespectTo: [graph.arguments[0]], cotangents: [ones])
    let both = builder.graph(outputs: [Output("y", output), Output("d", gradient[0])])
    let error = #expect(throws: ExecutionError.self) { try backend.compile(both)(inputs) }
    #expect(error?.description.contains("gather_rows 'words'") == true)
    let backward = builder.graph(outputs: [Output("d", gradient[0])])
    let alone = #expect(throws: ExecutionError.self) { try backend.compile(backward)(inputs) }
    #expect(alone?.description.contains("scatter_add_rows 'd_embedding'") == true)
  }

  @Test func aWorkspaceOfAnotherExecutableIsRefused() throws {
    let small = try Executable(try lookup(rows: 5, indices: [0]).graph)
    let (graph, inputs) = try lookup(rows: 50, indices: [Int32](repeating: 3, count: 5_000))
    let large = try Executable(graph)
    #expect(throws: ExecutionError.self) { try large(inputs, workspace: Workspace(for: small)) }
    #expect(throws: Never.self) { try large(inputs, workspace: Workspace(for: large)) }
  }
}
