import CAdjointCallStack

/// Where an operator was called. Operators take no default arguments, and so no line: this is the stack of calls at
/// that moment, a few addresses, from which the line is found only when an error is shown.
///
/// All call sites are equal: they are no part of what a node or an error is.
package struct CallSite: Hashable, Sendable {
  /// In a box, so that a node holds one word.
  private final class Stack: Sendable {
    let calls: adjoint_call_stack
    init(_ calls: adjoint_call_stack) { self.calls = calls }
  }
  private let stack: Stack?

  private init(stack: Stack?) { self.stack = stack }

  init(_ calls: adjoint_call_stack) { stack = Stack(calls) }

  /// Of a node that no operator made.
  package static let none = CallSite(stack: nil)

  package var isKnown: Bool { stack != nil }

  /// The calls that are under way.
  package static func here() -> CallSite { CallSite(adjoint_call_stack_here()) }

  package static func == (a: CallSite, b: CallSite) -> Bool { true }
  package func hash(into hasher: inout Hasher) {}

  /// The return addresses, innermost first.
  var addresses: [UInt] {
    guard let stack else { return [] }
    return withUnsafeBytes(of: stack.calls.addresses) {
      Array($0.bindMemory(to: UInt.self).prefix { $0 != 0 })
    }
  }

  /// The operator's line where it can be found, else the named call around it.
  ///
  /// - Parameter enclosing: the line of that call.
  func place(within enclosing: SourceLocation?) -> Place? {
    guard stack != nil else { return enclosing.map(Place.exact) }
    return LineTable.firstLine(of: addresses, near: enclosing).map(Place.exact) ?? enclosing.map(Place.within)
  }

  package enum Place {
    case exact(SourceLocation)
    /// Somewhere in the call at this line.
    case within(SourceLocation)

    /// `Model/main.swift:54`, or `the call at Model/main.swift:51`.
    package var description: String {
      switch self {
      case .exact(let location): location.description
      case .within(let location): "the call at \(location)"
      }
    }
  }
}
