import Adjoint
import AdjointArray
import AdjointIR
import AdjointInterpreter
import Testing

private struct Attention: Layer {
  let query = Dense(4, hasBias: false)
  let blocks = [Dense(4), Dense(4)]
  let scale = Parameter([], initializer: .constant(2))
  var extra: Dense? = Dense(4, activation: .relu)

  func callAsFunction(_ x: Tensor) -> Tensor {
    let mixed = blocks.reduce(query(x) * scale(for: x)) { $1($0) }
    return extra.map { $0(mixed) } ?? mixed
  }
}

@Suite("Layers and parameters")
struct FrontEndLayerTests {
  func trace(_ shape: Shape = [64, 30]) -> (trace: Trace, x: Tensor) {
    let trace = Trace()
    return (trace, trace.input("x", TensorType(.float32, shape)))
  }

  @Test("A network's parameters are named by their paths, in the order of first use")
  func names() throws {
    let (trace, x) = trace()
    let model = Sequential {
      Dense(64, activation: .relu)
      Dense(32, activation: .tanh)
      Dense(1)
    }
    trace.nameParameters(of: model)
    let y = model(x)
    try trace.check()
    #expect(y.shape == [64, 1])
    #expect(
      trace.parameters.map(\.name) == [
        "dense1.weight", "dense1.bias", "dense2.weight", "dense2.bias", "dense3.weight", "dense3.bias",
      ])
    #expect(trace.parameters.map(\.tensor.shape) == [[30, 64], [64], [64, 32], [32], [32, 1], [1]])
    #expect(trace.parameters.map(\.parameter.isRegularized) == [true, false, true, false, true, false])
    #expect(trace.parameters.map(\.fanIn) == [30, 64, 64, 32, 32, 1])
    #expect(trace.parameters[0].fanOut == 64)
    #expect(
      trace.parameters.map(\.parameter.initializer) == [
        .heUniform, .zeros, .glorotUniform, .zeros, .glorotUniform, .zeros,
      ])
    let labels = Set(trace.builder.nodes.compactMap(\.provenance.label))
    #expect(labels.isSuperset(of: ["dense1_z", "dense1_a", "dense2_z", "dense2_a", "dense3_z"]))
    #expect(!labels.contains("dense3_a"))
  }

  @Test("A dense layer is activation(x W + b), for any leading axes")
  func dense() throws {
    let trace = Trace()
    let x = trace.input("x", TensorType(.float64, [2, 1, 2]))
    let y = Dense(2, activation: .relu)(x)
    try trace.check()
    let graph = trace.builder.graph(outputs: [Output("y", try #require(y.id))])
    let result = try Interpreter(graph).run([
      "x": doubles([1, 2, 3, -4], [2, 1, 2]), "dense.weight": doubles([1, -2, 3, 0.5], [2, 2]),
      "dense.bias": doubles([0.5, 1], [2]),
    ])
    // [1 2]·W = [7, −1], [3 −4]·W = [−9, −8], plus the bias.
    #expect(result["y"]?.doubles == [7.5, 0, 0, 0])
    #expect(result["y"]?.shape == [2, 1, 2])
  }

  @Test("A layer that is called twice shares its parameters")
  func sharing() throws {
    let (trace, x) = trace([5, 4])
    let layer = Dense(4)
    let y = layer(layer(x))
    try trace.check()
    #expect(trace.parameters.count == 2)
    let users = trace.builder.nodes.count { $0.operands.contains(trace.parameters[0].node) }
    #expect(users == 2)
    #expect(y.shape == [5, 4])
  }

  @Test("Called on another width, a shared layer says which widths, and where its first use was")
  func widths() throws {
    let (trace, x) = trace()
    let layer = Dense(3)
    trace.nameParameters(of: Sequential([layer]))
    _ = layer(layer(x))
    #expect(trace.errors.count == 1)
    let error = try #require(trace.errors.first)
    #expect(error.operation == "parameter 'dense1.weight'")
    #expect(
      error.problem.contains("float32[64,3] asks for float32[3,3], but its first use made it float32[30,3]"))
    #expect(error.location?.file == #fileID)
  }

  @Test("Paths in one's own structs: properties, arrays, optionals; the same every time")
  func paths() {
    let model = Sequential {
      Attention()
      Sequential { Dense(2) }
      Attention()
    }
    let expected = [
      "query.weight", "blocks1.weight", "blocks1.bias", "blocks2.weight", "blocks2.bias", "scale",
      "extra.weight", "extra.bias",
    ]
    let paths = parameterPaths(of: model).map(\.path)
    #expect(
      paths == expected.map { "attention1." + $0 } + ["sequential1.dense1.weight", "sequential1.dense1.bias"]
        + expected.map { "attention2." + $0 })
    #expect(parameterPaths(of: model).map(\.path) == paths)
    #expect(
      parameterPaths(of: ["b": Dense(1, hasBias: false), "a": Dense(1, hasBias: false)]).map(\.path) == [
        "a.weight", "b.weight",
      ])
  }

  @Test("A parameter met twice has its first path; equal paths are numbered")
  func uniquePaths() {
    struct Twice {
      let first: Parameter
      let second: Parameter
    }
    struct Clash {
      let w = [Parameter([1])]
      let w1 = Parameter([1])
    }
    let shared = Parameter([2])
    #expect(parameterPaths(of: Twice(first: shared, second: shared)).map(\.path) == ["first"])
    #expect(parameterPaths(of: Clash()).map(\.path) == ["w1", "w1_2"])
  }

  @Test("The builder of a Sequential takes if and for")
  func resultBuilder() {
    func model(deep: Bool) -> Sequential {
      Sequential {
        for width in [8, 4] { Dense(width) }
        if deep { Dense(2) }
        if deep { Activation.relu } else { Flatten() }
      }
    }
    #expect(model(deep: true).layers.count == 4)
    #expect(model(deep: false).layers.count == 3)
  }

  @Test("An MLP checks its input's width and has no activation at its end")
  func mlp() throws {
    let (trace, x) = trace([10, 2])
    let model = MLP([2, 32, 1], activation: .tanh)
    trace.nameParameters(of: model)
    #expect(model(x).shape == [10, 1])
    #expect(trace.parameters.map(\.name) == ["dense1.weight", "dense1.bias", "dense2.weight", "dense2.bias"])
    #expect(trace.builder.nodes.count { $0.operation == .unary(.tanh) } == 1)
    #expect(model(x.transposed()).isPoisoned)
    #expect(trace.errors.map(\.problem) == ["its input [2,10] is not of width 2"])
  }

  @Test("Every activation gives a tensor of its input's shape, with the value of its formula at 0.5")
  func activations() throws {
    let expected: [Double] = [
      // NumPy, as in 0.25 * (1 + np.tanh(np.sqrt(2 / np.pi) * (0.5 + 0.044715 * 0.125))).
      0.5, 0.5, 0.5, 0.622459331201854593, 0.462117157260009758, 0.5, 0.345714009825143945,
      0.311229665600927297, 0.974076984180107019, 1,
    ]
    for ((_, activation), value) in zip(Activation.named, expected) {
      let result = try evaluate([doubles([0.5], [1, 1])]) { [activation($0[0])] }[0]
      #expect(result.shape == [1, 1])
      #expect(isClose(result.doubles, [value], 1e-15), "\(activation)")
    }
  }

  @Test("Activations by name; a wrong name lists the right ones")
  func activationNames() throws {
    for (name, activation) in Activation.named { #expect(try Activation(named: name) == activation) }
    #expect(try Activation(named: "Leaky_ReLU") == .leakyRelu(slope: 0.01))
    let error = try #require(throws: UnknownNameError.self) { try Activation(named: "rleu") }
    #expect(error.description.hasPrefix("unknown activation 'rleu'; give one of identity, relu, leaky-relu,"))
  }

  @Test("A layer of integers is an error, not a network")
  func integers() {
    let trace = Trace()
    _ = Dense(2)(trace.input("x", TensorType(.int32, [3, 3])))
    #expect(trace.errors.map(\.kind) == [.typeMismatch])
    _ = Dense(-1)(trace.input("y", TensorType(.float32, [3, 3])))
    #expect(trace.errors.last?.kind == .invalidAttribute)
    _ = Dense(2)(trace.input("z", TensorType(.float32, [])))
    #expect(trace.errors.last?.problem == "a scalar has no axis to sum over")
  }

  @Test("Nodes are at lines of the user, never at lines of the library")
  func locations() throws {
    let here = SourceLocation(file: "Test/Here.swift", line: 3)
    let trace = Trace(at: here)
    let x = trace.input("x", TensorType(.float32, [4, 2, 3]))
    let model = Sequential {
      Flatten()
      Dense(5, activation: .gelu)
      Activation.softmax
    }
    let dense = SourceLocation(file: #fileID, line: #line - 3)
    let cost = Loss.softmaxCrossEntropy(model(x), trace.input("t", TensorType(.int32, [4])))
    let loss = SourceLocation(file: #fileID, line: #line - 1)
    let weight = trace.parameters[0].tensor
    let rate = trace.input("rate", TensorType(.float64, .scalar))
    let penalty = try #require(Regularization.l2(1).penalty([weight], hyperparameters: ["l2": rate]))
    let slope = gradient(of: cost + penalty, withRespectTo: weight, file: here.file, line: here.line)
    _ = Optimizer.sgd(learningRate: 1).rule(like: weight, hyperparameters: ["learningRate": rate])(
      weight, slope, [])
    try trace.check()
    #expect(Set(trace.builder.nodes.flatMap(\.provenance.locations)) == [here, dense, loss])
  }
}
