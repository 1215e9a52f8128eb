import AdjointArray
import AdjointIR
import AdjointLowering

/// Writes a map as a loop nest whose body is ordinary C, one expression for each value.
struct LoopEmitter {
  let program: Program
  let map: MapKernel
  /// An expression is given a name of its own where it would become deeper than this.
  static let maximumDepth = 32

  /// The body of the kernel's function (or, for a map of one element, the statements).
  func write(_ writer: inout CWriter, _ used: inout UsedFunctions) {
    let indices = map.indexNames
    let variables = Array(Set(indices).subtracting(["0"])).sorted()
    if !variables.isEmpty { writer.line("long \(variables.joined(separator: ", "));") }

    // Sums over rows start from the identity in memory; sums over columns run in a local variable.
    let rowReductions = map.reductions.filter { $0.dimension == map.extents.count - 2 }
    let columnReductions = map.reductions.filter { $0.dimension == map.extents.count - 1 }
    let accumulators = columnReductions.indices.map { columnReductions.count == 1 ? "total" : "total\($0)" }

    nest(0..<max(0, map.extents.count - 2), indices, &writer) { writer in
      for reduction in rowReductions {
        let position = reduction.destination.position(indices)
        let statement =
          "\(program.buffers[reduction.destination.buffer].name)[\(position)] = \(reduction.reduction.identity(reduction.type).c);"
        nest((map.extents.count - 1)..<map.extents.count, indices, &writer) { $0.line(statement) }
      }
      nest(max(0, map.extents.count - 2)..<(map.extents.count - 1), indices, &writer) { writer in
        for (reduction, name) in zip(columnReductions, accumulators) {
          writer.line("\(reduction.type.c) \(name) = \(reduction.reduction.identity(reduction.type).c);")
        }
        nest((map.extents.count - 1)..<map.extents.count, indices, &writer) { writer in
          body(indices, rowReductions, Array(zip(columnReductions, accumulators)), &writer, &used)
        }
        for (reduction, name) in zip(columnReductions, accumulators) {
          let position = reduction.destination.position(indices)
          writer.line("\(program.buffers[reduction.destination.buffer].name)[\(position)] = \(name);")
        }
      }
    }
  }

  private func nest(
    _ axes: Range<Int>, _ indices: [String], _ writer: inout CWriter, _ body: (inout CWriter) -> Void
  ) {
    guard let axis = axes.first else { return body(&writer) }
    let rest = (axis + 1)..<axes.upperBound
    if indices[axis] == "0" {
      nest(rest, indices, &writer, body)
    } else {
      let name = indices[axis]
      writer.block("for (\(name) = 0; \(name) < \(map.extents[axis]); \(name)++)") {
        nest(rest, indices, &$0, body)
      }
    }
  }

  private func body(
    _ indices: [String], _ rowReductions: [ReductionStore], _ columnReductions: [(ReductionStore, String)],
    _ writer: inout CWriter, _ used: inout UsedFunctions
  ) {
    var uses = [Int](repeating: 0, count: map.instructions.count)
    let ends = map.stores.map(\.value) + map.reductions.map(\.value)
    for case .value(let value) in map.instructions.flatMap(\.operands) + ends { uses[value] += 1 }

    var names = LocalNames(reserved: program.buffers.map(\.name) + ["total"])
    var expressions: [(text: String, depth: Int)] = []
    // Expressions that read what a store of this body overwrites must be evaluated before it.
    let overwritten = Set(map.stores.map(\.view.buffer)).intersection(map.loads.map(\.buffer))
    func read(_ operand: Instruction.Operand) -> (text: String, depth: Int) {
      switch operand {
      case .load(let load):
        let view = map.loads[load]
        return ("\(program.buffers[view.buffer].name)[\(view.position(indices))]", 0)
      case .value(let value): return expressions[value]
      case .literal(let literal): return (literal.c, 0)
      }
    }
    for (index, instruction) in map.instructions.enumerated() {
      let operands: [(text: String, depth: Int)]
      if case .iota(let offset, let strides) = instruction.code {
        let position = View(buffer: 0, offset: offset, strides: strides).position(indices)
        operands = [(position, 0)]
      } else {
        operands = instruction.operands.map(read)
      }
      let text = instruction.scalarExpression(operands.map(\.text), &used)
      let depth = 1 + (operands.map(\.depth).max() ?? 0)
      if uses[index] > 1 || depth > Self.maximumDepth || (instruction.label != nil && depth > 1)
        || !overwritten.isEmpty
      {
        let name = names.unique(instruction.label ?? "v")
        writer.line("const \(instruction.type.c) \(name) = \(unwrapped(text));")
        expressions.append((name, 0))
      } else {
        expressions.append((text, depth))
      }
    }
    for reduction in rowReductions {
      let place =
        "\(program.buffers[reduction.destination.buffer].name)[\(reduction.destination.position(indices))]"
      accumulate(reduction, place, read(reduction.value).text, &writer, &used)
    }
    for (reduction, name) in columnReductions {
      accumulate(reduction, name, read(reduction.value).text, &writer, &used)
    }
    for store in map.stores {
      let place = "\(program.buffers[store.view.buffer].name)[\(store.view.position(indices))]"
      writer.line("\(place) = \(unwrapped(read(store.value).text));")
    }
  }

  private func accumulate(
    _ reduction: ReductionStore, _ place: String, _ value: String, _ writer: inout CWriter,
    _ used: inout UsedFunctions
  ) {
    if reduction.reduction == .sum, reduction.type.isFloatingPoint {
      writer.line("\(place) += \(unwrapped(value));")
    } else {
      writer.line("\(place) = \(unwrapped(reduction.reduction.combined(place, value, reduction.type, &used)));")
    }
  }
}

/// An expression without the parentheses around all of it.
private func unwrapped(_ text: String) -> String {
  guard text.hasPrefix("("), text.hasSuffix(")") else { return text }
  var depth = 0
  for (index, character) in text.utf8.enumerated() {
    if character == UInt8(ascii: "(") { depth += 1 }
    if character == UInt8(ascii: ")") { depth -= 1 }
    if depth == 0, index < text.utf8.count - 1 { return text }
  }
  return String(text.dropFirst().dropLast())
}
