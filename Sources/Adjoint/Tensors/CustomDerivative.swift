import AdjointIR

/// A function with a derivative of your own: its value is what `value` makes of `arguments`, its vector–Jacobian
/// product what `vjp` says.
///
/// For what the derivative of the formula gets wrong, or is meant to be another: a straight-through estimator
/// (Bengio, Léonard & Courville, 2013), a bound on gradients, a form that is stable.
///
/// ```swift
/// let q = customDerivative("quantize", x) { x in
///   floor(x * 8) / 8
/// } vjp: { x, q, cotangent in
///   cotangent
/// }
/// ```
///
/// Forward mode follows from the same vjp, whose cotangent it transposes: it must be linear there, or what is taken
/// is its linear part at 0. Further derivatives are those of `vjp` as it is written.
///
/// - Parameters:
///   - name: of the function, in messages and in generated code.
///   - value: a floating-point result. It uses what it is given, constants, and nothing else.
///   - vjp: takes `x`, the result and the result's cotangent, and gives that of `x`, of its type and shape.
public func customDerivative(
  _ name: String, _ x: Tensor, file: String = #fileID, line: Int = #line,
  value: (Tensor) throws -> Tensor,
  vjp: (_ x: Tensor, _ result: Tensor, _ cotangent: Tensor) throws -> Tensor
) rethrows -> Tensor {
  try customDerivative(name, [x], file: file, line: line) {
    try value($0[0])
  } vjp: {
    [try vjp($0[0], $1, $2)]
  }
}

/// A function of several tensors with a derivative of your own.
///
/// - Parameters:
///   - vjp: takes the arguments, the result and its cotangent, and gives one cotangent for each floating-point
///     argument, in order.
public func customDerivative(
  _ name: String, _ arguments: [Tensor], file: String = #fileID, line: Int = #line,
  value: ([Tensor]) throws -> Tensor,
  vjp: (_ arguments: [Tensor], _ result: Tensor, _ cotangent: Tensor) throws -> [Tensor]
) rethrows -> Tensor {
  let location = SourceLocation(file: file, line: line)
  let trace = Trace.open(among: arguments)
  let ids = arguments.compactMap { trace?.node(of: $0, operation: name, at: location) }
  guard let trace, ids.count == arguments.count else { return try value(arguments) }
  let inputs = arguments.enumerated().map { (name: "x\($0.offset)", type: $0.element.type) }
  let primal = try trace.nested(name, inputs, allowsCaptures: false, at: location) { [try value($0)] }
  let type = primal.resultTypes[0]
  let cotangent = try trace.nested(
    name, inputs + [("y", type), ("d_y", type)], allowsCaptures: false, at: location
  ) {
    try vjp(Array($0.dropLast(2)), $0[$0.count - 2], $0[$0.count - 1])
  }
  guard let graph = primal.graph, let derivative = cotangent.graph else {
    return Tensor(poisoned: type, in: trace)
  }
  return trace.call(Callee(graph, derivative: .given(derivative)), ids, as: name, at: location)[0]
    .labelled(name)
}
