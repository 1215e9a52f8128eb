import Adjoint
import Foundation

/// How long each stage of the compilation takes, and how that grows with what is compiled.
struct CompileTime: Encodable {
  /// Layers of a network, or operations of a chain.
  let size: Int
  /// Nodes of the graph that is compiled: forward, backward and update.
  let nodes: Int
  let kernels: Int
  let codeBytes: Int
  /// Medians of several compilations from nothing, one where that takes long.
  let compile: [Measurement.Stage]
  let compileMilliseconds: Double
  /// Milliseconds for each layer or operation.
  let millisecondsEach: Double
  /// The most memory that the process has had so far.
  let peakMemoryBytes: Int

  /// - Parameter compiled: records, differentiates and compiles something of this size from nothing.
  private init(size: Int, compiled: () throws -> (executable: Executable, nodes: Int)) throws {
    var runs: [Executable] = []
    var nodes = 0
    let clock = ContinuousClock()
    let start = clock.now
    repeat {
      let run = try compiled()
      nodes = run.nodes
      runs.append(run.executable)
    } while runs.count < 15 && (clock.now - start).inSeconds < 0.5
    self.size = size
    self.nodes = nodes
    kernels = runs[0].program.kernels.count
    codeBytes = runs[0].codeBytes
    compile = Measurement.stages(of: runs)
    compileMilliseconds = median(runs.map { $0.times.total.inSeconds * 1e3 })
    millisecondsEach = compileMilliseconds / Double(size)
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    peakMemoryBytes = usage.ru_maxrss * 1024
  }

  /// The training step of a network of `layers` dense layers of width 8 with tanh: Adam, with an L2 penalty.
  init(layers: Int, rows: Int) throws {
    let data = NDArray(zeros: [rows, 8], .float32)
    try self.init(size: layers) {
      let step = try StepBenchmark(
        network(Array(repeating: 8, count: layers), activation: .tanh), loss: .meanSquaredError,
        regularization: .l2(1e-4), optimizer: .adam(), features: data, targets: data, seed: 1)
      return (try step.compiled(), step.nodeCount)
    }
  }

  /// The derivative of a chain of `operations` on eight numbers: x ← x / (1 + x) again and again.
  init(operations: Int) throws {
    try self.init(size: operations) {
      let chain = try Function([("x", TensorType(.float64, [8]))]) { x in
        [(0..<(operations / 2)).reduce(x[0]) { y, _ in y / (1 + y) }]
      }
      let gradient = try chain.gradient()
      return (try gradient.compiled().executable, gradient.graph.nodes.count)
    }
  }
}

/// What `bench --compile-time` says.
struct CompileTimeReport: Encodable {
  let machine: Machine
  let networks: [CompileTime]
  /// The same on so many rows that they are done in strips.
  let networksInStrips: [CompileTime]
  let chains: [CompileTime]

  /// - Parameter quick: leaves out the largest of each.
  init(quick: Bool) throws {
    machine = try Machine.current()
    networks = try [10, 100, 1000, 10_000].dropLast(quick ? 1 : 0).map { layers in
      Console.note("compiling \(Format.count(layers)) layers …")
      return try CompileTime(layers: layers, rows: 8)
    }
    networksInStrips = try [10, 100, 1000].dropLast(quick ? 1 : 0).map { layers in
      Console.note("compiling \(Format.count(layers)) layers in strips …")
      return try CompileTime(layers: layers, rows: 1024)
    }
    chains = try [100, 1000, 10_000, 100_000].dropLast(quick ? 1 : 0).map { operations in
      Console.note("compiling \(Format.count(operations)) operations …")
      return try CompileTime(operations: operations)
    }
  }

  var text: String {
    """
    Compilation from nothing, medians in ms, on \(machine.text)

    A training step (forward, backward, Adam with L2) of dense layers of width 8 with tanh, on 8 rows:

    \(table(networks, "layers", "µs per layer"))

    The same on 1,024 rows, which are done in strips:

    \(table(networksInStrips, "layers", "µs per layer"))

    The derivative of a chain of elementwise operations, x / (1 + x) again and again:

    \(table(chains, "operations", "µs per operation"))
    """
  }

  private func table(_ rows: [CompileTime], _ size: String, _ each: String) -> String {
    let stages = rows.first?.compile.map(\.stage) ?? []
    var table = TextTable(
      [size, "nodes", "kernels"] + stages + ["total", each, "memory"],
      Array(repeating: .right, count: stages.count + 6))
    for row in rows {
      table.row(
        [row.size, row.nodes, row.kernels].map(Format.count)
          + (row.compile.map(\.milliseconds) + [row.compileMilliseconds]).map { Format.fixed($0, 2) }
          + [
            Format.fixed(row.millisecondsEach * 1e3, 1),
            Format.count(row.peakMemoryBytes / 1_000_000) + " MB",
          ])
    }
    return table.text
  }
}
