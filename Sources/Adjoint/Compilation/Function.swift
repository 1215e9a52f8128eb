import AdjointArray
import AdjointCodegen
import AdjointIR
import AdjointInterpreter
import AdjointJIT
import AdjointLowering
import AdjointTransforms
import CAdjointRuntime

/// A traced closure: a graph that can be evaluated, differentiated, printed and compiled.
///
///     let f = try Function(.float64) { x in sqrt(x * x + exp(x * x)) }
///     let df = try f.derivative().compiled()
public struct Function: Sendable {
  /// What the closure wrote.
  public let graph: Graph
  /// The same in the form that is evaluated, differentiated and compiled.
  public let simplified: Graph
  let times: CompileTimes
  /// The argument that is the key of random numbers, where the closure draws any.
  let randomKeyName: String?

  init(graph: Graph, randomKeyName: String?, times before: CompileTimes) {
    var times = before
    self.graph = graph
    self.randomKeyName = randomKeyName
    simplified = timed(&times.simplify) { graph.simplified() }
    self.times = times
  }

  /// Records `body` on scalars of `scalarType`, named `x`.
  ///
  /// - Throws: ``TraceError`` with the first thing that was wrong in the closure, or what the closure throws.
  public init(
    _ scalarType: ScalarType, file: String = #fileID, line: Int = #line, _ body: (Tensor) throws -> Tensor
  ) throws {
    try self.init([("x", TensorType(scalarType, .scalar))], file: file, line: line) { [try body($0[0])] }
  }

  /// Records `body` on two scalars, named `x` and `y`.
  public init(
    _ scalarType: ScalarType, file: String = #fileID, line: Int = #line,
    _ body: (Tensor, Tensor) throws -> Tensor
  ) throws {
    let type = TensorType(scalarType, .scalar)
    try self.init([("x", type), ("y", type)], file: file, line: line) { [try body($0[0], $0[1])] }
  }

  /// Records `body` on inputs of the given names and types.
  ///
  /// - Parameter body: takes the inputs in order; its results are the outputs `y` or `y0`, `y1`, ….
  /// - Throws: ``TraceError``, what the closure throws, or ``CompilationError/noMemoryToCompile(needed:)``.
  public init(
    _ inputs: [(name: String, type: TensorType)], file: String = #fileID, line: Int = #line,
    _ body: ([Tensor]) throws -> [Tensor]
  ) throws {
    try CompilationMemory.check()
    var times = CompileTimes()
    var randomKeyName: String?
    let graph = try timed(&times.trace) {
      let trace = Trace(at: SourceLocation(file: file, line: line))
      defer { trace.finish() }
      let results = try body(inputs.map { trace.input($0.name, $0.type) })
      let ids = try trace.nodes(of: results)
      randomKeyName = trace.randomKeyName
      return trace.builder.graph(outputs: Function.outputs(ids))
    }
    self.init(graph: graph, randomKeyName: randomKeyName, times: times)
  }

  /// Results are named `y`, or `y0`, `y1`, ….
  static func outputs(_ ids: [NodeID]) -> [Output] {
    ids.enumerated().map { Output(ids.count == 1 ? "y" : "y\($0)", $1) }
  }

  /// The values, by the interpreter.
  ///
  /// - Parameter seed: of the random numbers that the function draws without a key of its own.
  /// - Throws: ``InterpreterError`` where types or shapes are wrong.
  public func callAsFunction(_ arguments: NDArray..., seed: UInt64 = 0) throws -> [NDArray] {
    try Interpreter(simplified).run(values: completed(arguments, seed: seed))
  }

  /// The value of a function of scalars, by the interpreter.
  ///
  /// - Parameter seed: of the random numbers that the function draws without a key of its own.
  /// - Throws: ``InterpreterError`` where it takes other arguments, ``ExecutionError/notScalar(found:)`` where it gives
  ///   another result than one number.
  public func callAsFunction(_ arguments: Double..., seed: UInt64 = 0) throws -> Double {
    let type = graph.arguments.first.map { graph[$0].type.scalarType } ?? .float64
    let values = arguments.map { NDArray(repeating: Literal($0, as: type), shape: .scalar) }
    return try Interpreter(simplified).run(values: completed(values, seed: seed)).scalar()
  }

  /// `arguments` with the key of `seed` in its place, unless it is among them.
  func completed(_ arguments: [NDArray], seed: UInt64 = 0) -> [NDArray] {
    arguments.completed(
      seed: seed, position: randomKeyPosition, argumentCount: simplified.arguments.count)
  }

  /// Which of the arguments is the key.
  private var randomKeyPosition: Int? {
    guard let randomKeyName else { return nil }
    return simplified.arguments.firstIndex { id in
      if case .argument(let argument) = simplified[id].operation {
        argument.name == randomKeyName
      } else {
        false
      }
    }
  }

  /// Machine code for it.
  ///
  /// - Parameter toolchain: who compiles; `try .native()` is a compiler of the system.
  /// - Throws: ``CompilationError`` where it cannot be used.
  public func compiled(
    by toolchain: Toolchain = .tinyCC, instructionSet: InstructionSet? = nil
  ) throws -> CompiledFunction {
    CompiledFunction(
      try Executable(
        simplified, name: "f", toolchain: toolchain, instructionSet: instructionSet, times: times),
      randomKeyPosition: randomKeyPosition)
  }

  /// What is computed: operations, each node once, by the lecture's rule (each + − × ÷ and each function is 1).
  public var flops: Int { simplified.flops }

  /// Portable C99 for it, to be read.
  public var source: String {
    get throws {
      try simplified.inliningCalls().simplified()
        .lowered(name: "f") { adj_gemm_workspace($0, $1, $2, $3) }.c(.portable)
    }
  }
}

/// A function as machine code. It can be called from many threads at once.
public struct CompiledFunction: Sendable {
  public let executable: Executable
  /// Whether it takes one float64 number and gives such numbers.
  private let isScalar: Bool
  private let randomKeyPosition: Int?

  init(_ executable: Executable, randomKeyPosition: Int?) {
    self.executable = executable
    self.randomKeyPosition = randomKeyPosition
    let program = executable.program
    let scalar = TensorType(.float64, .scalar)
    isScalar =
      program.arguments.map(\.type) == [scalar] && program.outputs.allSatisfy { $0.type == scalar }
      && program.constants.isEmpty
  }

  /// Operations of one call.
  public var flops: Int { executable.program.flops }
  /// The C that runs.
  public var source: String { executable.source }

  /// The values for arrays, in the order of the function's inputs.
  ///
  /// - Parameter seed: of the random numbers that the function draws without a key of its own.
  public func callAsFunction(_ arguments: NDArray..., seed: UInt64 = 0) throws -> [NDArray] {
    try executable(completed(arguments, seed: seed))
  }

  private func completed(_ arguments: [NDArray], seed: UInt64) -> [NDArray] {
    arguments.completed(
      seed: seed, position: randomKeyPosition, argumentCount: executable.program.arguments.count)
  }

  /// The value of a function of float64 scalars.
  ///
  /// - Throws: ``ExecutionError`` where the function takes another number of scalars, or takes or gives arrays.
  public func callAsFunction(_ x: Double, seed: UInt64 = 0) throws -> Double {
    guard isScalar, executable.program.outputs.count == 1 else { return try general([x], seed: seed) }
    var result = 0.0
    try withUnsafeMutablePointer(to: &result) { y throws(ExecutionError) in
      var output: UnsafeMutableRawPointer? = UnsafeMutableRawPointer(y)
      try run(x, &output)
    }
    return result
  }

  /// Value and derivative at one number, of a function that ``Function/valueAndGradient()`` made of one of a float64
  /// scalar.
  ///
  /// - Throws: ``ExecutionError`` where the function takes anything else or gives anything else.
  public func valueAndDerivative(at x: Double) throws(ExecutionError) -> (value: Double, derivative: Double) {
    guard isScalar, executable.program.outputs.count == 2 else {
      throw .notScalar(found: executable.program.outputs.map(\.type))
    }
    var results = (value: 0.0, derivative: 0.0)
    try withUnsafeMutablePointer(to: &results.value) { value throws(ExecutionError) in
      try withUnsafeMutablePointer(to: &results.derivative) { derivative throws(ExecutionError) in
        var outputs = (
          UnsafeMutableRawPointer(value) as UnsafeMutableRawPointer?,
          UnsafeMutableRawPointer(derivative) as UnsafeMutableRawPointer?
        )
        try withUnsafePointer(to: &outputs) { table throws(ExecutionError) in
          try run(x, UnsafeRawPointer(table).assumingMemoryBound(to: UnsafeMutableRawPointer?.self))
        }
      }
    }
    return results
  }

  /// Runs a function of one float64 scalar on memory of this call's.
  private func run(_ x: Double, _ outputs: UnsafePointer<UnsafeMutableRawPointer?>) throws(ExecutionError) {
    let byteCount = max(64, executable.program.arenaBytes)
    guard byteCount >= Memory.smallest else {
      var failure: ExecutionError?
      withUnsafeTemporaryAllocation(byteCount: byteCount, alignment: 64) { arena in
        guard let base = arena.baseAddress else { return }
        do throws(ExecutionError) { try run(x, outputs, arena: base) } catch { failure = error }
      }
      if let failure { throw failure }
      return
    }
    let workspace: Workspace
    do { workspace = try Workspace(asking: executable) } catch { throw .insufficientMemory(error) }
    try withExtendedLifetime(workspace) { () throws(ExecutionError) in
      try run(x, outputs, arena: workspace.arena)
    }
  }

  private func run(
    _ x: Double, _ outputs: UnsafePointer<UnsafeMutableRawPointer?>, arena: UnsafeMutableRawPointer
  ) throws(ExecutionError) {
    var x = x
    try withUnsafeMutablePointer(to: &x) { x throws(ExecutionError) in
      var input: UnsafeMutableRawPointer? = UnsafeMutableRawPointer(x)
      try executable.run(arguments: &input, outputs: outputs, arena: arena)
    }
  }

  /// The value of a function of two or more scalars.
  ///
  /// - Throws: ``ExecutionError`` where the function takes another number of scalars, or takes or gives arrays.
  public func callAsFunction(_ x: Double, _ y: Double, _ more: Double..., seed: UInt64 = 0) throws -> Double {
    try general([x, y] + more, seed: seed)
  }

  /// The value at each element of `values`.
  public func map(_ values: [Double], seed: UInt64 = 0) throws -> [Double] {
    try values.map { try self($0, seed: seed) }
  }

  private func general(_ values: [Double], seed: UInt64) throws -> Double {
    var types = executable.program.arguments.map(\.type)
    if let randomKeyPosition { types.remove(at: randomKeyPosition) }
    let arrays = values.enumerated().map { index, value in
      NDArray(
        repeating: Literal(value, as: index < types.count ? types[index].scalarType : .float64),
        shape: .scalar)
    }
    return try executable(completed(arrays, seed: seed)).scalar()
  }
}

extension [NDArray] {
  /// These arguments with the key of `seed` at `position`, where it is the only one that is missing.
  fileprivate func completed(seed: UInt64, position: Int?, argumentCount: Int) -> [NDArray] {
    guard let position, count == argumentCount - 1 else { return self }
    return self[..<position] + [.randomKey(seed: seed, step: 0)] + self[position...]
  }

  /// The number that is the only result.
  fileprivate func scalar() throws(ExecutionError) -> Double {
    guard count == 1, self[0].shape.isScalar else {
      throw .notScalar(found: map { TensorType($0.scalarType, $0.shape) })
    }
    return self[0].doubles[0]
  }
}
