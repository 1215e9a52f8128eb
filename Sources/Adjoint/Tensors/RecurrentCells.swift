import AdjointArray
import AdjointIR

// One step of a recurrent network, and whole sequences as loops over it. Weights multiply from the right, x·W, so that
// they are the transposes of PyTorch's, whose order of gates and biases this is.

/// The weights of a recurrent cell. With k gates (1 of a plain cell, 4 of an LSTM, 3 of a GRU) beside each other:
public struct RecurrentWeights {
  /// `[inputs, k · units]`.
  public var input: Tensor
  /// `[units, k · units]`.
  public var recurrent: Tensor
  /// `[k · units]`, added to the input's part.
  public var bias: Tensor?
  /// `[k · units]`, added to the recurrent part. Only a GRU tells the two apart.
  public var recurrentBias: Tensor?

  public init(input: Tensor, recurrent: Tensor, bias: Tensor? = nil, recurrentBias: Tensor? = nil) {
    self.input = input
    self.recurrent = recurrent
    self.bias = bias
    self.recurrentBias = recurrentBias
  }

  /// x·W + b.
  func ofInput(_ x: Tensor) -> Tensor { bias.map { matmul(x, input) + $0 } ?? matmul(x, input) }
  /// h·U + c.
  func ofState(_ h: Tensor) -> Tensor {
    recurrentBias.map { matmul(h, recurrent) + $0 } ?? matmul(h, recurrent)
  }
}

/// One step of a plain recurrent network: h′ = activation(x·W + b + h·U).
///
/// J. L. Elman, "Finding structure in time", 1990.
/// - Parameters:
///   - x: `[…, inputs]`.
///   - state: h, `[…, units]`.
public func rnnCell(
  _ x: Tensor, state: Tensor, weights: RecurrentWeights, activation: Activation = .tanh,
  file: String = #fileID, line: Int = #line
) -> Tensor {
  Tensor.compose([x, state], file, line) {
    activation(weights.ofInput(x) + weights.ofState(state))
  }
}

/// One step of a long short-term memory: with the gates i, f, g, o of x·W + b + h·U,
/// c′ = σ(f)·c + σ(i)·tanh(g) and h′ = σ(o)·tanh(c′).
///
/// S. Hochreiter & J. Schmidhuber, "Long short-term memory", 1997, with the forget gate of F. A. Gers et al., 2000.
/// - Parameters:
///   - x: `[…, inputs]`.
///   - state: h and c, each `[…, units]`.
public func lstmCell(
  _ x: Tensor, state: (hidden: Tensor, cell: Tensor), weights: RecurrentWeights, file: String = #fileID,
  line: Int = #line
) -> (hidden: Tensor, cell: Tensor) {
  at(file, line, [x, state.hidden, state.cell]) {
    lstm(weights.ofInput(x), state.hidden, state.cell, weights)
  }
}

/// One step of a gated recurrent unit: with the gates r, z, n of x·W + b and of h·U + c,
/// r = σ(xᵣ + hᵣ), z = σ(x_z + h_z), n = tanh(xₙ + r·hₙ) and h′ = (1 − z)·n + z·h.
///
/// K. Cho et al., 2014, with the reset gate behind the product, as PyTorch and cuDNN have it.
/// - Parameters:
///   - x: `[…, inputs]`.
///   - state: h, `[…, units]`.
public func gruCell(
  _ x: Tensor, state: Tensor, weights: RecurrentWeights, file: String = #fileID, line: Int = #line
) -> Tensor {
  Tensor.compose([x, state], file, line) { gru(weights.ofInput(x), state, weights) }
}

/// A plain recurrent network over a sequence.
///
/// - Parameters:
///   - x: `[steps, …, inputs]`: the time first.
///   - state: h at first, `[…, units]`; zeros where none is given.
/// - Returns: h after each step, `[steps, …, units]`, and after the last one.
public func rnn(
  _ x: Tensor, state: Tensor? = nil, weights: RecurrentWeights, activation: Activation = .tanh,
  keeping memory: LoopMemory = .values, file: String = #fileID, line: Int = #line
) -> (outputs: Tensor, state: Tensor) {
  sequence(x, [state], weights, gates: 1, memory, file, line) { [activation($0 + weights.ofState($1[0]))] }
    .oneState
}

/// A long short-term memory over a sequence; see ``lstmCell(_:state:weights:file:line:)``.
///
/// - Returns: h after each step, `[steps, …, units]`, and h and c after the last one.
public func lstm(
  _ x: Tensor, state: (hidden: Tensor, cell: Tensor)? = nil, weights: RecurrentWeights,
  keeping memory: LoopMemory = .values, file: String = #fileID, line: Int = #line
) -> (outputs: Tensor, state: (hidden: Tensor, cell: Tensor)) {
  let result = sequence(x, [state?.hidden, state?.cell], weights, gates: 4, memory, file, line) { z, states in
    let next = lstm(z, states[0], states[1], weights)
    return [next.hidden, next.cell]
  }
  return (result.outputs, (result.states[0], result.states[1]))
}

/// Gated recurrent units over a sequence; see ``gruCell(_:state:weights:file:line:)``.
///
/// - Returns: h after each step, `[steps, …, units]`, and after the last one.
public func gru(
  _ x: Tensor, state: Tensor? = nil, weights: RecurrentWeights, keeping memory: LoopMemory = .values,
  file: String = #fileID, line: Int = #line
) -> (outputs: Tensor, state: Tensor) {
  sequence(x, [state], weights, gates: 3, memory, file, line) { [gru($0, $1[0], weights)] }.oneState
}

/// h′ and c′ from the input's part of the gates.
private func lstm(_ z: Tensor, _ h: Tensor, _ c: Tensor, _ weights: RecurrentWeights) -> (
  hidden: Tensor, cell: Tensor
) {
  let gates = (z + weights.ofState(h)).split(parts: 4, axis: -1)
  guard gates.count == 4 else { return (h, c) }
  let cell = sigmoid(gates[1]) * c + sigmoid(gates[0]) * tanh(gates[2])
  return (sigmoid(gates[3]) * tanh(cell), cell)
}

/// h′ from the input's part of the gates.
private func gru(_ z: Tensor, _ h: Tensor, _ weights: RecurrentWeights) -> Tensor {
  let own = z.split(parts: 3, axis: -1)
  let past = weights.ofState(h).split(parts: 3, axis: -1)
  guard own.count == 3, past.count == 3 else { return h }
  let reset = sigmoid(own[0] + past[0])
  let update = sigmoid(own[1] + past[1])
  let new = tanh(own[2] + reset * past[2])
  return new + update * (h - new)
}

private struct SequenceResult {
  let outputs: Tensor
  let states: [Tensor]
  var oneState: (outputs: Tensor, state: Tensor) { (outputs, states[0]) }
}

/// The loop of a recurrent network. The input's part of all steps is one product, before the loop.
private func sequence(
  _ x: Tensor, _ initial: [Tensor?], _ weights: RecurrentWeights, gates: Int, _ memory: LoopMemory,
  _ file: String, _ line: Int, _ step: (_ z: Tensor, _ states: [Tensor]) -> [Tensor]
) -> SequenceResult {
  at(file, line, [x, weights.input, weights.recurrent]) {
    let units = weights.recurrent.shape.dimensions.first ?? 0
    let whole = x.checked("recurrent network", at: SourceLocation(file: file, line: line)) { type in
      guard type.rank >= 2 else {
        return ("its input \(type.shape) is no sequence", "give [steps, …, inputs]")
      }
      let (w, u) = (weights.input.shape, weights.recurrent.shape)
      guard w.rank == 2, u.rank == 2, w[0] == type.shape.dimensions.last, w[1] == gates * units, u[1] == w[1]
      else {
        return (
          "weights \(w) and \(u) for an input \(type.shape)",
          "give [inputs, \(gates) · units] and [units, \(gates) · units]"
        )
      }
      return nil
    }
    let z = weights.ofInput(whole)
    let shape = Shape(x.shape.dimensions.dropFirst().dropLast() + [units])
    let zeros = Tensor.constant(0, like: z).broadcast(to: shape)
    let states = initial.map { $0 ?? zeros }
    let result = scan(states, over: [z], keeping: memory, file: file, line: line) { carries, slices in
      let next = step(slices[0], carries)
      return (next, [next[0]])
    }
    return SequenceResult(outputs: result.outputs.first ?? Tensor.poison(like: z), states: result.carries)
  }
}

/// Runs `body` with its nodes at the line of the caller.
private func at<R>(_ file: String, _ line: Int, _ operands: [Tensor], _ body: () -> R) -> R {
  guard let trace = Trace.open(among: operands) else { return body() }
  return trace.at(SourceLocation(file: file, line: line), body)
}
