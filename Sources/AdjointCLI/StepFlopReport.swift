import Adjoint

/// What `flops` says of a training step.
struct StepFlopReport: Encodable {
  struct Row: Encodable {
    let name: String
    let forward: Int
    let backward: Int
    let update: Int
    let total: Int
  }
  /// Of the first input with rows.
  let batch: Int?
  let parameters: Int
  /// Its name, where it is known.
  let optimizer: String?
  let rows: [Row]
  let forward: Int
  let backward: Int
  let update: Int
  let total: Int
  let backwardPerForward: Double
  let updatePerParameter: Double

  /// - Throws: ``GraphError`` where a nested graph is malformed.
  init(_ step: Graph, optimizer: String?) throws {
    let count = FlopCount(try step.inliningCalls().simplified())
    batch = step.arguments(of: .input).map(\.argument.type.shape).first { $0.rank > 1 }?[0]
    parameters = step.arguments(of: .parameter).reduce(0) { $0 + $1.argument.type.count }
    self.optimizer = optimizer
    rows = count.parts.map {
      Row(
        name: "\($0.place)", forward: $0.forward, backward: $0.backward, update: $0.update, total: $0.total)
    }
    forward = count.forward
    backward = count.backward
    update = count.update
    total = count.shared
    backwardPerForward = Double(backward) / Double(max(1, forward))
    updatePerParameter = Double(update) / Double(max(1, parameters))
  }

  var text: String {
    var table = TextTable(
      ["FLOPs of a step", "forward", "backward", "update", "total"],
      [.left, .right, .right, .right, .right])
    func row(_ name: String, _ numbers: Int...) { table.row([name] + numbers.map(Format.count)) }
    for item in rows { row("  " + item.name, item.forward, item.backward, item.update, item.total) }
    row("all", forward, backward, update, total)
    let rowCount = batch.map { "\(Format.count($0)) rows" } ?? "all data"
    let updating = optimizer.map { "update by \($0)" } ?? "update"
    return """
      A training step on \(rowCount), \(Format.count(parameters)) parameters: each value once, as it is compiled

      \(table.text)

      backward / forward: \(Format.fixed(backwardPerForward, 2))
      \(updating): \(Format.fixed(updatePerParameter, 2)) a parameter
      """
  }
}
