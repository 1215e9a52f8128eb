extension FileFormat {
  package static let names = [
    "csv", "npy", "npz", "idx", "safetensors", "yaml", "model", "checkpoint",
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
    default: return nil
    }
  }
}
