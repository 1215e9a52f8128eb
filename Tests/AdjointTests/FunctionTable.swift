import Adjoint

/// A function of tensors as the cases of Reference/functions.json and networks.json call it. The first word of its name is the
/// function's.
struct TableEntry: Sendable, CustomStringConvertible {
  let name: String
  let body: @Sendable ([Tensor]) -> [Tensor]

  init(_ name: String, _ body: @escaping @Sendable ([Tensor]) -> [Tensor]) {
    self.name = name
    self.body = body
  }

  /// A function of one tensor with one result.
  init(_ name: String, _ function: @escaping @Sendable (Tensor) -> Tensor) {
    self.init(name) { x in [function(x[0])] }
  }

  /// A function of two tensors with one result.
  init(_ name: String, _ function: @escaping @Sendable (Tensor, Tensor) -> Tensor) {
    self.init(name) { x in [function(x[0], x[1])] }
  }

  var description: String { name }

  /// All of them.
  static let table =
    elementwise + activations + reductions + contraction + movement + indexing
    + networks + recurrent + loops + linearAlgebra + sorting + convolutions
}

extension TableEntry {
  private static let elementwise: [TableEntry] = [
    TableEntry("neg") { -$0 },
    TableEntry("abs") { abs($0) },
    TableEntry("sign") { sign($0) },
    TableEntry("square") { square($0) },
    TableEntry("sqrt") { sqrt($0) },
    TableEntry("rsqrt") { rsqrt($0) },
    TableEntry("cbrt") { cbrt($0) },
    TableEntry("reciprocal") { reciprocal($0) },
    TableEntry("exp") { exp($0) },
    TableEntry("exp2") { exp2($0) },
    TableEntry("expm1") { expm1($0) },
    TableEntry("log") { log($0) },
    TableEntry("log2") { log2($0) },
    TableEntry("log10") { log10($0) },
    TableEntry("log1p") { log1p($0) },
    TableEntry("sin") { sin($0) },
    TableEntry("cos") { cos($0) },
    TableEntry("tan") { tan($0) },
    TableEntry("asin") { asin($0) },
    TableEntry("acos") { acos($0) },
    TableEntry("atan") { atan($0) },
    TableEntry("atan2") { atan2($0, $1) },
    TableEntry("sinh") { sinh($0) },
    TableEntry("cosh") { cosh($0) },
    TableEntry("tanh") { tanh($0) },
    TableEntry("asinh") { asinh($0) },
    TableEntry("acosh") { acosh($0) },
    TableEntry("atanh") { atanh($0) },
    TableEntry("erf") { erf($0) },
    TableEntry("erfc") { erfc($0) },
    TableEntry("floor") { floor($0) },
    TableEntry("ceil") { ceil($0) },
    TableEntry("round") { round($0) },
    TableEntry("hypot") { hypot($0, $1) },
    TableEntry("copySign") { copySign($0, $1) },
    TableEntry("remainder") { remainder($0, $1) },
    TableEntry("truncatingRemainder") { truncatingRemainder($0, $1) },
    TableEntry("max") { max($0, $1) },
    TableEntry("min") { min($0, $1) },
    TableEntry("clip") { clip($0, min: -0.5, max: 0.75) },
    TableEntry("clip by tensors") { x in [clip(x[0], min: x[1], max: x[2])] },
    TableEntry("clip from below") { x in [clip(x[0], min: x[0].scalarType == .int32 ? 1 : 0.1)] },
    TableEntry("pow") { pow($0, $1) },
    TableEntry("pow by 3") { pow($0, 3) },
    TableEntry("pow by -2") { pow($0, -2) },
    TableEntry("pow by 1.3") { pow($0, 1.3) },
    TableEntry("pow of 2") { pow(2, $0) },
    TableEntry("searchSorted") { x in [searchSorted(x[0], x[1])] },
    TableEntry("searchSorted right") { x in [searchSorted(x[0], x[1], side: .right)] },
    TableEntry("interpolate") { x in [interpolate(x[0], points: x[1], values: x[2])] },
    TableEntry("interpolate beyond") { x in
      [interpolate(x[0], points: x[1], values: x[2], left: -7, right: .infinity)]
    },
    TableEntry("isFinite") { isFinite($0) },
    TableEntry("isInfinite") { isInfinite($0) },
    TableEntry("isNaN") { isNaN($0) },
    TableEntry("and") { $0 .& $1 },
    TableEntry("or") { $0 .| $1 },
    TableEntry("xor") { $0 .^ $1 },
    TableEntry("not") { .!$0 },
    TableEntry("==") { $0 .== $1 },
    TableEntry("!=") { $0 .!= $1 },
    TableEntry("<") { $0 .< $1 },
    TableEntry("<=") { $0 .<= $1 },
    TableEntry(">") { $0 .> $1 },
    TableEntry(">=") { $0 .>= $1 },
    TableEntry("select") { x in [select(x[0], x[1], x[2])] },
    TableEntry("cast to int32") { $0.cast(to: .int32) },
    TableEntry("cast to int64") { $0.cast(to: .int64) },
    TableEntry("cast to bool") { $0.cast(to: .bool) },
    TableEntry("stopGradient") { stopGradient($0) },
    TableEntry("promotion") { $0 + $1 },
  ]

  static let activations: [TableEntry] = [
    TableEntry("sigmoid") { sigmoid($0) },
    TableEntry("softplus") { softplus($0) },
    TableEntry("logSigmoid") { logSigmoid($0) },
    TableEntry("relu") { relu($0) },
    TableEntry("leakyRelu") { leakyRelu($0) },
    TableEntry("elu") { elu($0) },
    TableEntry("selu") { selu($0) },
    TableEntry("gelu") { gelu($0) },
    TableEntry("gelu erf") { gelu($0, form: .erf) },
    TableEntry("silu") { silu($0) },
    TableEntry("mish") { mish($0) },
    TableEntry("hardSigmoid") { hardSigmoid($0) },
    TableEntry("softsign") { softsign($0) },
  ]

  private static let reductions: [TableEntry] = [
    TableEntry("sum") { x in [sum(x[0]), sum(x[0], axes: 0, 2), x[0].sum(axes: 1, keepDimensions: true)] },
    TableEntry("mean") { x in [mean(x[0]), mean(x[0], axes: 0, -1), x[0].mean(axes: 1, keepDimensions: true)]
    },
    TableEntry("max") { x in
      if x.count == 2 { return [max(x[0], x[1])] }
      return [max(x[0]), max(x[0], axes: 0, 2), x[0].max(axes: 1, keepDimensions: true)]
    },
    TableEntry("min") { x in
      if x.count == 2 { return [min(x[0], x[1])] }
      return [min(x[0]), min(x[0], axes: 0, 2), x[0].min(axes: 1, keepDimensions: true)]
    },
    TableEntry("product") { x in
      [product(x[0]), product(x[0], axes: 0, 2), product(x[0], axes: 1, keepDimensions: true)]
    },
    TableEntry("variance") { x in
      [
        variance(x[0]), variance(x[0], axes: 0, 2, correction: 1),
        variance(x[0], axes: 1, keepDimensions: true),
      ]
    },
    TableEntry("variance method") { $0.variance() },
    TableEntry("standardDeviation") { x in
      [
        standardDeviation(x[0]), standardDeviation(x[0], axes: 0, 2, correction: 1),
        standardDeviation(x[0], axes: 1, keepDimensions: true),
      ]
    },
    TableEntry("norm") { x in
      [
        norm(x[0], .one), norm(x[0]), norm(x[0], .infinity), norm(x[0], .p(3)), norm(x[0], axes: 1, 2),
        norm(x[0], .p(2), axes: 1, keepDimensions: true),
      ]
    },
    TableEntry("frobeniusNorm") { frobeniusNorm($0) },
    TableEntry("argmax") { x in
      [argmax(x[0]), argmax(x[0], axis: 1), argmax(x[0], axis: 0, keepDimensions: true)]
    },
    TableEntry("argmin") { x in
      [argmin(x[0]), argmin(x[0], axis: 1), argmin(x[0], axis: 0, keepDimensions: true)]
    },
    TableEntry("any") { x in [any(x[0]), any(x[0], axes: 1), any(x[0], axes: 0, keepDimensions: true)] },
    TableEntry("all") { x in [all(x[0]), all(x[0], axes: 1), all(x[0], axes: 0, keepDimensions: true)] },
    TableEntry("cumulativeSum") { x in
      [cumulativeSum(x[0], axis: 1), cumulativeSum(x[0], axis: -1, reverse: true)]
    },
    TableEntry("cumulativeProduct") { x in
      [cumulativeProduct(x[0], axis: 1), cumulativeProduct(x[0], axis: -1, reverse: true)]
    },
    TableEntry("softmax") { softmax($0) },
    TableEntry("logSoftmax") { logSoftmax($0, axis: 0) },
    TableEntry("logSumExp") { logSumExp($0) },
  ]

  private static let contraction: [TableEntry] =
    [
      TableEntry("matmul") { matmul($0, $1) },
      TableEntry("dot") { dot($0, $1) },
      TableEntry("outer") { outer($0, $1) },
      TableEntry("tensordot") { tensordot($0, $1) },
      TableEntry("tensordot by axes") { tensordot($0, $1, axes: ([2, 0], [1, 2])) },
      TableEntry("tensordot of none") { tensordot($0, $1, axes: 0) },
    ] + formulas.map { formula in TableEntry("einsum " + formula) { x in [einsum(formula, x)] } }

  private static let formulas = [
    "ij,jk->ik", "bij,bjk->bik", "ij,kj", "ii", "ii->i", "iji->j", "iii->i", "...ij->...ji",
    "...ij,...jk->...ik", "i,i->i", "i,j->ij", "i,j,ij->", "ba", "ij->", "bhqd,bhkd->bhqk", "abc,cd,be->ade",
    "i...,i...->...", ",i->i", "ij,ij->", "...,...", "ijk,jil->kl",
  ]

  private static let movement: [TableEntry] = [
    TableEntry("transposed") { x in [x[0].transposed(), x[0].transposed(1, 2, 0)] },
    TableEntry("swappingAxes") { $0.swappingAxes(0, -1) },
    TableEntry("movingAxis") { x in
      [x[0].movingAxis(from: 0, to: -1), x[0].movingAxis(from: 2, to: 0), x[0].movingAxis(from: 1, to: 1)]
    },
    TableEntry("reshaped") { $0.reshaped(to: [4, -1]) },
    TableEntry("flattened") { $0.flattened() },
    TableEntry("broadcast") { $0.broadcast(to: [2, 3, 4]) },
    TableEntry("squeezed") { x in [x[0].squeezed(), x[0].squeezed(axes: -1)] },
    TableEntry("expandedDimensions") { x in
      [x[0].expandedDimensions(axis: 1), x[0].expandedDimensions(axis: -1)]
    },
    TableEntry("concatenated") { x in [concatenated([x[0], x[1], x[0]], axis: 1)] },
    TableEntry("stacked") { x in [stacked(x, axis: -1)] },
    TableEntry("split") { x in x[0].split(axis: 1) },
    TableEntry("split into parts") { x in x[0].split(parts: 2, axis: 2) },
    TableEntry("split by sizes") { x in x[0].split(sizes: [1, 0, 2], axis: 1) },
    TableEntry("unstacked") { x in
      let (a, b, c) = x[0].unstacked(axis: 1)
      return [a, b, c]
    },
    TableEntry("slices") { x in
      let x = x[0]
      let all = AxisRange.all
      return [
        x[1], x[-1, 1...], x[all, AxisRange(by: -1)],
        x[0, AxisRange(from: 2, to: 0, by: -1), AxisRange(by: -2)],
        x[all, (-2)..., AxisRange(from: 1, by: 2)],
        x[all, 1..<1], x[AxisRange(by: -1), AxisRange(by: -1), AxisRange(from: -2, by: -3)],
      ]
    },
    TableEntry("sliced") { x in
      [
        x[0].sliced(axis: 2, by: 2), x[0].sliced(axis: -1, by: -1),
        x[0].sliced(axis: 1, from: -1, to: 0, by: -1),
        x[0].sliced(axis: 1, from: 2, to: -3, by: -1),
      ]
    },
    TableEntry("padded") { x in
      [
        x[0].padded([(1, 0), (0, 2), (3, 1)]), x[0].padded(axis: 1, before: 2, after: 1, value: -1.5),
      ]
    },
    TableEntry("flipped") { x in [x[0].flipped(), x[0].flipped(axes: 0, -1), x[0].flipped(axes: 1)] },
    TableEntry("rolled") { x in [1, -1, 5, -7, 4, 0].map { x[0].rolled(by: $0, axis: 2) } },
    TableEntry("tiled") { x in [x[0].tiled(2), x[0].tiled(2, 1, 3, 1), x[0].tiled(0, 1, 1)] },
    TableEntry("repeated") { x in
      [x[0].repeated(2, axis: 1), x[0].repeated(3, axis: -1), x[0].repeated(0, axis: 0)]
    },
    TableEntry("lowerTriangle") { x in [0, 1, -2, 9].map { x[0].lowerTriangle(offset: $0) } },
    TableEntry("upperTriangle") { x in [0, 1, -2, -9].map { x[0].upperTriangle(offset: $0) } },
    TableEntry("diagonal") { x in [0, 2, -1, 9, -9].map { x[0].diagonal(offset: $0) } },
    TableEntry("diagonalMatrix") { x in [0, 2, -1].map { x[0].diagonalMatrix(offset: $0) } },
  ]

  private static let indexing: [TableEntry] = [
    TableEntry("gathered rows") { $0.gathered(rows: $1) },
    TableEntry("embedding") { embedding($0, table: $1) },
    TableEntry("taking") { $0.taking($1, axis: 1) },
    TableEntry("taking one") { $0.taking($1, axis: -1) },
    TableEntry("gathered along") { $0.gathered($1, axis: 1) },
    TableEntry("scatterAdding rows") { x in [x[0].scatterAdding(x[1], rows: x[2])] },
    TableEntry("scatterAdding along") { x in [x[0].scatterAdding(x[1], at: x[2], axis: 1)] },
    TableEntry("oneHot") { $0.oneHot(depth: 3) },
    TableEntry("replacing where") { x in
      [x[0].replacing(where: x[0] .> 0.2, with: x[1]), x[0].replacing(where: x[0] .> 0.2, with: -3)]
    },
    TableEntry("replacing a part") { x in
      let all = AxisRange.all
      return [
        x[0].replacing(1, 1..., with: x[1]), x[0].replacing(all, AxisRange(by: -2), with: 7),
        x[0].replacing(0, AxisRange(from: 2, to: 0, by: -1), AxisRange(by: -1), with: x[2]),
        x[0].replacing(with: 1), x[0].replacing(all, 1..<1, with: 9),
      ]
    },
  ]

  private static let linearAlgebra: [TableEntry] = [
    TableEntry("cholesky") { cholesky($0) },
    TableEntry("triangularSolve lower") { triangularSolve($0, $1, isLower: true) },
    TableEntry("triangularSolve lower transposed") {
      triangularSolve($0, $1, isLower: true, isTransposed: true)
    },
    TableEntry("triangularSolve upper") { triangularSolve($0, $1, isLower: false) },
    TableEntry("triangularSolve upper transposed") {
      triangularSolve($0, $1, isLower: false, isTransposed: true)
    },
    TableEntry("solve") { solve(positiveDefinite: $0, $1) },
    TableEntry("inverse") { inverse(positiveDefinite: $0) },
    TableEntry("logDeterminant") { logDeterminant(positiveDefinite: $0) },
    TableEntry("leastSquares") { leastSquares($0, $1) },
    TableEntry("leastSquares ridge") { leastSquares($0, $1, ridge: 0.3) },
    TableEntry("leastSquares by its ridge") { x in [leastSquares(x[1], x[2], ridge: x[0])] },
  ]

  private static let convolutions: [TableEntry] = [
    TableEntry("conv2d") { conv2d($0, $1) },
    TableEntry("conv2d same") { conv2d($0, $1, padding: .same) },
    TableEntry("conv2d same strided") { conv2d($0, $1, strides: (2, 2), padding: .same) },
    TableEntry("conv2d padded") {
      conv2d($0, $1, strides: (2, 1), padding: .explicit(before: [2, 0], after: [1, 2]))
    },
    TableEntry("conv2d dilated") { conv2d($0, $1, dilations: (2, 3)) },
    TableEntry("conv2d apart") { conv2d($0, $1, strides: (3, 3)) },
    TableEntry("conv2d grouped") { conv2d($0, $1, padding: .around(1, 1), groups: 2) },
    TableEntry("conv2d depthwise") { conv2d($0, $1, strides: (2, 2), groups: 3) },
    TableEntry("conv1d") { conv1d($0, $1) },
    TableEntry("conv1d same") { conv1d($0, $1, padding: .same) },
    TableEntry("conv1d strided") {
      conv1d($0, $1, stride: 2, padding: .explicit(before: [2], after: [0]), dilation: 2)
    },
    TableEntry("conv1d grouped") { conv1d($0, $1, groups: 2) },
    TableEntry("convTranspose2d") { convTranspose2d($0, $1) },
    TableEntry("convTranspose2d strided") {
      convTranspose2d($0, $1, strides: (2, 3), padding: (1, 1), outputPadding: (1, 2))
    },
    TableEntry("convTranspose2d dilated") {
      convTranspose2d($0, $1, outputPadding: (1, 0), dilations: (2, 1))
    },
    TableEntry("convTranspose2d apart") { convTranspose2d($0, $1, strides: (3, 3)) },
    TableEntry("convTranspose2d grouped") { convTranspose2d($0, $1, strides: (2, 1), groups: 2) },
    TableEntry("convTranspose1d") { convTranspose1d($0, $1) },
    TableEntry("convTranspose1d strided") {
      convTranspose1d($0, $1, stride: 2, padding: 1, outputPadding: 1)
    },
    TableEntry("convTranspose1d grouped") { convTranspose1d($0, $1, groups: 2) },
    TableEntry("maxPool2d") { maxPool2d($0, size: (2, 2)) },
    TableEntry("maxPool2d overlapping") { maxPool2d($0, size: (3, 2), strides: (2, 1)) },
    TableEntry("maxPool2d large") { maxPool2d($0, size: (5, 5), strides: (2, 1)) },
    TableEntry("maxPool2d apart") { maxPool2d($0, size: (2, 2), strides: (3, 3)) },
    TableEntry("maxPool2d same") { maxPool2d($0, size: (3, 3), strides: (2, 2), padding: .same) },
    TableEntry("maxPool2d padded") {
      maxPool2d($0, size: (3, 2), strides: (1, 2), padding: .explicit(before: [1, 1], after: [2, 0]))
    },
    TableEntry("maxPool1d") { maxPool1d($0, size: 2) },
    TableEntry("maxPool1d same") { maxPool1d($0, size: 3, stride: 1, padding: .same) },
    TableEntry("averagePool2d") { averagePool2d($0, size: (2, 2)) },
    TableEntry("averagePool2d overlapping") { averagePool2d($0, size: (3, 2), strides: (2, 1)) },
    TableEntry("averagePool2d large") { averagePool2d($0, size: (5, 5), strides: (2, 1)) },
    TableEntry("averagePool2d apart") { averagePool2d($0, size: (2, 2), strides: (3, 3)) },
    TableEntry("averagePool2d same") { averagePool2d($0, size: (3, 3), strides: (2, 2), padding: .same) },
    TableEntry("averagePool2d padded") {
      averagePool2d($0, size: (3, 2), strides: (1, 2), padding: .explicit(before: [1, 1], after: [2, 0]))
    },
    TableEntry("averagePool2d counting") {
      averagePool2d($0, size: (3, 3), strides: (2, 2), padding: .around(1, 1), countsPadding: true)
    },
    TableEntry("averagePool1d") { averagePool1d($0, size: 2) },
    TableEntry("averagePool1d same") { averagePool1d($0, size: 3, stride: 1, padding: .same) },
    TableEntry("averagePool1d counting") {
      averagePool1d($0, size: 3, stride: 2, padding: .around(1), countsPadding: true)
    },
  ]
}
