@testable import Adjoint

// The programs of the goldens that are written as a user writes them.
extension GoldenGraph {
  /// y = w₂ w₁ x with the cost ½ (t − y)² and its derivatives by both weights.
  static func makeChain() throws -> Graph {
    try function([("w1", []), ("w2", []), ("x", []), ("t", [])], .float64) { v in
      let a = (v[0] * v[2]).labelled("a")
      let y = (v[1] * a).labelled("y")
      let cost = (0.5 * square(v[3] - y)).labelled("cost")
      return [cost] + gradient(of: cost, withRespectTo: [v[0], v[1]])
    }
  }

  /// A training step, with the network's name for each value: forward, backward and the updates.
  static func makeStep(rows: Int, width: Int) throws -> Graph {
    let model = Sequential {
      Dense(width, activation: .tanh)
      Dense(width, activation: .relu)
      Dense(1)
    }
    let inputs = [
      (name: "x", type: TensorType(.float32, [rows, 4])), (name: "y", type: TensorType(.float32, [rows, 1])),
    ]
    let step = try TrainingGraph(model, inputs: inputs, optimizer: .adam(), regularization: .l2(1e-4)) {
      model, batch in
      TracedCost(loss: mean(square(model(batch["x"]) - batch["y"])))
    }
    return step.graph
  }

  /// Two images through a kernel of 3 × 3 and relu, summed, and what the sum changes by: the image and the kernel.
  static func makeConvolution() throws -> Graph {
    try function([("image", [2, 8, 8, 3]), ("kernel", [3, 3, 3, 4])]) { v in
      let z = conv2d(v[0], v[1], padding: .same).labelled("z")
      let loss = mean(square(relu(z).labelled("a"))).labelled("loss")
      return [loss] + gradient(of: loss, withRespectTo: v)
    }
  }

  /// A sequence of five steps through long short-term memories, and the derivative by their weights.
  static func makeLSTM() throws -> Graph {
    try function([("x", [5, 2, 3]), ("input", [3, 16]), ("recurrent", [4, 16]), ("bias", [16])]) { v in
      let weights = RecurrentWeights(input: v[1], recurrent: v[2], bias: v[3])
      let loss = mean(square(Adjoint.lstm(v[0], weights: weights).outputs)).labelled("loss")
      return [loss] + gradient(of: loss, withRespectTo: Array(v.dropFirst()))
    }
  }

  /// Words as rows of a table, their mean, and what flows back into the rows that were taken.
  static func makeEmbedding() throws -> Graph {
    let words = (name: "words", type: TensorType(.int32, [6, 10]))
    let table = (name: "table", type: TensorType(.float32, [50, 8]))
    return try Function([words, table]) { v in
      let vectors = Adjoint.embedding(v[0], table: v[1]).labelled("vectors")
      let loss = mean(square(mean(vectors, axes: 1).labelled("text"))).labelled("loss")
      return [loss, gradient(of: loss, withRespectTo: v[1])]
    }.simplified
  }

  /// Layer normalization, then attention of a sequence to itself, and the derivatives.
  static func makeAttention() throws -> Graph {
    try function([("x", [6, 8]), ("gain", [8]), ("wq", [8, 8]), ("wk", [8, 8]), ("wv", [8, 8])]) { v in
      let n = layerNorm(v[0], gain: v[1]).labelled("n")
      let (q, k, w) = (
        matmul(n, v[2]).labelled("q"), matmul(n, v[3]).labelled("k"), matmul(n, v[4]).labelled("v")
      )
      let loss = mean(square(Adjoint.attention(q, k, w, isCausal: true).labelled("mixed"))).labelled("loss")
      return [loss] + gradient(of: loss, withRespectTo: Array(v.dropFirst()))
    }
  }

  /// y″ = −k y by Runge and Kutta's method in 100 steps, and how the end depends on k.
  static func makeODE() throws -> Graph {
    try function([("start", [2]), ("k", [])], .float64) { v in
      let path = integrate(from: v[0], step: 0.01, steps: 100) { y, _ in
        stacked([y[1], -v[1] * y[0]], axis: 0)
      }
      let end = path[100, 0].labelled("end")
      return [end, gradient(of: end, withRespectTo: v[1])]
    }
  }

  private static func function(
    _ inputs: [(name: String, shape: Shape)], _ type: ScalarType = .float32,
    _ body: ([Tensor]) throws -> [Tensor]
  ) throws -> Graph {
    try Function(inputs.map { ($0.name, TensorType(type, $0.shape)) }, body).simplified
  }
}
