import AdjointArray
import AdjointCodegen
import AdjointIR
import AdjointInterpreter
import AdjointJIT
import AdjointLowering
import AdjointTransforms
import CAdjointRuntime

/// How long each stage of a compilation took.
public struct CompileTimes: Sendable {
  /// Recording the user's closure.
  public var trace = Duration.zero
  /// Building the backward graph and the updates.
  public var derivatives = Duration.zero
  public var simplify = Duration.zero
  public var lower = Duration.zero
  public var emit = Duration.zero
  /// The C compiler.
  public var compile = Duration.zero
  /// What it is called.
  public internal(set) var compiler = "tcc"

  public init() {}

  public var total: Duration { trace + derivatives + simplify + lower + emit + compile }

  /// The stages by name, in order.
  public var stages: [(name: String, duration: Duration)] {
    [
      ("trace", trace), ("derivatives", derivatives), ("simplify", simplify), ("lower", lower),
      ("emit", emit),
      (compiler, compile),
    ]
  }
}

/// Runs `body` and adds the time it took to `total`.
func timed<R, E: Error>(_ total: inout Duration, _ body: () throws(E) -> R) throws(E) -> R {
  let clock = ContinuousClock()
  let start = clock.now
  defer { total += clock.now - start }
  return try body()
}

/// A compiled graph: code, and what it must be given. It never changes and can be run from many threads at
/// once, each with a workspace of its own; it owns no memory that a run writes.
public final class Executable: @unchecked Sendable {
  public let program: Program
  /// The C that runs.
  public let source: String
  public let times: CompileTimes
  /// The size of the machine code in bytes.
  public var codeBytes: Int { code.byteCount }

  private typealias Entry =
    @convention(c) (
      UnsafePointer<UnsafeMutableRawPointer?>, UnsafePointer<UnsafeMutableRawPointer?>,
      UnsafeMutableRawPointer
    ) -> Int32
  private let code: LoadedCode
  private let entry: Entry

  /// Compiles `graph`.
  ///
  /// - Parameters:
  ///   - dialect: what the C looks like; by default as the toolchain compiles it best.
  ///   - strips: how the rows of a batch are cut; `nil` where they are not.
  ///   - times: what the stages before took; the others are added.
  /// - Throws: ``GraphError``, ``CompilationError``, ``InstructionSetError``, ``ThreadCountError``.
  public init(
    _ graph: Graph, name: String = "step", dialect: Dialect? = nil, toolchain: Toolchain = .tinyCC,
    instructionSet: InstructionSet? = nil, target: Target = Target(), strips: StripLimits? = StripLimits(),
    times before: CompileTimes = CompileTimes()
  ) throws {
    try CompilationMemory.check()
    try GraphMemory.require(graph.nodes.count)
    var times = before
    let dialect = dialect ?? toolchain.dialect
    let set = try instructionSet ?? InstructionSet.selected()
    try Threads.start()
    // Loops of the user's may be of any length; those over strips, which come later, are as long as a batch.
    var hasLoops = false
    let simple = try timed(&times.simplify) {
      let whole = try graph.inliningCalls().simplified(phases: RewritePhase.standard.union([.schedule]))
      hasLoops = whole.nodes.contains { $0.operation.isScan }
      return if let strips { try whole.inStrips(strips) } else { whole }
    }
    let program = try timed(&times.lower) {
      try simple.lowered(name: name, target: target) { m, n, k, size in adj_gemm_workspace(m, n, k, size) }
    }
    let prelude: Prelude
    switch toolchain {
    case .tinyCC: prelude = .prototypes
    case .system: prelude = dialect.calls == .runtime ? .table : .headers
    }
    let text = timed(&times.emit) { program.c(dialect, prelude: prelude, polls: hasLoops) }
    code = try timed(&times.compile) {
      switch toolchain {
      case .tinyCC: try TinyCC.compile(generated: text, exporting: [program.name], symbols: set.symbols)
      case .system(let compiler):
        try compiler.compile(
          text, exporting: [program.name], symbols: dialect.calls == .runtime ? set.symbols : [],
          flags: dialect == .native ? set.compilerFlags : [])
      }
    }
    if case .system = toolchain { times.compiler = "cc" }
    entry = unsafeBitCast(try code.address(of: program.name), to: Entry.self)
    self.program = program
    source = text
    self.times = times
  }

  /// Runs the code on memory of the caller.
  ///
  /// - Parameters:
  ///   - arguments: one pointer for each argument of the graph, then one for each constant array of the program.
  ///   - outputs: one pointer for each output of the graph.
  ///   - arena: `program.arenaBytes` bytes, 64-byte aligned.
  /// - Throws: ``ExecutionError`` where an index was out of range, or a matrix not positive definite or singular.
  @inlinable
  package func run(
    arguments: UnsafePointer<UnsafeMutableRawPointer?>, outputs: UnsafePointer<UnsafeMutableRawPointer?>,
    arena: UnsafeMutableRawPointer
  ) throws(ExecutionError) {
    let status = call(arguments, outputs, arena)
    if status != 0 { throw failure(status) }
  }

  /// The entry point as the runtime's epoch loop calls it.
  var function: adj_program { unsafeBitCast(entry, to: adj_program.self) }

  @usableFromInline
  func call(
    _ arguments: UnsafePointer<UnsafeMutableRawPointer?>, _ outputs: UnsafePointer<UnsafeMutableRawPointer?>,
    _ arena: UnsafeMutableRawPointer
  ) -> Int32 {
    // `self` is alive for the call, and with it the code.
    entry(arguments, outputs, arena)
  }

  @usableFromInline
  func failure(_ status: Int32) -> ExecutionError {
    let kernel = program.kernel(numbered: Int(status))
    let (label, location) = (kernel?.provenance.label, kernel?.provenance.locations.first)
    guard case .call(let call) = kernel?.body, let failure = call.failure else {
      // No other kernel has a status.
      return .indexOutOfRange(operation: "kernel", label: label, rows: 0, location: location)
    }
    switch failure {
    case .indexOutOfRange(let rows):
      return .indexOutOfRange(operation: call.function, label: label, rows: rows, location: location)
    case .notPositiveDefinite:
      return .notPositiveDefinite(operation: call.function, label: label, location: location)
    case .singularMatrix:
      return .singularMatrix(operation: call.function, label: label, location: location)
    }
  }

  /// The outputs for `arguments`, both in the graph's order. Arguments that outputs replace are copied first.
  ///
  /// - Throws: ``ExecutionError`` where a type, a shape or an index is wrong, or a matrix not positive definite or
  ///   singular.
  public func callAsFunction(_ arguments: [NDArray], workspace: Workspace? = nil) throws(ExecutionError)
    -> [NDArray]
  {
    let resultBytes = program.outputs.reduce(0) { $0 + $1.type.byteCount }
    do {
      try Memory.require(
        resultBytes + (workspace == nil ? program.arenaBytes : 0), for: "a run of \(program.name)",
        remedy: Workspace.remedy)
    } catch { throw .insufficientMemory(error) }
    var results = emptyResults()
    try run(arguments, into: &results, workspace: workspace)
    return results
  }

  /// Arrays of zeros for the outputs.
  public func emptyResults() -> [NDArray] {
    program.outputs.map { NDArray(zeros: $0.type.shape, $0.type.scalarType) }
  }

  /// Writes the outputs for `arguments` into arrays that are there already, such as those of the call before.
  ///
  /// - Parameters:
  ///   - results: of the outputs' types, as ``emptyResults()`` makes them.
  ///   - workspace: one for this executable, kept for the next call; else the call makes one.
  /// - Throws: as ``callAsFunction(_:workspace:)`` does; ``ExecutionError/resultMismatch(name:expected:found:)`` where
  ///   `results` are not the outputs'.
  public func run(_ arguments: [NDArray], into results: inout [NDArray], workspace: Workspace? = nil)
    throws(ExecutionError)
  {
    guard arguments.count == program.arguments.count else {
      throw .argumentCount(expected: program.arguments.count, found: arguments.count)
    }
    for (argument, value) in zip(program.arguments, arguments) {
      let found = TensorType(value.scalarType, value.shape)
      guard found == argument.type else {
        throw .argumentMismatch(name: argument.name, expected: argument.type, found: found)
      }
    }
    for (index, output) in program.outputs.enumerated() {
      let found = index < results.count ? TensorType(results[index].scalarType, results[index].shape) : nil
      guard found == output.type, results.count == program.outputs.count else {
        throw .resultMismatch(name: output.name, expected: output.type, found: found)
      }
    }
    let memory: Workspace
    if let workspace {
      memory = workspace
    } else {
      do { memory = try Workspace(asking: self) } catch { throw .insufficientMemory(error) }
    }
    guard memory.byteCount >= program.arenaBytes else {
      throw .workspaceTooSmall(needed: program.arenaBytes, found: memory.byteCount)
    }
    var held = arguments + program.constants
    for output in program.outputs {
      if let slot = output.inPlace { held[slot] = held[slot].copy() }
    }
    let inputs: [UnsafeMutableRawPointer?] = held.map { UnsafeMutableRawPointer(mutating: $0.unsafeBase) }
    let outputs: [UnsafeMutableRawPointer?] = results.indices.map { results[$0].uniqueBase() }
    try withExtendedLifetime((held, results, memory)) { () throws(ExecutionError) in
      try run(arguments: inputs, outputs: outputs, arena: memory.arena)
    }
    for (index, output) in program.outputs.enumerated() {
      if let slot = output.inPlace { results[index] = held[slot] }
    }
  }
}

extension Toolchain {
  /// What it compiles best: loops, unless it cannot vectorise them.
  var dialect: Dialect {
    switch self {
    case .tinyCC: .tile
    case .system: .native
    }
  }
}

/// The memory that one run at a time may write: the arena of an executable.
public final class Workspace {
  let arena: UnsafeMutableRawPointer
  public let byteCount: Int

  /// - Precondition: memory holds it; where that is not known, see ``init(asking:)``.
  public init(for executable: Executable) {
    byteCount = max(64, executable.program.arenaBytes)
    arena = .allocate(byteCount: byteCount, alignment: 64)
  }

  /// The same, where an executable may need much.
  ///
  /// - Throws: ``MemoryError`` where there is too little; see ``Memory``.
  public init(asking executable: Executable) throws(MemoryError) {
    byteCount = max(64, executable.program.arenaBytes)
    let purpose = { "the values that \(executable.program.name) keeps while it runs" }
    try Memory.require(byteCount, for: purpose(), isPlural: true, remedy: Self.remedy)
    guard let memory = Memory.allocated(byteCount) else {
      throw MemoryError(
        purpose: purpose(), isPlural: true, needed: byteCount, available: Memory.available().bytes,
        bound: .system, remedy: Self.remedy)
    }
    arena = memory
  }

  static let remedy = "make batches or arrays smaller"

  deinit { Memory.free(arena) }
}

/// Why compiled code could not be run on the values given, or what it met.
public enum ExecutionError: DocumentedError, Hashable {
  case argumentCount(expected: Int, found: Int)
  case argumentMismatch(name: String, expected: TensorType, found: TensorType)
  /// An array that is to hold a result has another type; `nil` where their number is wrong.
  case resultMismatch(name: String, expected: TensorType, found: TensorType?)
  /// A scalar was asked of a function that gives something else.
  case notScalar(found: [TensorType])
  /// An index outside a table; the nearest row was used instead, and the result must not be.
  case indexOutOfRange(operation: String, label: String?, rows: Int, location: SourceLocation?)
  /// A Cholesky decomposition met a pivot that is not greater than 0.
  case notPositiveDefinite(operation: String, label: String?, location: SourceLocation?)
  /// A triangular matrix that is solved with has a zero on its diagonal.
  case singularMatrix(operation: String, label: String?, location: SourceLocation?)
  /// The workspace was made for another executable.
  case workspaceTooSmall(needed: Int, found: Int)
  case insufficientMemory(MemoryError)

  public enum Kind: String, CaseIterable, Sendable {
    case argumentCount, argumentMismatch, resultMismatch, notScalar, indexOutOfRange, notPositiveDefinite,
      singularMatrix
    case workspaceTooSmall, insufficientMemory
  }

  public var kind: Kind {
    switch self {
    case .argumentCount: .argumentCount
    case .argumentMismatch: .argumentMismatch
    case .resultMismatch: .resultMismatch
    case .notScalar: .notScalar
    case .indexOutOfRange: .indexOutOfRange
    case .notPositiveDefinite: .notPositiveDefinite
    case .singularMatrix: .singularMatrix
    case .workspaceTooSmall: .workspaceTooSmall
    case .insufficientMemory: .insufficientMemory
    }
  }

  public var message: String {
    switch self {
    case .argumentCount(let expected, let found):
      return "\(found) arguments were given; the function takes \(expected)"
    case .argumentMismatch(let name, let expected, let found):
      return "argument '\(name)' is \(found); give \(expected)"
    case .resultMismatch(let name, let expected, let found):
      return
        "result '\(name)' is \(expected), and \(found.map { "an array of type \($0)" } ?? "another number of arrays") is to hold it; make them with emptyResults()"
    case .notScalar(let found):
      let types = found.map { "\($0)" }.joined(separator: ", ")
      return "the function gives \(found.isEmpty ? "nothing" : types), not one number; call it with arrays"
    case .indexOutOfRange(let operation, let label, let rows, let location):
      let place = location.map { "\($0): " } ?? ""
      let node = label.map { " '\($0)'" } ?? ""
      return "\(place)\(operation)\(node): an index is out of range; indices run from 0 to \(rows - 1)"
    case .notPositiveDefinite(let operation, let label, let location):
      return InterpreterError.notPositiveDefinite(operation: operation, label: label, location: location)
        .message
    case .singularMatrix(let operation, let label, let location):
      return InterpreterError.singularMatrix(operation: operation, label: label, location: location).message
    case .workspaceTooSmall(let needed, let found):
      return
        "the workspace has \(found) bytes and \(needed) are needed; make it with Workspace(for:) of this executable"
    case .insufficientMemory(let error): return error.message
    }
  }
}
