import Adjoint

extension ErrorExample {
  static let training: [ErrorExample] = [
    ErrorExample("nothing-to-train-on") {
      // snippet: nothing-to-train-on
      let trainer = try Trainer(Dense(1), optimizer: .adam(), batchSize: 2) { model, batch in
        mean(square(model(batch["x"])))
      }
      try trainer.fit(["x": NDArray(zeros: [0, 2])], epochs: 1)
      // end
    },
    ErrorExample("row-mismatch") {
      // snippet: row-mismatch
      let trainer = try Trainer(Dense(1), optimizer: .adam(), batchSize: 2) { model, batch in
        mean(square(model(batch["x"]) - batch["y"]))
      }
      try trainer.fit(["x": NDArray(zeros: [4, 2]), "y": NDArray(zeros: [3, 1])], epochs: 1)
      // end
    },
    ErrorExample("invalid-setting") {
      // snippet: invalid-setting
      _ = try Trainer(Dense(1), loss: .meanSquaredError, optimizer: .adam(), batchSize: 0)
      // end
    },
    ErrorExample("not-finite-data") {
      // snippet: not-finite-data
      let trainer = try Trainer(Dense(1), optimizer: .adam()) { model, batch in
        mean(square(model(batch["x"])))
      }
      try trainer.fit(["x": NDArray([1, 2, 3, Double.nan], shape: [2, 2])], epochs: 1)
      // end
    },
    ErrorExample("not-finite-cost") {
      // snippet: not-finite-cost
      let table = try Table(
        features: NDArray([1.0, 2.0, 3.0], shape: [3, 1]), targets: NDArray([2.0, 4.0, 6.0]))
      let trainer = try Trainer(
        Dense(1), loss: .meanSquaredError, optimizer: .sgd(learningRate: 1e38), seed: 4)
      try trainer.fit(table, epochs: 1, progress: .silent)
      // end
    },
    ErrorExample("unsuitable-data") {
      // snippet: unsuitable-data
      let table = try Table(
        features: NDArray([1.0, 2.0, 3.0], shape: [3, 1]), targets: NDArray([2.5, 4.0, 6.0]))
      let trainer = try Trainer(Dense(1), loss: .binaryCrossEntropy, optimizer: .adam())
      try trainer.fit(table, epochs: 1, progress: .silent)
      // end
    },
    ErrorExample("unsuitable-checkpoint") {
      // snippet: unsuitable-checkpoint
      let trainer = try Trainer(Dense(1), loss: .meanSquaredError, optimizer: .adam())
      try trainer.restore(from: "Tests/AdjointDataTests/Reference/tensors.safetensors")
      // end
    },
    ErrorExample("not-prepared") {
      // snippet: not-prepared
      let trainer = try Trainer(Dense(1), loss: .meanSquaredError, optimizer: .adam())
      print(try trainer.source)
      // end
    },
    ErrorExample("unknown-name") {
      // snippet: unknown-name
      _ = try Activation(named: "rleu")
      // end
    },
  ]
}
