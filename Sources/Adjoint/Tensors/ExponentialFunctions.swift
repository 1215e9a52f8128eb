import AdjointIR

// Exponentials and logarithms of each element of a floating-point tensor. The result has the shape of the operand.

/// eˣ.
public func exp(_ x: Tensor, file: String = #fileID, line: Int = #line) -> Tensor {
  unary(.exp, x, file, line)
}

/// eˣ − 1, exact for small x.
public func expm1(_ x: Tensor, file: String = #fileID, line: Int = #line) -> Tensor {
  unary(.expm1, x, file, line)
}

/// 2ˣ.
public func exp2(_ x: Tensor, file: String = #fileID, line: Int = #line) -> Tensor {
  unary(.exp2, x, file, line)
}

/// The natural logarithm: NaN for negative x, −∞ at 0, where the derivative is infinite.
public func log(_ x: Tensor, file: String = #fileID, line: Int = #line) -> Tensor {
  unary(.log, x, file, line)
}

/// The logarithm to base 2, exact for powers of 2; the domain is that of the natural logarithm.
public func log2(_ x: Tensor, file: String = #fileID, line: Int = #line) -> Tensor {
  unary(.log2, x, file, line)
}

/// The logarithm to base 10; the domain is that of the natural logarithm.
public func log10(_ x: Tensor, file: String = #fileID, line: Int = #line) -> Tensor {
  unary(.log10, x, file, line)
}

/// log(1 + x), exact for small x: NaN for x < −1, −∞ at −1, where the derivative is infinite.
public func log1p(_ x: Tensor, file: String = #fileID, line: Int = #line) -> Tensor {
  unary(.log1p, x, file, line)
}
