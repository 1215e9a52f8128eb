import Adjoint
import AdjointArray
import AdjointIR
import AdjointInterpreter
import Testing

@Suite("Layers of networks for words and images")
struct NetworkLayerTests {
  @Test("Layer norm: names, shapes and values of its parameters, which no penalty counts")
  func layerNormalization() throws {
    let trace = Trace()
    let x = trace.input("x", TensorType(.float64, [2, 3, 4]))
    let model = Sequential {
      LayerNorm()
      LayerNorm(epsilon: 0.5, hasBias: false)
    }
    trace.nameParameters(of: model)
    let y = model(x)
    try trace.check()
    #expect(y.shape == [2, 3, 4])
    #expect(trace.parameters.map(\.name) == ["layerNorm1.gain", "layerNorm1.bias", "layerNorm2.gain"])
    #expect(trace.parameters.map(\.tensor.shape) == [[4], [4], [4]])
    #expect(trace.parameters.map(\.parameter.initializer) == [.constant(1), .zeros, .constant(1)])
    #expect(trace.parameters.allSatisfy { !$0.parameter.isRegularized })
    let graph = trace.builder.graph(outputs: [Output("y", try #require(y.id))])
    let point = try generic([2, 3, 4])
    let (gain, bias) = (NDArray([1, 2, 3, 4.0]), NDArray([0.5, 0, 0, -1.0]))
    let found = try Interpreter(graph).run([
      "x": point, "layerNorm1.gain": gain, "layerNorm1.bias": bias, "layerNorm2.gain": gain,
    ])
    let expected = try evaluate([point, gain, bias]) { x in
      [layerNorm(layerNorm(x[0], gain: x[1], bias: x[2]), gain: x[1], epsilon: 0.5)]
    }
    #expect(found["y"] == expected[0])
  }

  @Test("Embedding: rows of its table, for int32 indices and for whole numbers of a table's features")
  func embeddingRows() throws {
    for (indices, type) in [
      (NDArray([2, 0, 2, 1] as [Int32]), ScalarType.float32), (NDArray([2, 0, 2, 1] as [Double]), .float64),
    ] {
      let trace = Trace()
      let layer = Embedding(3, width: 2)
      let model = Sequential([layer])
      trace.nameParameters(of: model)
      let y = model(trace.input("i", TensorType(indices.scalarType, [2, 2])))
      try trace.check()
      #expect(y.shape == [2, 2, 2] && y.scalarType == type)
      #expect(trace.parameters.map(\.name) == ["embedding1.table"])
      #expect(trace.parameters.map(\.parameter.initializer) == [.normal()])
      let graph = trace.builder.graph(outputs: [Output("y", try #require(y.id))])
      let table = try NDArray([0, 1, 10, 11, 20, 21.0], shape: [3, 2]).converted(to: type)
      let found = try Interpreter(graph).run(["i": indices.reshaped(to: [2, 2]), "embedding1.table": table])
      #expect(found["y"]?.doubles == [20, 21, 0, 1, 20, 21, 10, 11])
    }
  }

  @Test("An embedding learns: words of two kinds from their numbers alone, from a table and from arrays")
  func embeddingTraining() throws {
    let words = (0..<24).map { Double($0 % 6) }
    let kinds = words.map { [0, 3, 4].contains($0) ? 1.0 : 0 }
    let model = Sequential {
      Embedding(6, width: 3)
      Flatten()
      Dense(1)
    }
    let table = try Table(features: NDArray(words, shape: [24, 1]), targets: NDArray(kinds), task: .binary)
    let trainer = try Trainer(model, loss: .binaryCrossEntropy, optimizer: .adam(learningRate: 0.1), seed: 2)
    try trainer.fit(table, epochs: 60, progress: .silent)
    #expect(try trainer.evaluate(table).accuracy == 1)
    let other = try Trainer(model, optimizer: .adam(learningRate: 0.1), batchSize: 8, seed: 2) {
      model, batch in
      Loss.binaryCrossEntropy(model(batch["words"]), batch["kinds"])
    }
    let history = try other.fit(
      [
        "words": NDArray(words.map { Int32($0) }, shape: [24, 1]),
        "kinds": NDArray(kinds, shape: [24, 1]),
      ], epochs: 60, progress: .silent)
    #expect(try #require(history.last).loss < 0.1)
  }

  @Test("Unflatten gives rows of a table the shape of images, and Flatten takes it away again")
  func unflatten() throws {
    let x = try generic([3, 8])
    let found = try evaluate([x]) { x in
      let images = Unflatten([2, 2, 2])(x[0])
      return [images, Flatten()(images)]
    }
    #expect(found == [try x.reshaped(to: [3, 2, 2, 2]), x])
    let trace = Trace()
    #expect(Unflatten([3, 3])(trace.input("x", TensorType(.float32, [2, 8]))).isPoisoned)
    #expect(trace.errors.first?.location?.line == #line - 1)
    // No rows are no trouble.
    #expect(
      try evaluate([NDArray(zeros: [0, 4])]) { [Unflatten([2, 2, 1])($0[0])] }[0].shape == [0, 2, 2, 1])
  }
}
