import Adjoint
import AdjointArray
import AdjointIR
import Testing

@Suite("Wrong calls of functions are errors that name what is wrong and the caller's line")
struct FunctionErrorTests {
  struct Wrong: Sendable, CustomStringConvertible {
    let kind: GraphError.Kind
    let problem: String
    let call: @Sendable ([Tensor]) -> Tensor

    init(_ kind: GraphError.Kind, _ problem: String, _ call: @escaping @Sendable ([Tensor]) -> Tensor) {
      self.kind = kind
      self.problem = problem
      self.call = call
    }

    var description: String { problem }
  }

  /// Of x [2, 3] float64, v [4] float64, i [2, 3] int32, b [3] bool.
  static let calls: [Wrong] = [
    Wrong(.typeMismatch, "it is not defined on int32") { gelu($0[2]) },
    Wrong(.typeMismatch, "it is not defined on int32") { sqrt($0[2]) },
    Wrong(.typeMismatch, "it is not defined on bool") { mish($0[3]) },
    Wrong(.typeMismatch, "it is not defined on int32") { variance($0[2]) },
    Wrong(.typeMismatch, "it is not defined on int32") { norm($0[2]) },
    Wrong(.typeMismatch, "it is not defined on int32") { $0[2] .^ $0[3] },
    Wrong(.typeMismatch, "an integer to the power of -1.0 is no integer") { pow($0[2], -1) },
    Wrong(.typeMismatch, "an integer to the power of 0.5 is no integer") { pow($0[2], 0.5) },
    Wrong(.invalidAttribute, "the exponent is 0.0") { norm($0[0], .p(0)) },
    Wrong(.invalidAttribute, "the exponent is nan") { norm($0[0], .p(.nan)) },
    Wrong(.invalidAttribute, "axis 1 is named twice") { sum($0[0], axes: 1, -1) },
    Wrong(.axisOutOfRange, "axis 2 of 2") { argmax($0[0], axis: 2) },
    Wrong(.shapeMismatch, "axis 1 of [2,0] has no elements") { argmin($0[0][AxisRange.all, 0..<0], axis: 1) },
    Wrong(.shapeMismatch, "shapes [2,3] and [4] differ") { clip($0[0], min: $0[1], max: $0[1]) },
    Wrong(.shapeMismatch, "[2,3] times [4]: 3 (axis 1 of the left) is not 4 (axis 0 of the right)") {
      dot($0[0], $0[1])
    },
    Wrong(.axisOutOfRange, "2 axes of [2,3] and [4]") { tensordot($0[0], $0[1]) },
    Wrong(.shapeMismatch, "the letter 'j' of 'ij,j' has the extents 3 and 4") {
      einsum("ij,j", $0[0], $0[1])
    },
    Wrong(.shapeMismatch, "the letter 'i' of 'ii' has the extents 2 and 3") { einsum("ii", $0[0]) },
    Wrong(.shapeMismatch, "the term 'ijk' of 'ijk->i' does not name the axes of [2,3]") {
      einsum("ijk->i", $0[0])
    },
    Wrong(.shapeMismatch, "the term 'ijk…' of 'ijk...' does not name the axes of [2,3]") {
      einsum("ijk...", $0[0])
    },
    Wrong(.invalidAttribute, "the letter 'k' of the result is in no term of 'ij->k'") {
      einsum("ij->k", $0[0])
    },
    Wrong(.invalidAttribute, "the letter 'i' is twice in the result of 'ij->ii'") { einsum("ij->ii", $0[0]) },
    Wrong(.invalidAttribute, "'ij,jk' has 2 terms for 1 tensors") { einsum("ij,jk", $0[0]) },
    Wrong(.invalidAttribute, "'1' in 'i1' is no letter") { einsum("i1", $0[0]) },
    Wrong(.invalidAttribute, "'-' in 'ij->-' is no letter") { einsum("ij->-", $0[0]) },
    Wrong(.invalidAttribute, "'......' has two ellipses in one term") { einsum("......", $0[0]) },
    Wrong(.invalidAttribute, "the result of '...i->i' leaves out the ellipsis") { einsum("...i->i", $0[0]) },
    Wrong(.shapeMismatch, "the ellipses of '...,...' have the extents 3 and 4") {
      einsum("...,...", $0[0], $0[1])
    },
    Wrong(.axisOutOfRange, "3 down to the start by -1 of axis 1 of [2,3]") {
      $0[0].sliced(axis: 1, from: 3, by: -1)
    },
    Wrong(.axisOutOfRange, "0..<3 by 0 of axis 1 of [2,3]") { $0[0].sliced(axis: 1, by: 0) },
    Wrong(.shapeMismatch, "axis 1 of [2,3] does not divide into 2 equal parts") {
      $0[0].split(parts: 2, axis: 1)[0]
    },
    Wrong(.shapeMismatch, "axis 1 of [2,0] does not divide into 9223372036854775807 equal parts") {
      $0[0][AxisRange.all, 0..<0].split(parts: .max, axis: 1)[0]
    },
    Wrong(.shapeMismatch, "the diagonal -9223372036854775808 of [4]") { $0[1].diagonalMatrix(offset: .min) },
    Wrong(.shapeMismatch, "the sizes [1, 1] do not make up axis 1 of [2,3]") {
      $0[0].split(sizes: [1, 1], axis: 1)[1]
    },
    Wrong(.shapeMismatch, "the sizes [4, -1] do not make up axis 1 of [2,3]") {
      $0[0].split(sizes: [4, -1], axis: 1)[1]
    },
    Wrong(.invalidAttribute, "negative padding") { $0[0].padded(axis: 0, before: -1) },
    Wrong(.typeMismatch, "0.5 is no int32") { $0[2].padded(axis: 0, before: 1, value: 0.5) },
    Wrong(.invalidAttribute, "-1 repetitions") { $0[0].tiled(-1) },
    Wrong(.shapeMismatch, "[4] has no matrices") { $0[1].lowerTriangle() },
    Wrong(.shapeMismatch, "[4] has no matrices") { $0[1].diagonal() },
    Wrong(.shapeMismatch, "indices [3] do not fit [2,3] along axis 1") { $0[0].gathered($0[2][0], axis: 1) },
    Wrong(.shapeMismatch, "updates of [3,3] do not fit [2,3]") {
      $0[0].scatterAdding(
        concatenated([$0[0], $0[0]])[..<3], at: concatenated([$0[2], $0[2]])[..<3], axis: 1)
    },
    Wrong(.typeMismatch, "the indices are float64") { $0[0].taking($0[1], axis: 0) },
    Wrong(.shapeMismatch, "updates of [2] do not fit [2,3]") {
      $0[0].scatterAdding($0[1][0..<3], rows: $0[2][0])
    },
    Wrong(.typeMismatch, "float64 does not go into int32") { $0[2].replacing(where: $0[3], with: $0[0]) },
    Wrong(.shapeMismatch, "[4] cannot be broadcast to [2,3]") { $0[0].replacing(where: $0[3], with: $0[1]) },
    Wrong(.shapeMismatch, "[4] cannot be broadcast to [2,1]") {
      $0[0].replacing(AxisRange.all, 2..., with: $0[1])
    },
    Wrong(.shapeMismatch, "[2,3] cannot be broadcast to [4]") { $0[1].replacing(where: $0[0] .> 0, with: 1) },
  ]

  @Test("Each has its kind, its problem and a line", arguments: calls)
  func error(_ wrong: Wrong) throws {
    let trace = Trace(at: SourceLocation(file: "Test/Here.swift", line: 7))
    let tensors = [
      trace.input("x", TensorType(.float64, [2, 3])), trace.input("v", TensorType(.float64, [4])),
      trace.input("i", TensorType(.int32, [2, 3])), trace.input("b", TensorType(.bool, [3])),
    ]
    #expect(wrong.call(tensors).isPoisoned)
    #expect(trace.errors.count == 1)
    let error = try #require(trace.errors.first)
    #expect(error.kind == wrong.kind)
    #expect(error.problem == wrong.problem)
    #expect(error.location != nil)
    #expect(!error.operands.isEmpty)
    #expect(!error.description.contains("\n"))
  }

  @Test("Numbers beyond all bounds that are no errors do no harm")
  func extremes() throws {
    for (_, found) in try bothWays(
      [doubles([1, 2, 3, 4, 5, 6], [2, 3])],
      { x in
        [
          x[0].lowerTriangle(offset: .max), x[0].upperTriangle(offset: .max), x[0].diagonal(offset: .min),
          x[0].rolled(by: .min, axis: 1), x[0].rolled(by: .max, axis: 1), x[0].sliced(axis: 1, by: .min),
          x[0].tiled(0, 1), x[0][1..<1, AxisRange(by: -1)],
        ]
      })
    {
      #expect(found[0].doubles == [1, 2, 3, 4, 5, 6])
      #expect(found[1].doubles == [0, 0, 0, 0, 0, 0])
      #expect(found[2].shape == [0])
      // −2⁶³ and 2⁶³ − 1 are both 1 more than a multiple of 3.
      #expect(found[3].doubles == [3, 1, 2, 6, 4, 5])
      #expect(found[4].doubles == [3, 1, 2, 6, 4, 5])
      #expect(found[5].doubles == [3, 6])
      #expect(found[6].shape == [0, 3])
      #expect(found[7].shape == [0, 3])
    }
  }

  @Test("A composed function's error is at the line that calls it")
  func lines() {
    let trace = Trace(at: SourceLocation(file: "Test/Here.swift", line: 7))
    let x = trace.input("x", TensorType(.int32, [2, 3]))
    let here = #line
    _ = mish(x)
    _ = einsum("ijk", x)
    _ = x.replacing(0, with: 0.5)
    _ = standardDeviation(x)
    #expect(trace.errors.map(\.location?.line) == [here + 1, here + 2, here + 3, here + 4])
    #expect(trace.errors.allSatisfy { $0.location?.file == #fileID })
  }

  @Test("Promotion: bool, int32, int64, float32, float64, in operators and where tensors are joined")
  func promotion() throws {
    #expect(ScalarType.bool.promoted(with: .int32) == .int32)
    #expect(ScalarType.int32.promoted(with: .int64) == .int64)
    #expect(ScalarType.float32.promoted(with: .int64) == .float32)
    #expect(ScalarType.float64.promoted(with: .float32) == .float64)
    for type in ScalarType.allCases { #expect(type.promoted(with: type) == type) }
    let integer = NDArray([1, 2] as [Int32])
    let single = NDArray([0.5, 4] as [Float])
    for (_, found) in try bothWays(
      [integer, single],
      { x in
        let (i, s) = (x[0], x[1])
        return [
          i * s, concatenated([i, s]), stacked([i, s]), select(i .> 1, i, s), max(i, s), dot(i, s),
          einsum("i,i", i, s), i + 1, i / 2, s.replacing(where: i .== 1, with: i), i .< s,
        ]
      })
    {
      #expect(found.dropLast(4).allSatisfy { $0.scalarType == .float32 })
      #expect(found.suffix(4).map(\.scalarType) == [.int32, .int32, .float32, .bool])
      #expect(found[0].doubles == [0.5, 8])
      #expect(found[1].doubles == [1, 2, 0.5, 4])
      #expect(found[8].doubles == [0, 1])
      #expect(found[9].doubles == [1, 4])
    }
    // The derivative goes back through the cast to the type of what was cast.
    for (_, found) in try bothWays(
      [single, NDArray([0.1, 0.2])],
      { x in
        [gradient(of: sum(x[0] * x[1]), withRespectTo: x[0])]
      })
    {
      #expect(found[0] == NDArray([0.1, 0.2] as [Float]))
    }
  }
}
