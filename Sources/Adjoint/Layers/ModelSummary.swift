import AdjointArray
import AdjointIR
import AdjointTransforms

/// What a model is made of, layer by layer: shapes, parameters, memory and operations.
public struct ModelSummary: Sendable, Hashable, Encodable {
  /// A layer.
  public struct Row: Sendable, Hashable, Encodable {
    /// Its path in the model, `encoder.dense1`; `model` for what is computed outside of layers.
    public let name: String
    /// The shape of what it makes.
    public let output: [Int]
    /// How many numbers are trained, or kept, in it, and the bytes that they take.
    public fileprivate(set) var parameters = 0
    public fileprivate(set) var parameterBytes = 0
    /// The bytes of what it makes.
    public let outputBytes: Int
    /// Of the forward pass on the given input, by the rule of ``FlopCount``.
    public fileprivate(set) var flops = 0
  }
  /// In the order in which the layers are first called.
  public let rows: [Row]
  public let parameters: Int
  public let parameterBytes: Int
  public let flops: Int

  /// - Parameter graph: the forward pass of a model, or a training step, of which the forward part counts.
  /// - Throws: ``GraphError`` where a nested graph is malformed.
  public init(_ graph: Graph) throws {
    let forward = graph.ancestors(of: graph.outputs.filter { $0.replaces == nil }.map(\.node))
    var order: [String] = []
    var last: [String: TensorType] = [:]
    for (id, node) in graph.nodes.enumerated() where forward[id] && !node.operation.isArgument {
      // Constants have no shape of a layer's.
      guard case .layer(let path) = node.provenance.scope, !node.operands.isEmpty else { continue }
      if last.updateValue(node.type, forKey: path) == nil { order.append(path) }
    }
    var rows = order.map { path in
      let type = last[path] ?? TensorType(.float32, .scalar)
      return Row(name: path, output: type.shape.dimensions, outputBytes: type.byteCount)
    }
    func add(_ path: String, _ change: (inout Row) -> Void) {
      if let index = rows.firstIndex(where: { $0.name == path }) { change(&rows[index]) }
    }
    for (_, argument) in graph.arguments(of: .parameter) {
      add(Scope.layer(holding: argument.name)) {
        $0.parameters += argument.type.count
        $0.parameterBytes += argument.type.byteCount
      }
    }
    let part = Graph(nodes: graph.nodes, outputs: graph.outputs.filter { $0.replaces == nil })
    let count = FlopCount(try part.removingDeadNodes(keepingArguments: false).inliningCalls().simplified())
    for part in count.parts {
      if case .layer(let path) = part.place { add(path) { $0.flops += part.forward } }
    }
    self.rows = rows
    let all = graph.arguments(of: .parameter).map(\.argument.type)
    parameters = all.reduce(0) { $0 + $1.count }
    parameterBytes = all.reduce(0) { $0 + $1.byteCount }
    flops = count.forward
  }
}

extension ModelSummary: CustomStringConvertible {
  /// A table.
  public var description: String {
    var table = TextTable(
      ["layer", "output", "parameters", "bytes", "FLOPs"], [.left, .left, .right, .right, .right])
    for row in rows {
      table.row(
        row.name, "\(Shape(row.output))", row.parameters.grouped, row.parameterBytes.grouped,
        row.flops.grouped)
    }
    table.row(
      "all", "", parameters.grouped, parameterBytes.grouped, flops.grouped)
    return table.text
  }
}

extension Layer {
  /// Shapes, parameters, bytes and FLOPs of each layer, on an input of this shape.
  ///
  /// - Throws: ``TraceError`` where the model cannot take such an input.
  public func summary(
    _ input: Shape, scalarType: ScalarType = .float32, file: String = #fileID, line: Int = #line
  ) throws -> ModelSummary {
    let trace = Trace(at: SourceLocation(file: file, line: line))
    defer { trace.finish() }
    var names = NumberedNames(taken: trace.nameParameters(of: self))
    let x = trace.input(names.unique("x"), TensorType(scalarType, input))
    let output = trace.within(.layer(Scope.wholeModel)) { self(x) }
    let ids = try trace.nodes(of: [output])
    return try ModelSummary(trace.builder.graph(outputs: [Output("y", ids[0])]))
  }
}
