import AdjointArray

/// A nested graph as a call holds it: what it computes, and how its derivative is taken.
public struct Callee: Hashable, Sendable {
  public enum Derivative: Hashable, Sendable {
    /// That of the graph, with the values of the forward pass.
    case own
    /// That of the graph, whose values are computed again in the backward pass instead of being kept for it.
    case recomputed
    /// A graph of the vector–Jacobian product, for a graph of one floating-point result. It takes the arguments,
    /// the result and the cotangent of the result, and gives the cotangent of each floating-point argument.
    case given(Graph)
  }
  public let graph: Graph
  public let derivative: Derivative
  /// Of all nodes, computed once: builders look calls up by it.
  private let hash: Int

  public init(_ graph: Graph, derivative: Derivative = .own) {
    self.graph = graph
    self.derivative = derivative
    var hasher = Hasher()
    hasher.combine(graph)
    hasher.combine(derivative)
    hash = hasher.finalize()
  }

  /// The graph, and the derivative's where it has one.
  public var graphs: [Graph] {
    if case .given(let vjp) = derivative { [graph, vjp] } else { [graph] }
  }

  /// The positions of the floating-point arguments.
  public var differentiableArguments: [Int] {
    graph.arguments.indices.filter { graph[graph.arguments[$0]].type.scalarType.isFloatingPoint }
  }

  public static func == (a: Callee, b: Callee) -> Bool {
    a.hash == b.hash && a.derivative == b.derivative && a.graph == b.graph
  }

  public func hash(into hasher: inout Hasher) { hasher.combine(hash) }
}
