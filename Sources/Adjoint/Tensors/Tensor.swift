import AdjointArray
import AdjointIR

/// A value in a recorded graph: it has a type and a shape, and no numbers until the graph is run.
///
/// Operators and functions of tensors follow NumPy's names and broadcasting. What they are given wrong is kept by
/// the trace and thrown by the function, trainer or model that consumes it.
public struct Tensor {
  /// The recording that this tensor is part of.
  public let trace: Trace
  /// Its node; `nil` where the operation that should have made it was wrong.
  package let id: NodeID?
  package let type: TensorType

  init(_ trace: Trace, _ id: NodeID?, _ type: TensorType) {
    self.trace = trace
    self.id = id
    self.type = type
  }

  /// A poisoned tensor. Of a shape that cannot be, the rank is left, so that code that asks for it goes on.
  init(poisoned type: TensorType, in trace: Trace) {
    let guess = type.shape.isAddressable ? type.shape : Shape(type.shape.dimensions.map { _ in 1 })
    self.init(trace, nil, TensorType(type.scalarType, guess))
  }

  package init(_ trace: Trace, _ id: NodeID) { self.init(trace, id, trace.builder.type(id)) }

  /// The extents, outermost first. Of a poisoned tensor this is a guess, so that code that asks for it goes on.
  public var shape: Shape { type.shape }
  public var rank: Int { type.rank }
  /// The number of elements.
  public var count: Int { type.count }
  public var scalarType: ScalarType { type.scalarType }
  package var isPoisoned: Bool { id == nil }

  /// This tensor, named `label` in the generated code and in messages.
  ///
  /// A tensor that has a name keeps it as its first.
  @discardableResult
  public func labelled(_ label: String) -> Tensor {
    trace.label(self, label)
    return self
  }
}

extension Tensor: CustomStringConvertible {
  /// `dense1_z: float32[64,32]`.
  public var description: String {
    (trace.label(of: self).map { $0 + ": " } ?? "") + (isPoisoned ? "poisoned " : "") + "\(type)"
  }
}

// Making tensors.
extension Tensor {
  /// The number `value` as a scalar of the type of `other`.
  public static func constant(
    _ value: Double, like other: Tensor, file: String = #fileID, line: Int = #line
  ) -> Tensor {
    record("constant", [other], at: SourceLocation(file: file, line: line)) {
      builder, ids throws(GraphError) in
      try builder.literal(value, typedLike: ids[0])
    }
  }

  /// The number `value` as a scalar of `scalarType` in `trace`.
  public static func constant(
    _ value: Double, _ scalarType: ScalarType, in trace: Trace, file: String = #fileID, line: Int = #line
  ) -> Tensor {
    make("constant", TensorType(scalarType, .scalar), in: trace, file, line) { builder throws(GraphError) in
      builder.constant(Literal(value, as: scalarType))
    }
  }

  /// The elements of `array` in `trace`; compiled code is handed them as data.
  public static func constant(
    _ array: NDArray, in trace: Trace, file: String = #fileID, line: Int = #line
  ) -> Tensor {
    make("constant", TensorType(array.scalarType, array.shape), in: trace, file, line) {
      builder throws(GraphError) in builder.data(array)
    }
  }

  /// 0, 1, …, `count` − 1: shape `[count]`.
  public static func iota(
    _ count: Int, _ scalarType: ScalarType = .int32, in trace: Trace, file: String = #fileID,
    line: Int = #line
  ) -> Tensor {
    make("iota", TensorType(scalarType, [Swift.max(0, count)]), in: trace, file, line) {
      builder throws(GraphError) in try builder.append(.iota(count: count, scalarType), [])
    }
  }

  /// Zeros of the type and shape of `other`.
  public static func zeros(like other: Tensor, file: String = #fileID, line: Int = #line) -> Tensor {
    filled(0, like: other, file, line)
  }

  /// Ones of the type and shape of `other`.
  public static func ones(like other: Tensor, file: String = #fileID, line: Int = #line) -> Tensor {
    filled(1, like: other, file, line)
  }

  private static func filled(_ value: Double, like other: Tensor, _ file: String, _ line: Int) -> Tensor {
    record("constant", [other], at: SourceLocation(file: file, line: line)) {
      builder, ids throws(GraphError) in
      try builder.constant(value, like: ids[0])
    }
  }

  private static func make(
    _ operation: String, _ type: TensorType, in trace: Trace, _ file: String, _ line: Int,
    _ body: (inout Builder) throws(GraphError) -> NodeID
  ) -> Tensor {
    let location = SourceLocation(file: file, line: line)
    let stray = Tensor(poisoned: type, in: trace)
    guard !trace.isFinished else {
      return Trace.strayPoison(
        GraphError(
          .foreignTensor, operation: operation, problem: "it is asked for in a trace that has ended",
          remedy: "make it within the closure that uses it", location: location))
    }
    let made = trace.append(operation, [], at: location) { builder, _ throws(GraphError) in try body(&builder)
    }
    return made.map { Tensor(trace, $0) } ?? stray
  }
}

// Recording: what every operation is written with.
extension Tensor {
  static func poison(like other: Tensor) -> Tensor { Tensor(other.trace, nil, other.type) }

  /// What `body` appends for `operands`, of which there is at least one; poison where it throws.
  static func record(
    _ operation: String, _ operands: [Tensor], at location: SourceLocation? = nil,
    _ body: (inout Builder, [NodeID]) throws(GraphError) -> NodeID
  ) -> Tensor {
    guard let trace = Trace.open(among: operands) else {
      return Trace.strayPoison(
        GraphError(
          .invalidAttribute, operation: operation, problem: "no tensors are given",
          remedy: "give at least one", location: location))
    }
    if let id = trace.append(operation, operands, at: location, body) { return Tensor(trace, id) }
    return Tensor(trace, nil, operands[0].type)
  }

  /// The same for an operation with several results; `nil` where it fails.
  static func recordAll(
    _ operation: String, _ operands: [Tensor], at location: SourceLocation? = nil,
    _ body: (inout Builder, [NodeID]) throws(GraphError) -> [NodeID]
  ) -> [Tensor]? {
    guard let trace = Trace.open(among: operands) else { return nil }
    return trace.append(operation, operands, at: location, body)?.map { Tensor(trace, $0) }
  }

  /// A function that is written with others: all of its nodes are at the line of its caller.
  static func compose<Result>(
    _ operands: [Tensor], _ file: String, _ line: Int, _ body: () -> Result
  ) -> Result {
    guard let trace = Trace.open(among: operands) else { return body() }
    return trace.at(SourceLocation(file: file, line: line), body)
  }

  /// This tensor, poisoned where `fault` finds one in its type: a problem and a remedy.
  func checked(
    _ operation: String, at location: SourceLocation? = nil,
    _ fault: (TensorType) -> (problem: String, remedy: String)?
  ) -> Tensor {
    Tensor.record(operation, [self], at: location) { builder, ids throws(GraphError) in
      if let fault = fault(builder.type(ids[0])) {
        throw GraphError(.shapeMismatch, operation: operation, problem: fault.problem, remedy: fault.remedy)
      }
      return ids[0]
    }
  }
}

extension Builder {
  /// `value` as a scalar of the type of `other`.
  ///
  /// - Throws: ``GraphError`` where the type cannot hold it: 0.5 beside an int32 would become 0 in silence.
  mutating func literal(_ value: Double, typedLike other: NodeID) throws(GraphError) -> NodeID {
    let literal = Literal(value, as: scalarType(other))
    if !scalarType(other).isFloatingPoint, literal.doubleValue != value {
      throw GraphError(
        .typeMismatch, operation: "constant", problem: "\(value) is no \(scalarType(other))",
        remedy: "cast the tensor to float32 or float64 first")
    }
    return constant(literal)
  }

  /// `axis` counted from 0; negative ones count from the last, as in NumPy.
  func normalizedAxis(_ axis: Int, rank: Int, _ operation: String) throws(GraphError) -> Int {
    guard axis >= -rank, axis < rank else {
      throw GraphError(
        .axisOutOfRange, operation: operation, problem: "axis \(axis) of \(rank)",
        remedy: rank == 0 ? "a scalar has no axes" : "axes run from \(-rank) to \(rank - 1)")
    }
    return axis < 0 ? axis + rank : axis
  }
}
