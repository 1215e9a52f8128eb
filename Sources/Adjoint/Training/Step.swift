import AdjointArray
import AdjointIR
import AdjointJIT
import AdjointTransforms
import AdjointInterpreter
import CAdjointRuntime

/// What runs a graph: machine code or the reference interpreter.
public enum Backend: String, Sendable, CaseIterable {
  /// C, compiled in the process by TinyCC.
  case tcc
  /// C, compiled by the system's compiler with all optimisations, which takes about a second the first time.
  case native
  /// One operation at a time, in Swift.
  case interpreter
}

extension Backend {
  /// Who compiles for it.
  ///
  /// - Throws: ``CompilationError/compilerMissing(tried:)``
  package func toolchain() throws(CompilationError) -> Toolchain? {
    switch self {
    case .tcc: .tinyCC
    case .native: try .native()
    case .interpreter: nil
    }
  }

  /// `graph` made runnable.
  ///
  /// - Parameters:
  ///   - times: what the stages before took.
  ///   - beside: bytes that will be taken for what the step is given, before it is first run.
  /// - Throws: ``MemoryError`` where there is too little memory for these and for its own values.
  func step(
    _ graph: Graph, _ layout: StepLayout, name: String, times: CompileTimes = CompileTimes(), beside: Int = 0
  ) throws -> any Step {
    guard let toolchain = try toolchain() else {
      let step = try InterpretedStep(graph.inliningCalls().simplified(), layout)
      try requireMemory(for: name, step.peakBytes, beside)
      return step
    }
    let executable = try Executable(graph, name: name, toolchain: toolchain, times: times)
    try requireMemory(for: name, executable.program.arenaBytes, beside)
    return try CompiledStep(executable, layout)
  }

  private func requireMemory(for name: String, _ own: Int, _ beside: Int) throws(MemoryError) {
    try Memory.require(
      saturatingSum(own, beside),
      for: "running '\(name)' (\(MemoryError.text(own)) of it for values between its arguments and results)",
      remedy: "make layers narrower, or batches smaller")
  }
}

/// A graph whose arguments are batch arrays, hyper-parameters, the key of random numbers, and values that are kept from call to call
/// (parameters and state), made runnable for one batch size.
///
/// Its leading outputs are numbers or arrays for the caller; the others replace values.
protocol Step: AnyObject {
  /// Runs the graph once.
  ///
  /// - Parameters:
  ///   - batch: the arrays of the graph's batch inputs, in their order.
  ///   - key: of the random numbers, where the graph draws any.
  ///   - values: parameters and state in their order; the replaced ones are overwritten.
  /// - Returns: the leading outputs, valid until the next run.
  func run(batch: [NDArray], hyperparameters: [Double], key: NDArray, values: inout [NDArray]) throws
    -> [NDArray]
}

/// Where each argument of a step comes from.
struct StepLayout: Sendable {
  enum Source: Sendable {
    case batch(Int)
    case hyperparameter(Int)
    case randomKey
    case value(Int)
  }
  /// One for each argument of the graph.
  let sources: [Source]
  /// For each output the value that it replaces.
  let replaced: [Int?]

  /// - Throws: ``GraphError`` where the graph has an argument, or replaces one, that is none of these.
  init(
    _ graph: Graph, batch: [String], hyperparameters: [String], randomKey: String? = nil, values: [String]
  ) throws(GraphError) {
    let positions = { (names: [String]) in
      Dictionary(names.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    }
    let (batches, hypers, kept) = (positions(batch), positions(hyperparameters), positions(values))
    let name = { (id: NodeID) -> String in
      if case .argument(let argument) = graph[id].operation { argument.name } else { "" }
    }
    let position = { (id: NodeID) throws(GraphError) -> Int in
      if let index = kept[name(id)] { return index }
      throw GraphError(
        .malformedGraph, operation: "argument '\(name(id))'",
        problem: "it is neither an array of the batch, nor a setting, nor a parameter or state",
        remedy: "the arguments are \((batch + hyperparameters + values).joined(separator: ", "))",
        location: graph[id].provenance.locations.first)
    }
    sources = try graph.arguments.map { (id) throws(GraphError) in
      if let index = batches[name(id)] { return .batch(index) }
      if let index = hypers[name(id)] { return .hyperparameter(index) }
      if name(id) == randomKey { return .randomKey }
      return .value(try position(id))
    }
    replaced = try graph.outputs.map { (output) throws(GraphError) in
      try output.replaces.map { (id) throws(GraphError) in try position(id) }
    }
  }
}

/// A step as machine code. It owns what a run writes, so a step is for one thread.
final class CompiledStep: Step {
  let executable: Executable
  private let layout: StepLayout
  private let workspace: Workspace
  private let arguments: UnsafeMutableBufferPointer<UnsafeMutableRawPointer?>
  private let outputs: UnsafeMutableBufferPointer<UnsafeMutableRawPointer?>
  /// The number of the step, then the settings.
  private let hyperparameters: UnsafeMutablePointer<Double>
  /// Of the random numbers: the seed, and the number of the step.
  private let randomKey: UnsafeMutablePointer<Int>
  private var results: [NDArray]
  /// For each array of the batch where it belongs among the arguments, and memory for its rows.
  private var places: UnsafeMutableBufferPointer<Int>
  private var batches: UnsafeMutableBufferPointer<UnsafeMutablePointer<CChar>?>

  /// - Throws: ``MemoryError`` where there is too little.
  init(_ executable: Executable, _ layout: StepLayout) throws(MemoryError) {
    self.executable = executable
    self.layout = layout
    workspace = try Workspace(asking: executable)
    let program = executable.program
    arguments = .allocate(capacity: program.arguments.count + program.constants.count + 1)
    arguments.initialize(repeating: nil)
    outputs = .allocate(capacity: program.outputs.count + 1)
    outputs.initialize(repeating: nil)
    hyperparameters = .allocate(capacity: layout.sources.count + 1)
    hyperparameters.initialize(repeating: 0, count: layout.sources.count + 1)
    randomKey = .allocate(capacity: 2)
    randomKey.initialize(repeating: 0, count: 2)
    results = zip(program.outputs, layout.replaced).filter { $1 == nil }.map {
      NDArray(zeros: $0.0.type.shape, $0.0.type.scalarType)
    }
    places = .allocate(capacity: 0)
    batches = .allocate(capacity: 0)
    for (index, constant) in program.constants.enumerated() {
      arguments[program.arguments.count + index] = UnsafeMutableRawPointer(mutating: constant.unsafeBase)
    }
  }

  deinit {
    arguments.deallocate()
    outputs.deallocate()
    hyperparameters.deallocate()
    randomKey.deallocate()
    releaseBatches()
  }

  func run(batch: [NDArray], hyperparameters given: [Double], key: NDArray, values: inout [NDArray]) throws
    -> [NDArray]
  {
    bind(&values)
    for (index, value) in given.enumerated() { hyperparameters[index] = value }
    for (index, source) in layout.sources.enumerated() {
      switch source {
      case .batch(let position):
        arguments[index] = UnsafeMutableRawPointer(mutating: batch[position].unsafeBase)
      case .randomKey: arguments[index] = UnsafeMutableRawPointer(mutating: key.unsafeBase)
      case .hyperparameter, .value: break
      }
    }
    guard let input = arguments.baseAddress, let output = outputs.baseAddress else { return [] }
    // The pointers are into these arrays, which must not go before the code has run.
    try withExtendedLifetime((batch, key, values, results)) {
      try executable.run(arguments: input, outputs: output, arena: workspace.arena)
    }
    return results
  }

  /// Lets the step read and write these parameters and state until one of them is copied or goes.
  private func bind(_ values: inout [NDArray]) {
    for (index, source) in layout.sources.enumerated() {
      switch source {
      case .batch: break
      case .hyperparameter(let position):
        arguments[index] = UnsafeMutableRawPointer(hyperparameters + position)
      case .randomKey: arguments[index] = UnsafeMutableRawPointer(randomKey)
      case .value(let position): arguments[index] = values[position].uniqueBase()
      }
    }
    var next = 0
    for (index, replaced) in layout.replaced.enumerated() where replaced == nil {
      outputs[index] = results[next].uniqueBase()
      next += 1
    }
  }

  // MARK: For the runtime's epoch loop

  /// How many numbers each run gives, in front of what it replaces.
  var resultCount: Int { results.count }
  var resultIsDouble: [Int32] { results.map { $0.scalarType == .float64 ? 1 : 0 } }
  /// Where the epoch loop writes the number of the step.
  var stepNumber: UnsafeMutablePointer<Double> { hyperparameters }
  /// Where it writes the number of the step for random numbers: behind the seed.
  var key: UnsafeMutablePointer<Int> { randomKey }

  /// Makes the step ready to be run for batches of `arrays`.
  ///
  /// - Parameters:
  ///   - rows: in a batch.
  ///   - settings: what it is given behind its number.
  /// - Returns: what the runtime calls, valid until the step goes or one of `values` is copied.
  func bound(
    rows: Int, of arrays: [NDArray], settings: [Double], seed: UInt64, values: inout [NDArray]
  ) -> adj_step {
    bind(&values)
    for (index, value) in settings.enumerated() { hyperparameters[index + 1] = value }
    randomKey[0] = Int(truncatingIfNeeded: seed)
    releaseBatches()
    places = .allocate(capacity: arrays.count)
    places.initialize(repeating: -1)
    batches = .allocate(capacity: arrays.count)
    batches.initialize(repeating: nil)
    for (index, source) in layout.sources.enumerated() {
      guard case .batch(let position) = source else { continue }
      places[position] = index
      let bytes = max(64, rows * arrays[position].rowByteCount)
      batches[position] = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
        .bindMemory(to: CChar.self, capacity: bytes)
    }
    return adj_step(
      run: executable.function, arguments: arguments.baseAddress, outputs: outputs.baseAddress,
      arena: workspace.arena.assumingMemoryBound(to: CChar.self), places: UnsafePointer(places.baseAddress),
      batches: UnsafePointer(batches.baseAddress))
  }

  /// Reads number, settings and key from where another step, with the same settings, reads them.
  func shareSettings(of other: CompiledStep) {
    for (index, source) in layout.sources.enumerated() {
      switch source {
      case .hyperparameter(let position):
        arguments[index] = UnsafeMutableRawPointer(other.hyperparameters + position)
      case .randomKey: arguments[index] = UnsafeMutableRawPointer(other.randomKey)
      case .batch, .value: break
      }
    }
  }

  private func releaseBatches() {
    for batch in batches { if let batch { UnsafeMutableRawPointer(batch).deallocate() } }
    places.deallocate()
    batches.deallocate()
  }
}

/// A step by the interpreter.
final class InterpretedStep: Step {
  private let interpreter: Interpreter
  private let layout: StepLayout

  init(_ graph: Graph, _ layout: StepLayout) throws {
    interpreter = try Interpreter(graph)
    self.layout = layout
  }

  /// What a run takes for values, at most.
  var peakBytes: Int { interpreter.peakBytes }

  func run(batch: [NDArray], hyperparameters: [Double], key: NDArray, values: inout [NDArray]) throws
    -> [NDArray]
  {
    let arguments = layout.sources.map { source in
      switch source {
      case .batch(let position): batch[position]
      case .hyperparameter(let position): NDArray(hyperparameters[position])
      case .randomKey: key
      case .value(let position): values[position]
      }
    }
    // Memory was asked for when the step was made.
    let all = try interpreter.runUnasked(values: arguments) { adj_should_stop() != 0 }
    var results: [NDArray] = []
    for (result, replaced) in zip(all, layout.replaced) {
      if let replaced { values[replaced] = result } else { results.append(result) }
    }
    return results
  }
}
