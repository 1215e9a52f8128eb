import Adjoint

var layerCalls: [ExtremeCall] {
  [
    .ints("Dense.init(_:activation:initializer:hasBias:)") { try prepared(Dense($0)) },
    .ints("MLP.init(_:activation:initializer:)") { try prepared(MLP([6, $0, 2])) },
    .ints("MLP.init(_:activation:initializer:)") { try prepared(MLP([$0, $0])) },
    .ints("Recurrent.init(_:units:returnsSequence:keeping:)") {
      try prepared(Recurrent(.plain(), units: $0), [2, 3, 4])
    },
    .ints("Recurrent.init(_:units:returnsSequence:keeping:)") {
      try prepared(Recurrent(.lstm, units: $0), [2, 3, 4])
    },
    .ints("Recurrent.init(_:units:returnsSequence:keeping:)") {
      try prepared(Recurrent(.gru, units: $0), [2, 3, 4])
    },
    .ints("Embedding.init(_:width:initializer:)") { try prepared(Embedding($0, width: 2)) },
    .ints("Embedding.init(_:width:initializer:)") { try prepared(Embedding(2, width: $0)) },
    .ints("MultiHeadAttention.init(heads:width:outputs:isCausal:hasBias:)") {
      try prepared(MultiHeadAttention(heads: $0, width: 4), [2, 3, 4])
    },
    .ints("MultiHeadAttention.init(heads:width:outputs:isCausal:hasBias:)") {
      try prepared(MultiHeadAttention(heads: 2, width: $0), [2, 3, 4])
    },
    .ints("MultiHeadAttention.init(heads:width:outputs:isCausal:hasBias:)") {
      try prepared(MultiHeadAttention(heads: 2, width: 4, outputs: $0), [2, 3, 4])
    },
    .doubles("BatchNorm.init(momentum:epsilon:)") { try prepared(BatchNorm(momentum: $0)) },
    .doubles("BatchNorm.init(momentum:epsilon:)") { try prepared(BatchNorm(epsilon: $0)) },
    .doubles("LayerNorm.init(epsilon:hasBias:)") { try prepared(LayerNorm(epsilon: $0)) },
    .doubles("Dropout.init(_:)") { try prepared(Dropout($0)) },
    .shapes("Unflatten.init(_:)") { try prepared(Unflatten($0)) },
    .shapes("Parameter.init(_:initializer:isRegularized:isTrained:)") { shape in
      struct Bare: Layer {
        let weight: Parameter
        func callAsFunction(_ x: Tensor) -> Tensor { sum(x) + sum(weight(for: x)) }
      }
      try prepared(Bare(weight: Parameter(shape)))
    },
    .shapes("Parameter.init(initializer:isRegularized:isTrained:shape:)") { shape in
      struct Bare: Layer {
        let weight: Parameter
        func callAsFunction(_ x: Tensor) -> Tensor { sum(x) + sum(weight(for: x)) }
      }
      try prepared(Bare(weight: Parameter { _ in shape }))
    },
    .shapes("Layer.summary(_:scalarType:)") { _ = try Dense(2).summary($0) },
    .doubles("Setting.init(_:in:)") { _ = Setting($0) },
    .ints("Conv1D.init(_:size:stride:padding:dilation:groups:activation:initializer:hasBias:)") {
      try prepared(Conv1D($0, size: 3), [2, 6, 4])
    },
    .ints("Conv1D.init(_:size:stride:padding:dilation:groups:activation:initializer:hasBias:)") {
      try prepared(Conv1D(2, size: $0), [2, 6, 4])
    },
    .ints("Conv1D.init(_:size:stride:padding:dilation:groups:activation:initializer:hasBias:)") {
      try prepared(Conv1D(2, size: 3, stride: $0, dilation: $0), [2, 6, 4])
    },
    .ints("Conv1D.init(_:size:stride:padding:dilation:groups:activation:initializer:hasBias:)") {
      try prepared(Conv1D(2, size: 3, padding: .around($0), groups: $0), [2, 6, 4])
    },
    .ints("Conv2D.init(_:size:strides:padding:dilations:groups:activation:initializer:hasBias:)") {
      try prepared(Conv2D($0, size: (3, 3)), [2, 6, 6, 4])
    },
    .ints("Conv2D.init(_:size:strides:padding:dilations:groups:activation:initializer:hasBias:)") {
      try prepared(Conv2D(2, size: ($0, 3), dilations: (1, $0)), [2, 6, 6, 4])
    },
    .ints("Conv2D.init(_:size:strides:padding:dilations:groups:activation:initializer:hasBias:)") {
      try prepared(Conv2D(2, size: (3, 3), strides: ($0, 1), padding: .same, groups: $0), [2, 6, 6, 4])
    },
    .ints("ConvTranspose1D.init(_:size:stride:padding:outputPadding:activation:initializer:hasBias:)") {
      try prepared(ConvTranspose1D($0, size: 3), [2, 6, 4])
    },
    .ints("ConvTranspose1D.init(_:size:stride:padding:outputPadding:activation:initializer:hasBias:)") {
      try prepared(ConvTranspose1D(2, size: $0), [2, 6, 4])
    },
    .ints("ConvTranspose1D.init(_:size:stride:padding:outputPadding:activation:initializer:hasBias:)") {
      try prepared(ConvTranspose1D(2, size: 3, stride: $0), [2, 6, 4])
    },
    .ints("ConvTranspose1D.init(_:size:stride:padding:outputPadding:activation:initializer:hasBias:)") {
      try prepared(ConvTranspose1D(2, size: 3, padding: $0, outputPadding: $0), [2, 6, 4])
    },
    .ints("ConvTranspose2D.init(_:size:strides:padding:outputPadding:activation:initializer:hasBias:)") {
      try prepared(ConvTranspose2D($0, size: (3, 3)), [2, 6, 6, 4])
    },
    .ints("ConvTranspose2D.init(_:size:strides:padding:outputPadding:activation:initializer:hasBias:)") {
      try prepared(ConvTranspose2D(2, size: (3, $0), strides: ($0, 1)), [2, 6, 6, 4])
    },
    .ints("ConvTranspose2D.init(_:size:strides:padding:outputPadding:activation:initializer:hasBias:)") {
      try prepared(ConvTranspose2D(2, size: (3, 3), padding: ($0, 0), outputPadding: (0, $0)), [2, 6, 6, 4])
    },
    .ints("MaxPool1D.init(size:stride:padding:)") { try prepared(MaxPool1D(size: $0), [2, 6, 4]) },
    .ints("MaxPool1D.init(size:stride:padding:)") {
      try prepared(MaxPool1D(size: 2, stride: $0, padding: .around($0)), [2, 6, 4])
    },
    .ints("AveragePool1D.init(size:stride:padding:countsPadding:)") {
      try prepared(AveragePool1D(size: $0), [2, 6, 4])
    },
    .ints("AveragePool1D.init(size:stride:padding:countsPadding:)") {
      try prepared(AveragePool1D(size: 2, stride: $0, padding: .same), [2, 6, 4])
    },
    .ints("MaxPool2D.init(size:strides:padding:)") { try prepared(MaxPool2D(size: ($0, $0)), [2, 6, 6, 4]) },
    .ints("MaxPool2D.init(size:strides:padding:)") {
      try prepared(MaxPool2D(strides: ($0, 1), padding: .same), [2, 6, 6, 4])
    },
    .ints("AveragePool2D.init(size:strides:padding:countsPadding:)") {
      try prepared(AveragePool2D(size: (2, $0)), [2, 6, 6, 4])
    },
    .ints("AveragePool2D.init(size:strides:padding:countsPadding:)") {
      try prepared(AveragePool2D(strides: (1, $0), padding: .around($0, 1)), [2, 6, 6, 4])
    },
    .strings("Activation.init(named:)") { _ = try Activation(named: $0) },
    .ints("WindowPadding.around(_:)") { n in
      try windows { _, s, _, _ in maxPool1d(s, size: 2, padding: .around(n, n)) }
    },
  ]
}
