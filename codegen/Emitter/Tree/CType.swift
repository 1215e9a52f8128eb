import AdjointArray

/// A type in a tree of C. A spelling gives it its words.
struct CType: Hashable {
  enum Base: Hashable {
    /// An element of an array, and the unsigned integer of the same size.
    case element(ScalarType), unsigned(ScalarType)
    /// A position, or a count of elements.
    case index
    case int, char, void
    /// A pointer to anything, as tables of arguments hold it.
    case address
  }
  enum Pointer: Hashable {
    case none, plain
    /// It never points elsewhere.
    case fixed
    /// What it points to is reached by no other one.
    case unique
  }
  let base: Base
  /// Whether the value, or what a pointer points to, is only read.
  private(set) var isConstant = false
  private(set) var pointer = Pointer.none

  private init(_ base: Base) { self.base = base }

  static let index = CType(.index)
  static let int = CType(.int)
  static let char = CType(.char)
  static let void = CType(.void)
  static let address = CType(.address)
  static func element(_ type: ScalarType) -> CType { CType(.element(type)) }
  static func unsigned(_ type: ScalarType) -> CType { CType(.unsigned(type)) }

  var constant: CType { with { $0.isConstant = true } }
  func pointer(_ kind: Pointer = .plain) -> CType { with { $0.pointer = kind } }

  private func with(_ change: (inout CType) -> Void) -> CType {
    var result = self
    change(&result)
    return result
  }
}

/// A function that is called, and who brings it.
struct CFunction: Hashable {
  enum Origin: Hashable {
    /// The text itself.
    case program
    /// Adjoint's runtime.
    case runtime
    /// One of the small functions that are printed with what calls them; see Helpers.
    case helper
    /// `math.h`.
    case library
  }
  let origin: Origin
  /// Without the marks of origin and type.
  let name: String
  let type: ScalarType?

  static func program(_ name: String) -> CFunction { CFunction(origin: .program, name: name, type: nil) }
  static func runtime(_ name: String, _ type: ScalarType? = nil) -> CFunction {
    CFunction(origin: .runtime, name: name, type: type)
  }
  static func helper(_ name: String, _ type: ScalarType) -> CFunction {
    CFunction(origin: .helper, name: name, type: type)
  }
  static func library(_ name: String, _ type: ScalarType) -> CFunction {
    CFunction(origin: .library, name: name, type: type)
  }

  /// As it is called.
  var spelled: String {
    let mark = type.map { "_" + $0.suffix } ?? ""
    return switch origin {
    case .program: name
    case .runtime: "adj_" + name + mark
    case .helper: name + mark
    case .library: name + (type == .float32 ? "f" : "")
    }
  }
}
