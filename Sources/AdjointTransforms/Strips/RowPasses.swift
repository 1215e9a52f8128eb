import AdjointArray
import AdjointIR

/// What of a graph is done row by row, in passes over the rows.
///
/// Rows begin at inputs, whose axis 0 numbers them. A node *follows* the rows where one of its axes numbers them, too, and
/// each row of it needs only that row of its operands. A node that sums over all rows *ends* them. Everything else that
/// reads rows needs all of them. What depends on a sum, or on all rows, cannot be done in the same pass: passes are
/// numbered, and a node's number is above those of all passes that must be complete before it.
struct RowPasses {
  /// What a node is to the rows.
  enum Role: Equatable {
    /// It has none, or needs all of them.
    case outside
    /// Its axis numbers the rows.
    case follows(axis: Int)
    /// It sums over the rows.
    case ends
  }
  private(set) var roles: [Role]
  /// The pass that a node is in, or before which it can be computed.
  private(set) var passOf: [Int]
  private let builder: Builder

  /// How many rows are scattered for each row of the table, at least, where that sums over the rows.
  private static let leastScatteredPerTableRow = 16

  /// - Parameter inputs: where rows begin; equal extents of axis 0.
  init(_ graph: Graph, rowsOf inputs: [NodeID]) {
    builder = Builder(graph)
    roles = Array(repeating: .outside, count: graph.nodes.count)
    passOf = Array(repeating: 0, count: graph.nodes.count)
    for id in inputs { roles[id] = .follows(axis: 0) }
    for (id, node) in graph.nodes.enumerated() where !node.operands.isEmpty { place(id, node) }
  }

  /// The nodes of each pass, ascending.
  var passes: [[NodeID]] {
    var result = [[NodeID]](repeating: [], count: 1 + (passOf.max() ?? 0))
    for (id, role) in roles.enumerated() where role != .outside { result[passOf[id]].append(id) }
    return result
  }

  /// The axis of operand `position` that numbers the rows that a row of `node` needs; `nil` where it needs the whole
  /// operand.
  func axis(ofOperand position: Int, of node: Node) -> Int? {
    let axes = node.operands.map(axis)
    if let own = axes[position] { return own }
    guard let other = axes.indices.first(where: { axes[$0] != nil }), let axis = axes[other] else {
      return nil
    }
    switch node.operation {
    case .unary, .binary, .compare, .select, .cast, .stopGradient, .barrier, .concatenate:
      return axis
    case .structured(let operation):
      return operation.partnerAxis(of: axis, rank: node.type.rank)
    case .dot(let dimensions):
      let contracting = [dimensions.lhsContracting, dimensions.rhsContracting]
      let batch = [dimensions.lhsBatch, dimensions.rhsBatch]
      return contracting[other].firstIndex(of: axis).map { contracting[position][$0] }
        ?? batch[other].firstIndex(of: axis).map { batch[position][$0] }
    case .argument, .constant, .data, .iota, .reduce, .reshape, .transpose, .broadcast, .slice, .flip, .pad,
      .windows, .addWindows, .scan, .call:
      return nil
    }
  }

  private func axis(_ id: NodeID) -> Int? {
    if case .follows(let axis) = roles[id] { axis } else { nil }
  }

  private mutating func place(_ id: NodeID, _ node: Node) {
    // What ends the rows, or needs all of them, is complete when its pass is.
    var (pass, after) = (0, 0)
    for operand in node.operands {
      pass = max(pass, roles[operand] == .ends ? passOf[operand] + 1 : passOf[operand])
      if axis(operand) != nil { after = max(after, passOf[operand] + 1) }
    }
    passOf[id] = pass
    guard after > 0 else { return }
    let axes = node.operands.map(axis)
    if !node.operation.isNested, let axis = builder.followedAxis(node, axes, .derivative) {
      roles[id] = .follows(axis: axis)
    } else if endsRows(node, axes) {
      roles[id] = .ends
    } else {
      passOf[id] = max(pass, after)
    }
  }

  private func endsRows(_ node: Node, _ axes: [Int?]) -> Bool {
    switch node.operation {
    case .reduce(_, let reduced):
      return axes[0].map(reduced.contains) ?? false
    case .dot(let dimensions):
      let left = axes[0].flatMap { dimensions.lhsContracting.firstIndex(of: $0) }
      let right = axes[1].flatMap { dimensions.rhsContracting.firstIndex(of: $0) }
      return (left ?? right) != nil && (axes[0] == nil || axes[1] == nil || left == right)
    case .structured(let operation):
      guard let table = operation.summedRows else { return false }
      // Each strip adds to a table of its own: one that is small, so that this costs less than to keep what is scattered.
      return axes[0] != nil && axes[0] == axes[1]
        && builder.shape(node.operands[1]).count / Self.leastScatteredPerTableRow >= table
    case .argument, .constant, .data, .iota, .unary, .binary, .compare, .select, .cast, .reshape, .transpose,
      .broadcast, .slice, .flip, .pad, .concatenate, .windows, .addWindows, .stopGradient, .barrier, .call,
      .scan:
      return false
    }
  }
}

extension Operation {
  /// Whether it holds a graph of its own, whose shapes are those of all rows.
  fileprivate var isNested: Bool {
    switch self {
    case .scan, .call: true
    case .argument, .constant, .data, .iota, .unary, .binary, .compare, .select, .cast, .reduce,
      .structured, .dot, .reshape, .transpose, .broadcast, .slice, .flip, .pad, .concatenate, .windows,
      .addWindows, .stopGradient, .barrier:
      false
    }
  }
}
