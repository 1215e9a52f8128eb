import AdjointArray
import AdjointIR

/// A recurrent layer over sequences `[batch, steps, inputs]`, as a loop over the steps.
///
/// The weights are ``RecurrentWeights``: the input's start by Glorot's rule, the recurrent ones uniform within ±1/√units, and
/// biases at 0, which are not regularized.
public struct Recurrent: Layer {
  /// What is done in each step.
  public enum Cell: Hashable, Sendable {
    /// ``rnnCell(_:state:weights:activation:file:line:)``.
    case plain(Activation = .tanh)
    /// ``lstmCell(_:state:weights:file:line:)``.
    case lstm
    /// ``gruCell(_:state:weights:file:line:)``.
    case gru

    var gates: Int {
      switch self {
      case .plain: 1
      case .lstm: 4
      case .gru: 3
      }
    }

    fileprivate var name: String {
      switch self {
      case .plain: "rnn"
      case .lstm: "lstm"
      case .gru: "gru"
      }
    }
  }

  public let weight: Parameter
  public let recurrentWeight: Parameter
  public let bias: Parameter
  public let recurrentBias: Parameter?
  public let cell: Cell
  public let units: Int
  public let returnsSequence: Bool
  private let memory: LoopMemory
  private let location: SourceLocation

  /// - Parameters:
  ///   - units: the width of the state.
  ///   - returnsSequence: whether the result is h after each step, `[batch, steps, units]`, rather than after the last,
  ///     `[batch, units]`.
  ///   - memory: what is kept for the derivative.
  public init(
    _ cell: Cell, units: Int, returnsSequence: Bool = false, keeping memory: LoopMemory = .values,
    file: String = #fileID, line: Int = #line
  ) {
    self.cell = cell
    self.units = units
    self.returnsSequence = returnsSequence
    self.memory = memory
    location = SourceLocation(file: file, line: line)
    let width = saturatingProduct(cell.gates, units)
    let bound = 1 / Double(max(1, units)).squareRoot()
    weight = Parameter(initializer: .glorotUniform) { input in [input.dimensions.last ?? 1, width] }
    recurrentWeight = Parameter([units, width], initializer: .uniform(low: -bound, high: bound))
    bias = Parameter([width], initializer: .zeros, isRegularized: false)
    recurrentBias = cell == .gru ? Parameter([width], initializer: .zeros, isRegularized: false) : nil
  }

  public func callAsFunction(_ x: Tensor) -> Tensor {
    let name = x.trace.path(of: weight)?.layerName ?? cell.name
    return x.trace.within(.layer(name)) {
      x.trace.at(location) {
        let weights = RecurrentWeights(
          input: weight.tensor(for: x, name: name + ".weight", at: nil),
          recurrent: recurrentWeight.tensor(for: x, name: name + ".recurrentWeight", at: nil),
          bias: bias.tensor(for: x, name: name + ".bias", at: nil),
          recurrentBias: recurrentBias?.tensor(for: x, name: name + ".recurrentBias", at: nil))
        let sequence = x.checked("recurrent layer") { type in
          type.rank == 3
            ? nil : ("its input \(type.shape) is no batch of sequences", "give [batch, steps, inputs]")
        }
        guard sequence.rank == 3 else { return sequence }
        let (outputs, last) = run(sequence.movingAxis(from: 1, to: 0), weights)
        return returnsSequence ? outputs.movingAxis(from: 0, to: 1) : last
      }
    }
  }

  private func run(_ x: Tensor, _ weights: RecurrentWeights) -> (outputs: Tensor, last: Tensor) {
    switch cell {
    case .plain(let activation):
      let result = rnn(x, weights: weights, activation: activation, keeping: memory)
      return (result.outputs, result.state)
    case .lstm:
      let result = lstm(x, weights: weights, keeping: memory)
      return (result.outputs, result.state.hidden)
    case .gru:
      let result = gru(x, weights: weights, keeping: memory)
      return (result.outputs, result.state)
    }
  }
}
