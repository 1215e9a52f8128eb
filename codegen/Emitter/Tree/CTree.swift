import AdjointArray
import AdjointIR
import AdjointLowering

/// A text of C as it is made: expressions and statements in flat lists, each behind what it is made of.
///
/// What is declared, and which functions have to be, is read from the tree; nobody looks for it in the text.
final class CTree {
  typealias ID = Int32

  enum Prefix: Hashable {
    case negate, not, dereference
  }

  enum Infix: Hashable {
    case add, subtract, multiply, divide, remainder
    case compare(Comparison)
    /// Of bools: compilers warn of a `!` in it.
    case compareBools(Comparison)
    /// `&` and `|`, both sides computed.
    case both, either
    /// `&&`.
    case and
  }

  enum Node {
    case name(String)
    /// A position or a count.
    case integer(Int)
    /// The value of an element.
    case literal(Literal)
    /// An array of one element.
    case single(Literal)
    case prefix(Prefix, ID)
    case infix(Infix, ID, ID)
    case conditional(ID, ID, ID)
    case cast(CType, ID)
    /// The arguments, a range of `lists`.
    case call(CFunction, Int32, Int32)
    case element(ID, ID)
  }

  enum Statement {
    case blank
    case comment([String])
    /// `type name = value;`
    case declare(CType, String, ID?)
    /// `type name[count];`
    case declareArray(CType, String, Int)
    /// `static const type name[] = {values};`, and what the values are.
    case declareTable(CType, String, [CExpression], note: String?)
    case assign(ID, ID)
    /// `place += value;` or `*=`.
    case accumulate(ID, Infix, ID)
    case evaluate(ID)
    case function(CType, String, [CParameter], isStatic: Bool)
    case loop(variable: String, from: ID?, while: ID, step: Int)
    case whileTrue(ID)
    case ifTrue(ID)
    case block
    /// Of the innermost function, loop, condition or block.
    case end
    case leaveLoop
    case leave(ID?)
    /// What was stored before it is there for all that comes after it.
    case barrier
  }

  // One thread makes a tree, and never while it reads it.
  @exclusivity(unchecked) private(set) var nodes: [Node] = []
  @exclusivity(unchecked) private(set) var lists: [ID] = []
  @exclusivity(unchecked) private(set) var statements: [Statement] = []

  // MARK: Expressions

  func expression(_ node: Node) -> CExpression {
    nodes.append(node)
    return CExpression(tree: self, id: ID(nodes.count - 1))
  }

  func name(_ name: String) -> CExpression { expression(.name(name)) }
  func integer(_ value: Int) -> CExpression { expression(.integer(value)) }
  func literal(_ literal: Literal) -> CExpression { expression(.literal(literal)) }
  func single(_ literal: Literal) -> CExpression { expression(.single(literal)) }

  func call(_ function: CFunction, _ arguments: [CExpression]) -> CExpression {
    let first = Int32(lists.count)
    for argument in arguments { lists.append(argument.id) }
    return expression(.call(function, first, Int32(lists.count)))
  }

  /// The functions that are called, each once.
  var functionsCalled: Set<CFunction> {
    var result: Set<CFunction> = []
    for case .call(let function, _, _) in nodes where function.origin != .program { result.insert(function) }
    return result
  }

  // MARK: Statements

  func append(_ statement: Statement) { statements.append(statement) }

  func comment(_ paragraphs: [String]) { append(.comment(paragraphs)) }
  func blank() { append(.blank) }

  /// A place for a comment that is known when what follows is made.
  func reserveComment() -> Int {
    append(.comment([]))
    return statements.count - 1
  }

  func fill(_ comment: Int, _ paragraphs: [String]) { statements[comment] = .comment(paragraphs) }

  /// Puts what `body` makes in braces where it declares anything.
  func blockIfDeclaring(_ body: () -> Void) {
    let start = statements.count
    append(.block)
    body()
    let declares = statements[start...].contains { if case .declare = $0 { true } else { false } }
    if declares { append(.end) } else { statements.remove(at: start) }
  }

  /// Declares a variable, and gives it.
  @discardableResult
  func declare(_ type: CType, _ name: String, _ value: CExpression? = nil) -> CExpression {
    append(.declare(type, name, value?.id))
    return self.name(name)
  }

  @discardableResult
  func declareArray(_ type: CType, _ name: String, _ count: Int) -> CExpression {
    append(.declareArray(type, name, count))
    return self.name(name)
  }

  func assign(_ place: CExpression, _ value: CExpression) { append(.assign(place.id, value.id)) }
  func evaluate(_ call: CExpression) { append(.evaluate(call.id)) }
  func evaluate(_ function: CFunction, _ arguments: [CExpression]) { evaluate(call(function, arguments)) }

  /// Says that a parameter is not needed, which compilers would warn of.
  func ignore(_ parameter: CExpression) { evaluate(parameter.cast(to: .void)) }

  func function(
    _ result: CType, _ name: String, _ parameters: [CParameter], isStatic: Bool = true, _ body: () -> Void
  ) {
    append(.function(result, name, parameters, isStatic: isStatic))
    body()
    append(.end)
  }

  /// A loop with a variable of its own.
  func loop(
    _ name: String, from start: CExpression, to end: CExpression, by step: Int = 1, _ body: () -> Void
  ) {
    loop(name, from: start, while: self.name(name) < end, by: step, body)
  }

  /// - Parameter start: `nil` where the variable is there already.
  func loop(
    _ name: String, from start: CExpression?, while condition: CExpression, by step: Int = 1,
    _ body: () -> Void
  ) {
    append(.loop(variable: name, from: start?.id, while: condition.id, step: step))
    body()
    append(.end)
  }

  func loop(while condition: CExpression, _ body: () -> Void) {
    append(.whileTrue(condition.id))
    body()
    append(.end)
  }

  func ifTrue(_ condition: CExpression, _ body: () -> Void) {
    append(.ifTrue(condition.id))
    body()
    append(.end)
  }

  func block(_ body: () -> Void) {
    append(.block)
    body()
    append(.end)
  }
}

/// A parameter of a function.
struct CParameter {
  let type: CType
  let name: String
}

/// Gives names inside one function or block: each once, and none of those that are taken there or around it.
///
/// What the user named keeps its name; our own variables make way.
final class CScope {
  private let outer: CScope?
  private var taken: Set<String>
  /// The number to try next for a name that is taken.
  private var nextNumber: [String: Int] = [:]

  init(taken: some Sequence<String>) {
    self.taken = Set(taken)
    outer = nil
  }

  private init(inside outer: CScope) {
    self.outer = outer
    taken = []
  }

  /// `base`, with a number behind it where it is taken.
  func unique(_ base: String) -> String {
    if take(base) { return base }
    var number = nextNumber[base] ?? 2
    while !take("\(base)_\(number)") { number += 1 }
    nextNumber[base] = number + 1
    return "\(base)_\(number)"
  }

  /// The names of a block inside: those that are given there are free again after it.
  func nested() -> CScope { CScope(inside: self) }

  private func take(_ name: String) -> Bool {
    outer?.has(name) != true && !Names.reserved.contains(name) && taken.insert(name).inserted
  }

  private func has(_ name: String) -> Bool { taken.contains(name) || outer?.has(name) == true }
}
