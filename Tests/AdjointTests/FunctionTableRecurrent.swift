import Adjoint

/// Recurrent networks; PyTorch says what these give.
extension TableEntry {
  static let recurrent: [TableEntry] = sequences + cells

  private static let sequences: [TableEntry] = [
    TableEntry("rnn") { x in
      let (outputs, state) = rnn(x[0], weights: weights(x))
      return [outputs, state]
    },
    TableEntry("rnn from a state") { x in
      let (outputs, state) = rnn(x[0], state: x[4], weights: weights(x), keeping: .carries)
      return [outputs, state]
    },
    TableEntry("lstm") { x in
      let (outputs, state) = lstm(x[0], weights: weights(x))
      return [outputs, state.hidden, state.cell]
    },
    TableEntry("lstm from a state") { x in
      let (outputs, state) = lstm(x[0], state: (x[4], x[5]), weights: weights(x), keeping: .segments(of: 3))
      return [outputs, state.hidden, state.cell]
    },
    TableEntry("gru") { x in
      let (outputs, state) = gru(x[0], weights: weights(x, recurrentBias: x[4]))
      return [outputs, state]
    },
    TableEntry("gru from a state") { x in
      let (outputs, state) = gru(x[0], state: x[5], weights: weights(x, recurrentBias: x[4]))
      return [outputs, state]
    },
  ]

  private static let cells: [TableEntry] = [
    TableEntry("rnnCell") { x in [rnnCell(x[0], state: x[4], weights: weights(x))] },
    TableEntry("lstmCell") { x in
      let (hidden, cell) = lstmCell(x[0], state: (x[4], x[5]), weights: weights(x))
      return [hidden, cell]
    },
    TableEntry("gruCell") { x in [gruCell(x[0], state: x[5], weights: weights(x, recurrentBias: x[4]))] },
  ]

  private static func weights(_ x: [Tensor], recurrentBias: Tensor? = nil) -> RecurrentWeights {
    RecurrentWeights(input: x[1], recurrent: x[2], bias: x[3], recurrentBias: recurrentBias)
  }
}
