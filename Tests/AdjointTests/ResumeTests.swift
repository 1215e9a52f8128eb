import Adjoint
import Foundation
import Testing

/// Training that is stopped and goes on, by a checkpoint.
@Suite("Checkpoints", .serialized)
struct ResumeTests {
  /// 203 rows in batches of 20: the last batch has 3.
  static let rows = 203

  static func table(_ scalarType: ScalarType = .float32) throws -> Table {
    var generator = SeededGenerator(seed: 5)
    let x: [Double] = (0..<(3 * rows)).map { _ in Double(generator.next() >> 11) * 0x1p-52 - 1 }
    let y: [Double] = (0..<rows).map { row in
      let product = x[3 * row] * x[3 * row + 1]
      return product - 0.5 * x[3 * row + 2]
    }
    return try Table(
      features: NDArray(x, shape: [rows, 3]), targets: NDArray(y, shape: [rows, 1]))
  }

  /// With dropout, so that random numbers must go on, and a schedule.
  static func trainer(
    _ optimizer: Optimizer = .adam(learningRate: 1e-2), seed: UInt64 = 3, backend: Backend = .tcc
  ) throws -> Trainer<Sequential> {
    try Trainer(
      Sequential {
        Dense(16, activation: .tanh)
        Dropout(0.2)
        Dense(1)
      }, loss: .meanSquaredError, optimizer: optimizer.scheduled(.cosine(over: 8, .epochs)), batchSize: 20,
      seed: seed, backend: backend)
  }

  /// A file of its own, which is removed in the end.
  static func withFile<R>(_ body: (String) throws -> R) rethrows -> R {
    let path = FileManager.default.temporaryDirectory.appending(path: "\(UUID()).safetensors").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    return try body(path)
  }

  /// What two runs must agree in.
  static func outcome(_ trainer: Trainer<Sequential>, _ history: History) -> ([String: NDArray], [[Double?]])
  {
    (trainer.parameters, history.epochs.map { [Double($0.epoch), $0.loss, $0.cost, $0.validationLoss] })
  }

  @Test(
    "Going on gives the bits of never having stopped",
    arguments: [
      Optimizer.sgd(learningRate: 1e-2), .sgd(learningRate: 1e-2, momentum: 0.9), .adam(learningRate: 1e-2),
      .rmsProp(momentum: 0.5, isCentered: true), .adaDelta(), .amsGrad(), .lion(),
    ])
  func resumeIsExact(_ optimizer: Optimizer) throws {
    let parts = try Self.table().standardized().split(test: 0.2, seed: 1)
    let whole = try Self.trainer(optimizer)
    let expected = Self.outcome(
      whole,
      try whole.fit(
        parts.train, epochs: 8, validation: parts.test, stopping: EarlyStopping(patience: 20),
        progress: .silent))
    try Self.withFile { path in
      let first = try Self.trainer(optimizer)
      try first.fit(
        parts.train, epochs: 3, validation: parts.test, stopping: EarlyStopping(patience: 20),
        checkpointing: Checkpointing(path), progress: .silent)
      let second = try Self.trainer(optimizer)
      try second.restore(from: path)
      #expect(second.completedEpochs == 3)
      let history = try second.fit(
        parts.train, epochs: 8, validation: parts.test, stopping: EarlyStopping(patience: 20),
        progress: .silent)
      let found = Self.outcome(second, history)
      #expect(found.0 == expected.0)
      #expect(found.1 == expected.1)
    }
  }

  @Test("Early stopping counts on across a checkpoint, and goes back to an epoch before it")
  func stoppingGoesOn() throws {
    // The rate is 0 from the eighth epoch on: the loss stays as it is.
    let optimizer = Optimizer.adam(learningRate: 0.1)
    let parts = try Self.table().standardized().split(test: 0.2, seed: 1)
    let stopping = EarlyStopping(patience: 4)
    let whole = try Self.trainer(optimizer)
    let all = try whole.fit(
      parts.train, epochs: 40, validation: parts.test, stopping: stopping, progress: .silent)
    let best = try #require(all.best).epoch
    try Self.withFile { path in
      let first = try Self.trainer(optimizer)
      try first.fit(
        parts.train, epochs: best + 1, validation: parts.test, stopping: stopping,
        checkpointing: Checkpointing(path), progress: .silent)
      let second = try Self.trainer(optimizer)
      try second.restore(from: path)
      let history = try second.fit(
        parts.train, epochs: 40, validation: parts.test, stopping: stopping, progress: .silent)
      #expect(history.best?.epoch == best)
      #expect(history.epochs.count == all.epochs.count)
      #expect(second.parameters == whole.parameters)
    }
  }

  @Test(
    "A run that another thread cancels ends between two steps, and can go on",
    arguments: [Backend.tcc, .interpreter])
  func cancelling(_ backend: Backend) async throws {
    let table = try Self.table().standardized()
    let whole = try Self.trainer(backend: backend)
    let expected = Self.outcome(whole, try whole.fit(table, epochs: 30, progress: .silent))
    let path = FileManager.default.temporaryDirectory.appending(path: "\(UUID()).safetensors").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    let cancellation = Cancellation()
    let first = try Self.trainer(backend: backend)
    let canceller = Task.detached {
      try await Task.sleep(for: .milliseconds(3))
      cancellation.cancel()
    }
    let stopped = try first.fit(
      table, epochs: 30, checkpointing: Checkpointing(path, everyEpochs: 100), cancellation: cancellation,
      progress: .silent)
    try await canceller.value
    #expect(stopped.isCancelled || stopped.epochs.count == 30)
    let second = try Self.trainer(backend: backend)
    try second.restore(from: path)
    #expect(second.completedEpochs == stopped.epochs.count)
    let found = Self.outcome(second, try second.fit(table, epochs: 30, progress: .silent))
    #expect(found.0 == expected.0)
    #expect(found.1 == expected.1)
  }

  @Test("A run that is cancelled before it begins does nothing")
  func cancelledBefore() throws {
    let cancellation = Cancellation()
    cancellation.cancel()
    let trainer = try Self.trainer()
    let table = try Self.table().standardized()
    try trainer.prepare(table)
    let before = trainer.parameters
    let history = try trainer.fit(table, epochs: 3, cancellation: cancellation, progress: .silent)
    #expect(history.isCancelled && history.epochs.isEmpty)
    #expect(trainer.parameters == before)
  }

  @Test("A loss of validation rows that is infinite is kept as such")
  func infiniteValidationLoss() throws {
    let huge = try Table(
      features: NDArray([Double](repeating: 1e30, count: 9), shape: [3, 3]),
      targets: NDArray([2.5, 4.0, 6.0], shape: [3, 1]))
    func linear() throws -> Trainer<Dense> {
      try Trainer(Dense(1), loss: .meanSquaredError, optimizer: .sgd(learningRate: 0.01), batchSize: 50)
    }
    try Self.withFile { path in
      let history = try linear().fit(
        try Self.table(), epochs: 2, validation: huge, stopping: EarlyStopping(patience: 5),
        checkpointing: Checkpointing(path), progress: .silent)
      #expect(history.epochs.map(\.validationLoss) == [.infinity, .infinity])
      let second = try linear()
      try second.restore(from: path)
      let whole = try second.fit(
        try Self.table(), epochs: 3, validation: huge, stopping: EarlyStopping(patience: 5), progress: .silent
      )
      #expect(whole.epochs.map(\.validationLoss) == [.infinity, .infinity, .infinity])
    }
  }

  @Test("A checkpoint is safetensors, by the names of parameters and state")
  func format() throws {
    try Self.withFile { path in
      let trainer = try Self.trainer()
      try trainer.fit(
        try Self.table().standardized(), epochs: 1, checkpointing: Checkpointing(path), progress: .silent)
      let file = try SafetensorsFile(path: path)
      #expect(try file["dense1.weight"] == trainer.parameters["dense1.weight"])
      #expect(try file["dense2.bias.variance"].shape == [1])
      #expect(file.metadata["adjoint"] != nil)
    }
  }

  @Test("Counts that no training reaches, and names of several lines, are errors on one line")
  func impossibleCounts() throws {
    try Self.withFile { path in
      let table = try Self.table().standardized()
      try Self.trainer().fit(table, epochs: 1, checkpointing: Checkpointing(path), progress: .silent)
      let file = try SafetensorsFile(path: path)
      let text = try #require(file.metadata["adjoint"])
      let changes = [
        ("\"epochs\":1", "\"epochs\":9223372036854775807"), ("\"updates\":", "\"updates\":922337203685477"),
        ("\"epochsSinceBest\":0", "\"epochsSinceBest\":9223372036854775807"),
        ("\"epochsSinceBest\":0", "\"epochsSinceBest\":-1"), ("\"name\":\"seed\"", "\"name\":\"a\\nb\""),
        ("\"value\":\"3\"", "\"value\":\"3\\n4\""),
      ]
      for (old, new) in changes {
        let changed = text.replacingOccurrences(of: old, with: new)
        try #require(changed != text, "\(old) in \(text)")
        try SafetensorsFile(file.tensors, metadata: ["adjoint": changed]).write(to: path)
        let error = try #require(throws: TrainingError.self, "\(new)") {
          try Self.trainer().restore(from: path)
        }
        #expect(
          error.kind == .unsuitableCheckpoint && !error.message.contains(where: \.isNewline), "\(error)")
      }
    }
  }

  @Test("Another step with the same parameters is not gone on with; other numbers of the same step are")
  func otherSteps() throws {
    func trainer(
      _ activation: Activation = .tanh, rate: Double? = 0.2, loss: Loss = .meanSquaredError,
      l2: Double = 1e-3,
      learningRate: Double = 1e-2, backend: Backend = .tcc
    ) throws -> Trainer<Sequential> {
      try Trainer(
        Sequential {
          Dense(4, activation: activation)
          if let rate { Dropout(rate) }
          Dense(1)
        }, loss: loss, regularization: .l2(l2), optimizer: .adam(learningRate: learningRate), batchSize: 20,
        seed: 3,
        backend: backend)
    }
    try Self.withFile { path in
      let table = try Self.table().standardized()
      try trainer().fit(table, epochs: 1, checkpointing: Checkpointing(path), progress: .silent)
      for other in [
        try trainer(.relu), try trainer(rate: nil), try trainer(loss: .huber()),
        try trainer(loss: .halfSquaredError),
      ] {
        try other.restore(from: path)
        let error = #expect(throws: TrainingError.self) { try other.fit(table, epochs: 2, progress: .silent) }
        #expect(error?.message.contains("it is of another step") == true, "\(String(describing: error))")
      }
      for other in [
        try trainer(rate: 0.5), try trainer(l2: 0), try trainer(learningRate: 1e-4),
        try trainer(backend: .interpreter),
      ] {
        try other.restore(from: path)
        #expect(try other.fit(table, epochs: 3, progress: .silent).epochs.count == 3)
      }
      // What a trainer has seen before has nothing to do with it.
      let busy = try trainer()
      try busy.prepare(try table.split(test: 0.98, seed: 1).train)
      try busy.restore(from: path)
      #expect(try busy.fit(table, epochs: 2, progress: .silent).epochs.count == 2)
    }
  }

  @Test("A checkpoint of an earlier version, which does not know its step, is gone on with")
  func withoutAStep() throws {
    try Self.withFile { path in
      let table = try Self.table().standardized()
      try Self.trainer().fit(table, epochs: 1, checkpointing: Checkpointing(path), progress: .silent)
      let file = try SafetensorsFile(path: path)
      let text = try #require(file.metadata["adjoint"])
      let old = text.replacing(/,"step":"[0-9a-f]+"/, with: "").replacing(/"step":"[0-9a-f]+",/, with: "")
      try #require(old != text)
      try SafetensorsFile(file.tensors, metadata: ["adjoint": old]).write(to: path)
      let trainer = try Self.trainer()
      try trainer.restore(from: path)
      #expect(try trainer.fit(table, epochs: 2, progress: .silent).epochs.count == 2)
    }
  }

  @Test("What does not fit is an error that says so, and changes nothing")
  func misfits() throws {
    try Self.withFile { path in
      let table = try Self.table().standardized()
      try Self.trainer().fit(table, epochs: 1, checkpointing: Checkpointing(path), progress: .silent)
      func problem(_ body: () throws -> Void) -> String {
        do {
          try body()
          return "none"
        } catch { return "\(error)" }
      }
      #expect(
        problem { try Self.trainer(seed: 4).restore(from: path) }.contains("its seed is 3, here it is 4"))
      #expect(
        problem { try Self.trainer(.adaDelta()).restore(from: path) }.contains(
          "its optimizer is Adam, here it is AdaDelta"))
      let other = try Trainer(
        Sequential { Dense(1) }, loss: .meanSquaredError, optimizer: .adam(), batchSize: 20, seed: 3)
      try other.restore(from: path)
      #expect(
        problem { try other.fit(table, epochs: 2, progress: .silent) }.contains(
          "its 'dense1.weight' is float32[3,16], the model's is float32[3,1]"))
      #expect(problem { try Self.trainer().restore(from: path + "x") }.contains("No such file"))
      var bytes = [UInt8](try Data(contentsOf: URL(filePath: path)))
      bytes.removeLast(7)
      try Data(bytes).write(to: URL(filePath: path))
      #expect(problem { try Self.trainer().restore(from: path) }.contains(path))
    }
  }
}
