/// One known fault of TinyCC, looked for in the library that is linked here.
public struct Probe: Sendable {
  public enum Finding: Sendable, Equatable {
    case absent
    case present
    /// The probe itself could not be compiled.
    case inconclusive(CompilationError)
  }

  /// What is looked for.
  public let name: String
  public let finding: Finding
  /// How generated C stays clear of the fault, or nil where it relies on the fault being absent.
  public let avoidance: String?

  /// Whether generated C may be trusted as far as this probe can tell.
  public var isHarmless: Bool { finding == .absent || (finding == .present && avoidance != nil) }
}

extension TinyCC {
  /// Compiles and runs a few lines of C for each known fault of TinyCC 0.9.27. Takes a few milliseconds.
  public static func probe() -> [Probe] {
    knownFaults.map { Probe(name: $0.name, finding: $0.look(), avoidance: $0.avoidance) }
  }
}
