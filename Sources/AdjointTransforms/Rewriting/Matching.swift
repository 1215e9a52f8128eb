import AdjointArray
import AdjointIR

/// Which nodes the variables of an equation stand for.
struct Match {
  let rewriter: Rewriter
  let candidate: Candidate
  fileprivate let nodes: SIMD8<Int>

  /// The node of a variable.
  subscript(variable: Pattern) -> NodeID {
    switch variable.root {
    case .variable(let index), .constant(let index): nodes[index]
    case .number, .unary, .binary, .compare, .select: 0
    }
  }

  /// Whether it is about floating-point numbers.
  var isFloat: Bool { candidate.type.scalarType.isFloatingPoint }

  /// The number that each element of a variable is, `nil` where that is not plain to see.
  func number(_ variable: Pattern) -> Double? { rewriter.literal(self[variable])?.doubleValue }

  func isConstant(_ variable: Pattern) -> Bool { rewriter.literal(self[variable]) != nil }
}

extension Rewriter {
  /// How the candidate matches a pattern whose root it is, `nil` where it does not.
  func match(_ pattern: Pattern, _ candidate: Candidate) -> Match? {
    var matcher = Matcher(pattern, self)
    guard matcher.match(candidate) else { return nil }
    for index in 0..<matcher.visitedCount { inspect(matcher.visited[index]) }
    return Match(rewriter: self, candidate: candidate, nodes: matcher.bound)
  }

  /// The node for the other side of an equation.
  func build(_ pattern: Pattern, _ match: Match) throws(GraphError) -> NodeID {
    try build(pattern, match.nodes, numbers: match.candidate.type)
  }

  /// The node for a formula of one variable.
  func build(_ pattern: Pattern, _ x: NodeID) throws(GraphError) -> NodeID {
    try build(pattern, SIMD8(x, -1, -1, -1, -1, -1, -1, -1), numbers: type(x))
  }

  private func build(_ pattern: Pattern, _ nodes: SIMD8<Int>, numbers type: TensorType) throws(GraphError)
    -> NodeID
  {
    var made: [NodeID] = []
    made.reserveCapacity(pattern.steps.count)
    for step in pattern.steps {
      let id =
        switch step {
        case .variable(let index), .constant(let index): nodes[index]
        case .number(let value): try number(value, type).id
        case .unary(let function, let a): try make(.unary(function), [made[a]])
        case .binary(let function, let a, let b, _): try make(.binary(function), [made[a], made[b]])
        case .compare(let comparison, let a, let b): try make(.compare(comparison), [made[a], made[b]])
        case .select(let c, let a, let b): try make(.select, [made[c], made[a], made[b]])
        }
      made.append(id)
    }
    return made[made.count - 1]
  }
}

/// What the root of a pattern and its operands are, to be asked before anything else.
struct RootTest {
  private let root: RewriteRoot
  private let first: Pattern.Step
  private let second: Pattern.Step
  private let commutes: Bool

  init(_ pattern: Pattern) {
    root = RewriteRoot(pattern.root)
    switch pattern.root {
    case .unary(_, let a):
      (first, second, commutes) = (pattern.steps[a], .variable(0), false)
    case .binary(_, let a, let b, let swap):
      (first, second, commutes) = (pattern.steps[a], pattern.steps[b], swap != nil)
    case .compare, .select, .variable, .constant, .number:
      (first, second, commutes) = (.variable(0), .variable(0), false)
    }
  }

  func mayMatch(_ candidate: Candidate) -> Bool {
    guard root == candidate.root else { return false }
    let (x, y) = (candidate.first, candidate.second)
    return x.mayBe(first) && y.mayBe(second) || commutes && y.mayBe(first) && x.mayBe(second)
  }
}

extension Candidate.Operand {
  fileprivate func mayBe(_ step: Pattern.Step) -> Bool {
    switch step {
    case .variable, .compare, .select: true
    case .constant: literal != nil
    case .number(let value): literal?.isNumber(value) ?? false
    case .unary(let function, _): if case .unary(function) = kind { true } else { false }
    case .binary(let function, _, _, _): if case .binary(function) = kind { true } else { false }
    }
  }
}

/// One try to match a pattern. It makes nothing: most tries end at once, and there are many for each node.
private struct Matcher {
  let pattern: Pattern
  let rewriter: Rewriter
  /// The nodes of the variables, −1 where there is none yet.
  private(set) var bound = SIMD8<Int>(repeating: -1)
  /// The nodes of the graph that operations of the pattern matched.
  private(set) var visited = SIMD8<Int>()
  private(set) var visitedCount = 0
  /// Which operations have their operands in the other order, one bit each, and which were asked for it.
  private var swapped = 0
  private var asked = 0

  init(_ pattern: Pattern, _ rewriter: Rewriter) {
    self.pattern = pattern
    self.rewriter = rewriter
  }

  /// Whether the candidate matches in any order of operands.
  mutating func match(_ candidate: Candidate) -> Bool {
    for order in 0..<(1 << pattern.swapCount) {
      // What was not asked for makes no difference.
      if order & ~asked != 0 { continue }
      swapped = order
      bound = SIMD8(repeating: -1)
      visitedCount = 0
      if matches(pattern.root, candidate.operation, candidate.operands) { return true }
    }
    return false
  }

  private mutating func matches(_ step: Pattern.Step, _ operation: Operation, _ operands: [NodeID]) -> Bool {
    switch (step, operation) {
    case (.unary(let function, let a), .unary(let other)):
      return function == other && matches(a, operands[0])
    case (.binary(let function, let a, let b, let swap), .binary(let other)):
      guard function == other else { return false }
      guard let swap else { return matches(a, operands[0]) && matches(b, operands[1]) }
      // The innermost operation's operands change places last.
      let bit = 1 << (pattern.swapCount - 1 - swap)
      asked |= bit
      let isSwapped = swapped & bit != 0
      return matches(a, operands[isSwapped ? 1 : 0]) && matches(b, operands[isSwapped ? 0 : 1])
    case (.compare(let comparison, let a, let b), .compare(let other)):
      return comparison == other && matches(a, operands[0]) && matches(b, operands[1])
    case (.select(let c, let a, let b), .select):
      return matches(c, operands[0]) && matches(a, operands[1]) && matches(b, operands[2])
    default:
      return false
    }
  }

  private mutating func matches(_ step: Int, _ id: NodeID) -> Bool {
    switch pattern.steps[step] {
    case .variable(let index):
      return bind(index, id)
    case .constant(let index):
      return rewriter.literal(id) != nil && bind(index, id)
    case .number(let value):
      guard let literal = rewriter.literal(id), literal.isNumber(value) else { return false }
      // The two zeros of floating-point numbers are different numbers.
      return value != 0 || literal.scalarType.isInteger || literal.doubleValue.sign == value.sign
    case let operation:
      visited[visitedCount] = id
      visitedCount += 1
      return matches(operation, rewriter.builder.nodes[id].operation, rewriter.builder.nodes[id].operands)
    }
  }

  private mutating func bind(_ variable: Int, _ id: NodeID) -> Bool {
    if bound[variable] < 0 { bound[variable] = id }
    return bound[variable] == id
  }
}
