import AdjointArray
import AdjointIR

/// Batch normalization of each channel, the last axis: (x − μ) / √(σ² + ε) · gain + bias.
///
/// In training μ and σ² are the batch's, so that its rows are no longer independent, and running ones are kept:
/// r ← (1 − momentum) r + momentum · batch's, for the variance the estimate from a sample (n − 1). In evaluation and
/// prediction, and where the layer is frozen, the running ones are used. PyTorch's `BatchNorm1d` and `BatchNorm2d` with
/// channels last.
///
/// Ioffe & Szegedy, Batch Normalization, ICML 2015. The gain starts at 1, the bias at 0, neither is regularized; the running
/// mean starts at 0, the running variance at 1.
public struct BatchNorm: Layer {
  public let gain: Parameter
  public let bias: Parameter
  public let runningMean: Parameter
  public let runningVariance: Parameter
  public let momentum: Double
  public let epsilon: Double
  private let location: SourceLocation

  /// - Parameter momentum: the weight of a new batch in the running statistics, of 0 to 1.
  public init(
    momentum: Double = 0.1, epsilon: Double = 1e-5, file: String = #fileID, line: Int = #line
  ) {
    self.momentum = momentum
    self.epsilon = epsilon
    location = SourceLocation(file: file, line: line)
    func perChannel(_ value: Double, isTrained: Bool = true) -> Parameter {
      Parameter(initializer: .constant(value), isRegularized: false, isTrained: isTrained) { input in
        [input.dimensions.last ?? 1]
      }
    }
    gain = perChannel(1)
    bias = perChannel(0)
    runningMean = perChannel(0, isTrained: false)
    runningVariance = perChannel(1, isTrained: false)
  }

  public func callAsFunction(_ x: Tensor) -> Tensor {
    let name = x.trace.path(of: gain)?.layerName ?? "batchNorm"
    return x.trace.within(.layer(name)) {
      x.trace.at(location) {
        let tensor = { (parameter: Parameter, part: String) in
          parameter.tensor(for: x, name: "\(name).\(part)", at: nil)
        }
        let (gain, bias) = (tensor(gain, "gain"), tensor(bias, "bias"))
        let (mean, variance) = (
          tensor(runningMean, "runningMean"), tensor(runningVariance, "runningVariance")
        )
        guard x.trace.isTraining, !x.trace.isFrozen else {
          return batchNorm(
            x, mean: mean, variance: variance, gain: gain, bias: bias, epsilon: epsilon
          ).labelled(name.cName + "_a")
        }
        let (output, batchMean, batchVariance) = batchNorm(x, gain: gain, bias: bias, epsilon: epsilon)
        let count = x.shape.count / max(1, x.shape.dimensions.last ?? 1)
        let sample = Double(count) / Double(max(1, count - 1))
        keep(runningMean, mean, batchMean)
        keep(runningVariance, variance, sample * batchVariance)
        return output.labelled(name.cName + "_a")
      }
    }
  }

  private func keep(_ parameter: Parameter, _ tensor: Tensor, _ new: Tensor) {
    tensor.trace.replace(parameter, tensor) { old in
      (1 - momentum) * old + momentum * stopGradient(new)
    }
  }
}
