import AdjointArray
import AdjointIR

/// What a loop keeps of its runs for the derivative.
public enum LoopMemory: Hashable, Sendable {
  /// Every value that the derivative reads: the fastest, and the most memory.
  case values
  /// What each run hands on, from which the rest of the run is computed again.
  case carries
  /// What is handed on from one segment of so many runs to the next; each segment is computed again when its derivative
  /// is due. Without a number the segments are √n long for n runs, so that √n carries and the values of √n runs are kept.
  /// (Griewank & Walther, Evaluating Derivatives, 2nd ed., ch. 12; Chen, Xu, Zhang & Guestrin, 2016.)
  case segments(of: Int? = nil)
}

/// A loop: runs `body` once for each element along axis 0 of `sequences`, and hands on what it makes of `initial`.
///
/// ```swift
/// // A running mean of x [t, n].
/// let (last, means) = scan([Tensor.zeros(like: x[0])], over: [x]) { carries, slices in
///   let mean = 0.9 * carries[0] + 0.1 * slices[0]
///   return ([mean], [mean])
/// }
/// ```
///
/// The graph holds the body once, and the code is a loop: neither grows with the number of runs. Few short runs are
/// written out. Tensors from outside and parameters may be used in the body, and have their derivatives; derivatives of
/// both modes and any order are loops again. What `body` draws at random it draws anew in each run.
///
/// - Parameters:
///   - initial: what the first run is given. Each run gives as many tensors of the same types and shapes to the next one.
///   - sequences: tensors of one extent along axis 0; a run is given one slice `[…]` of each `[n, …]`.
///   - length: the number of runs, where there are no sequences.
///   - isReversed: from the last slice to the first.
///   - memory: what is kept for the derivative.
/// - Returns: the carries after the last run, and each output of the runs stacked along a new axis 0, in the order of the
///   slices.
public func scan(
  _ initial: [Tensor], over sequences: [Tensor] = [], length: Int? = nil, isReversed: Bool = false,
  keeping memory: LoopMemory = .values, file: String = #fileID, line: Int = #line,
  _ body: (_ carries: [Tensor], _ slices: [Tensor]) throws -> (carries: [Tensor], outputs: [Tensor])
) rethrows -> (carries: [Tensor], outputs: [Tensor]) {
  let location = SourceLocation(file: file, line: line)
  let recording = try LoopRecording("scan", initial, sequences, length, at: location, body)
  return recording.scan(isReversed: isReversed, memory, at: location)
}

/// What `count` applications of `body` make of `x`.
///
/// - Parameter memory: what is kept for the derivative.
public func iterate(
  _ x: Tensor, count: Int, keeping memory: LoopMemory = .values, file: String = #fileID, line: Int = #line,
  _ body: (Tensor) throws -> Tensor
) rethrows -> Tensor {
  let result = try scan([x], length: count, keeping: memory, file: file, line: line) { carries, _ in
    ([try body(carries[0])], [])
  }
  return result.carries[0]
}

/// Runs `body` as long as `condition` holds, and at most `maximum` times.
///
/// ```swift
/// // The square root of a by Newton's method.
/// let (x, _) = iterate([a], while: { abs($0[0] * $0[0] - a) .> 1e-12 }, atMost: 60) { [0.5 * ($0[0] + a / $0[0])] }
/// ```
///
/// The code stops as soon as the condition fails. The derivative is that of the runs that were made; its code goes through
/// all `maximum`, of which the others do nothing. (They compute what they do not use: where `body` is not finite at the
/// final values, its derivative can be NaN.)
///
/// - Parameters:
///   - initial: what the first run is given. Each run gives as many tensors of the same types and shapes to the next one.
///   - condition: gives a bool scalar.
/// - Returns: the last values, and the number of runs, an int32 scalar.
public func iterate(
  _ initial: [Tensor], while condition: ([Tensor]) throws -> Tensor, atMost maximum: Int,
  keeping memory: LoopMemory = .values, file: String = #fileID, line: Int = #line,
  _ body: ([Tensor]) throws -> [Tensor]
) rethrows -> (values: [Tensor], count: Tensor) {
  let location = SourceLocation(file: file, line: line)
  guard let trace = Trace.open(among: initial) else {
    return (initial, Trace.strayPoison(LoopRecording.noTensors("iterate", location)))
  }
  let first = try condition(initial)
  let zero = Tensor.constant(0, .int32, in: trace, file: file, line: line)
  let recording = try LoopRecording("iterate", [first, zero] + initial, [], maximum, at: location) {
    carries, _ in
    let (goesOn, count, old) = (carries[0], carries[1], Array(carries.dropFirst(2)))
    let new = try body(old)
    let next = zip(old, new).map { select(goesOn, $1, $0) } + new.dropFirst(old.count)
    return ([goesOn .& (try condition(next)), count + goesOn.cast(to: .int32)] + next, [])
  }
  let results = recording.scan(isReversed: false, memory, stopsEarly: true, at: location).carries
  guard results.count == initial.count + 2 else { return (initial, zero) }
  return (Array(results.dropFirst(2)), results[1])
}

/// The body of a loop as a graph, and what it is run on.
private struct LoopRecording {
  private let trace: Trace
  private let operation: String
  private let initial: [Tensor]
  /// The last one, where anything is drawn at random, holds a key for each run.
  private var sequences: [Tensor]
  private let length: Int
  private let recording: NestedRecording?
  private let carryCount: Int

  static func noTensors(_ operation: String, _ location: SourceLocation) -> GraphError {
    GraphError(
      .invalidAttribute, operation: operation, problem: "no tensors are given", remedy: "give at least one",
      location: location)
  }

  init(
    _ operation: String, _ initial: [Tensor], _ sequences: [Tensor], _ length: Int?,
    at location: SourceLocation,
    _ body: ([Tensor], [Tensor]) throws -> (carries: [Tensor], outputs: [Tensor])
  ) rethrows {
    self.operation = operation
    self.initial = initial
    self.sequences = sequences
    guard let trace = Trace.open(among: initial + sequences) else {
      let stray = Trace.strayPoison(Self.noTensors(operation, location))
      (self.trace, self.length, recording, carryCount) = (stray.trace, 0, nil, 0)
      return
    }
    self.trace = trace
    let extents = sequences.map { $0.shape.dimensions.first }
    self.length = extents.first.flatMap { $0 } ?? length ?? 0
    carryCount = initial.count
    guard Self.isWhole(operation, sequences, length, in: trace, at: location) else {
      recording = nil
      return
    }
    let arguments =
      initial.enumerated().map { (trace.label(of: $0.element) ?? "carry\($0.offset)", $0.element.type) }
      + sequences.enumerated().map { index, sequence in
        (
          trace.label(of: sequence) ?? "slice\(index)",
          TensorType(sequence.scalarType, Shape(Array(sequence.shape.dimensions.dropFirst())))
        )
      }
    var given = 0
    let recorded = try trace.nested(
      operation, arguments, allowsCaptures: true, hasOwnKey: true, at: location
    ) { tensors in
      let (carries, outputs) = try body(
        Array(tensors.prefix(initial.count)), Array(tensors.dropFirst(initial.count)))
      given = carries.count
      return carries + outputs
    }
    if recorded.usesOwnKey {
      let (file, line) = (location.file, location.line)
      let numbers = Tensor.iota(self.length, .int64, in: trace, file: file, line: line)
      self.sequences.append(foldIn(trace.randomKey(at: location), numbers, file: file, line: line))
    }
    if given != initial.count {
      trace.record(
        GraphError(
          .invalidAttribute, operation: operation,
          problem: "a run is given \(initial.count) carries and gives \(given)",
          remedy: "give each one's next value, in their order", location: location))
      recording = nil
    } else {
      recording = recorded
    }
  }

  /// Whether the number of runs is known, and the same for all sequences.
  private static func isWhole(
    _ operation: String, _ sequences: [Tensor], _ length: Int?, in trace: Trace, at location: SourceLocation
  ) -> Bool {
    func fault(_ kind: GraphError.Kind, _ problem: String, _ remedy: String) -> Bool {
      trace.record(
        GraphError(kind, operation: operation, problem: problem, remedy: remedy, location: location))
      return false
    }
    let extents = sequences.map { $0.shape.dimensions.first }
    if extents.contains(nil) {
      return fault(.shapeMismatch, "a sequence is a scalar", "give tensors with an axis to run along")
    }
    let runs = Set(extents.compactMap { $0 } + [length].compactMap { $0 })
    guard let count = runs.first, runs.count == 1 else {
      return runs.isEmpty
        ? fault(.invalidAttribute, "neither sequences nor a length are given", "say how many runs there are")
        : fault(
          .shapeMismatch,
          "runs of \(runs.sorted().map(String.init).joined(separator: " and ")) are asked for",
          "give sequences of one extent along axis 0, and no other length")
    }
    return count >= 0 || fault(.invalidAttribute, "\(count) runs are asked for", "give at least 0")
  }

  func scan(
    isReversed: Bool, _ memory: LoopMemory, stopsEarly: Bool = false, at location: SourceLocation
  ) -> (carries: [Tensor], outputs: [Tensor]) {
    guard let recording else { return (initial.map { Tensor.poison(like: $0) }, []) }
    let poison = recording.resultTypes.enumerated().map { index, type in
      Tensor(
        poisoned: index < carryCount
          ? type : TensorType(type.scalarType, Shape([length] + type.shape.dimensions)), in: trace)
    }
    guard let graph = recording.graph else { return split(poison) }
    var segment: Int?
    if case .segments(let given) = memory {
      segment = given ?? max(1, Int(Double(length).squareRoot().rounded(.up)))
    }
    let scan = Scan(
      graph, carries: carryCount, stacked: sequences.count, length: length, isReversed: isReversed,
      memory: memory == .carries ? .carries : .values, stopsEarly: stopsEarly)
    let captured = recording.captured.map { Tensor(trace, $0) }
    let results = trace.append(operation, initial + sequences + captured, at: location) {
      builder, ids throws(GraphError) in
      do throws(GraphError) {
        return try builder.scan(scan, ids, segment: segment)
      } catch {
        throw GraphError(error.kind, operation: operation, problem: error.problem, remedy: error.remedy)
      }
    }
    return split(results?.map { Tensor(trace, $0) } ?? poison)
  }

  private func split(_ results: [Tensor]) -> (carries: [Tensor], outputs: [Tensor]) {
    (Array(results.prefix(carryCount)), Array(results.dropFirst(carryCount)))
  }
}
