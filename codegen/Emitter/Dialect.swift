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
}

/// Whether C declares the functions that it uses by headers or by prototypes of its own.
///
/// A C compiler has headers; TinyCC inside a process has none, and takes the prototypes.
public enum Prelude: Hashable, Sendable {
  case headers, prototypes
  /// Headers, and the runtime's functions as pointers that are filled in when the compiled library is loaded.
  case table
}
