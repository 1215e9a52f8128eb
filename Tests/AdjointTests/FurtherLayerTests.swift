import Adjoint
import AdjointArray
import AdjointIR
import AdjointInterpreter
import Testing

/// Layers over signals, layers that make images larger, attention, and what goes on beside layers.
@Suite("Convolutions of signals, transposed ones, attention, residuals")
struct FurtherLayerTests {
  /// The layer's output, and that of the function with the same weights; names and shapes of the parameters.
  static func compare(
    _ layer: some Layer, on x: NDArray, function: ([Tensor]) throws -> Tensor
  ) throws -> (names: [String], shapes: [Shape], found: NDArray, expected: NDArray) {
    let trace = Trace()
    let model = Sequential([layer])
    trace.nameParameters(of: model)
    let y = model(trace.input("x", TensorType(.float64, x.shape)))
    try trace.check()
    let parameters = trace.parameters.map { (name: $0.name, shape: $0.tensor.shape) }
    let values = try parameters.map { try generic($0.shape) }
    let graph = trace.builder.graph(outputs: [Output("y", try #require(y.id))])
    var inputs = ["x": x]
    for (parameter, value) in zip(parameters, values) { inputs[parameter.name] = value }
    let found = try #require(try Interpreter(graph).run(inputs)["y"])
    let expected = try evaluate([x] + values) { [try function($0)] }[0]
    return (parameters.map(\.name), parameters.map(\.shape), found, expected)
  }

  @Test func conv1D() throws {
    let result = try Self.compare(
      Conv1D(4, size: 3, stride: 2, padding: .same, groups: 2, activation: .tanh), on: try generic([2, 7, 6])
    ) { t in tanh(conv1d(t[0], t[1], stride: 2, padding: .same, groups: 2) + t[2]) }
    #expect(result.names == ["conv1D1.weight", "conv1D1.bias"])
    #expect(result.shapes == [[3, 3, 4], [4]])
    #expect(result.found.shape == [2, 4, 4] && result.found == result.expected)
  }

  @Test func convTranspose1D() throws {
    let result = try Self.compare(
      ConvTranspose1D(3, size: 4, stride: 2, padding: 1), on: try generic([2, 5, 2])
    ) { t in convTranspose1d(t[0], t[1], stride: 2, padding: 1) + t[2] }
    #expect(result.names == ["convTranspose1D1.weight", "convTranspose1D1.bias"])
    #expect(result.shapes == [[4, 3, 2], [3]])
    #expect(result.found.shape == [2, 10, 3] && result.found == result.expected)
  }

  @Test func convTranspose2D() throws {
    let result = try Self.compare(
      ConvTranspose2D(
        2, size: (3, 3), strides: (2, 2), padding: (1, 1), outputPadding: (1, 1), hasBias: false),
      on: try generic([1, 4, 5, 3])
    ) { t in
      convTranspose2d(t[0], t[1], strides: (2, 2), padding: (1, 1), outputPadding: (1, 1))
    }
    #expect(result.names == ["convTranspose2D1.weight"])
    #expect(result.shapes == [[3, 3, 2, 3]])
    #expect(result.found.shape == [1, 8, 10, 2] && result.found == result.expected)
  }

  @Test func poolingOfSignals() throws {
    let x = try generic([2, 6, 3])
    let found = try evaluate([x]) { [MaxPool1D()($0[0]), AveragePool1D(size: 3, stride: 1)($0[0])] }
    let expected = try evaluate([x]) {
      [maxPool1d($0[0], size: 2), averagePool1d($0[0], size: 3, stride: 1)]
    }
    #expect(found == expected)
    #expect(found.map(\.shape) == [[2, 3, 3], [2, 4, 3]])
  }

  @Test func attention() throws {
    let result = try Self.compare(
      MultiHeadAttention(heads: 2, width: 6, isCausal: true), on: try generic([2, 3, 4])
    ) { t in
      multiHeadAttention(
        t[0], heads: 2,
        weights: AttentionWeights(
          query: t[1], key: t[2], value: t[3], output: t[4], queryBias: t[5], keyBias: t[6], valueBias: t[7],
          outputBias: t[8]), isCausal: true)
    }
    let name = "multiHeadAttention1."
    #expect(
      result.names
        == ["query", "key", "value", "output", "queryBias", "keyBias", "valueBias", "outputBias"].map {
          name + $0
        })
    #expect(result.shapes == [[4, 6], [4, 6], [4, 6], [6, 4], [6], [6], [6], [4]])
    #expect(result.found.shape == [2, 3, 4] && result.found == result.expected)
  }

  @Test func residuals() throws {
    let result = try Self.compare(
      Residual {
        Dense(4, activation: .tanh)
        Dense(3)
      }, on: try generic([2, 3])
    ) { t in t[0] + (matmul(tanh(matmul(t[0], t[1]) + t[2]), t[3]) + t[4]) }
    #expect(
      result.names == [
        "residual1.dense1.weight", "residual1.dense1.bias", "residual1.dense2.weight",
        "residual1.dense2.bias",
      ])
    #expect(result.found == result.expected)
    let wider = try Self.compare(
      Residual(shortcut: Dense(5, hasBias: false)) { Dense(5, hasBias: false) }, on: try generic([2, 3])
    ) { t in matmul(t[0], t[1]) + matmul(t[0], t[2]) }
    #expect(Set(wider.names) == ["residual1.dense1.weight", "residual1.shortcut.weight"])
    #expect(wider.found == wider.expected)
  }

  @Test("A residual of another shape is an error, even where a sum would broadcast")
  func misfit() {
    let trace = Trace()
    let y = Residual { Dense(1) }(trace.input("x", TensorType(.float32, [2, 8])))
    #expect(y.isPoisoned)
    let message = trace.errors.first.map { "\($0)" } ?? ""
    #expect(message.contains("the layers make [2,1], and beside them goes [2,8]"))
    #expect(trace.errors.first?.location?.line == #line - 4)
  }

  @Test("An encoder of a signal and its decoder learn to give it back")
  func autoencoder() throws {
    var generator = SeededGenerator(seed: 2)
    let signals: [Double] = (0..<64).flatMap { _ -> [Double] in
      let phase = Double(generator.next() >> 11) * 0x1p-53
      return (0..<16).map { (index: Int) -> Double in
        let t: Double = Double(index) / 16 + phase
        return 4 * abs(t - t.rounded()) - 1
      }
    }
    let model = Sequential {
      Conv1D(8, size: 4, stride: 2, padding: .around(1), activation: .tanh)
      ConvTranspose1D(1, size: 4, stride: 2, padding: 1)
    }
    let trainer = try Trainer(model, optimizer: .adam(learningRate: 0.02), batchSize: 16) { model, batch in
      mean(square(model(batch["x"]) - batch["x"]))
    }
    let history = try trainer.fit(
      ["x": NDArray(signals, shape: [64, 16, 1])], epochs: 60, progress: .silent)
    let (first, last) = (try #require(history.epochs.first).loss, try #require(history.last).loss)
    #expect(last < 0.01 * first, "\(first) → \(last)")
  }

  @Test("The summary of 30-64-32-1: shapes, parameters, bytes and FLOPs by hand")
  func summary() throws {
    let model = Sequential {
      Dense(64, activation: .relu)
      Dense(32, activation: .relu)
      Dense(1)
    }
    let summary = try model.summary([10, 30])
    #expect(summary.rows.map(\.name) == ["dense1", "dense2", "dense3"])
    #expect(summary.rows.map(\.output) == [[10, 64], [10, 32], [10, 1]])
    #expect(summary.rows.map(\.parameters) == [30 * 64 + 64, 64 * 32 + 32, 32 + 1])
    #expect(summary.rows.map(\.parameterBytes) == [4 * 1984, 4 * 2080, 4 * 33])
    #expect(summary.rows.map(\.outputBytes) == [4 * 640, 4 * 320, 4 * 10])
    // Of a row: a product and a sum for each weight, a sum for each bias, and a maximum for each rectifier.
    #expect(summary.rows.map(\.flops) == [10 * (2 * 1920 + 128), 10 * (2 * 2048 + 64), 10 * (2 * 32 + 1)])
    #expect(summary.parameters == 4097 && summary.flops == summary.rows.reduce(0) { $0 + $1.flops })
    let lines = "\(summary)".split(separator: "\n").map(String.init)
    #expect(lines.count == 5)
    #expect(lines[0] == "layer   output   parameters   bytes   FLOPs")
    #expect(lines[1] == "dense1  [10,64]       1,984   7,936  39,680")
  }

  @Test(
    "A summary names dropout, which computes something in training, and what a layer of one's own does itself"
  )
  func summaryOfParts() throws {
    struct Scaled: Layer {
      let scale = Parameter([1])
      let inner = Dense(2)
      func callAsFunction(_ x: Tensor) -> Tensor { inner(x) * scale(for: x) }
    }
    let summary = try Sequential {
      Scaled()
      Dropout(0.5)
    }.summary([3, 4])
    #expect(summary.rows.map(\.name) == ["scaled1.inner", "scaled1", "dropout1"])
    #expect(summary.rows.map(\.parameters) == [10, 1, 0])
    #expect(throws: TraceError.self) { try MLP([2, 1]).summary([3, 4]) }
  }
}
