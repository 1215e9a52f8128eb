import Adjoint

/// The values of a graph, and beside each floating-point element how far another evaluation of it may be.
///
/// A running error analysis (N. J. Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., section 3.3): the
/// bound of a node's element is what the operation itself may differ by, from the table of bounds that the runtime
/// states, plus what the operands' bounds change in its value. The latter is a formula for arithmetic, sums and
/// movement; of other functions it is the change of the value, in float64, where an operand is moved by its bound up
/// and down.
///
/// Integers and truth values are exact. Where a bound leaves open which integer, side of a comparison or branch it
/// is, there is none: the graph jumps there.
package struct BoundedRun: Sendable {
  /// What the other evaluation is.
  package enum Measure: Sendable {
    /// Another backend. IEEE arithmetic and running sums have the same bits on the same operands, functions are both
    /// within their bounds, sums within that for any order.
    case backend
    /// The real numbers: all arithmetic rounds.
    case realNumbers
  }

  /// Why a graph cannot be compared.
  package enum Rejection: Error, Hashable {
    /// A choice by numbers that are not sure: the node's operation.
    case jump(String)
    /// The bound of an output, named, is no longer small against its elements.
    case vague(String)
  }

  /// The outputs.
  package let values: [NDArray]
  /// For each output its bounds, float64; `nil` where all are 0.
  package let bounds: [NDArray?]

  /// - Parameter graph: calls must be inlined before.
  /// - Throws: ``Rejection``, or what the interpreter throws.
  package init(_ graph: Graph, _ inputs: [NDArray], to measure: Measure) throws {
    try self.init(graph, inputs, bounds: inputs.map { _ in nil }, to: measure)
  }

  /// The same for arguments that have bounds themselves.
  init(_ graph: Graph, _ inputs: [NDArray], bounds inputBounds: [NDArray?], to measure: Measure) throws {
    var values: [NDArray] = []
    var bounds: [NDArray?] = []
    values.reserveCapacity(graph.nodes.count)
    bounds.reserveCapacity(graph.nodes.count)
    var nextInput = 0
    for node in graph.nodes {
      if node.operation.isArgument {
        values.append(inputs[nextInput])
        bounds.append(inputBounds[nextInput])
        nextInput += 1
        continue
      }
      let operands = node.operands.map { values[$0] }
      let value = try evaluate(node.operation, operands, type: node.type)
      let propagation = Propagation(
        node: node, operands: operands, bounds: node.operands.map { bounds[$0] }, value: value,
        measure: measure)
      values.append(value)
      bounds.append(try propagation.bound())
    }
    self.values = graph.outputs.map { values[$0.node] }
    self.bounds = graph.outputs.map { bounds[$0.node] }
  }
}
