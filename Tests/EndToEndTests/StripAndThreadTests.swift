import Adjoint
import CAllocationCounter
import Testing

/// Compiled steps with strips and threads.
@Suite(.serialized) struct StripAndThreadTests {
  /// u_t = 0.1 u_xx by a network, on so many points: forward, two derivatives, backward, Adam.
  static func physicsInformed(_ points: Int, _ scalarType: ScalarType = .float32) throws
    -> StepBenchmark
  {
    var generator = SeededGenerator(seed: 3)
    let values = (0..<(2 * points)).map { _ in Double(generator.next() >> 40) * 0x1p-24 }
    let inputs =
      scalarType == .float64
      ? try NDArray(values, shape: [points, 2]) : try NDArray(values.map(Float.init), shape: [points, 2])
    return try StepBenchmark(
      MLP([2, 32, 32, 1], activation: .tanh), regularization: .none, optimizer: .adam(),
      batch: [("points", inputs)], seed: 1
    ) { u, batch in
      let xt = batch["points"]
      let (ux, ut) = gradient(of: u(xt), withRespectTo: xt).unstacked(axis: 1)
      let (uxx, _) = gradient(of: ux, withRespectTo: xt).unstacked(axis: 1)
      return mean(square(ut - 0.1 * uxx))
    }
  }

  @Test func activationsNeedMemoryForAStrip() throws {
    let few = try Self.physicsInformed(1024).compiled().program
    let many = try Self.physicsInformed(262_144).compiled().program
    #expect(abs(Double(many.arenaBytes) / Double(few.arenaBytes) - 1) < 0.1)
    // Without strips all points' values are alive.
    let graph = try Self.physicsInformed(262_144).graph
    #expect(try Executable(graph, strips: nil).program.arenaBytes > 100 * many.arenaBytes)
  }

  @Test func costsAreThoseWithoutStrips() throws {
    let step = try Self.physicsInformed(1000)
    let cut = try step.runner(.tinyCC(.tile)).costs(5)
    let interpreted = try step.runner(.interpreter).costs(5)
    for (a, b) in zip(cut, interpreted) { #expect(abs(a - b) <= 2e-5 * abs(b)) }
  }

  /// Strips, maps and products are cut by shape alone.
  @Test func bitsDoNotDependOnThreads() throws {
    let before = Threads.count
    defer { Threads.count = before }
    let inputs = [("x", TensorType(.float32, [512, 700])), ("w", TensorType(.float32, [700, 300]))]
    let wide = try Function(inputs) { (tensors: [Tensor]) -> [Tensor] in
      let y = tanh(matmul(tensors[0], tensors[1]))
      let sum: Tensor = y * y + y
      let derivatives = gradient(of: Adjoint.sum(square(y)), withRespectTo: tensors)
      return [sum, mean(y)] + derivatives
    }.compiled().executable
    func array(_ rows: Int, _ columns: Int) throws -> NDArray {
      let values = (0..<(rows * columns)).map { (index: Int) -> Float in
        Float((index * 7919) % 1000) / 1000 - 0.5
      }
      return try NDArray(values, shape: [rows, columns])
    }
    let arguments = [try array(512, 700), try array(700, 300)]
    let step = try Self.physicsInformed(2048)
    var results: [[NDArray]] = []
    var costs: [[Double]] = []
    for count in [1, 2, 3, 5] {
      Threads.count = count
      #expect(Threads.count == count)
      results.append(try wide(arguments))
      costs.append(try step.runner(.tinyCC(.tile)).costs(4))
    }
    for other in results.dropFirst() { #expect(other == results[0]) }
    for other in costs.dropFirst() { #expect(other == costs[0]) }
  }

  /// Runs that may fail are shared among threads, too; of those that do the first one counts.
  @Test func theFirstRunThatFailsIsNamedAtAnyCount() throws {
    let before = Threads.count
    defer { Threads.count = before }
    let types = [
      ("table", TensorType(.float64, [3, 2])), ("first", TensorType(.int32, [100, 1])),
      ("matrices", TensorType(.float64, [100, 2, 2])),
    ]
    let function = try Function(types) { (tensors: [Tensor]) -> [Tensor] in
      let found = scan([], over: [tensors[1], tensors[2]]) { _, slices in
        let row = tensors[0].gathered(rows: slices[0]).labelled("row")
        return ([], [row + sum(cholesky(slices[1]).labelled("root"))])
      }
      return [found.outputs[0]]
    }.compiled()
    #expect(function.executable.source.contains("adj_parallel"))
    let table = try NDArray([1.0, 2, 3, 4, 5, 6], shape: [3, 2])
    // Which run has a row that is not there, and which a matrix that is not positive definite.
    func call(row: Int?, matrix: Int?) throws -> NDArray {
      let rows = (0..<100).map { (run: Int) -> Int32 in run == row ? 3 : Int32(run % 3) }
      let corners = (0..<100).map { (run: Int) -> Double in run == matrix ? 1 : 2 }
      let matrices = corners.flatMap { (corner: Double) -> [Double] in [4, 2, 2, corner] }
      let inputs = [
        table, try NDArray(rows, shape: [100, 1]), try NDArray(matrices, shape: [100, 2, 2]),
      ]
      return try function.executable(inputs)[0]
    }
    for count in [1, 2, 3, 5] {
      Threads.count = count
      // The factor of [4 2; 2 2] is [2 0; 1 1].
      #expect(try call(row: nil, matrix: nil).doubles.prefix(6) == [5, 6, 7, 8, 9, 10])
      #expect(throws: ExecutionError.self) { try call(row: 99, matrix: nil) }
      for (row, matrix, named) in [
        (40, 41, "'row'"), (41, 40, "'root'"), (99, 0, "'root'"), (50, 51, "'row'"),
      ] {
        let error = #expect(throws: ExecutionError.self) { try call(row: row, matrix: matrix) }
        #expect(error?.description.contains(named) == true, "\(row), \(matrix): \(error?.description ?? "")")
      }
    }
  }

  /// Strips of a convolutional network, whose max pooling scatters by an index.
  @Test func stripsThatScatterHaveTheSameBitsAtAnyCount() throws {
    let before = Threads.count
    defer { Threads.count = before }
    let values = (0..<(80 * 12 * 12)).map { (index: Int) -> Float in Float((index * 7919) % 1000) / 1000 - 0.5
    }
    let images = try NDArray(values, shape: [80, 12, 12, 1])
    let classes = try NDArray(
      (0..<80).flatMap { row in (0..<3).map { Float(row % 3 == $0 ? 1 : 0) } }, shape: [80, 3])
    let step = try StepBenchmark(
      Sequential {
        Conv2D(8, size: (3, 3), padding: .same, activation: .relu)
        MaxPool2D()
        Flatten()
        Dense(3)
      },
      loss: .softmaxCrossEntropy, regularization: .none, optimizer: .adam(), features: images,
      targets: classes, seed: 1)
    #expect(try step.compiled().source.contains("failures[run]"))
    var costs: [[Double]] = []
    for count in [1, 2, 3] {
      Threads.count = count
      costs.append(try step.runner(.tinyCC(.tile)).costs(4))
    }
    #expect(costs[1] == costs[0] && costs[2] == costs[0])
    let interpreted = try step.runner(.interpreter).costs(4)
    for (a, b) in zip(costs[0], interpreted) { #expect(abs(a - b) <= 2e-5 * abs(b)) }
  }

  @Test func aStepAllocatesNothing() throws {
    let executable = try Self.physicsInformed(1024).compiled()
    let program = executable.program
    var arrays =
      program.arguments.map { NDArray(zeros: $0.type.shape, $0.type.scalarType) } + program.constants
    var results = executable.emptyResults()
    let arguments: [UnsafeMutableRawPointer?] = arrays.indices.map { arrays[$0].uniqueBase() }
    let outputs: [UnsafeMutableRawPointer?] = results.indices.map { results[$0].uniqueBase() }
    let arena = UnsafeMutableRawPointer.allocate(byteCount: program.arenaBytes, alignment: 64)
    defer { arena.deallocate() }
    try executable.run(arguments: arguments, outputs: outputs, arena: arena)
    let before = allocation_count()
    for _ in 0..<10 { try executable.run(arguments: arguments, outputs: outputs, arena: arena) }
    let after = allocation_count()
    #expect(after == before)
    // It does count.
    #expect(before > 0)
    withExtendedLifetime((arrays, results)) {}
  }

  /// A long row's exp brings memory in while it computes; that changes no bit.
  @Test(arguments: [ScalarType.float32, .float64])
  func longRowsHaveTheBitsOfShortOnes(_ type: ScalarType) throws {
    func function(_ count: Int) throws -> Executable {
      try Function([("x", TensorType(type, [count]))]) { (tensors: [Tensor]) -> [Tensor] in
        let y = sqrt(square(tensors[0]) + exp(square(tensors[0])))
        return [y, y * exp(tensors[0])]
      }.compiled().executable
    }
    let (long, short) = (try function(300_000), try function(1_000))
    #expect(long.source.contains("adj_exp_ahead_") && !short.source.contains("adj_exp_ahead_"))
    let x = try NDArray((0..<300_000).map { Double($0) / 50_000 - 3 }, shape: [300, 1_000]).converted(
      to: type)
    func part(of x: NDArray, _ row: Int) throws -> NDArray {
      try NDArray(Array(x.doubles[(1_000 * row)..<(1_000 * (row + 1))]), shape: [1_000]).converted(to: type)
    }
    let whole = try long([try x.reshaped(to: [300_000])])
    for row in stride(from: 0, to: 300, by: 37) {
      let part = try short([try part(of: x, row)])
      for (a, b) in zip(whole, part) {
        #expect(Array(a.doubles[(1_000 * row)..<(1_000 * (row + 1))]) == b.doubles)
      }
    }
  }

  @Test func theEnvironmentSaysHowManyThreads() throws {
    #expect(try Threads.selected(environment: ["ADJOINT_THREADS": "3"]) == 3)
    #expect(try Threads.selected(environment: [:]) >= 1)
    for wrong in ["0", "-1", "257", "two"] {
      #expect(throws: ThreadCountError.self) {
        try Threads.selected(environment: ["ADJOINT_THREADS": wrong])
      }
    }
  }
}
