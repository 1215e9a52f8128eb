import AdjointArray
import AdjointIR
import AdjointLowering

/// Makes a contraction that goes through strips: loops over blocks, each packed, multiplied and stored.
struct StripMaker {
  let program: Program
  let dialect: Dialect
  let dot: StripContraction
  let c: CTree
  private let type: CType
  private let axes: [AxisLoop]
  private let rows, columns, terms: BlockLoop
  /// Where the space for packing of products begins.
  private let workspace: CExpression
  private let lhs, rhs, sum: Strip?

  /// Matrices that step along several axes: the table that says how, and where a block of them is packed.
  private struct Strip {
    let form, block: String
    let place: CExpression
  }

  init(
    program: Program, dialect: Dialect, dot: StripContraction, arena: CExpression, _ scope: CScope,
    in c: CTree
  ) {
    (self.program, self.dialect, self.dot, self.c) = (program, dialect, dot, c)
    type = .element(dot.type)
    axes = dot.batchExtents.enumerated().map { AxisLoop("b\($0)", extent: $1, scope) }
    rows = BlockLoop("i", count: "i_count", extent: dot.m, block: dot.block.m, scope, in: c)
    columns = BlockLoop("j", count: "j_count", extent: dot.n, block: dot.block.n, scope, in: c)
    terms = BlockLoop("k", count: "k_count", extent: dot.k, block: dot.block.k, scope, in: c)
    let bytes = dot.stripBytes
    let start = arena + program.memory.workspaceOffset
    let strip = { (name: String, strided: StripContraction.Strided?, offset: Int) in
      strided.map { _ in
        Strip(
          form: scope.unique(name + "_form"), block: scope.unique(name + "_strip"), place: start + offset)
      }
    }
    lhs = strip("lhs", dot.lhs.strided, 0)
    rhs = strip("rhs", dot.rhs.strided, bytes.lhs)
    sum = strip("sum", dot.result.strided, bytes.lhs + bytes.rhs)
    workspace = start + bytes.lhs + bytes.rhs + bytes.result
  }

  func make() {
    let strips = [(lhs, dot.lhs.strided), (rhs, dot.rhs.strided), (sum, dot.result.strided)]
    for case (let strip?, let strided?) in strips {
      let numbers =
        [strided.rows.count, strided.columns.count] + strided.rows.map(\.extent)
        + strided.rows.map(\.stride) + strided.columns.map(\.extent) + strided.columns.map(\.stride)
      c.append(.declareTable(.index, strip.form, numbers.map(c.integer), note: nil))
    }
    for case (let strip?, _) in strips {
      c.declare(type.pointer(.fixed), strip.block, strip.place.cast(to: type.pointer()))
    }
    axes.nest(in: c) {
      rows.make(in: c) {
        columns.make(in: c) {
          terms.make(in: c) { product() }
          if let sum, let strided = dot.result.strided {
            move("add_strip", sum.form, (rows, columns), place(strided), c.name(sum.block))
          }
        }
      }
    }
  }

  // MARK: One block

  private func product() {
    let left = factor(dot.lhs, lhs, rows, terms)
    let right = factor(dot.rhs, rhs, terms, columns)
    var target = (pointer: c.name(sum?.block ?? ""), stride: columns.count)
    if case .matrix(let buffer) = dot.result {
      let strides = Array(Shape(dot.batchExtents + [dot.m * dot.n]).strides.dropLast())
      let view = View(buffer: buffer, offset: 0, strides: strides + [dot.n, 1])
      target = (pointer(view, [rows.start, columns.start]), c.integer(dot.n))
    }
    var flags = c.integer((left.isTransposed ? 1 : 0) + (right.isTransposed ? 2 : 0))
    // From the second block of terms on the product goes on from what is there.
    if terms.isLooped { flags = flags + (terms.start > 0).choose(c.integer(4), c.integer(0)) }
    let arguments =
      [flags, rows.count, columns.count, terms.count, left.pointer, left.stride]
      + [right.pointer, right.stride, target.pointer, target.stride]
    c.multiply(dot.type, arguments, dialect, workspace)
  }

  /// The block of a factor at hand, packed first where it is no matrix.
  private func factor(
    _ factor: StripContraction.Factor, _ strip: Strip?, _ rows: BlockLoop, _ columns: BlockLoop
  ) -> (pointer: CExpression, stride: CExpression, isTransposed: Bool) {
    switch factor {
    case .matrix(let matrix):
      let strides = matrix.isTransposed ? [1, matrix.leadingStride] : [matrix.leadingStride, 1]
      let view = View(buffer: matrix.buffer, offset: matrix.offset, strides: matrix.batchStrides + strides)
      return (
        pointer(view, [rows.start, columns.start]), c.integer(matrix.leadingStride), matrix.isTransposed
      )
    case .strided(let strided):
      let parts = strided.isTransposed ? (columns, rows) : (rows, columns)
      let block = c.name(strip?.block ?? "")
      move("pack", strip?.form ?? "", parts, place(strided), block)
      return (block, parts.1.count, strided.isTransposed)
    }
  }

  private func move(
    _ function: String, _ form: String, _ parts: (BlockLoop, BlockLoop), _ array: CExpression,
    _ block: CExpression
  ) {
    let places = function == "pack" ? [array, block] : [block, array]
    c.evaluate(
      dialect.function(function, dot.type),
      [c.name(form), parts.0.start, parts.0.count, parts.1.start, parts.1.count] + places)
  }

  private func place(_ strided: StripContraction.Strided) -> CExpression {
    pointer(View(buffer: strided.buffer, offset: strided.offset, strides: strided.batchStrides), [])
  }

  private func pointer(_ view: View, _ indices: [CExpression]) -> CExpression {
    view.pointer(axes.map { $0.index(in: c) } + indices, program, in: c)
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
