import AdjointArray
import AdjointIR
import RealModule

// One loop for each function and scalar type: the function is chosen outside the loop, and `apply` is inlined
// with it, so that the optimiser sees a plain loop over contiguous memory.

@inline(__always)
private func apply<A: Scalar, R: Scalar>(_ a: NDArray, _ function: (A) -> R) -> NDArray {
  var result = NDArray(zeros: a.shape, R.scalarType)
  let (out, x) = (result.mutableBuffer(of: R.self), a.buffer(of: A.self))
  for i in 0..<out.count { out[i] = function(x[i]) }
  withExtendedLifetime((a, result)) {}
  return result
}

@inline(__always)
private func apply<A: Scalar, R: Scalar>(_ a: NDArray, _ b: NDArray, _ function: (A, A) -> R) -> NDArray {
  var result = NDArray(zeros: a.shape, R.scalarType)
  let (out, x, y) = (result.mutableBuffer(of: R.self), a.buffer(of: A.self), b.buffer(of: A.self))
  for i in 0..<out.count { out[i] = function(x[i], y[i]) }
  withExtendedLifetime((a, b, result)) {}
  return result
}

// MARK: One operand

func unary(_ function: UnaryFunction, _ a: NDArray) throws(InterpreterError) -> NDArray {
  let result: NDArray? =
    switch a.scalarType {
    case .float32: floatingUnary(function, a, Float.self)
    case .float64: floatingUnary(function, a, Double.self)
    case .int32: integerUnary(function, a, Int32.self)
    case .int64: integerUnary(function, a, Int64.self)
    case .bool: function == .not ? apply(a) { (x: Bool) in !x } : nil
    }
  guard let result else { throw .undefined(.unary(function), on: a.scalarType) }
  return result
}

private func floatingUnary<T: Floating>(_ function: UnaryFunction, _ a: NDArray, _: T.Type) -> NDArray? {
  switch function {
  case .negate: apply(a) { (x: T) in T.negation(x) }
  case .absolute: apply(a) { (x: T) in T.magnitude(x) }
  case .sign: apply(a) { (x: T) in T.signum(x) }
  case .exp: apply(a) { (x: T) in T.exp(x) }
  case .exp2: apply(a) { (x: T) in T.exp2(x) }
  case .expm1: apply(a) { (x: T) in T.expMinusOne(x) }
  case .log: apply(a) { (x: T) in T.log(x) }
  case .log2: apply(a) { (x: T) in T.log2(x) }
  case .log10: apply(a) { (x: T) in T.log10(x) }
  case .log1p: apply(a) { (x: T) in T.log(onePlus: x) }
  case .sqrt: apply(a) { (x: T) in x.squareRoot() }
  case .cbrt: apply(a) { (x: T) in T.root(x, 3) }
  case .sin: apply(a) { (x: T) in T.sin(x) }
  case .cos: apply(a) { (x: T) in T.cos(x) }
  case .tan: apply(a) { (x: T) in T.tan(x) }
  case .asin: apply(a) { (x: T) in T.asin(x) }
  case .acos: apply(a) { (x: T) in T.acos(x) }
  case .atan: apply(a) { (x: T) in T.atan(x) }
  case .sinh: apply(a) { (x: T) in T.sinh(x) }
  case .cosh: apply(a) { (x: T) in T.cosh(x) }
  case .tanh: apply(a) { (x: T) in T.tanh(x) }
  case .asinh: apply(a) { (x: T) in T.asinh(x) }
  case .acosh: apply(a) { (x: T) in T.acosh(x) }
  case .atanh: apply(a) { (x: T) in T.atanh(x) }
  case .erf: apply(a) { (x: T) in T.erf(x) }
  case .erfc: apply(a) { (x: T) in T.erfc(x) }
  case .floor: apply(a) { (x: T) in x.rounded(.down) }
  case .ceil: apply(a) { (x: T) in x.rounded(.up) }
  case .round: apply(a) { (x: T) in x.rounded(.toNearestOrEven) }
  case .sigmoid: apply(a) { (x: T) in T.sigmoid(x) }
  case .relu: apply(a) { (x: T) in T.relu(x) }
  case .not: nil
  }
}

private func integerUnary<T: Integer>(_ function: UnaryFunction, _ a: NDArray, _: T.Type) -> NDArray? {
  switch function {
  case .negate: apply(a) { (x: T) in T.negation(x) }
  case .absolute: apply(a) { (x: T) in T.magnitude(x) }
  case .sign: apply(a) { (x: T) in T.signum(x) }
  case .relu: apply(a) { (x: T) in T.relu(x) }
  case .exp, .exp2, .expm1, .log, .log2, .log10, .log1p, .sqrt, .cbrt, .sin, .cos, .tan, .asin, .acos, .atan,
    .sinh, .cosh, .tanh, .asinh, .acosh, .atanh, .erf, .erfc, .sigmoid, .floor, .ceil, .round, .not:
    nil
  }
}

// MARK: Two operands

func binary(_ function: BinaryFunction, _ a: NDArray, _ b: NDArray) throws(InterpreterError) -> NDArray {
  let result: NDArray? =
    switch a.scalarType {
    case .float32: floatingBinary(function, a, b, Float.self)
    case .float64: floatingBinary(function, a, b, Double.self)
    case .int32: arithmetic(function, a, b, Int32.self)
    case .int64: arithmetic(function, a, b, Int64.self)
    case .bool: logical(function, a, b)
    }
  guard let result else { throw .undefined(.binary(function), on: a.scalarType) }
  return result
}

private func floatingBinary<T: Floating>(
  _ function: BinaryFunction, _ a: NDArray, _ b: NDArray, _: T.Type
) -> NDArray? {
  switch function {
  case .power: apply(a, b) { (x: T, y: T) in T.power(x, y) }
  case .atan2: apply(a, b) { (y: T, x: T) in T.atan2(y: y, x: x) }
  case .hypot: apply(a, b) { (x: T, y: T) in T.hypot(x, y) }
  case .copySign: apply(a, b) { (x: T, y: T) in T(signOf: y, magnitudeOf: x) }
  case .add, .subtract, .multiply, .divide, .remainder, .maximum, .minimum, .and, .or:
    arithmetic(function, a, b, T.self)
  }
}

private func arithmetic<T: Number>(
  _ function: BinaryFunction, _ a: NDArray, _ b: NDArray, _: T.Type
) -> NDArray? {
  switch function {
  case .add: apply(a, b) { (x: T, y: T) in T.sum(x, y) }
  case .subtract: apply(a, b) { (x: T, y: T) in T.difference(x, y) }
  case .multiply: apply(a, b) { (x: T, y: T) in T.product(x, y) }
  case .divide: apply(a, b) { (x: T, y: T) in T.quotient(x, y) }
  case .maximum: apply(a, b) { (x: T, y: T) in T.larger(x, y) }
  case .minimum: apply(a, b) { (x: T, y: T) in T.smaller(x, y) }
  case .remainder: apply(a, b) { (x: T, y: T) in T.remainder(x, y) }
  default: nil  // Not defined on integers.
  }
}

private func logical(_ function: BinaryFunction, _ a: NDArray, _ b: NDArray) -> NDArray? {
  switch function {
  case .and: apply(a, b) { (x: Bool, y: Bool) in x && y }
  case .or: apply(a, b) { (x: Bool, y: Bool) in x || y }
  default: nil  // Of numbers.
  }
}

// MARK: Comparison and choice

func compare(_ comparison: Comparison, _ a: NDArray, _ b: NDArray) throws(InterpreterError) -> NDArray {
  switch a.scalarType {
  case .float32: return order(comparison, a, b, Float.self)
  case .float64: return order(comparison, a, b, Double.self)
  case .int32: return order(comparison, a, b, Int32.self)
  case .int64: return order(comparison, a, b, Int64.self)
  case .bool:
    switch comparison {
    case .equal: return apply(a, b) { (x: Bool, y: Bool) in x == y }
    case .notEqual: return apply(a, b) { (x: Bool, y: Bool) in x != y }
    case .less, .lessOrEqual, .greater, .greaterOrEqual: throw .undefined(.compare(comparison), on: .bool)
    }
  }
}

private func order<T: Number>(_ comparison: Comparison, _ a: NDArray, _ b: NDArray, _: T.Type) -> NDArray {
  switch comparison {
  case .equal: apply(a, b) { (x: T, y: T) in x == y }
  case .notEqual: apply(a, b) { (x: T, y: T) in x != y }
  case .less: apply(a, b) { (x: T, y: T) in x < y }
  case .lessOrEqual: apply(a, b) { (x: T, y: T) in x <= y }
  case .greater: apply(a, b) { (x: T, y: T) in x > y }
  case .greaterOrEqual: apply(a, b) { (x: T, y: T) in x >= y }
  }
}

func select(_ condition: NDArray, _ a: NDArray, _ b: NDArray) -> NDArray {
  switch a.scalarType {
  case .float32: choose(condition, a, b, Float.self)
  case .float64: choose(condition, a, b, Double.self)
  case .int32: choose(condition, a, b, Int32.self)
  case .int64: choose(condition, a, b, Int64.self)
  case .bool: choose(condition, a, b, Bool.self)
  }
}

private func choose<T: Scalar>(_ condition: NDArray, _ a: NDArray, _ b: NDArray, _: T.Type) -> NDArray {
  var result = NDArray(zeros: a.shape, T.scalarType)
  let (out, holds) = (result.mutableBuffer(of: T.self), condition.buffer(of: Bool.self))
  let (x, y) = (a.buffer(of: T.self), b.buffer(of: T.self))
  for i in 0..<out.count { out[i] = holds[i] ? x[i] : y[i] }
  withExtendedLifetime((condition, a, b, result)) {}
  return result
}

// MARK: Conversion

func cast(_ a: NDArray, to target: ScalarType) -> NDArray {
  if a.scalarType == target { return a }
  switch target {
  case .float32: return floatingCast(a, Float.self)
  case .float64: return floatingCast(a, Double.self)
  case .int32:
    return switch a.scalarType {
    case .float32: apply(a) { (x: Float) in Int32(saturating: Double(x)) }
    case .float64: apply(a) { (x: Double) in Int32(saturating: x) }
    case .int64: apply(a) { (x: Int64) in Int32(clamping: x) }
    case .bool: apply(a) { (x: Bool) in x ? Int32(1) : 0 }
    case .int32: a
    }
  case .int64:
    return switch a.scalarType {
    case .float32: apply(a) { (x: Float) in Int64(saturating: Double(x)) }
    case .float64: apply(a) { (x: Double) in Int64(saturating: x) }
    case .int32: apply(a) { (x: Int32) in Int64(x) }
    case .bool: apply(a) { (x: Bool) in x ? Int64(1) : 0 }
    case .int64: a
    }
  case .bool:
    return switch a.scalarType {
    case .float32: apply(a) { (x: Float) in x != 0 }
    case .float64: apply(a) { (x: Double) in x != 0 }
    case .int32: apply(a) { (x: Int32) in x != 0 }
    case .int64: apply(a) { (x: Int64) in x != 0 }
    case .bool: a
    }
  }
}

private func floatingCast<T: Floating>(_ a: NDArray, _: T.Type) -> NDArray {
  switch a.scalarType {
  case .float32: apply(a) { (x: Float) in T(x) }
  case .float64: apply(a) { (x: Double) in T(x) }
  case .int32: apply(a) { (x: Int32) in T(x) }
  case .int64: apply(a) { (x: Int64) in T(x) }
  case .bool: apply(a) { (x: Bool) -> T in x ? 1 : 0 }
  }
}
