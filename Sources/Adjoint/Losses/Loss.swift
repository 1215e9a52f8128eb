import AdjointArray
import AdjointIR

/// What training makes small: a scalar cost of predictions and targets, averaged over them.
///
/// Built-in costs demand equal shapes: `[m, 1]` − `[m]`, which NumPy broadcasts to `[m, m]`, is an error here.
public struct Loss: Sendable {
  package enum Kind: Sendable {
    case meanSquaredError, halfSquaredError, meanAbsoluteError
    case huber(Double)
    case binaryCrossEntropy, softmaxCrossEntropy, hinge, klDivergence
    case custom(@Sendable (_ prediction: Tensor, _ target: Tensor) -> Tensor)
  }
  package let kind: Kind
  /// `mean squared error`; for messages and progress.
  public let name: String

  /// (1/n) Σ (y − t)² over all n elements.
  public static let meanSquaredError = Loss(kind: .meanSquaredError, name: "mean squared error")

  /// (1/n) Σ ½ (y − t)²: half of the mean squared error, whose derivative has no factor 2.
  public static let halfSquaredError = Loss(kind: .halfSquaredError, name: "half squared error")

  /// (1/n) Σ |y − t| over all n elements; its derivative at 0 is 0.
  public static let meanAbsoluteError = Loss(kind: .meanAbsoluteError, name: "mean absolute error")

  /// The mean of ½ d² where |d| ≤ δ, and of δ (|d| − ½ δ) elsewhere, with d = y − t: PyTorch's `HuberLoss`.
  ///
  /// Huber, Robust estimation of a location parameter, Ann. Math. Statist. 35, 1964.
  /// - Parameter delta: δ, above 0.
  public static func huber(_ delta: Double = 1) -> Loss { Loss(kind: .huber(delta), name: "Huber loss") }

  /// The mean of max(0, 1 − s z) over all elements, for z as they come and s = 2t − 1 of targets t that are 0 or 1: what a
  /// support vector machine makes small. Its derivative where s z = 1 is 0.
  public static let hinge = Loss(kind: .hinge, name: "hinge loss")

  /// The mean over rows of Σ t (log t − log softmax(z)), for logits z and probabilities t, both `[b, classes]`: PyTorch's
  /// `KLDivLoss(reduction="batchmean")` of log-softmax. A t of 0 adds 0.
  public static let klDivergence = Loss(kind: .klDivergence, name: "Kullback–Leibler divergence")

  /// The mean of −t log σ(z) − (1 − t) log(1 − σ(z)) over all elements, for logits z and targets t in 0...1.
  ///
  /// Computed as |z|·w + log1p(e^−|z|), where w is 1 − t for positive z and t elsewhere: this neither overflows nor loses
  /// digits. An infinite logit costs ∞, or NaN where its w is 0. The prediction is the logit: end the network without
  /// a sigmoid.
  public static let binaryCrossEntropy = Loss(kind: .binaryCrossEntropy, name: "binary cross-entropy")

  /// The mean of −log softmax(z)ₜ over rows, for logits z `[b, classes]` and targets that are int32 class indices
  /// `[b]` or weights of each class `[b, classes]`.
  ///
  /// A row whose index is not in 0..<classes adds 0. Logits of −∞ mask classes; give indices then, as a weight of 0 times
  /// −∞ is NaN. The prediction is the logits: end the network without a softmax.
  public static let softmaxCrossEntropy = Loss(kind: .softmaxCrossEntropy, name: "softmax cross-entropy")

  /// A cost of one's own, which must give a scalar.
  public static func custom(
    _ name: String = "custom", _ cost: @escaping @Sendable (_ prediction: Tensor, _ target: Tensor) -> Tensor
  ) -> Loss {
    Loss(kind: .custom(cost), name: name)
  }

  /// The cost as a scalar.
  public func callAsFunction(
    _ prediction: Tensor, _ target: Tensor, file: String = #fileID, line: Int = #line
  ) -> Tensor {
    let location = SourceLocation(file: file, line: line)
    if case .custom(let cost) = kind {
      // Not within a named call: its lines are the user's own.
      return cost(prediction, target).checked(name, at: location) { type in
        type.shape.isScalar ? nil : ("the cost is \(type)", "reduce it to a scalar, with mean or sum")
      }
    }
    return Tensor.compose([prediction, target], file, line) {
      switch kind {
      case .meanSquaredError:
        return mean(square(difference(prediction, target)))
      case .halfSquaredError:
        return 0.5 * mean(square(difference(prediction, target)))
      case .meanAbsoluteError:
        return mean(abs(difference(prediction, target)))
      case .huber(let delta):
        let size = abs(difference(prediction, target))
        // Of the part within δ the square counts, of what is beyond it δ times.
        let inner = min(size, delta)
        return mean(inner * (size - 0.5 * inner))
      case .hinge:
        return mean(relu(1 - (2 * target - 1) * equallyShaped(prediction, target)))
      case .klDivergence:
        let rows = prediction.checked(name) { type in
          type.rank == 2 ? nil : ("the logits are \(type)", "give [batch, classes]")
        }
        let isPositive = target .> 0
        let logarithm = log(select(isPositive, target, 1))
        let terms = select(
          isPositive, target * (logarithm - logSoftmax(equallyShaped(rows, target))), 0)
        return mean(sum(terms, axes: 1))
      case .binaryCrossEntropy:
        let z = equallyShaped(prediction, target)
        let isPositive = z .> 0
        let minusMagnitude = minusMagnitude(z, isPositive)
        let weight = select(isPositive, 1 - target, target)
        return mean(log1p(exp(minusMagnitude)) - weight * minusMagnitude)
      case .softmaxCrossEntropy:
        return softmaxCrossEntropy(prediction, target)
      case .custom:
        return prediction
      }
    }
  }

  private func softmaxCrossEntropy(_ logits: Tensor, _ target: Tensor) -> Tensor {
    let rows = logits.checked(name) { type in
      type.rank == 2 ? nil : ("the logits are \(type)", "give [batch, classes]")
    }
    if target.scalarType == .int32 {
      let isRow = Tensor.record(name, [rows, target]) { builder, ids throws(GraphError) in
        let shapes = (logits: builder.shape(ids[0]), indices: builder.shape(ids[1]))
        guard shapes.indices == [shapes.logits[0]] else {
          throw GraphError(
            .shapeMismatch, operation: name,
            problem: "logits \(shapes.logits) and class indices \(shapes.indices) do not fit",
            remedy: "give one index for each row: [\(shapes.logits[0])]")
        }
        return ids[1]
      }
      let isClass = isRow.isIndex(depth: logits.shape.dimensions.last ?? 0)
      return -mean(sum(select(isClass, logSoftmax(rows), 0), axes: 1))
    }
    return -mean(sum(target * logSoftmax(equallyShaped(rows, target)), axes: 1))
  }

  private func difference(_ prediction: Tensor, _ target: Tensor) -> Tensor {
    equallyShaped(prediction, target) - target
  }

  /// `prediction`, poisoned where `target` has another shape or type.
  private func equallyShaped(_ prediction: Tensor, _ target: Tensor) -> Tensor {
    Tensor.record(name, [prediction, target]) { builder, ids throws(GraphError) in
      let types = (prediction: builder.type(ids[0]), target: builder.type(ids[1]))
      guard types.prediction == types.target else {
        throw GraphError(
          types.prediction.shape == types.target.shape ? .typeMismatch : .shapeMismatch, operation: name,
          problem: "the prediction \(types.prediction) and the target \(types.target) differ",
          remedy: "give both one shape and type: a cost does not broadcast")
      }
      return ids[0]
    }
  }
}
