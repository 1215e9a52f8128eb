import AdjointArray
import AdjointData
import AdjointIR

/// A function between layers, applied to each element (softmax: along the last axis). A layer by itself, too.
public enum Activation: Hashable, Sendable, Layer {
  case identity
  case relu
  /// x for positive x, `slope` · x elsewhere.
  case leakyRelu(slope: Double = 0.01)
  case sigmoid
  case tanh
  case elu(alpha: Double = 1)
  /// The tanh form.
  case gelu
  case silu
  case softplus
  case softmax

  public func callAsFunction(_ x: Tensor) -> Tensor { x.trace.at(nil) { applied(to: x) } }

  private func applied(to x: Tensor) -> Tensor {
    switch self {
    case .identity: x
    case .relu: Adjoint.relu(x)
    case .leakyRelu(let slope): Adjoint.leakyRelu(x, slope: slope)
    case .sigmoid: Adjoint.sigmoid(x)
    case .tanh: Adjoint.tanh(x)
    case .elu(let alpha): Adjoint.elu(x, alpha: alpha)
    case .gelu: Adjoint.gelu(x)
    case .silu: Adjoint.silu(x)
    case .softplus: Adjoint.softplus(x)
    case .softmax: Adjoint.softmax(x)
    }
  }

  /// How weights before it start, unless the layer says otherwise: He's for those that pass on half of what comes.
  var initializer: Initializer {
    switch self {
    case .relu, .leakyRelu, .elu, .gelu, .silu, .softplus: .heUniform
    case .identity, .sigmoid, .tanh, .softmax: .glorotUniform
    }
  }
}

extension Activation {
  /// Each by its name, with the usual slope or alpha.
  public static let named: [(name: String, activation: Activation)] = usual.map { ($0.name, $0) }

  private static let usual: [Activation] = [
    .identity, .relu, .leakyRelu(), .sigmoid, .tanh, .elu(), .gelu, .silu, .softplus, .softmax,
  ]

  /// Its name there, whatever its slope or alpha: `leaky-relu`.
  public var name: String {
    switch self {
    case .identity: "identity"
    case .relu: "relu"
    case .leakyRelu: "leaky-relu"
    case .sigmoid: "sigmoid"
    case .tanh: "tanh"
    case .elu: "elu"
    case .gelu: "gelu"
    case .silu: "silu"
    case .softplus: "softplus"
    case .softmax: "softmax"
    }
  }

  /// The activation called `name`, in either case, with or without hyphens and underscores.
  ///
  /// - Throws: ``UnknownNameError`` with the names that there are.
  public init(named name: String) throws(UnknownNameError) {
    func plain(_ name: String) -> String { name.lowercased().filter { $0 != "-" && $0 != "_" } }
    guard let found = Self.named.first(where: { plain($0.name) == plain(name) }) else {
      throw UnknownNameError(what: "activation", name: name, known: Self.named.map(\.name))
    }
    self = found.activation
  }
}

/// A name that a user gave and that stands for nothing.
public struct UnknownNameError: DocumentedError, Hashable {
  public enum Kind: String, CaseIterable, Sendable {
    case unknownName
  }

  /// What was to be named: `activation`.
  public let what: String
  public let name: String
  public let known: [String]

  package init(what: String, name: String, known: [String]) {
    self.what = what
    self.name = name
    self.known = known
  }

  public var kind: Kind { .unknownName }
  public var message: String {
    "unknown \(what) \(quoted(name)); give one of \(known.joined(separator: ", "))"
  }
}

extension Activation: CustomStringConvertible {
  /// ``name``, with the slope or alpha where that is not the usual one.
  public var description: String {
    switch self {
    case .leakyRelu(let slope) where self != .leakyRelu(): "\(name) of slope \(slope)"
    case .elu(let alpha) where self != .elu(): "\(name) of alpha \(alpha)"
    default: name
    }
  }
}
