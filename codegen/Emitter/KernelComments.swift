import AdjointArray
import AdjointIR
import AdjointLowering

// What stands above a kernel: what it computes, what that costs, and which of the user's lines it comes from.

extension CEmitter {
  /// Formula, space, and the facts.
  func description(of kernel: Kernel) -> [String] {
    var lines: [String] = []
    switch kernel.body {
    case .map(let map):
      lines += Formula(program: program, map: map).lines
      lines.append("over \(Shape(map.extents))")
    case .contraction(let dot):
      let factor = { (matrix: Contraction.Matrix) in
        program.buffers[matrix.buffer].name + (matrix.isTransposed ? "ᵀ" : "")
      }
      let batch = dot.batchExtents.isEmpty ? "" : ", for each of \(Shape(dot.batchExtents))"
      lines.append(
        "\(program.buffers[dot.destination].name)[\(dot.m),\(dot.n)] = \(factor(dot.lhs)) \(factor(dot.rhs)) over \(dot.k)\(batch)"
      )
    case .stripContraction(let dot):
      lines.append(dot.description(program))
    case .gatherRows(let gather):
      lines.append(
        "\(program.buffers[gather.destination].name) = rows \(program.buffers[gather.indices].name) of \(program.buffers[gather.table].name)"
      )
    case .scatterAddRows(let scatter):
      lines.append(
        "rows \(program.buffers[scatter.indices].name) of \(program.buffers[scatter.destination].name) += \(program.buffers[scatter.updates].name)"
      )
    case .gather(let gather):
      lines.append(
        "\(program.buffers[gather.destination].name) = elements \(program.buffers[gather.indices].name) of \(program.buffers[gather.table].name)"
      )
    case .scatterAdd(let scatter):
      lines.append(
        "elements \(program.buffers[scatter.indices].name) of \(program.buffers[scatter.destination].name) += \(program.buffers[scatter.updates].name)"
      )
    case .cumulative(let cumulative):
      lines.append(
        "\(program.buffers[cumulative.destination].name) = \(cumulative.function.rawValue)\(cumulative.isReversed ? ", from the end," : "") of \(program.buffers[cumulative.operand].name)"
      )
    case .randomBits(let draw):
      let kind = draw.type.isFloatingPoint ? "uniform numbers" : "random bits"
      lines.append(
        "\(program.buffers[draw.destination].name) = \(kind) of stream \(draw.stream) for \(program.buffers[draw.key].name)"
      )
    case .argsort(let sort):
      lines.append(
        "\(program.buffers[sort.destination].name) = indices that sort \(program.buffers[sort.operand].name)\(sort.isDescending ? ", greatest first" : "")"
      )
    case .cholesky(let cholesky):
      let name = program.buffers[cholesky.destination].name
      lines.append("\(name) \(name)ᵀ = \(program.buffers[cholesky.operand].name), \(name) lower triangular")
    case .triangularSolve(let solve):
      let matrix = program.buffers[solve.matrix].name + (solve.form.isTransposed ? "ᵀ" : "")
      lines.append(
        "\(matrix) \(program.buffers[solve.destination].name) = \(program.buffers[solve.rhs].name), with the \(solve.form.isLower ? "lower" : "upper") triangle of \(program.buffers[solve.matrix].name)"
      )
    case .loop(let loop):
      let direction = loop.isReversed ? ", from the last slice to the first" : ""
      let end = loop.stopsEarly ? ", until \(program.buffers[loop.carries[0].destination].name) is false" : ""
      lines.append("\(loop.length) runs of \(loop.body.name)\(direction)\(end)")
    case .fill(let fill):
      lines.append("\(program.buffers[fill.destination].name) = \(fill.value.c)")
    }
    lines.append(facts(of: kernel))
    return lines
  }

  /// The cost, and the user's lines.
  func facts(of kernel: Kernel) -> String {
    var facts: [String] = []
    if kernel.flops > 0 { facts.append("\(kernel.flops) FLOPs") }
    let bytes = (kernel.reads + kernel.writes).reduce(0) { $0 + program.buffers[$1].byteCount }
    facts.append("\(bytes) bytes")
    if locations, !kernel.provenance.locations.isEmpty {
      facts.append(kernel.provenance.locations.map(\.description).joined(separator: ", "))
    }
    return facts.joined(separator: "; ")
  }
}
