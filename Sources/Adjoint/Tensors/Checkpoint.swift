import AdjointIR

/// What `body` makes of `x`, whose derivative computes it again instead of keeping what lies in between.
///
/// Values are those of `body(x)`, bit for bit; derivatives are, too, where each argument is used once, else up to the order in
/// which its cotangents are added. But from the forward to the backward pass only `x` and
/// what else the closure uses is kept: a network of n layers in √n checkpoints keeps about 2√n values at a time
/// instead of n, for one more forward pass. (Griewank & Walther, Evaluating Derivatives, 2nd ed., ch. 12; Chen, Xu,
/// Zhang & Guestrin, Training Deep Nets with Sublinear Memory Cost, 2016.)
///
/// ```swift
/// let h = checkpoint(x) { x in layer2(layer1(x)) }
/// ```
///
/// Parameters and tensors from outside may be used in the closure, and have their derivatives. Checkpoints nest.
public func checkpoint(
  _ x: Tensor, file: String = #fileID, line: Int = #line, _ body: (Tensor) throws -> Tensor
) rethrows -> Tensor {
  try checkpoint([x], file: file, line: line) { [try body($0[0])] }[0]
}

/// What `body` makes of `arguments`, whose derivative computes it again instead of keeping what lies in between.
///
/// - Returns: as many tensors as `body`.
public func checkpoint(
  _ arguments: [Tensor], file: String = #fileID, line: Int = #line,
  _ body: ([Tensor]) throws -> [Tensor]
) rethrows -> [Tensor] {
  let location = SourceLocation(file: file, line: line)
  let trace = Trace.open(among: arguments)
  let ids = arguments.compactMap { trace?.node(of: $0, operation: "checkpoint", at: location) }
  guard let trace, ids.count == arguments.count else { return try body(arguments) }
  let recording = try trace.nested(
    "checkpoint", arguments.enumerated().map { ("x\($0.offset)", $0.element.type) }, allowsCaptures: true,
    at: location, body)
  guard let graph = recording.graph else {
    return recording.resultTypes.map { Tensor(poisoned: $0, in: trace) }
  }
  return trace.call(
    Callee(graph, derivative: .recomputed), ids + recording.captured, as: "checkpoint", at: location)
}
