import Adjoint

private func function() throws -> Function { try Function(.float64) { x in sin(x) * x } }

var trainingCalls: [ExtremeCall] {
  [
    .doubles("Optimizer.sgd(learningRate:momentum:nesterov:)") {
      try trained(optimizer: .sgd(learningRate: $0, momentum: $0))
    },
    .doubles("Optimizer.adaGrad(learningRate:epsilon:_:)") {
      try trained(optimizer: .adaGrad(learningRate: $0, epsilon: $0))
    },
    .doubles("Optimizer.rmsProp(learningRate:decay:epsilon:momentum:isCentered:_:)") {
      try trained(optimizer: .rmsProp(decay: $0, epsilon: $0, momentum: $0, isCentered: true))
    },
    .doubles("Optimizer.adaDelta(learningRate:decay:epsilon:)") {
      try trained(optimizer: .adaDelta(decay: $0, epsilon: $0))
    },
    .doubles("Optimizer.adam(learningRate:beta1:beta2:epsilon:_:)") {
      try trained(optimizer: .adam(beta1: $0, beta2: $0, epsilon: $0))
    },
    .doubles("Optimizer.amsGrad(learningRate:beta1:beta2:epsilon:)") {
      try trained(optimizer: .amsGrad(beta1: $0, beta2: $0))
    },
    .doubles("Optimizer.adamW(learningRate:beta1:beta2:epsilon:weightDecay:)") {
      try trained(optimizer: .adamW(weightDecay: $0))
    },
    .doubles("Optimizer.lion(learningRate:beta1:beta2:weightDecay:)") {
      try trained(optimizer: .lion(beta1: $0, weightDecay: $0))
    },
    .ints("Optimizer.lbfgs(history:)") { try trained(optimizer: .lbfgs(history: $0), batchSize: nil) },
    .doubles("Regularization.l1(_:)") { try trained(regularization: .l1($0)) },
    .doubles("Regularization.l2(_:)") { try trained(regularization: .l2($0)) },
    .doubles("Regularization.combined(l1:l2:)") { try trained(regularization: .combined(l1: $0, l2: $0)) },
    .doubles("Loss.huber(_:)") { try trained(loss: .huber($0)) },
    .ints("Schedule.factor(step:stepsPerEpoch:)") { n in
      for schedule in schedules(n, 0.5) {
        _ = schedule.factor(step: n, stepsPerEpoch: n)
        _ = schedule.factor(step: 3, stepsPerEpoch: 0)
      }
    },
    .ints("Optimizer.scheduled(_:)") { n in
      for schedule in schedules(n, 0.5) {
        try? trained(optimizer: .sgd(learningRate: 1e-3).scheduled(schedule))
      }
    },
    .doubles("Optimizer.scheduled(_:)") { v in
      for schedule in schedules(3, v) {
        try? trained(optimizer: .sgd(learningRate: 1e-3).scheduled(schedule))
      }
    },
    .doubles("Optimizer.clipping(_:)") { v in
      try? trained(optimizer: .sgd(learningRate: 1e-3).clipping(.norm(v)))
      try trained(optimizer: .sgd(learningRate: 1e-3).clipping(.value(v)))
    },
    .ints("Trainer.init(_:loss:regularization:optimizer:batchSize:seed:scalarType:backend:memoryLimit:)") {
      n in
      try trained(batchSize: n, seed: UInt64(bitPattern: Int64(n)))
    },
    .ints("Trainer.fit(_:epochs:validation:stopping:checkpointing:recording:cancellation:progress:)") { n in
      guard n <= 0 else { return }
      try trained(epochs: n)
    },
    .ints("EarlyStopping.init(patience:leastImprovement:restoresBest:)") {
      try trained(stopping: EarlyStopping(patience: $0))
    },
    .doubles("EarlyStopping.init(patience:leastImprovement:restoresBest:)") {
      try trained(stopping: EarlyStopping(patience: 1, leastImprovement: $0))
    },
    .ints("Checkpointing.init(_:everyEpochs:leastSeconds:)") {
      try trained(checkpointing: Checkpointing("/nowhere/c", everyEpochs: $0))
    },
    .doubles("Checkpointing.init(_:everyEpochs:leastSeconds:)") {
      try trained(checkpointing: Checkpointing("/nowhere/c", leastSeconds: $0))
    },
    .strings("Checkpointing.init(_:everyEpochs:leastSeconds:)") {
      try trained(checkpointing: Checkpointing("/nowhere/" + $0))
    },
    .doubles("Trainer.adjust(optimizer:regularization:settings:)") { v in
      let trainer = try Trainer(
        Sequential {
          Dropout(0.5); Dense(1)
        }, loss: .meanSquaredError, optimizer: .adam(), batchSize: 2)
      try trainer.prepare(smallTable())
      try trainer.adjust(settings: ["dropout1.rate": v])
      try trainer.fit(smallTable(), epochs: 1, progress: .silent)
    },
    .ints("Trainer.restart(seed:)") { n in
      let trainer = try Trainer(Dense(1), loss: .meanSquaredError, optimizer: .adam(), batchSize: 2)
      try trainer.prepare(smallTable())
      trainer.restart(seed: UInt64(bitPattern: Int64(n)))
      try trainer.fit(smallTable(), epochs: 1, progress: .silent)
    },
    .shapes("Trainer.callAsFunction(_:)") { s in
      guard s.dimensions.allSatisfy({ 0...2 ~= $0 }), s.rank < 10 else { return }
      let trainer = try Trainer(Dense(1), loss: .meanSquaredError, optimizer: .adam(), batchSize: 2)
      try trainer.prepare(smallTable())
      _ = try trainer(NDArray(zeros: s))
    },
    .strings("Trainer.restore(from:)") {
      try Trainer(Dense(1), loss: .meanSquaredError, optimizer: .adam(), batchSize: 2).restore(
        from: "/nowhere/" + $0)
    },
    .doubles("Trainer.checkGradient(_:by:relativeTolerance:)") { v in
      _ = try Trainer(
        Dense(1), loss: .meanSquaredError, optimizer: .adam(), batchSize: 2, scalarType: .float64
      )
      .checkGradient(smallTable(), relativeTolerance: v).text(limit: .min)
    },
    .strings("TrainedModel.init(contentsOf:memoryLimit:operationLimit:)") {
      _ = try TrainedModel(contentsOf: "/nowhere/" + $0)
    },
    .ints("TrainedModel.init(contentsOf:memoryLimit:operationLimit:)") {
      _ = try TrainedModel(contentsOf: "/dev/zero", memoryLimit: $0, operationLimit: $0)
    },
    .ints("Memory.limited(to:_:)") {
      _ = try Memory.limited(to: $0) { try NDArray(zeros: [1 << 20], .float32, for: "an array") }
    },
    .strings("RunFolder.init(_:goesOn:configuration:)") { _ = try RunFolder("/dev/null/" + $0) },
    .strings("RunFolder.epochs(of:)") { _ = try RunFolder.epochs(of: "/nowhere/" + $0) },
    .doubles("CompiledFunction.callAsFunction(_:seed:)") { _ = try function().compiled()($0) },
    .doubles("CompiledFunction.valueAndDerivative(at:)") { _ = try function().derivative().compiled()($0) },
    .doubles("CompiledFunction.map(_:seed:)") { _ = try function().compiled().map([$0, 1, $0]) },
    .doubles("Function.callAsFunction(_:seed:)") { v in
      _ = try function()(v)
      _ = try function()(NDArray(v), NDArray(v))
    },
    .shapes("Function.callAsFunction(_:seed:)") { s in
      guard s.dimensions.allSatisfy({ 0...2 ~= $0 }), s.rank < 10 else { return }
      _ = try function()(NDArray(zeros: s, .float64))
    },
    .shapes("Function.init(_:_:)") { s in
      _ = try Function([("x", TensorType(.float32, s))]) { [$0[0] + 1] }.compiled()
    },
    .strings("Function.init(_:_:)") { s in
      _ = try Function([(s, TensorType(.float32, [2])), (s, TensorType(.float32, [2]))]) { [$0[0] + $0[1]] }
        .compiled()
    },
    .ints("Function.derivative(withRespectTo:)") { _ = try function().derivative(withRespectTo: $0) },
    .doubles("checkGradient(of:at:by:relativeTolerance:)") { v in
      _ = try checkGradient(of: function(), at: [NDArray(v)], relativeTolerance: 1e-7).text(limit: 3)
      _ = try checkGradient(of: function(), at: [NDArray(1.0)], relativeTolerance: v)
    },
    .ints("checkGradient(of:at:by:relativeTolerance:)") { n in
      _ = try checkGradient(of: function(), at: [NDArray(1.0)], by: .projections(min(n, 3), seed: 0))
    },
    .doubles("checkGradient(of:at:given:relativeTolerance:)") { v in
      _ = try checkGradient(of: function(), at: [NDArray(1.0)], given: [NDArray(v)])
    },
    .ints("GradientReport.text(limit:)") {
      _ = try checkGradient(of: function(), at: [NDArray(1.0)]).text(limit: $0)
    },
    .strings("InstructionSet.selected(environment:)") {
      _ = try InstructionSet.selected(environment: ["ADJOINT_ISA": $0])
    },
    .strings("Threads.selected(environment:)") {
      _ = try Threads.selected(environment: ["ADJOINT_THREADS": $0])
    },
    .shapes("Executable.callAsFunction(_:workspace:)") { s in
      guard s.dimensions.allSatisfy({ 0...2 ~= $0 }), s.rank < 10 else { return }
      _ = try Executable(function().graph)([NDArray(zeros: s, .float64), NDArray(zeros: s)])
    },
    .shapes("Executable.run(_:into:workspace:)") { s in
      guard s.dimensions.allSatisfy({ 0...2 ~= $0 }), s.rank < 10 else { return }
      var results = [NDArray(zeros: s)]
      try Executable(function().graph).run([NDArray(1.0)], into: &results)
    },
    .strings("Executable.init(_:name:dialect:toolchain:instructionSet:target:strips:times:)") { s in
      _ = try Executable(function().graph, name: s)
    },
    .ints("Initializer.values(shape:fanIn:fanOut:scalarType:using:)") { n in
      var generator = SeededGenerator(seed: 0)
      for initializer: Initializer in [.glorotUniform, .heNormal] {
        _ = initializer.values(shape: [2, 2], fanIn: n, fanOut: n, scalarType: .float32, using: &generator)
      }
    },
    .strings("Trainer.fit(_:epochs:stopping:checkpointing:recording:cancellation:progress:)") { s in
      let trainer = try Trainer(Dense(1), optimizer: .adam(), batchSize: 2) { model, batch in
        mean(model(batch["x"]))
      }
      try trainer.fit([s: NDArray([1, 2] as [Float], shape: [2, 1])], epochs: 1, progress: .silent)
    },
    .strings("Batch.subscript(name:)") { s in
      let trainer = try Trainer(Dense(1), optimizer: .adam(), batchSize: 2) { model, batch in
        mean(model(batch[s]))
      }
      try trainer.fit(["x": NDArray([1, 2] as [Float], shape: [2, 1])], epochs: 1, progress: .silent)
    },
    .doubles("checkGradient(of:at:relativeTolerance:given:)") { v in
      _ = try checkGradient(of: function(), at: [NDArray(1.0)], relativeTolerance: v) { _ in [NDArray(v)] }
    },
    .doubles("CompiledFunction.callAsFunction(_:_:_:seed:)") { v in
      _ = try Function(.float64) { x, y in x * y }.compiled()(v, v, v)
    },
    .ints("Threads.count") { n in
      let before = Threads.count
      Threads.count = n
      _ = Threads.count
      Threads.count = before
    },
  ]
}

private func schedules(_ n: Int, _ factor: Double) -> [Schedule] {
  [Schedule.Unit.steps, .epochs].flatMap { unit in
    [
      .timeDecay(halving: factor, unit), .step(every: n, factor: factor, unit),
      .exponential(factor: factor, unit),
      .cosine(over: n, end: factor, unit),
      .warmUp(over: n, unit, next: .step(every: n, factor: factor, unit)),
      .oneCycle(over: n, rise: factor, start: factor, finish: factor, unit),
    ]
  }
}
