import AdjointArray
import AdjointIR
import Testing

/// One refused operation: what is applied to operands of which types, and what the message must say.
struct Refusal: Sendable, CustomTestStringConvertible {
  let operation: Operation
  let types: [TensorType]
  let kind: GraphError.Kind
  let says: [String]

  init(_ operation: Operation, _ types: [TensorType], _ kind: GraphError.Kind, _ says: [String]) {
    self.operation = operation
    self.types = types
    self.kind = kind
    self.says = says
  }

  var testDescription: String { "\(operation.name): \(says)" }
}

private func f32(_ dimensions: Int...) -> TensorType { TensorType(.float32, Shape(dimensions)) }
private func f64(_ dimensions: Int...) -> TensorType { TensorType(.float64, Shape(dimensions)) }
private func i32(_ dimensions: Int...) -> TensorType { TensorType(.int32, Shape(dimensions)) }
private func bool(_ dimensions: Int...) -> TensorType { TensorType(.bool, Shape(dimensions)) }
private func slice(_ starts: [Int], _ ends: [Int], _ steps: [Int]) -> Operation {
  .slice(Slice(starts: starts, ends: ends, steps: steps))
}
private func pad(_ low: [Int], _ high: [Int], _ interior: [Int]) -> Operation {
  .pad(Padding(low: low, high: high, interior: interior))
}
private func dot(_ lhs: [Int], _ rhs: [Int], batch: [Int] = [], _ rhsBatch: [Int] = []) -> Operation {
  .dot(DotDimensions(lhsContracting: lhs, rhsContracting: rhs, lhsBatch: batch, rhsBatch: rhsBatch))
}
private let doubling: Graph = {
  let x = Node(.argument(Argument(.input, "x", f32(2))), [], type: f32(2))
  let y = Node(.binary(.add), [0, 0], type: f32(2))
  return Graph(nodes: [x, y], outputs: [Output("y", 1)])
}()

/// A vjp for `doubling` that gives these nodes: 0 to 2 are the arguments, 3 is a scalar.
private func vjp(_ results: [NodeID]) -> Graph {
  let arguments = ["x", "y", "d_y"].map { Node(.argument(Argument(.input, $0, f32(2))), [], type: f32(2)) }
  return Graph(
    nodes: arguments + [Node(.constant(Literal(Float(1))), [], type: f32())],
    outputs: results.enumerated().map { Output("d\($0.offset)", $0.element) })
}

private let refusals: [Refusal] = [
  Refusal(.unary(.exp), [], .malformedGraph, ["0 operands", "it takes 1"]),
  Refusal(.iota(count: -1, .int32), [], .invalidAttribute, ["count -1 of int32", "count ≥ 0"]),
  Refusal(.iota(count: 3, .bool), [], .invalidAttribute, ["count 3 of bool", "number type"]),
  Refusal(.iota(count: .max, .int32), [], .invalidAttribute, ["too large"]),
  Refusal(
    .argument(Argument(.input, "x", f32(-1))), [], .invalidAttribute, ["[-1]", "negative", "at least 0"]),
  Refusal(
    .unary(.exp), [i32(2)], .typeMismatch, ["exp", "not defined on int32", "cast to one of float32, float64"]),
  Refusal(.unary(.not), [f32()], .typeMismatch, ["not defined on float32", "cast to one of bool"]),
  Refusal(.binary(.add), [bool(2), bool(2)], .typeMismatch, ["add", "not defined on bool"]),
  Refusal(
    .binary(.add), [f32(2), f64(2)], .typeMismatch, ["float32 and float64 differ", "x.cast(to: .float32)"]),
  Refusal(
    .binary(.multiply), [f32(2, 3), f32(4, 3)], .shapeMismatch, ["[2,3]", "[4,3]", "must be equal or 1"]),
  Refusal(.compare(.less), [bool(), bool()], .typeMismatch, ["lt", "not defined on bool"]),
  Refusal(.compare(.equal), [f32(2), f32(3)], .shapeMismatch, ["[2]", "[3]"]),
  Refusal(.select, [f32(), f32(), f32()], .typeMismatch, ["condition is float32", "bool"]),
  Refusal(.select, [bool(2), f32(2), i32(2)], .typeMismatch, ["float32 and int32 differ"]),
  Refusal(.select, [bool(2), f32(3), f32(3)], .shapeMismatch, ["condition [2]", "values [3]"]),
  Refusal(.reduce(.sum, axes: [0]), [bool(2)], .typeMismatch, ["reduce_sum", "bool"]),
  Refusal(.reduce(.sum, axes: [2]), [f32(2, 3)], .axisOutOfRange, ["axis 2 of 2", "from 0 to 1"]),
  Refusal(.reduce(.sum, axes: [-1]), [f32(2)], .axisOutOfRange, ["axis -1 of 1"]),
  Refusal(.reduce(.sum, axes: [0]), [f32()], .axisOutOfRange, ["axis 0 of 0", "a scalar has no axes"]),
  Refusal(.reduce(.sum, axes: [0, 0]), [f32(2)], .invalidAttribute, ["[0, 0]", "each axis once"]),
  Refusal(.reduce(.sum, axes: [1, 0]), [f32(2, 3)], .invalidAttribute, ["not ascending", "sort"]),
  Refusal(dot([1], [0]), [bool(2, 3), bool(3, 2)], .typeMismatch, ["dot", "bool"]),
  Refusal(dot([1], [0]), [f32(2, 3), f64(3, 2)], .typeMismatch, ["float32 and float64"]),
  Refusal(dot([2], [0]), [f32(2, 3), f32(3, 2)], .axisOutOfRange, ["axis 2 of 2"]),
  Refusal(dot([0], [0], batch: [0], [1]), [f32(2, 3), f32(2, 2)], .invalidAttribute, ["repeat"]),
  Refusal(dot([0, 1], [0]), [f32(2, 3), f32(2, 2)], .invalidAttribute, ["do not pair up"]),
  Refusal(
    dot([1], [0]), [f32(64, 30), f32(31, 64)], .shapeMismatch,
    ["[64,30] times [31,64]", "30 (axis 1 of the left)", "31 (axis 0 of the right)"]),
  Refusal(
    dot([], []), [f32(1 << 30), f32(1 << 30)], .invalidAttribute, ["too large"]),
  Refusal(.reshape([4]), [f32(2, 3)], .shapeMismatch, ["6 elements", "[4]", "shape of 6 elements"]),
  Refusal(.reshape([-2, -3]), [f32(2, 3)], .invalidAttribute, ["[-2,-3]", "negative"]),
  Refusal(.reshape([.max, .max]), [f32(2, 3)], .invalidAttribute, ["too large"]),
  Refusal(.transpose([0, 0]), [f32(2, 3)], .axisOutOfRange, ["[0, 0]", "0..<2 once"]),
  Refusal(.transpose([0]), [f32(2, 3)], .axisOutOfRange, ["no permutation of 2 axes"]),
  Refusal(.broadcast([4]), [f32(3)], .shapeMismatch, ["[3]", "[4]", "equal or 1"]),
  Refusal(.broadcast([3]), [f32(2, 3)], .shapeMismatch, ["[2,3]", "[3]"]),
  Refusal(.broadcast([-1]), [f32()], .invalidAttribute, ["[-1]", "negative"]),
  Refusal(.broadcast([1 << 40, 1 << 40]), [f32()], .invalidAttribute, ["too large"]),
  Refusal(slice([0], [1], [1]), [f32(2, 3)], .invalidAttribute, ["1 axes of [2,3]", "one for each"]),
  Refusal(slice([0], [4], [1]), [f32(3)], .axisOutOfRange, ["0..<4 by 1", "axis 0 of [3]", "0..<3"]),
  Refusal(slice([2], [1], [1]), [f32(3)], .axisOutOfRange, ["2..<1"]),
  Refusal(slice([0], [3], [0]), [f32(3)], .axisOutOfRange, ["by 0", "step of at least 1"]),
  Refusal(pad([0], [0], [0]), [f32(2, 3)], .invalidAttribute, ["1 axes of [2,3]"]),
  Refusal(pad([-1], [0], [0]), [f32(2)], .invalidAttribute, ["negative padding", "slice"]),
  Refusal(pad([.max], [.max], [0]), [f32(2)], .invalidAttribute, ["too large"]),
  Refusal(pad([0], [0], [.max]), [f32(3)], .invalidAttribute, ["too large"]),
  // No gap is padded, but the distance of two elements would be beyond Int.
  Refusal(pad([0], [0], [.max]), [f32(1)], .invalidAttribute, ["too large"]),
  Refusal(pad([0], [0], [.max]), [f32(0)], .invalidAttribute, ["too large"]),
  Refusal(
    pad([0, 0], [0, 0], [1 << 40, 1 << 40]), [f32(1, 1)], .invalidAttribute, ["axis 1 is too large"]),
  Refusal(.concatenate(axis: 0), [], .invalidAttribute, ["nothing to concatenate"]),
  Refusal(.concatenate(axis: 1), [f32(2), f32(2)], .axisOutOfRange, ["axis 1 of 1"]),
  Refusal(.concatenate(axis: 0), [f32(2), f64(2)], .typeMismatch, ["float32 and float64"]),
  Refusal(
    .concatenate(axis: 0), [f32(2, 3), f32(2, 4)], .shapeMismatch, ["[2,3]", "[2,4]", "outside axis 0"]),
  Refusal(.structured(.gatherRows), [f32(), i32(2)], .shapeMismatch, ["table is a scalar"]),
  Refusal(.structured(.gatherRows), [f32(2), f32(2)], .typeMismatch, ["indices are float32", "int32"]),
  Refusal(.structured(.gatherRows), [f32(0, 3), i32(2)], .shapeMismatch, ["no rows"]),
  Refusal(.structured(.scatterAddRows(rows: 3)), [bool(2), i32(2)], .typeMismatch, ["bool"]),
  Refusal(.structured(.scatterAddRows(rows: 3)), [f32(2), f32(2)], .typeMismatch, ["indices are float32"]),
  Refusal(
    .structured(.scatterAddRows(rows: 3)), [f32(2, 4), i32(3)], .shapeMismatch,
    ["[2,4]", "[3]", "leading axes"]),
  Refusal(.structured(.scatterAddRows(rows: 0)), [f32(2), i32(2)], .shapeMismatch, ["no rows"]),
  Refusal(.structured(.scatterAddRows(rows: -1)), [f32(0), i32(0)], .shapeMismatch, ["no rows"]),
  Refusal(.call(Callee(doubling), result: 1), [f32(2)], .invalidAttribute, ["result 1 of a graph with 1"]),
  Refusal(.call(Callee(doubling), result: 0), [f32(3)], .typeMismatch, ["float32[3]", "float32[2]"]),
  Refusal(.call(Callee(doubling), result: 0), [], .malformedGraph, ["0 operands", "it takes 1"]),
  Refusal(
    .call(Callee(doubling, derivative: .given(doubling)), result: 0), [f32(2)], .typeMismatch,
    ["the vjp takes [float32[2]]", "[float32[2], float32[2], float32[2]]"]),
  Refusal(
    .call(Callee(doubling, derivative: .given(vjp([]))), result: 0), [f32(2)], .invalidAttribute,
    ["gives 0 cotangents for 1", "one for each"]),
  Refusal(
    .call(Callee(doubling, derivative: .given(vjp([0, 1]))), result: 0), [f32(2)], .invalidAttribute,
    ["gives 2 cotangents for 1"]),
  Refusal(
    .call(Callee(doubling, derivative: .given(vjp([3]))), result: 0), [f32(2)], .shapeMismatch,
    ["the cotangent float32[] for an argument float32[2]"]),
  Refusal(
    .call(Callee(Graph(nodes: doubling.nodes, outputs: []), derivative: .given(vjp([0]))), result: 0),
    [f32(2)],
    .invalidAttribute, ["a graph of 0 results", "one result"]),
]

@Suite struct TypeRuleTests {
  @Test(arguments: refusals)
  func aWrongOperationIsRefusedWithWhatWouldBeRight(_ refusal: Refusal) throws {
    let error = try #require(throws: GraphError.self) { try refusal.operation.resultType(refusal.types) }
    #expect(error.kind == refusal.kind)
    #expect(error.operation == refusal.operation.name)
    for piece in refusal.says { #expect(error.description.contains(piece), "\(error)") }
    #expect(!error.description.contains("\n"))
  }

  @Test func theBuilderAddsTypesNamesAndPlaces() throws {
    var builder = Builder()
    builder.provenance.locations = [SourceLocation(file: "Model/a.swift", line: 1)]
    let x = builder.argument(.input, "x", f32(2, 3))
    builder.provenance.locations = [SourceLocation(file: "Model/a.swift", line: 2)]
    let y = builder.argument(.input, "y", f32(4, 3))
    builder.provenance.locations = [SourceLocation(file: "Model/a.swift", line: 3)]
    let error = try #require(throws: GraphError.self) { try builder.binary(.add, x, y) }
    #expect(
      error.message
        == "Model/a.swift:3: add: shapes [2,3] and [4,3] differ [x: float32[2,3] (from Model/a.swift:1) and "
        + "y: float32[4,3] (from Model/a.swift:2)]; extents, aligned at the last axis, must be equal or 1")
  }

  /// Where a selection's operands do not fit, all three are named, and none of the broadcasts in between.
  @Test func aSelectionNamesItsThreeOperands() throws {
    var builder = Builder()
    let condition = builder.argument(.input, "condition", bool(3))
    let (a, b) = (builder.argument(.input, "a", f32(4, 2)), builder.argument(.input, "b", f32(4, 2)))
    let error = try #require(throws: GraphError.self) { try builder.select(condition, a, b) }
    #expect(error.operation == "select" && error.kind == .shapeMismatch)
    #expect(error.operands.map(\.type) == [bool(3), f32(4, 2), f32(4, 2)])
  }

  /// Result types that are not simply an operand's; NumPy's names for the same in the comments.
  @Test func resultTypes() throws {
    // einsum("bik,bkj->bij") and einsum("kbi,jk b->bij") with b, i, j, k = 2, 3, 4, 5.
    #expect(try Operation.dot(.matmul(rank: 3)).resultType([f32(2, 3, 5), f32(2, 5, 4)]) == f32(2, 3, 4))
    #expect(try dot([0], [1], batch: [1], [2]).resultType([f32(5, 2, 3), f32(4, 5, 2)]) == f32(2, 3, 4))
    #expect(try Operation.reduce(.sum, axes: [0, 2]).resultType([f32(2, 3, 4)]) == f32(3))
    #expect(try Operation.compare(.less).resultType([i32(2), i32(2)]) == bool(2))
    #expect(try slice([1], [8], [3]).resultType([f32(9)]) == f32(3))
    #expect(try slice([1], [8], [.max]).resultType([f32(9)]) == f32(1))
    #expect(Slice(starts: [1], ends: [8], steps: [.max]) == Slice(starts: [1], ends: [8], steps: [7]))
    #expect(Slice(starts: [1], ends: [8], steps: [6]).steps == [6])
    #expect(try pad([1], [2], [3]).resultType([f32(4)]) == f32(16))
    #expect(try pad([1], [2], [1000]).resultType([f32(1)]) == f32(4))
    #expect(try pad([1], [2], [3]).resultType([f32(0)]) == f32(3))
    #expect(try Operation.structured(.gatherRows).resultType([f32(9, 7), i32(2, 3)]) == f32(2, 3, 7))
    #expect(
      try Operation.structured(.scatterAddRows(rows: 9)).resultType([f32(2, 3, 7), i32(2, 3)]) == f32(9, 7))
    #expect(try Operation.concatenate(axis: 1).resultType([f32(2, 3), f32(2, 0)]) == f32(2, 3))
    #expect(try Operation.transpose([2, 0, 1]).resultType([f32(2, 3, 4)]) == f32(4, 2, 3))
    #expect(try Operation.call(Callee(doubling), result: 0).resultType([f32(2)]) == f32(2))
  }
}
