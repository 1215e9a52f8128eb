import AdjointArray
import AdjointIR

extension Lowerer {
  /// Makes the call of the runtime that computes a structured operation.
  mutating func lower(_ operation: StructuredOperation, _ id: NodeID, to destination: BufferID) {
    let node = graph[id]
    let types = node.operands.map { graph[$0].type }
    let isSum = operation.addsToZeros
    if isSum { fillZero(destination, node) }
    guard (isSum ? types[0] : node.type).count > 0 else { return }
    let form = CallForm(operation, types, node.type)
    let reads = node.operands.map { contiguous($0) }
    append(
      .call(
        LibraryCall(
          function: operation.name, type: form.type, integers: form.integers, reads: reads,
          destination: destination, failure: form.failure,
          formula: form.formula(reads.map { buffers[$0].name }, buffers[destination].name))),
      name: form.label + "_" + buffers[destination].name, node.provenance, flops: graph.flops(at: id))
  }
}

extension StructuredOperation {
  /// Whether the runtime adds to what is there, which is zeros at first.
  fileprivate var addsToZeros: Bool {
    switch self {
    case .scatterAddRows, .scatterAdd: true
    case .cumulative, .gatherRows, .gather, .randomBits, .argsort, .searchSorted, .cholesky,
      .triangularSolve:
      false
    }
  }
}

/// What the runtime's function for a structured operation is handed beside the arrays.
private struct CallForm {
  /// What the kernel's name begins with.
  let label: String
  /// Of the elements.
  let type: ScalarType
  let integers: [LibraryCall.Integer]
  let failure: LibraryCall.Failure?
  /// What is computed, from the names of operands and result.
  let formula: (_ operands: [String], _ result: String) -> String

  private init(
    _ label: String, _ type: ScalarType, _ integers: KeyValuePairs<String, Int>,
    failure: LibraryCall.Failure? = nil, formula: @escaping ([String], String) -> String
  ) {
    (self.label, self.type) = (label, type)
    self.integers = integers.map { LibraryCall.Integer(name: $0.key, value: $0.value) }
    (self.failure, self.formula) = (failure, formula)
  }

  /// - Parameters:
  ///   - types: those of the operands.
  ///   - result: that of the result.
  init(_ operation: StructuredOperation, _ types: [TensorType], _ result: TensorType) {
    let (shape, type) = (result.shape, result.scalarType)
    switch operation {
    case .cumulative(let function, let axis, let isReversed):
      self.init(
        function.rawValue, type,
        [
          "outer": shape.count(before: axis), "count": shape[axis], "inner": shape.count(after: axis),
          "reversed": isReversed ? 1 : 0,
        ]
      ) { "\($1) = \(function.rawValue)\(isReversed ? ", from the end," : "") of \($0[0])" }
    case .gatherRows:
      let table = types[0].shape
      self.init(
        "gather", type,
        ["count": types[1].count, "rows": table[0], "row_size": table.count(after: 0)],
        failure: .indexOutOfRange(rows: table[0])
      ) { "\($1) = rows \($0[1]) of \($0[0])" }
    case .scatterAddRows(let rows):
      self.init(
        "scatter", type,
        ["count": types[1].count, "rows": rows, "row_size": types[0].shape.count(after: types[1].rank - 1)],
        failure: .indexOutOfRange(rows: rows)
      ) { "rows \($0[1]) of \($1) += \($0[0])" }
    case .gather(let axis):
      let rows = types[0].shape[axis]
      self.init(
        "gather", type,
        [
          "outer": shape.count(before: axis), "rows": rows, "count": shape[axis],
          "inner": shape.count(after: axis),
        ], failure: .indexOutOfRange(rows: rows)
      ) { "\($1) = elements \($0[1]) of \($0[0])" }
    case .scatterAdd(let axis, let rows):
      let updates = types[0].shape
      self.init(
        "scatter", type,
        [
          "outer": updates.count(before: axis), "rows": rows, "count": updates[axis],
          "inner": updates.count(after: axis),
        ], failure: .indexOutOfRange(rows: rows)
      ) { "elements \($0[1]) of \($1) += \($0[0])" }
    case .randomBits(let bits):
      let kind = type.isFloatingPoint ? "uniform numbers" : "random bits"
      self.init("random", type, ["count": shape.count, "stream": bits.stream]) {
        "\($1) = \(kind) of stream \(bits.stream) for \($0[0])"
      }
    case .argsort(let axis, let isDescending):
      self.init(
        "sort", types[0].scalarType,
        [
          "outer": shape.count(before: axis), "count": shape[axis], "inner": shape.count(after: axis),
          "descending": isDescending ? 1 : 0,
        ]
      ) { "\($1) = indices that sort \($0[0])\(isDescending ? ", greatest first" : "")" }
    case .searchSorted(let isRight):
      let last = shape.rank - 1
      self.init(
        "search", types[0].scalarType,
        [
          "batch": shape.count(before: last), "n": types[0].shape[last], "m": shape[last],
          "right": isRight ? 1 : 0,
        ]
      ) { "\($1) = places of \($0[1]) in \($0[0])\(isRight ? ", behind equal ones" : "")" }
    case .cholesky:
      self.init(
        "cholesky", type, ["batch": shape.count(before: shape.rank - 2), "n": shape[shape.rank - 1]],
        failure: .notPositiveDefinite
      ) { "\($1) \($1)ᵀ = \($0[0]), \($1) lower triangular" }
    case .triangularSolve(let form):
      self.init(
        "solve", type,
        [
          "batch": shape.count(before: shape.rank - 2), "n": shape[shape.rank - 2],
          "m": shape[shape.rank - 1],
          "flags": (form.isLower ? 1 : 0) + (form.isTransposed ? 2 : 0),
        ], failure: .singularMatrix
      ) {
        "\($0[0])\(form.isTransposed ? "ᵀ" : "") \($1) = \($0[1]), with the \(form.isLower ? "lower" : "upper") triangle of \($0[0])"
      }
    }
  }
}

extension Shape {
  fileprivate func count(before axis: Int) -> Int { dimensions[..<axis].reduce(1, *) }
  fileprivate func count(after axis: Int) -> Int { dimensions[(axis + 1)...].reduce(1, *) }
}
