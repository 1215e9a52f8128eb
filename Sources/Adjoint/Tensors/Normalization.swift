import AdjointArray
import AdjointIR

// Deviations from a mean in units of the standard deviation: (x − μ) / √(σ² + ε) · gain + bias, where the variance σ² is
// the mean of the squared deviations (divided by n). They differ in the axes over which μ and σ² are taken.
//
// `gain` and `bias` are broadcast to the shape of `x`; none is 1 and 0. Without deviations nothing is divided by 0,
// unless ε is 0.

/// (x − μ) / √(σ² + ε) · gain + bias with mean and variance over `axes` of each row, over the last one where none is
/// named: PyTorch's `layer_norm`.
///
/// Ba, Kiros & Hinton, Layer Normalization, 2016.
public func layerNorm(
  _ x: Tensor, axes: Int..., gain: Tensor? = nil, bias: Tensor? = nil, epsilon: Double = 1e-5,
  file: String = #fileID, line: Int = #line
) -> Tensor {
  Tensor.compose([x, gain, bias].compactMap(\.self), file, line) {
    let deviations = Deviations("layer_norm", x, axes.isEmpty ? [-1] : axes)
    return affine("layer_norm", deviations.normalized("layer_norm", epsilon), gain, bias)
  }
}

/// (x − μ) / √(σ² + ε) · gain + bias with mean and variance of each channel, over all axes but the last: what batch
/// normalization does in training, PyTorch's `batch_norm` with channels last.
///
/// Ioffe & Szegedy, Batch Normalization, ICML 2015. Rows of the batch are no longer independent. Of a batch without
/// elements mean and variance are NaN.
///
/// - Parameters:
///   - x: `[…, c]`, of at least two axes.
///   - gain: `[c]`.
///   - bias: `[c]`.
/// - Returns: the output, and the batch's mean and variance `[c]`, to keep running ones of: for an estimate from a
///   sample, multiply the variance by n / (n − 1).
public func batchNorm(
  _ x: Tensor, gain: Tensor? = nil, bias: Tensor? = nil, epsilon: Double = 1e-5, file: String = #fileID,
  line: Int = #line
) -> (output: Tensor, mean: Tensor, variance: Tensor) {
  Tensor.compose([x, gain, bias].compactMap(\.self), file, line) {
    let x = x.withChannels("batch_norm")
    let deviations = Deviations("batch_norm", x, Array(0..<Swift.max(1, x.rank - 1)))
    let normalized = deviations.normalized("batch_norm", epsilon)
    let perChannel = { (value: Tensor) in value.flattened() }
    return (
      affine("batch_norm", normalized, gain, bias), perChannel(deviations.mean),
      perChannel(deviations.variance)
    )
  }
}

/// (x − mean) / √(variance + ε) · gain + bias with statistics that are given, as kept from training: what batch
/// normalization does in inference. Rows are independent.
///
/// - Parameters:
///   - x: `[…, c]`.
///   - mean: `[c]`, as are variance, gain and bias.
public func batchNorm(
  _ x: Tensor, mean: Tensor, variance: Tensor, gain: Tensor? = nil, bias: Tensor? = nil,
  epsilon: Double = 1e-5, file: String = #fileID, line: Int = #line
) -> Tensor {
  Tensor.compose([x, mean, variance, gain, bias].compactMap(\.self), file, line) {
    let deviations = Deviations(
      x, mean: fitted("batch_norm", mean, "the mean", x),
      variance: fitted("batch_norm", variance, "the variance", x))
    return affine("batch_norm", deviations.normalized("batch_norm", epsilon), gain, bias)
  }
}

/// (x − μ) / √(σ² + ε) · gain + bias with mean and variance of each row and group of channels, over all axes but the
/// first and within the group: PyTorch's `group_norm` with channels last.
///
/// Wu & He, Group Normalization, ECCV 2018. One group for each channel is instance normalization.
///
/// - Parameters:
///   - x: `[n, …, c]`.
///   - groups: how many; a divisor of c. Neighbouring channels make a group.
///   - gain: `[c]`.
///   - bias: `[c]`.
public func groupNorm(
  _ x: Tensor, groups: Int, gain: Tensor? = nil, bias: Tensor? = nil, epsilon: Double = 1e-5,
  file: String = #fileID, line: Int = #line
) -> Tensor {
  Tensor.compose([x, gain, bias].compactMap(\.self), file, line) {
    let x = x.withChannels("group_norm").checked("group_norm") { type in
      let channels = type.shape.dimensions.last ?? 0
      guard groups < 1 || channels % groups != 0 else { return nil }
      return ("\(channels) channels do not divide into \(groups) groups", "give a divisor of \(channels)")
    }
    guard !x.isPoisoned, let channels = x.shape.dimensions.last else { return x }
    let grouped = x.reshaped(to: Shape(x.shape.dimensions.dropLast() + [groups, channels / groups]))
    let axes = Array(1..<(grouped.rank - 2)) + [grouped.rank - 1]
    let deviations = Deviations("group_norm", grouped, axes)
    let normalized = deviations.normalized("group_norm", epsilon).reshaped(to: x.shape)
    return affine("group_norm", normalized, gain, bias)
  }
}

/// x / √(mean(x²) + ε) · gain, with the mean over `axes` of each row, over the last one where none is named: PyTorch's
/// `rms_norm`.
///
/// Zhang & Sennrich, Root Mean Square Layer Normalization, NeurIPS 2019.
public func rmsNorm(
  _ x: Tensor, axes: Int..., gain: Tensor? = nil, epsilon: Double = 1e-6, file: String = #fileID,
  line: Int = #line
) -> Tensor {
  Tensor.compose([x, gain].compactMap(\.self), file, line) {
    let meanSquare = average("rms_norm", square(x), axes.isEmpty ? [-1] : axes, 0, true)
    return affine("rms_norm", x * rsqrt(raised("rms_norm", meanSquare, by: epsilon)), gain, nil)
  }
}

/// A tensor about its mean. Mean and variance have extent 1 along the axes that they are taken over.
private struct Deviations {
  let mean: Tensor
  let variance: Tensor
  /// x − mean, more exactly than from the two.
  private let deviation: Tensor

  /// About the mean over `axes`.
  ///
  /// The mean is rounded, and where the deviations are as small as that, by all of them: a row of equal numbers would have
  /// some. So the deviations' own mean is taken away, too, from them and from the mean of their squares (Chan, Golub &
  /// LeVeque, Algorithms for Computing the Sample Variance, Amer. Statist. 37, 1983, equation 1.7). But for rounding it is
  /// 0, for any x: no derivative flows through it.
  init(_ operation: String, _ x: Tensor, _ axes: [Int]) {
    let rounded = average(operation, x, axes, 0, true)
    let rest = x - rounded
    let error = stopGradient(average(operation, rest, axes, 0, true))
    let spread = average(operation, square(rest), axes, 0, true) - square(error)
    mean = rounded + error
    deviation = rest - error
    variance = select(spread .< 0, 0, spread)
  }

  /// About a mean that is given.
  init(_ x: Tensor, mean: Tensor, variance: Tensor) {
    self.mean = mean
    self.variance = variance
    deviation = x - mean
  }

  func normalized(_ operation: String, _ epsilon: Double) -> Tensor {
    deviation * rsqrt(raised(operation, variance, by: epsilon))
  }
}

/// x + ε, for an ε that is no fault.
private func raised(_ operation: String, _ x: Tensor, by epsilon: Double) -> Tensor {
  Tensor.record(operation, [x]) { _, ids throws(GraphError) in
    if epsilon >= 0, epsilon < .infinity { return ids[0] }
    throw GraphError(
      .invalidAttribute, operation: operation, problem: "epsilon is \(epsilon)",
      remedy: "give a small number of at least 0")
  } + epsilon
}

private func affine(_ operation: String, _ x: Tensor, _ gain: Tensor?, _ bias: Tensor?) -> Tensor {
  var y = x
  if let gain { y = y * fitted(operation, gain, "the gain", x) }
  if let bias { y = y + fitted(operation, bias, "the bias", x) }
  return y
}

/// `factor`, where broadcasting it to the shape of `x` leaves that.
private func fitted(_ operation: String, _ factor: Tensor, _ what: String, _ x: Tensor) -> Tensor {
  Tensor.record(operation, [factor, x]) { builder, ids throws(GraphError) in
    let (own, whole) = (builder.shape(ids[0]), builder.shape(ids[1]))
    if own.broadcast(with: whole) == whole { return ids[0] }
    throw GraphError(
      .shapeMismatch, operation: operation, problem: "\(what) \(own) is not broadcast to \(whole)",
      remedy: "give one number for each of the last axis, [\(whole.dimensions.last ?? 1)]")
  }
}

extension Tensor {
  /// This tensor, where it has channels along the last axis and at least one other axis.
  fileprivate func withChannels(_ operation: String) -> Tensor {
    checked(operation) { type in
      type.rank >= 2 ? nil : ("\(type) has no axis beside that of the channels", "give [n, …, channels]")
    }
  }
}
