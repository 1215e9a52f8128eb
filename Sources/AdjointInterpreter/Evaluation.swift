import AdjointArray
import AdjointIR

/// The value of one operation on `operands`; `type` is that of its result.
///
/// - Throws: ``InterpreterError/invalidOperation(_:)`` where the operation is not defined on the operands or
///   gives another type, ``InterpreterError/indexOutOfRange``, ``InterpreterError/notPositiveDefinite`` and
///   ``InterpreterError/singularMatrix`` without a place, and ``InterpreterError/missingArgument(name:type:)`` for an
///   argument, which has no value of its own.
package func evaluate(_ operation: Operation, _ operands: [NDArray], type: TensorType)
  throws(InterpreterError) -> NDArray
{
  do {
    try checkType(operation, operands.map { TensorType($0.scalarType, $0.shape) }, type)
  } catch {
    throw .invalidOperation(error)
  }
  return try evaluateChecked(operation, operands, type: type)
}

/// Checks that `operation` gives `type` on operands of `types`.
func checkType(_ operation: Operation, _ types: [TensorType], _ type: TensorType) throws(GraphError) {
  let found = try operation.resultType(types)
  guard found == type else {
    throw GraphError(
      .malformedGraph, operation: operation.name, problem: "it gives \(found), not \(type)",
      remedy: "let the builder infer the type")
  }
  // A negative extent would be no array at all.
  guard type.shape.dimensions.allSatisfy({ $0 >= 0 }) else {
    throw GraphError(
      .shapeMismatch, operation: operation.name, problem: "the shape \(type.shape) has a negative extent",
      remedy: "give extents of at least 0")
  }
}

/// - Precondition: ``checkType(_:_:_:)`` was passed.
func evaluateChecked(_ operation: Operation, _ operands: [NDArray], type: TensorType)
  throws(InterpreterError) -> NDArray
{
  switch operation {
  case .argument(let argument):
    throw .missingArgument(name: argument.name, type: argument.type)
  case .constant(let literal):
    return NDArray(repeating: literal, shape: .scalar)
  case .data(let array):
    return array
  case .iota(let count, let scalarType):
    return try iota(count, scalarType)
  case .unary(let function):
    return try unary(function, operands[0])
  case .binary(let function):
    return try binary(function, operands[0], operands[1])
  case .compare(let comparison):
    return try compare(comparison, operands[0], operands[1])
  case .select:
    return select(operands[0], operands[1], operands[2])
  case .cast(let scalarType):
    return cast(operands[0], to: scalarType)
  case .reduce(let reduction, let axes):
    return try reduce(reduction, operands[0], axes: axes, type: type)
  case .dot(let dimensions):
    return try dot(dimensions, operands[0], operands[1], type: type)
  case .reshape(let shape):
    return try reshape(operands[0], to: shape)
  case .transpose(let permutation):
    return transpose(operands[0], permutation)
  case .broadcast(let shape):
    return broadcast(operands[0], to: shape)
  case .slice(let range):
    return slice(operands[0], range)
  case .flip(let axes):
    return flip(operands[0], axes)
  case .pad(let padding):
    return pad(operands[0], padding, to: type.shape)
  case .concatenate(let axis):
    return concatenate(operands, axis: axis, type: type)
  case .windows(let form):
    return windows(form, operands[0], type: type)
  case .addWindows(let windows, _):
    return try addWindows(windows, operands[0], type: type)
  case .structured(let operation):
    return try structured(operation, operands, type: type)
  case .stopGradient, .barrier:
    return operands[0]
  case .scan(let scan, let result):
    let loop: Loop
    do {
      loop = try Loop(scan)
    } catch {
      throw .invalidOperation(error)
    }
    return try loop.run(operands)[result]
  case .call(let callee, let result):
    let nested: Interpreter
    do {
      nested = try Interpreter(nested: callee.graph, result: result)
    } catch {
      throw .invalidOperation(error)
    }
    return try nested.run(values: operands)[0]
  }
}

private func iota(_ count: Int, _ scalarType: ScalarType) throws(InterpreterError) -> NDArray {
  switch scalarType {
  case .float32: return iota(count, Float.self)
  case .float64: return iota(count, Double.self)
  case .int32: return iota(count, Int32.self)
  case .int64: return iota(count, Int64.self)
  case .bool: throw .undefined(.iota(count: count, scalarType), on: scalarType)
  }
}

private func iota<T: Number>(_ count: Int, _: T.Type) -> NDArray {
  var result = NDArray(zeros: [count], T.scalarType)
  result.withUnsafeMutableElements(of: T.self) { out in
    for i in 0..<count { out[i] = T(index: i) }
  }
  return result
}
