import Adjoint

/// A program's schedule and memory plan, to be read.
struct KernelTables {
  let program: Program
  /// Of the graph that became the program.
  let flops: FlopCount

  /// - Parameter step: a training step, without calls.
  /// - Throws: what compiling throws.
  init(_ step: Graph) throws {
    program = try Executable(step).program
    flops = FlopCount(step)
  }

  var text: String {
    let bytes = program.kernels.reduce(0) { $0 + self.bytes($1) }
    return """
      \(program.name): \(program.kernelCount) kernels, \(Format.count(program.flops)) FLOPs, \
      \(Format.bytes(bytes)) read and written
      of the graph, each value once: forward \(Format.count(flops.forward)) FLOPs, backward \
      \(Format.count(flops.backward)), update \(Format.count(flops.update)), whole step \(Format.count(flops.shared))

      \(schedule)

      arena: \(Format.bytes(program.arenaBytes)) = values to \(Format.count(program.memory.tileOffset)), then tiles, \
      then packing space for matrix products from \(Format.count(program.memory.workspaceOffset)) \
      (\(Format.bytes(program.memory.workspaceBytes)))
      lower bound for the values: \(Format.bytes(program.memory.lowerBoundBytes)) are alive at once

      \(memory)

      """
  }

  private var schedule: String {
    var table = TextTable(
      ["", "kernel", "space", "FLOPs", "bytes", "tile", "reads -> writes"],
      [.right, .left, .left, .right, .right, .left, .left])
    var number = 0
    addRows(of: program, to: &table, &number, indentation: "")
    return table.text
  }

  /// The kernels by their numbers, those of a loop's body behind it.
  private func addRows(
    of program: Program, to table: inout TextTable, _ number: inout Int, indentation: String
  ) {
    for kernel in program.kernels {
      number += 1
      let names = { (ids: [BufferID]) in ids.map { program.buffers[$0].name }.joined(separator: " ") }
      let bytes = (kernel.reads + kernel.writes).reduce(0) { $0 + program.buffers[$1].byteCount }
      table.row(
        "\(number)", indentation + kernel.name, space(kernel.body), Format.count(kernel.flops),
        Format.count(bytes), tile(kernel.body), "\(names(kernel.reads)) -> \(names(kernel.writes))")
      if case .loop(let loop) = kernel.body {
        addRows(of: loop.body, to: &table, &number, indentation: indentation + "  ")
      }
    }
  }

  private var memory: String {
    var table = TextTable(
      ["offset", "bytes", "buffer", "alive in kernels"], [.right, .right, .left, .left])
    for place in program.memory.placements.sorted(by: {
      ($0.offset, $0.firstKernel) < ($1.offset, $1.firstKernel)
    }) {
      let first = place.firstKernel + 1
      let last = place.lastKernel + 1
      table.row(
        Format.count(place.offset), Format.count(place.byteCount), program.buffers[place.buffer].name,
        first == last ? "\(first)" : "\(first)-\(last)")
    }
    return table.text
  }

  private func space(_ body: Kernel.Body) -> String {
    func product(_ extents: [Int]) -> String { extents.map(String.init).joined(separator: "x") }
    switch body {
    case .map(let map):
      if map.isScalar { return "scalar" }
      let reduced = Set(map.reductions.map { $0.dimension == map.extents.count - 1 ? "columns" : "rows" })
        .sorted()
      return product(map.extents) + (reduced.isEmpty ? "" : ", reduces " + reduced.joined(separator: " and "))
    case .contraction(let dot):
      let sides = [("A", dot.lhs), ("B", dot.rhs)].filter(\.1.isTransposed).map { $0.0 + "ᵀ" }
      return "\(product(dot.batchExtents + [dot.m, dot.n])), k \(dot.k)"
        + (sides.isEmpty ? "" : ", " + sides.joined(separator: " "))
    case .stripContraction(let dot):
      return
        "\(product(dot.batchExtents + [dot.m, dot.n])), k \(dot.k), in blocks of \(product([dot.block.m, dot.block.n, dot.block.k]))"
    case .call(let call): return call.integers.map { "\($0.name) \($0.value)" }.joined(separator: ", ")
    case .loop(let loop): return "\(loop.length) runs of \(loop.body.kernels.count) kernels"
    case .fill(let fill): return "\(program.buffers[fill.destination].count)"
    }
  }

  private func tile(_ body: Kernel.Body) -> String {
    switch body {
    case .map(let map) where !map.isScalar: "\(map.tile.rows)x\(map.tile.columns)"
    case .map, .contraction, .stripContraction, .call, .loop, .fill: "-"
    }
  }

  /// What the kernel's buffers hold together.
  private func bytes(_ kernel: Kernel) -> Int {
    (kernel.reads + kernel.writes).reduce(0) { $0 + program.buffers[$1].byteCount }
  }
}
