import AdjointIR

/// The bytes that a pass over the rows has to do with.
struct PassBytes {
  /// The most of rows that are alive at once.
  private(set) var alive = 0
  /// Those of the rows of all values together.
  private(set) var traffic = 0
  /// Those of the sums.
  private(set) var sums = 0

  /// - Parameters:
  ///   - pass: nodes of `graph`, ascending.
  ///   - users: for each node of the graph those that read it.
  init(_ pass: [NodeID], of graph: Graph, _ passes: RowPasses, users: [[NodeID]]) {
    let members = Set(pass)
    var ending: [NodeID: Int] = [:]
    var now = 0
    for id in pass {
      let node = graph[id]
      if passes.roles[id] == .ends {
        sums += node.type.byteCount
      } else if !node.operation.isView, !node.operation.isArgument,
        let last = users[id].last(where: members.contains)
      {
        traffic = saturatingSum(traffic, node.type.byteCount)
        now = saturatingSum(now, node.type.byteCount)
        ending[last, default: 0] += node.type.byteCount
      }
      alive = max(alive, now)
      now -= ending[id] ?? 0
    }
  }
}

extension Operation {
  /// Whether it computes nothing.
  var isView: Bool {
    switch self {
    case .reshape, .transpose, .broadcast, .slice, .flip, .windows, .stopGradient, .barrier, .constant, .iota:
      true
    case .argument, .data, .unary, .binary, .compare, .select, .cast, .reduce, .structured, .dot, .pad,
      .concatenate, .addWindows, .scan, .call:
      false
    }
  }
}
