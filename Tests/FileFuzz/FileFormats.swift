extension FileFormat {
  package static let names = [
    "csv", "npy", "npz", "idx", "safetensors", "yaml", "model", "checkpoint", "metrics", "graph",
    "expression",
  ]

  /// The format of this name; nil where there is none.
  package init?(named name: String) throws {
    switch name {
    case "csv": self = try .csv()
    case "npy": self = try .npy()
    case "npz": self = try .npz()
    case "idx": self = try .idx()
    case "safetensors": self = try .safetensors()
    case "yaml": self = .yaml()
    case "model": self = try .model()
    case "checkpoint": self = try .checkpoint()
    case "metrics": self = .metrics()
    case "graph": self = try .graph()
    case "expression": self = .expression()
    default: return nil
    }
  }
}
