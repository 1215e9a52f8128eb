/// The two independent choices that decide what the C looks like.
public struct Dialect: Hashable, Sendable {
  public enum Elementwise: String, Hashable, Sendable {
    /// A call of a tile primitive for each operation: fast even where the C compiler does not vectorise.
    case primitives
    /// One loop with one expression: for reading, and for compilers that fuse in registers.
    case loops
  }
  public enum Calls: String, Hashable, Sendable {
    /// Matrix products, functions such as tanh, gathers and fills are those of Adjoint's runtime.
    case runtime
    /// They are written out in C99; `math.h` is all that is needed.
    case inlined
  }
  public let elementwise: Elementwise
  public let calls: Calls

  public init(elementwise: Elementwise, calls: Calls) {
    self.elementwise = elementwise
    self.calls = calls
  }

  /// What the JIT runs.
  public static let tile = Dialect(elementwise: .primitives, calls: .runtime)
  /// For a compiler of the system, loaded into the process: it fuses and vectorises loops; matrix products and functions
  /// such as tanh stay calls.
  public static let native = Dialect(elementwise: .loops, calls: .runtime)
  /// What is exported and read: C99 that needs nothing of ours.
  public static let portable = Dialect(elementwise: .loops, calls: .inlined)

  /// The words in which it is printed. What a compiler without headers takes is for this machine.
  func spelling(_ prelude: Prelude) -> Spelling {
    switch self {
    case .portable: prelude == .prototypes ? .machine : .portable
    case .native: .native
    default: .machine
    }
  }
}
