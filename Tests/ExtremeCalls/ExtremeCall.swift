import Adjoint

/// A public function or initialiser with what nobody should give it. It may give a result or an error, but must come back.
struct ExtremeCall {
  /// As the sources declare it, without `file` and `line`: `Dense.init(_:activation:initializer:hasBias:)`.
  let name: String
  /// The calls, with what is given as text.
  let calls: [(argument: String, run: () throws -> Void)]

  private init<T>(_ name: String, _ values: [T], _ call: @escaping (T) throws -> Void) {
    self.name = name
    calls = values.map { value in (String("\(value)".prefix(40)), { try call(value) }) }
  }

  static func ints(_ name: String, _ call: @escaping (Int) throws -> Void) -> ExtremeCall {
    ExtremeCall(name, [0, -1, 1 << 62, 1 << 61 + 1, .max, .max - 1, .min, .min + 1], call)
  }

  /// Where large ones are given to graphs, and take no memory.
  static func extents(_ name: String, _ call: @escaping (Int) throws -> Void) -> ExtremeCall {
    ExtremeCall(name, [0, -1, 1 << 31, 1 << 40, 1 << 62, .max, .max - 1, .min], call)
  }

  static func doubles(_ name: String, _ call: @escaping (Double) throws -> Void) -> ExtremeCall {
    ExtremeCall(
      name,
      [
        0, -0.0, -1, 1, .nan, .infinity, -.infinity, 1e308, -1e308, 1e21, .leastNonzeroMagnitude,
        .greatestFiniteMagnitude,
      ],
      call)
  }

  static func strings(_ name: String, _ call: @escaping (String) throws -> Void) -> ExtremeCall {
    let long = ["a", "(", "1,", "\u{301}"].map { String(repeating: $0, count: 1_000_000) }
    return ExtremeCall(
      name, ["", " ", "\0", "/", "..", "-", "\u{1F468}\u{200D}\u{1F469}", "->"] + long, call)
  }

  static func shapes(_ name: String, _ call: @escaping (Shape) throws -> Void) -> ExtremeCall {
    ExtremeCall(
      name,
      [
        [], [0], [-1], [.max], [.min], [1 << 62, 4], [1 << 32, 1 << 32], [-1, -1], [0, .max, .max],
        [.min, .min],
        Shape([Int](repeating: 1, count: 100)), Shape([Int](repeating: 2, count: 63)),
      ], call)
  }
}

/// Traces `body` on float32[4,6] and int32[4].
func traced(_ body: @escaping (_ x: Tensor, _ i: Tensor) throws -> Tensor) throws {
  let function = try Function([
    ("x", TensorType(.float32, [4, 6])), ("i", TensorType(.int32, [4])),
  ]) { inputs in [try body(inputs[0], inputs[1])] }
  _ = function.graph.text()
}

/// Traces `body` on images, signals and kernels for both.
func windows(
  _ body: @escaping (_ image: Tensor, _ signal: Tensor, _ kernel2: Tensor, _ kernel1: Tensor) throws -> Tensor
) throws {
  _ = try Function([
    ("x", TensorType(.float32, [2, 6, 6, 4])), ("s", TensorType(.float32, [2, 6, 4])),
    ("k", TensorType(.float32, [3, 3, 4, 4])), ("l", TensorType(.float32, [3, 4, 4])),
  ]) { inputs in [try body(inputs[0], inputs[1], inputs[2], inputs[3])] }
}

/// Makes the training step of `layer` on an input of `shape`: layers meet their arguments when they are traced.
func prepared(_ layer: some Layer, _ shape: Shape = [4, 6]) throws {
  let trainer = try Trainer(layer, optimizer: .sgd(learningRate: 1e-3)) { model, batch in
    mean(model(batch["x"]))
  }
  try trainer.fit(
    ["x": NDArray([Float](repeating: 1, count: shape.count), shape: shape)], epochs: 0, progress: .silent)
}

/// Two epochs of a small network, with what is given.
func trained(
  optimizer: Optimizer = .sgd(learningRate: 1e-3), regularization: Regularization = .none,
  loss: Loss = .meanSquaredError,
  batchSize: Int? = 2, seed: UInt64 = 0, epochs: Int = 2, stopping: EarlyStopping? = nil,
  checkpointing: Checkpointing? = nil
) throws {
  let trainer = try Trainer(
    Dense(1), loss: loss, regularization: regularization, optimizer: optimizer, batchSize: batchSize,
    seed: seed)
  try trainer.fit(
    smallTable(), epochs: epochs, stopping: stopping, checkpointing: checkpointing, progress: .silent)
}

func smallTable() throws -> Table {
  try Table(rows: 8, task: .regression) { row in ([Double(row), Double(row * row % 5)], [Double(row % 3)]) }
}
