import AdjointArray
import AdjointIR
import AdjointInterpreter
import AdjointTransforms
import Testing

/// A function of float64 arrays, written with the builder.
struct Traced {
  var builder = Builder()
  var inputs: [NodeID] = []
  var output: NodeID = 0

  /// - Parameter shapes: the inputs' shapes; they are named x0, x1, …
  init(_ shapes: [Shape], _ body: (inout Builder, [NodeID]) throws -> NodeID) rethrows {
    for (number, shape) in shapes.enumerated() {
      builder.provenance = Provenance(locations: [
        SourceLocation(file: "Tests/inputs.swift", line: number + 1)
      ])
      inputs.append(builder.argument(.input, "x\(number)", TensorType(.float64, shape)))
    }
    builder.provenance = Provenance(
      labels: ["y"], locations: [SourceLocation(file: "Tests/model.swift", line: 7)])
    output = try body(&builder, inputs)
  }

  func graph(_ outputs: [NodeID]) -> Graph {
    builder.graph(outputs: outputs.enumerated().map { Output("o\($0.offset)", $0.element) })
  }
}

/// The outputs, in order, of a graph whose inputs are x0, x1, …
func values(_ graph: Graph, _ inputs: [NDArray]) throws -> [NDArray] {
  var feed: [String: NDArray] = [:]
  for (number, input) in inputs.enumerated() { feed["x\(number)"] = input }
  let results = try Interpreter(graph).run(feed)
  return graph.outputs.compactMap { results[$0.name] }
}

/// Numbers in (low, high) without ties or structure: multiples of the golden ratio, modulo 1.
func generic(_ shape: Shape, _ low: Double = -1.4, _ high: Double = 1.6, seed: Int = 1) -> NDArray {
  let values = (0..<shape.count).map { index in
    let turn = 0.618_033_988_749_895 * Double(index + 7 * seed)
    return low + (high - low) * (turn - turn.rounded(.down))
  }
  var array = NDArray(zeros: shape, .float64)
  array.withUnsafeMutableElements(of: Double.self) { for i in values.indices { $0[i] = values[i] } }
  return array
}

/// `array` with `delta` added to element `index`.
func shifted(_ array: NDArray, _ index: Int, _ delta: Double) -> NDArray {
  var result = array
  result.withUnsafeMutableElements(of: Double.self) { $0[index] += delta }
  return result
}

/// ∂(Σ w·y)/∂x for each input by central differences with a step of 1e-5, where `graph` has the output y.
func centralDifferences(_ graph: Graph, _ inputs: [NDArray], weights: NDArray) throws -> [[Double]] {
  let step = 1e-5
  func loss(_ inputs: [NDArray]) throws -> Double {
    zip(try values(graph, inputs)[0].doubles, weights.doubles).reduce(0) { $0 + $1.0 * $1.1 }
  }
  return try inputs.indices.map { position in
    try (0..<inputs[position].count).map { index in
      var above = inputs
      var below = inputs
      above[position] = shifted(inputs[position], index, step)
      below[position] = shifted(inputs[position], index, -step)
      return try (loss(above) - loss(below)) / (2 * step)
    }
  }
}

/// The greatest of |a − b| / max(1, |b|).
func deviation(_ a: [Double], _ b: [Double]) -> Double {
  guard a.count == b.count else { return .infinity }
  return zip(a, b).reduce(0) { worst, pair in
    let error = abs(pair.0 - pair.1) / max(1, abs(pair.1))
    return error.isNaN ? .infinity : max(worst, error)
  }
}

/// The greatest deviation of the vjp and of the jvp from central differences, for a function of these inputs. All
/// derivatives of the function are also compared with each other.
func gradientError(
  _ inputs: [NDArray], sourceLocation: Testing.SourceLocation = #_sourceLocation,
  _ body: (inout Builder, [NodeID]) throws -> NodeID
) throws -> Double {
  var traced = try Traced(inputs.map(\.shape), body)
  let forward = traced.graph([traced.output])
  let weights = generic(traced.builder.shape(traced.output), 0.3, 1.9, seed: 3)
  let tangents = inputs.enumerated().map { generic($0.element.shape, -0.9, 1.1, seed: $0.offset + 11) }
  let seeds = tangents.map { traced.builder.data($0) }
  let gradients = try traced.builder.vjp(
    of: [traced.output], withRespectTo: traced.inputs, cotangents: [traced.builder.data(weights)])
  let tangent = try traced.builder.jvp(of: [traced.output], withRespectTo: traced.inputs, tangents: seeds)
  let found = try values(traced.graph(gradients + tangent), inputs)
  let expected = try centralDifferences(forward, inputs, weights: weights)
  let error = zip(found, expected).reduce(0) { max($0, deviation($1.0.doubles, $1.1)) }
  let moved = found[inputs.count].doubles
  // The transpose: cotangent · (J tangent) = (cotangent J) · tangent.
  let across = zip(found, tangents).reduce(0) { $0 + inner($1.0.doubles, $1.1.doubles) }
  #expect(
    deviation([inner(weights.doubles, moved)], [across]) < 1e-11, "transpose", sourceLocation: sourceLocation)
  try expectJacobians(
    &traced, inputs, rows: (weights, found.dropLast().map(\.doubles)), columns: (tangents, moved),
    sourceLocation)
  return max(error, deviation(moved, try directionalDifferences(forward, inputs, along: tangents)))
}

/// Checks the Jacobians of both modes against each other, and their products with vectors on either side.
private func expectJacobians(
  _ traced: inout Traced, _ inputs: [NDArray], rows: (weights: NDArray, products: [[Double]]),
  columns: (tangents: [NDArray], product: [Double]), _ sourceLocation: Testing.SourceLocation
) throws {
  var total = [Double](repeating: 0, count: rows.weights.count)
  for (position, input) in traced.inputs.enumerated() {
    var jacobians: [NodeID] = []
    for mode in DerivativeMode.allCases {
      jacobians.append(try traced.builder.jacobian(of: traced.output, withRespectTo: input, mode: mode))
    }
    let graph = traced.graph(jacobians)
    try graph.verify()
    let found = try values(graph, inputs).map(\.doubles)
    let count = inputs[position].count
    #expect(deviation(found[0], found[1]) < 1e-11, "Jacobians of both modes", sourceLocation: sourceLocation)
    let product = (0..<count).map { column in
      (0..<rows.weights.count).reduce(0) { $0 + rows.weights.doubles[$1] * found[0][$1 * count + column] }
    }
    #expect(
      deviation(product, rows.products[position]) < 1e-11, "vector times Jacobian",
      sourceLocation: sourceLocation)
    for row in total.indices {
      total[row] += inner(
        Array(found[1][row * count..<(row + 1) * count]), columns.tangents[position].doubles)
    }
  }
  #expect(deviation(total, columns.product) < 1e-11, "Jacobian times vector", sourceLocation: sourceLocation)
}

/// (y(x + h t) − y(x − h t)) / 2h for tangents t and h = 1e-5, where `graph` has the output y.
func directionalDifferences(_ graph: Graph, _ inputs: [NDArray], along tangents: [NDArray]) throws -> [Double]
{
  let step = 1e-5
  func value(_ step: Double) throws -> [Double] {
    let moved = zip(inputs, tangents).map { input, tangent in
      (0..<input.count).reduce(input) { shifted($0, $1, step * tangent.doubles[$1]) }
    }
    return try values(graph, moved)[0].doubles
  }
  return try zip(value(step), value(-step)).map { ($0 - $1) / (2 * step) }
}

func inner(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }

/// The vjp with ones at the given points, for a function of these inputs.
func derivative(
  at inputs: [NDArray], order: Int = 1, _ body: (inout Builder, [NodeID]) throws -> NodeID
) throws -> [[Double]] {
  var traced = try Traced(inputs.map(\.shape), body)
  var results = [traced.output]
  for _ in 0..<order {
    let ones = try traced.builder.constant(1, like: results[0])
    results = try traced.builder.vjp(of: [results[0]], withRespectTo: traced.inputs, cotangents: [ones])
  }
  return try values(traced.graph(results), inputs).map(\.doubles)
}

/// The same graph with its nodes in one order whatever order they were made in: arguments, then what each output
/// needs, operands from left to right.
func ordered(_ graph: Graph) -> Graph {
  var mapping: [NodeID: NodeID] = [:]
  var nodes: [Node] = []
  func place(_ id: NodeID) {
    if mapping[id] != nil { return }
    for operand in graph[id].operands { place(operand) }
    mapping[id] = nodes.count
    let node = graph[id]
    nodes.append(Node(node.operation, node.operands.compactMap { mapping[$0] }, type: node.type))
  }
  for id in graph.arguments { place(id) }
  for output in graph.outputs { place(output.node) }
  return Graph(
    nodes: nodes, outputs: graph.outputs.map { Output($0.name, mapping[$0.node] ?? -1) })
}
