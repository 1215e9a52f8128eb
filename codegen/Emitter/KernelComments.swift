import AdjointArray
import AdjointIR
import AdjointLowering

// What stands above a kernel: what it computes, what that costs, and which of the user's lines it comes from.

extension ProgramMaker {
  /// Formula, space, and the facts.
  func description(of kernel: Kernel, _ names: [Int: String] = [:]) -> [String] {
    var lines: [String] = []
    switch kernel.body {
    case .map(let map):
      lines += Formula(program: program, map: map, names: names).lines
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
    case .call(let call):
      lines.append(call.formula)
    case .loop(let loop):
      let direction = loop.isReversed ? ", from the last slice to the first" : ""
      let end = loop.stopsEarly ? ", until \(program.buffers[loop.carries[0].destination].name) is false" : ""
      lines.append("\(loop.length) runs of \(loop.body.name)\(direction)\(end)")
    case .fill(let fill):
      lines.append("\(program.buffers[fill.destination].name) = \(fill.value.shortened)")
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
