import AdjointArray
import AdjointIR
import AdjointTransforms
import Testing

@Suite("Which pass a node is of")
struct PassesTests {
  @Test("A derivative says of which node each of its nodes is; a graph without one says nothing of passes")
  func derivative() throws {
    var b = Builder()
    let x = b.argument(.parameter, "x", TensorType(.float32, [3]))
    let z = try b.append(.unary(.tanh), [x])
    b.label(z, "z")
    let loss = try b.append(.reduce(.sum, axes: [0]), [try b.append(.binary(.multiply), [z, z])])
    let forward = b.graph(outputs: [Output("loss", loss)])
    #expect(!"\(forward)".contains("forward"))
    let gradient = try b.gradient(of: loss, withRespectTo: x)
    let graph = b.graph(outputs: [Output("loss", loss), Output("d_x", gradient)])
    for (id, node) in graph.nodes.enumerated() {
      #expect((id >= forward.nodes.count) == (node.provenance.backwardOf != nil), "\(node)")
    }
    let parts = Set(graph.nodes.compactMap(\.provenance.backwardOf))
    #expect(parts == ["reduce_sum", "mul", "z"])
  }
}
