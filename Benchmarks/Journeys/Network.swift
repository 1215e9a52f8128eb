import Adjoint

/// The networks of the journeys.
enum Network {
  /// Dense layers of these widths, the input's first, with an activation between them and dropout after each activation.
  case dense([Int], Activation, dropout: Double = 0)
  /// Images of 28 × 28 pixels, for each number of filters a 3 × 3 convolution and pooling, then one hidden dense layer,
  /// with dropout before it and after it.
  case convolutional([Int], Int, classes: Int, dropout: Double = 0)

  var model: Sequential {
    switch self {
    case .dense(let widths, let activation, let dropout):
      Sequential {
        for width in widths.dropFirst().dropLast() {
          Dense(width, activation: activation)
          if dropout > 0 { Dropout(dropout) }
        }
        Dense(widths.last ?? 1)
      }
    case .convolutional(let filters, let hidden, let classes, let dropout):
      Sequential {
        Unflatten([28, 28, 1])
        for count in filters {
          Conv2D(count, size: (3, 3), padding: .same, activation: .relu)
          MaxPool2D()
        }
        Flatten()
        if dropout > 0 { Dropout(dropout) }
        Dense(hidden, activation: .relu)
        if dropout > 0 { Dropout(dropout) }
        Dense(classes)
      }
    }
  }

  /// `30-64-32-1 relu`.
  var description: String {
    switch self {
    case .dense(let widths, let activation, _):
      let layers = widths.map(String.init).joined(separator: "-")
      return widths.count > 2 ? "\(layers) \(activationName(activation))" : layers
    case .convolutional(let filters, let hidden, let classes, _):
      let convolutions = filters.map { "conv \($0)" }.joined(separator: ", ")
      return "\(convolutions), \(hidden)-\(classes) relu"
    }
  }

  /// The widths of the hidden layers and their activation, where scikit-learn has such a network.
  var peer: (hidden: [Int], activation: String)? {
    guard case .dense(let widths, let activation, _) = self else { return nil }
    return (Array(widths.dropFirst().dropLast()), activationName(activation))
  }

  private func activationName(_ activation: Activation) -> String {
    Activation.named.first { $0.activation == activation }?.name ?? "\(activation)"
  }
}
