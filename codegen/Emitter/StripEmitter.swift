import AdjointArray
import AdjointIR
import AdjointLowering

/// Writes a contraction that goes through strips: loops over blocks, each packed, multiplied and stored.
struct StripEmitter {
  let program: Program
  let dialect: Dialect
  let dot: StripContraction

  /// Where the strips and the packing space of products begin, in bytes from the start of the arena.
  private var places: (lhs: Int, rhs: Int, result: Int, gemm: Int) {
    let start = program.memory.workspaceOffset
    let bytes = dot.stripBytes
    return (
      start, start + bytes.lhs, start + bytes.lhs + bytes.rhs, start + bytes.lhs + bytes.rhs + bytes.result
    )
  }
  private var axes: [String] { dot.batchExtents.indices.map { "b\($0)" } }
  private var type: String { dot.type.c }

  func write(_ writer: inout CWriter, _ used: inout UsedFunctions) {
    var inner = used
    writer.block("") { writer in
      for (name, strided) in [
        ("lhs", dot.lhs.strided), ("rhs", dot.rhs.strided), ("sum", dot.result.strided),
      ] {
        guard let strided else { continue }
        let numbers =
          [strided.rows.count, strided.columns.count] + strided.rows.map(\.extent)
          + strided.rows.map(\.stride)
          + strided.columns.map(\.extent) + strided.columns.map(\.stride)
        writer.line(
          "static const long \(name)_form[\(numbers.count)] = {\(numbers.map(String.init).joined(separator: ", "))};"
        )
      }
      for (name, strided, place) in [
        ("lhs", dot.lhs.strided, places.lhs), ("rhs", dot.rhs.strided, places.rhs),
        ("sum", dot.result.strided, places.result),
      ] where strided != nil {
        writer.line("\(type) *const \(name)_strip = (\(type) *)(arena + \(place));")
      }
      let variables = axes + loops.filter(\.isLooped).map(\.index)
      if !variables.isEmpty { writer.line("long \(variables.joined(separator: ", "));") }
      batch(0, &writer, &inner)
    }
    used = inner
  }

  private struct BlockLoop {
    let index: String
    let extent: Int
    let block: Int
    var isLooped: Bool { block < extent }
    /// Where the block at hand begins.
    var start: String { isLooped ? index : "0" }
    /// How many there are in it.
    var count: String { !isLooped || extent % block == 0 ? "\(min(block, extent))" : index + "_count" }
  }
  private var rows: BlockLoop { BlockLoop(index: "i", extent: dot.m, block: dot.block.m) }
  private var columns: BlockLoop { BlockLoop(index: "j", extent: dot.n, block: dot.block.n) }
  private var terms: BlockLoop { BlockLoop(index: "k", extent: dot.k, block: dot.block.k) }
  private var loops: [BlockLoop] { [rows, columns, terms] }

  private func batch(_ axis: Int, _ writer: inout CWriter, _ used: inout UsedFunctions) {
    guard axis < axes.count else { return loop(over: rows, &writer, &used, columnLoop) }
    var inner = used
    let name = axes[axis]
    writer.block("for (\(name) = 0; \(name) < \(dot.batchExtents[axis]); \(name)++)") {
      batch(axis + 1, &$0, &inner)
    }
    used = inner
  }

  private func columnLoop(_ writer: inout CWriter, _ used: inout UsedFunctions) {
    loop(over: columns, &writer, &used) { writer, used in
      loop(over: terms, &writer, &used, product)
      if let sum = dot.result.strided {
        call("add_strip", "sum", sum, (rows, columns), "sum_strip", place(sum), &writer, &used)
      }
    }
  }

  private func loop(
    over loop: BlockLoop, _ writer: inout CWriter, _ used: inout UsedFunctions,
    _ body: (inout CWriter, inout UsedFunctions) -> Void
  ) {
    guard loop.isLooped else { return body(&writer, &used) }
    var inner = used
    writer.block("for (\(loop.index) = 0; \(loop.index) < \(loop.extent); \(loop.index) += \(loop.block))") {
      if loop.extent % loop.block != 0 {
        $0.line(
          "const long \(loop.count) = \(loop.extent) - \(loop.index) < \(loop.block) ? \(loop.extent) - \(loop.index) : \(loop.block);"
        )
      }
      body(&$0, &inner)
    }
    used = inner
  }

  // MARK: One block

  private func product(_ writer: inout CWriter, _ used: inout UsedFunctions) {
    let left = factor("lhs", dot.lhs, rows, terms, &writer, &used)
    let right = factor("rhs", dot.rhs, terms, columns, &writer, &used)
    let target: (pointer: String, stride: String)
    switch dot.result {
    case .sum: target = ("sum_strip", columns.count)
    case .matrix(let buffer):
      let strides = Array(Shape(dot.batchExtents + [dot.m * dot.n]).strides.dropLast())
      let view = View(buffer: buffer, offset: 0, strides: strides + [dot.n, 1])
      target = (pointer(view, [rows.start, columns.start]), "\(dot.n)")
    }
    var flags = "\((left.isTransposed ? 1 : 0) + (right.isTransposed ? 2 : 0))"
    // From the second block of terms on the product goes on from what is there.
    if terms.isLooped { flags += " + (k > 0 ? 4 : 0)" }
    var list =
      "\(flags), \(rows.count), \(columns.count), \(terms.count), \(left.pointer), \(left.stride), \(right.pointer), \(right.stride), \(target.pointer), \(target.stride)"
    let function: String
    if dialect.calls == .runtime, dot.type.isFloatingPoint {
      function = used.runtime("adj_gemm_" + dot.type.suffix)
      list += ", (\(type) *)(arena + \(places.gemm))"
    } else {
      function = used.helper("matmul_" + dot.type.suffix)
    }
    writer.line("\(function)(\(list));")
  }

  /// The block of a factor at hand, packed first where it is no matrix.
  private func factor(
    _ name: String, _ factor: StripContraction.Factor, _ rows: BlockLoop, _ columns: BlockLoop,
    _ writer: inout CWriter, _ used: inout UsedFunctions
  ) -> (pointer: String, stride: String, isTransposed: Bool) {
    switch factor {
    case .matrix(let matrix):
      let strides = matrix.isTransposed ? [1, matrix.leadingStride] : [matrix.leadingStride, 1]
      let view = View(
        buffer: matrix.buffer, offset: matrix.offset, strides: matrix.batchStrides + strides)
      return (
        pointer(view, [rows.start, columns.start]), "\(matrix.leadingStride)", matrix.isTransposed
      )
    case .strided(let strided):
      let parts = strided.isTransposed ? (columns, rows) : (rows, columns)
      call("pack", name, strided, parts, place(strided), name + "_strip", &writer, &used)
      return (name + "_strip", parts.1.count, strided.isTransposed)
    }
  }

  private func call(
    _ base: String, _ name: String, _ strided: StripContraction.Strided, _ parts: (BlockLoop, BlockLoop),
    _ source: String, _ target: String, _ writer: inout CWriter, _ used: inout UsedFunctions
  ) {
    let suffixed = base + "_" + dot.type.suffix
    let function = dialect.calls == .runtime ? used.runtime("adj_" + suffixed) : used.helper(suffixed)
    writer.line(
      "\(function)(\(name)_form, \(parts.0.start), \(parts.0.count), \(parts.1.start), \(parts.1.count), \(source), \(target));"
    )
  }

  private func place(_ strided: StripContraction.Strided) -> String {
    pointer(View(buffer: strided.buffer, offset: strided.offset, strides: strided.batchStrides), [])
  }

  private func pointer(_ view: View, _ indices: [String]) -> String {
    let position = view.position(axes + indices)
    let name = program.buffers[view.buffer].name
    return position == "0" ? name : "\(name) + \(position)"
  }
}

extension StripContraction {
  /// What it computes, for a comment.
  func description(_ program: Program) -> String {
    let factor = { (factor: Factor) in
      switch factor {
      case .matrix(let matrix): program.buffers[matrix.buffer].name + (matrix.isTransposed ? "ᵀ" : "")
      case .strided(let strided): "windows(\(program.buffers[strided.buffer].name))"
      }
    }
    let product = "\(factor(lhs)) \(factor(rhs)) over \(k)"
    let batch = batchExtents.isEmpty ? "" : ", for each of \(Shape(batchExtents))"
    let head =
      switch result {
      case .matrix(let buffer): "\(program.buffers[buffer].name)[\(m),\(n)] = \(product)"
      case .sum(let sum): "windows(\(program.buffers[sum.buffer].name))[\(m),\(n)] += \(product)"
      }
    return head + batch + ", in blocks of \(block.m) x \(block.n) x \(block.k)"
  }
}
