import Adjoint

var tensorCalls: [ExtremeCall] {
  [
    .extents("Tensor.transposed(_:)") { n in try traced { x, _ in x.transposed(n, 0) } },
    .extents("Tensor.swappingAxes(_:_:)") { n in try traced { x, _ in x.swappingAxes(n, 0) } },
    .extents("Tensor.movingAxis(from:to:)") { n in try traced { x, _ in x.movingAxis(from: n, to: n) } },
    .shapes("Tensor.reshaped(to:)") { s in try traced { x, _ in x.reshaped(to: s) } },
    .shapes("Tensor.broadcast(to:)") { s in try traced { x, _ in x.broadcast(to: s) } },
    .extents("Tensor.squeezed(axes:)") { n in try traced { x, _ in x.squeezed(axes: n) } },
    .extents("Tensor.expandedDimensions(axis:)") { n in try traced { x, _ in x.expandedDimensions(axis: n) }
    },
    .extents("concatenated(_:axis:)") { n in try traced { x, _ in concatenated([x, x], axis: n) } },
    .extents("stacked(_:axis:)") { n in try traced { x, _ in stacked([x, x], axis: n) } },
    .extents("Tensor.flipped(axes:)") { n in try traced { x, _ in x.flipped(axes: n) } },
    .extents("Tensor.rolled(by:axis:)") { n in try traced { x, _ in x.rolled(by: n, axis: 0) } },
    .extents("Tensor.rolled(by:axis:)") { n in try traced { x, _ in x.rolled(by: 1, axis: n) } },
    .extents("Tensor.tiled(_:)") { n in try traced { x, _ in x.tiled(n, n) } },
    .extents("Tensor.repeated(_:axis:)") { n in try traced { x, _ in x.repeated(n, axis: 0) } },
    .extents("Tensor.repeated(_:axis:)") { n in try traced { x, _ in x.repeated(2, axis: n) } },
    .extents("Tensor.padded(axis:before:after:value:)") { n in
      try traced { x, _ in x.padded(axis: 0, before: n, after: n) }
    },
    .extents("Tensor.padded(axis:before:after:value:)") { n in
      try traced { x, _ in x.padded(axis: n, before: 1) }
    },
    .doubles("Tensor.padded(axis:before:after:value:)") { v in
      try traced { x, _ in x.padded(axis: 0, before: 1, value: v) }
    },
    .extents("Tensor.padded(_:value:)") { n in try traced { x, _ in x.padded([(n, n), (0, n)]) } },
    .extents("Tensor.sliced(axis:from:to:by:)") { n in try traced { x, _ in x.sliced(axis: n) } },
    .extents("Tensor.sliced(axis:from:to:by:)") { n in
      try traced { x, _ in x.sliced(axis: 0, from: n, to: n) }
    },
    .extents("Tensor.sliced(axis:from:to:by:)") { n in try traced { x, _ in x.sliced(axis: 0, to: n, by: n) }
    },
    .extents("Tensor.split(parts:axis:)") { n in try traced { x, _ in x.split(parts: n, axis: 0).first ?? x }
    },
    .extents("Tensor.split(parts:axis:)") { n in try traced { x, _ in x.split(parts: 2, axis: n).first ?? x }
    },
    .extents("Tensor.split(sizes:axis:)") { n in
      try traced { x, _ in x.split(sizes: [n, n, 4], axis: 0).first ?? x }
    },
    .extents("Tensor.split(sizes:axis:)") { n in
      try traced { x, _ in x.split(sizes: [2, 2], axis: n).first ?? x }
    },
    .extents("Tensor.split(axis:)") { n in try traced { x, _ in x.split(axis: n).first ?? x } },
    .extents("Tensor.unstacked(axis:)") { n in
      try traced { x, _ in
        let (a, b): (Tensor, Tensor) = x.unstacked(axis: n)
        return a + b
      }
    },
    .extents("AxisRange.init(from:to:by:dropsAxis:)") { n in
      try traced { x, _ in x[AxisRange(from: n, to: n), AxisRange(from: nil, to: n, by: n)] }
    },
    .extents("cumulativeSum(_:axis:reverse:)") { n in try traced { x, _ in cumulativeSum(x, axis: n) } },
    .extents("cumulativeProduct(_:axis:reverse:)") { n in try traced { x, _ in cumulativeProduct(x, axis: n) }
    },
    .extents("argmax(_:axis:keepDimensions:)") { n in try traced { x, _ in argmax(x, axis: n) } },
    .extents("argmin(_:axis:keepDimensions:)") { n in try traced { x, _ in argmin(x, axis: n) } },
    .extents("sum(_:axes:keepDimensions:)") { n in try traced { x, _ in sum(x, axes: n, n) } },
    .extents("mean(_:axes:keepDimensions:)") { n in try traced { x, _ in mean(x, axes: n) } },
    .extents("max(_:axes:keepDimensions:)") { n in try traced { x, _ in max(x, axes: n) } },
    .extents("min(_:axes:keepDimensions:)") { n in try traced { x, _ in min(x, axes: n) } },
    .extents("any(_:axes:keepDimensions:)") { n in try traced { x, _ in any(x .> 0, axes: n) } },
    .extents("all(_:axes:keepDimensions:)") { n in try traced { x, _ in all(x .> 0, axes: n) } },
    .extents("product(_:axes:keepDimensions:)") { n in try traced { x, _ in product(x, axes: n) } },
    .extents("variance(_:axes:correction:keepDimensions:)") { n in try traced { x, _ in variance(x, axes: n) }
    },
    .extents("variance(_:axes:correction:keepDimensions:)") { n in
      try traced { x, _ in variance(x, correction: n) }
    },
    .extents("standardDeviation(_:axes:correction:keepDimensions:)") { n in
      try traced { x, _ in standardDeviation(x, axes: 0, correction: n) }
    },
    .extents("Tensor.sum(axes:keepDimensions:)") { n in try traced { x, _ in x.sum(axes: n) } },
    .extents("Tensor.mean(axes:keepDimensions:)") { n in try traced { x, _ in x.mean(axes: n) } },
    .extents("Tensor.max(axes:keepDimensions:)") { n in try traced { x, _ in x.max(axes: n) } },
    .extents("Tensor.min(axes:keepDimensions:)") { n in try traced { x, _ in x.min(axes: n) } },
    .extents("Tensor.variance(axes:keepDimensions:)") { n in try traced { x, _ in x.variance(axes: n) } },
    .extents("norm(_:_:axes:keepDimensions:)") { n in try traced { x, _ in norm(x, .two, axes: n) } },
    .extents("logSumExp(_:axis:keepDimensions:)") { n in try traced { x, _ in logSumExp(x, axis: n) } },
    .extents("softmax(_:axis:)") { n in try traced { x, _ in softmax(x, axis: n) } },
    .extents("logSoftmax(_:axis:)") { n in try traced { x, _ in logSoftmax(x, axis: n) } },
    .extents("sort(_:axis:descending:)") { n in try traced { x, _ in sort(x, axis: n) } },
    .extents("argsort(_:axis:descending:)") { n in try traced { x, _ in argsort(x, axis: n) } },
    .extents("topK(_:_:axis:)") { n in try traced { x, _ in topK(x, n).values } },
    .extents("topK(_:_:axis:)") { n in try traced { x, _ in topK(x, 1, axis: n).values } },
    .extents("median(_:axis:keepDimensions:)") { n in try traced { x, _ in median(x, axis: n) } },
    .doubles("quantile(_:_:axis:keepDimensions:)") { q in try traced { x, _ in quantile(x, q) } },
    .extents("quantile(_:_:axis:keepDimensions:)") { n in try traced { x, _ in quantile(x, 0.5, axis: n) } },
    .extents("Tensor.lowerTriangle(offset:)") { n in try traced { x, _ in x.lowerTriangle(offset: n) } },
    .extents("Tensor.upperTriangle(offset:)") { n in try traced { x, _ in x.upperTriangle(offset: n) } },
    .extents("Tensor.diagonal(offset:)") { n in try traced { x, _ in x.diagonal(offset: n) } },
    .extents("Tensor.diagonalMatrix(offset:)") { n in try traced { x, _ in x[0].diagonalMatrix(offset: n) } },
    .extents("Tensor.oneHot(depth:_:)") { n in try traced { _, i in i.oneHot(depth: n) } },
    .extents("Tensor.taking(_:axis:)") { n in try traced { x, i in x.taking(i, axis: n) } },
    .extents("Tensor.gathered(_:axis:)") { n in try traced { x, i in x.gathered(i, axis: n) } },
    .extents("Tensor.scatterAdding(_:at:axis:)") { n in
      try traced { x, i in x.scatterAdding(x, at: i, axis: n) }
    },
    .extents("Tensor.identity(_:like:)") { n in try traced { x, _ in Tensor.identity(n, like: x) } },
    .extents("Tensor.iota(_:_:in:)") { n in try traced { x, _ in Tensor.iota(n, in: x.trace) } },
    .doubles("leastSquares(_:_:ridge:)") { v in try traced { x, _ in leastSquares(x, x, ridge: v) } },
    .extents("tensordot(_:_:axes:)") { n in try traced { x, _ in tensordot(x, x, axes: n) } },
    .extents("tensordot(_:_:axes:)") { n in try traced { x, _ in tensordot(x, x, axes: ([n], [n])) } },
    .strings("einsum(_:_:)") { s in try traced { x, _ in einsum(s, x, x) } },
    .strings("Tensor.labelled(_:)") { s in try traced { x, _ in (x + 1).labelled(s) } },
    .doubles("Tensor.constant(_:like:)") { v in
      try traced { x, i in Tensor.constant(v, like: x) + Tensor.constant(v, like: i) }
    },
    .doubles("Tensor.constant(_:_:in:)") { v in try traced { x, _ in Tensor.constant(v, .int64, in: x.trace) }
    },
    .doubles("Tensor.constant(_:in:)") { v in try traced { x, _ in Tensor.constant(NDArray(v), in: x.trace) }
    },
    .extents("Tensor.subscript(_:file:line:)") { n in try traced { x, _ in x[n] + x[0, n] } },
    .extents("Tensor.randomKey(seed:in:)") { n in
      try traced { x, _ in Tensor.randomKey(seed: UInt64(bitPattern: Int64(n)), in: x.trace) }
    },
    .doubles("max(_:_:)") { v in try traced { x, i in max(x, v) + max(v, i) } },
    .doubles("min(_:_:)") { v in try traced { x, i in min(x, v) + min(v, i) } },
    .doubles("clip(_:min:max:)") { v in try traced { x, i in clip(x, min: v, max: -v) + clip(i, min: v) } },
    .doubles("remainder(_:_:)") { v in try traced { x, i in remainder(x, v) + remainder(i, v) } },
    .doubles("truncatingRemainder(_:_:)") { v in
      try traced { x, i in truncatingRemainder(x, v) + truncatingRemainder(i, v) }
    },
    .doubles("select(_:_:_:)") { v in try traced { x, i in select(x .> 0, x, v) + select(i .> 0, v, i) } },
    .doubles("pow(_:_:)") { v in try traced { x, i in pow(x, v) + pow(v, x) + pow(i, v) } },
    .doubles("interpolate(_:points:values:left:right:)") { v in
      try traced { x, _ in
        interpolate(x, points: x.flattened()[0..<1], values: x.flattened()[0..<1], left: v, right: v)
      }
    },
    .doubles("copySign(_:_:)") { v in try traced { x, _ in copySign(x, v) + copySign(v, x) } },
    .doubles("hypot(_:_:)") { v in try traced { x, _ in hypot(x, v) + hypot(v, x) } },
    .doubles("atan2(_:_:)") { v in try traced { x, _ in atan2(x, v) + atan2(v, x) } },
    .doubles("leakyRelu(_:slope:)") { v in try traced { x, _ in leakyRelu(x, slope: v) } },
    .doubles("elu(_:alpha:)") { v in try traced { x, _ in elu(x, alpha: v) } },
    .doubles("Tensor.replacing(where:with:)") { v in
      try traced { x, _ in x.replacing(where: x .> 0, with: v) }
    },
    .extents("Tensor.replacing(_:with:)") { n in try traced { x, _ in x.replacing(n, with: 1.0) } },
    .doubles("attention(_:_:_:isCausal:mask:scale:checkpoint:)") { v in
      try traced { x, _ in attention(x, x, x, scale: v) }
    },
    .extents("layerNorm(_:axes:gain:bias:epsilon:)") { n in try traced { x, _ in layerNorm(x, axes: n) } },
    .doubles("layerNorm(_:axes:gain:bias:epsilon:)") { v in
      try traced { x, _ in layerNorm(x, axes: 1, epsilon: v) }
    },
    .doubles("batchNorm(_:gain:bias:epsilon:)") { v in try traced { x, _ in batchNorm(x, epsilon: v).output }
    },
    .doubles("batchNorm(_:mean:variance:gain:bias:epsilon:)") { v in
      try traced { x, _ in batchNorm(x, mean: x[0], variance: x[0], epsilon: v) }
    },
    .extents("groupNorm(_:groups:gain:bias:epsilon:)") { n in try traced { x, _ in groupNorm(x, groups: n) }
    },
    .extents("rmsNorm(_:axes:gain:epsilon:)") { n in try traced { x, _ in rmsNorm(x, axes: n) } },
    .shapes("Tensor.randomBits(_:_:in:key:)") { s in try traced { x, _ in Tensor.randomBits(s, in: x.trace) }
    },
    .shapes("Tensor.randomUniform(_:_:range:in:key:)") { s in
      try traced { x, _ in Tensor.randomUniform(s, in: x.trace) }
    },
    .doubles("Tensor.randomUniform(like:range:key:)") { v in
      guard v < 1e307 else { return }
      try traced { x, _ in Tensor.randomUniform(like: x, range: v..<Double.infinity) }
    },
    .shapes("Tensor.randomNormal(_:_:mean:standardDeviation:in:key:)") { s in
      try traced { x, _ in Tensor.randomNormal(s, in: x.trace) }
    },
    .doubles("Tensor.randomNormal(like:mean:standardDeviation:key:)") { v in
      try traced { x, _ in Tensor.randomNormal(like: x, mean: v, standardDeviation: v) }
    },
    .doubles("Tensor.randomBernoulli(_:probability:in:key:)") { v in
      try traced { x, _ in Tensor.randomBernoulli([2], probability: v, in: x.trace) }
    },
    .shapes("Tensor.randomBernoulli(_:probability:in:key:)") { s in
      try traced { x, _ in Tensor.randomBernoulli(s, probability: 0.5, in: x.trace) }
    },
    .extents("Tensor.randomIntegers(_:_:_:in:key:)") { n in
      try traced { x, _ in
        Tensor.randomIntegers([2], min(n, 0)..<max(n, 0), in: x.trace)
          + Tensor.randomIntegers([2], Int.min..<Int.max, .int64, in: x.trace)
      }
    },
    .shapes("Tensor.randomIntegers(_:_:_:in:key:)") { s in
      try traced { x, _ in Tensor.randomIntegers(s, 0..<3, in: x.trace) }
    },
    .extents("Tensor.randomPermutation(_:in:key:)") { n in
      try traced { x, _ in Tensor.randomPermutation(n, in: x.trace) }
    },
    .extents("Tensor.shuffled(axis:key:)") { n in try traced { x, _ in x.shuffled(axis: n) } },
    .doubles("dropout(_:rate:isTraining:key:)") { v in
      try traced { x, _ in dropout(x, rate: v, isTraining: true) }
    },
    .extents("scan(_:over:length:isReversed:keeping:_:)") { n in
      try traced { x, _ in scan([x], length: n) { carries, _ in (carries, carries) }.carries[0] }
    },
    .extents("scan(_:over:length:isReversed:keeping:_:)") { n in
      try traced { x, _ in
        scan([x], length: 4, keeping: .segments(of: n)) { carries, _ in (carries.map { sin($0) }, carries) }
          .carries[0]
      }
    },
    .extents("iterate(_:count:keeping:_:)") { n in try traced { x, _ in iterate(x, count: n) { sin($0) } } },
    .extents("iterate(_:while:atMost:keeping:_:)") { n in
      try traced { x, _ in iterate([x], while: { max($0[0]) .> 0 }, atMost: n) { [sin($0[0])] }.values[0] }
    },
    .extents("integrate(from:step:steps:start:method:keeping:_:)") { n in
      try traced { x, _ in integrate(from: x, step: 0.1, steps: n) { y, _ in y } }
    },
    .doubles("integrate(from:step:steps:start:method:keeping:_:)") { v in
      try traced { x, _ in integrate(from: x, step: v, steps: 2, start: v) { y, _ in y } }
    },
    .extents("velocityVerlet(positions:velocities:step:steps:keeping:acceleration:)") { n in
      try traced { x, _ in velocityVerlet(positions: x, velocities: x, step: 0.1, steps: n) { -$0 }.positions
      }
    },
    .extents("maxPool1d(_:size:stride:padding:)") { n in try windows { _, s, _, _ in maxPool1d(s, size: n) }
    },
    .extents("maxPool1d(_:size:stride:padding:)") { n in
      try windows { _, s, _, _ in maxPool1d(s, size: 2, stride: n, padding: .same) }
    },
    .extents("maxPool2d(_:size:strides:padding:)") { n in
      try windows { x, _, _, _ in maxPool2d(x, size: (n, n)) }
    },
    .extents("maxPool2d(_:size:strides:padding:)") { n in
      try windows { x, _, _, _ in maxPool2d(x, size: (2, 2), strides: (n, 1), padding: .around(n)) }
    },
    .extents("averagePool1d(_:size:stride:padding:countsPadding:)") { n in
      try windows { _, s, _, _ in averagePool1d(s, size: n) }
    },
    .extents("averagePool1d(_:size:stride:padding:countsPadding:)") { n in
      try windows { _, s, _, _ in averagePool1d(s, size: 2, stride: n, padding: .around(n)) }
    },
    .extents("averagePool2d(_:size:strides:padding:countsPadding:)") { n in
      try windows { x, _, _, _ in averagePool2d(x, size: (n, 1)) }
    },
    .extents("averagePool2d(_:size:strides:padding:countsPadding:)") { n in
      try windows { x, _, _, _ in averagePool2d(x, size: (2, 2), strides: (1, n), padding: .same) }
    },
    .extents("conv1d(_:_:stride:padding:dilation:groups:)") { n in
      try windows { _, s, _, k in conv1d(s, k, stride: n) }
    },
    .extents("conv1d(_:_:stride:padding:dilation:groups:)") { n in
      try windows { _, s, _, k in conv1d(s, k, padding: .around(n)) }
    },
    .extents("conv1d(_:_:stride:padding:dilation:groups:)") { n in
      try windows { _, s, _, k in conv1d(s, k, padding: .same, dilation: n) }
    },
    .extents("conv1d(_:_:stride:padding:dilation:groups:)") { n in
      try windows { _, s, _, k in conv1d(s, k, groups: n) }
    },
    .extents("conv2d(_:_:strides:padding:dilations:groups:)") { n in
      try windows { x, _, k, _ in conv2d(x, k, strides: (1, n), padding: .same) }
    },
    .extents("conv2d(_:_:strides:padding:dilations:groups:)") { n in
      try windows { x, _, k, _ in conv2d(x, k, dilations: (n, 1)) }
    },
    .extents("conv2d(_:_:strides:padding:dilations:groups:)") { n in
      try windows { x, _, k, _ in conv2d(x, k, padding: .around(n, n), groups: n) }
    },
    .extents("convTranspose1d(_:_:stride:padding:outputPadding:dilation:groups:)") { n in
      try windows { _, s, _, k in convTranspose1d(s, k, stride: n) }
    },
    .extents("convTranspose1d(_:_:stride:padding:outputPadding:dilation:groups:)") { n in
      try windows { _, s, _, k in convTranspose1d(s, k, stride: 2, padding: n) }
    },
    .extents("convTranspose1d(_:_:stride:padding:outputPadding:dilation:groups:)") { n in
      try windows { _, s, _, k in convTranspose1d(s, k, outputPadding: n) }
    },
    .extents("convTranspose1d(_:_:stride:padding:outputPadding:dilation:groups:)") { n in
      try windows { _, s, _, k in convTranspose1d(s, k, dilation: n, groups: n) }
    },
    .extents("convTranspose2d(_:_:strides:padding:outputPadding:dilations:groups:)") { n in
      try windows { x, _, k, _ in convTranspose2d(x, k, strides: (n, 1)) }
    },
    .extents("convTranspose2d(_:_:strides:padding:outputPadding:dilations:groups:)") { n in
      try windows { x, _, k, _ in convTranspose2d(x, k, padding: (n, 0), outputPadding: (0, n)) }
    },
    .extents("convTranspose2d(_:_:strides:padding:outputPadding:dilations:groups:)") { n in
      try windows { x, _, k, _ in convTranspose2d(x, k, dilations: (1, n), groups: n) }
    },
    .extents("multiHeadAttention(_:context:heads:weights:isCausal:mask:checkpoint:)") { n in
      try traced { x, _ in
        let w = Tensor.constant(1, like: x).broadcast(to: [6, 6])
        return multiHeadAttention(
          x, heads: n, weights: AttentionWeights(query: w, key: w, value: w, output: w))
      }
    },
    .strings("customDerivative(_:_:value:vjp:)") { s in
      try traced { x, _ in customDerivative(s, x, value: { $0 }, vjp: { _, _, c in c }) }
    },
  ]
}
