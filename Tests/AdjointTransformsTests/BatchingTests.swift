import AdjointArray
import AdjointIR
import AdjointInterpreter
import AdjointTransforms
import FuzzSupport
import Testing

/// Every operation with a leading axis on each choice of its operands, against one evaluation for each slice.
@Suite struct BatchingTests {
  private static let extent = 3

  /// A few of the cases of each operation, whose operands are not large.
  private static func cases() throws -> [OperationCase] {
    var counts: [String: Int] = [:]
    return try OperationCases.all().filter { example in
      guard let name = example.graph.nodes.last?.operation.name,
        !example.graph.arguments.isEmpty,
        example.inputs.values.allSatisfy({ $0.count <= 130 })
      else { return false }
      counts[name, default: 0] += 1
      return counts[name, default: 0] <= 24
    }
  }

  @Test func everyOperationIsThatOfEachSlice() throws {
    var names: Set<String> = []
    for example in try Self.cases() {
      let arguments = example.graph.arguments
      for choice in 1..<(1 << arguments.count) {
        let chosen = arguments.indices.filter { choice & (1 << $0) != 0 }
        try check(example, chosen)
      }
      names.formUnion(example.graph.nodes.map(\.operation.name))
    }
    #expect(names.contains("gather_rows") && names.contains("scatter_add_rows") && names.contains("dot"))
  }

  private func check(_ example: OperationCase, _ chosen: [Int]) throws {
    let graph = example.graph
    var builder = Builder()
    var inputs: [String: NDArray] = [:]
    var places: [NodeID] = []
    var batches: [NodeID] = []
    var slices = [[String: NDArray]](repeating: example.inputs, count: Self.extent)
    for (position, id) in graph.arguments.enumerated() {
      guard case .argument(let argument) = graph[id].operation, let value = example.inputs[argument.name]
      else { continue }
      let isChosen = chosen.contains(position)
      var type = argument.type
      if isChosen {
        // A matrix that is rolled is not positive definite any more; a multiple is.
        let isDecomposed = graph.nodes.contains { $0.operation == .structured(.cholesky) }
        let parts = try (0..<Self.extent).map { isDecomposed ? try scaled(value, $0 + 1) : rolled(value, $0) }
        for (number, part) in parts.enumerated() { slices[number][argument.name] = part }
        inputs[argument.name] = stacked(parts)
        type = TensorType(type.scalarType, Shape([Self.extent] + type.shape.dimensions))
      } else {
        inputs[argument.name] = value
      }
      places.append(builder.argument(.input, argument.name, type))
      if isChosen { batches.append(places[position]) }
    }
    let made = try builder.batched(batches) { draft, seeds throws(GraphError) in
      var mapping: [NodeID: NodeID] = [:]
      for (position, id) in graph.arguments.enumerated() {
        mapping[id] = chosen.firstIndex(of: position).map { seeds[$0] } ?? places[position]
      }
      for (id, node) in graph.nodes.enumerated() where mapping[id] == nil {
        mapping[id] = try draft.append(node.operation, node.operands.compactMap { mapping[$0] })
      }
      return graph.outputs.compactMap { mapping[$0.node] }
    }
    let batched = builder.graph(outputs: [Output("y", made[0])])
    try batched.verify()
    let found = try #require(try Interpreter(batched).run(inputs)["y"])
    let expected = stacked(
      try slices.map { try #require(try Interpreter(graph).run($0)["y"]) })
    #expect(found.shape == expected.shape, "\(example) \(chosen)")
    let agree = zip(found.doubles, expected.doubles).allSatisfy { found, expected in
      found == expected || (found.isNaN && expected.isNaN)
        || abs(found - expected) <= 1e-5 * max(1, abs(expected))
    }
    #expect(agree, "\(example) \(chosen)")
  }

  /// The elements moved on by `places`, in a cycle.
  private func rolled(_ array: NDArray, _ places: Int) -> NDArray {
    let size = array.scalarType.byteSize
    let count = array.count
    var result = array
    array.withUnsafeBytes { source in
      result.withUnsafeMutableBytes { target in
        for index in 0..<count {
          for byte in 0..<size {
            target[(index + places) % count * size + byte] = source[index * size + byte]
          }
        }
      }
    }
    return result
  }

  private func scaled(_ array: NDArray, _ factor: Int) throws -> NDArray {
    let factors = NDArray(
      repeating: Literal(Double(factor), as: array.scalarType), shape: array.shape)
    return try evaluate(
      .binary(.multiply), [array, factors], type: TensorType(array.scalarType, array.shape))
  }

  private func stacked(_ parts: [NDArray]) -> NDArray {
    var result = NDArray(zeros: Shape([parts.count] + parts[0].shape.dimensions), parts[0].scalarType)
    let size = parts[0].count * parts[0].scalarType.byteSize
    result.withUnsafeMutableBytes { target in
      for (number, part) in parts.enumerated() {
        part.withUnsafeBytes { source in
          for byte in 0..<size { target[number * size + byte] = source[byte] }
        }
      }
    }
    return result
  }

  /// What does not depend on a seed is made once, and seeds leave nothing behind.
  @Test func whatIsTheSameForAllIsNotRepeated() throws {
    var traced = try Traced([[4], [4]]) { b, x in try b.unary(.exp, x[0]) }
    let shared = traced.output
    let batch = try traced.builder.broadcast(traced.inputs[1], to: [6, 4])
    let results = try traced.builder.batched([batch]) { b, seeds throws(GraphError) in
      [try b.binary(.multiply, b.unary(.sin, shared), seeds[0]), try b.unary(.sin, shared), seeds[0]]
    }
    #expect(results.map { traced.builder.shape($0) } == [[6, 4], [6, 4], [6, 4]])
    let sines = traced.builder.nodes.filter { $0.operation == .unary(.sin) }
    #expect(sines.map(\.type.shape) == [[4]])
    #expect(traced.builder.nodes.count { $0.operation.isArgument } == 2)
    #expect(results[2] == batch)
    #expect(throws: GraphError.self) {
      try traced.builder.batched([batch, shared]) { _, seeds throws(GraphError) in seeds }
    }
    #expect(throws: GraphError.self) {
      try traced.builder.batched([]) { _, seeds throws(GraphError) in seeds }
    }
  }
}
