import Adjoint

/// The graphs whose C is kept in codegen/Goldens.
enum GoldenGraph: String, CaseIterable, Sendable {
  case lecture, chain, dense, crossEntropy = "cross_entropy"
  /// A whole training step with Adam and L2, of few rows and of so many that they are done in strips.
  case step, strips
  case convolution, lstm, embedding, attention, ode

  var graph: Graph {
    get throws {
      switch self {
      case .lecture: try Self.makeLecture()
      case .chain: try Self.makeChain()
      case .step: try Self.makeStep(rows: 16, width: 8)
      case .strips: try Self.makeStep(rows: 4096, width: 16)
      case .convolution: try Self.makeConvolution()
      case .lstm: try Self.makeLSTM()
      case .embedding: try Self.makeEmbedding()
      case .attention: try Self.makeAttention()
      case .ode: try Self.makeODE()
      case .dense: try Self.makeDense()
      case .crossEntropy: try Self.makeCrossEntropy()
      }
    }
  }

  /// f(x) = sqrt(x² + exp(x²)) and its derivative.
  private static func makeLecture() throws -> Graph {
    try AdjointCodegenTests.graph { b in
      let x = b.argument(.input, "x", TensorType(.float64, []))
      let square = try b.binary(.multiply, x, x)
      let f = try b.unary(.sqrt, try b.binary(.add, square, try b.unary(.exp, square)))
      b.label(f, "f")
      return [Output("f", f), Output("df", try b.gradient(of: f, withRespectTo: x))]
    }
  }

  /// relu(x·W + b) for 32 rows, a squared error, and the gradients of W and b.
  private static func makeDense() throws -> Graph {
    try AdjointCodegenTests.graph { b in
      let x = b.argument(.input, "x", TensorType(.float32, [32, 10]))
      let target = b.argument(.input, "target", TensorType(.float32, [32, 4]))
      let weight = b.argument(.parameter, "dense.weight", TensorType(.float32, [10, 4]))
      let bias = b.argument(.parameter, "dense.bias", TensorType(.float32, [4]))
      let product = try b.append(.dot(.matmul(rank: 2)), [x, weight])
      let z = try b.binary(.add, product, try b.broadcast(bias, to: [32, 4]))
      b.label(z, "dense.z")
      let y = try b.unary(.relu, z)
      b.label(y, "dense")
      let error = try b.binary(.subtract, y, target)
      b.label(error, "error")
      let total = try b.reduce(.sum, try b.binary(.multiply, error, error), axes: [0, 1])
      let loss = try b.binary(.multiply, total, try b.constant(1.0 / 128, like: total))
      b.label(loss, "loss")
      let gradients = try b.gradient(of: loss, withRespectTo: [weight, bias])
      return [
        Output("loss", loss), Output("d_weight", gradients[0]), Output("d_bias", gradients[1]),
      ]
    }
  }

  /// −Σ target·log(softmax(logits)), its mean over 16 rows, and the gradient of the logits.
  private static func makeCrossEntropy() throws -> Graph {
    try AdjointCodegenTests.graph { b in
      let logits = b.argument(.input, "logits", TensorType(.float32, [16, 5]))
      let target = b.argument(.input, "target", TensorType(.float32, [16, 5]))
      let largest = try b.reduce(.maximum, logits, axes: [1], keepingDimensions: true)
      let still = try b.append(.stopGradient, [largest])
      let shifted = try b.binary(.subtract, logits, try b.broadcast(still, to: [16, 5]))
      b.label(shifted, "shifted")
      let sum = try b.reduce(.sum, try b.unary(.exp, shifted), axes: [1], keepingDimensions: true)
      let logSum = try b.unary(.log, sum)
      b.label(logSum, "log_sum")
      let logSoftmax = try b.binary(.subtract, shifted, try b.broadcast(logSum, to: [16, 5]))
      b.label(logSoftmax, "log_softmax")
      let total = try b.reduce(.sum, try b.binary(.multiply, target, logSoftmax), axes: [0, 1])
      let loss = try b.binary(.multiply, total, try b.constant(-1.0 / 16, like: total))
      b.label(loss, "loss")
      let gradient = try b.gradient(of: loss, withRespectTo: logits)
      return [Output("loss", loss), Output("d_logits", gradient)]
    }
  }
}
