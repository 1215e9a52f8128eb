import AdjointArray
import AdjointIR

/// The phases of rewriting, in the order in which their rules are tried.
public enum RewritePhase: String, Hashable, Sendable, CaseIterable {
  /// One form for what is the same: neutral elements, merged movement, folded constants. Bits stay.
  case canonicalize
  /// The textbook's stable form of an expression that overflows, cancels or loses digits.
  case stabilize
  /// A cheaper operation for a special case.
  case specialize
  /// Laws of real numbers that hold only up to rounding and overflow. Off unless asked for.
  case algebra
  /// Forms that kernels like better. Tried once, before lowering.
  case schedule

  /// What graphs are differentiated and counted in.
  public static let standard: Set<RewritePhase> = [.canonicalize, .stabilize, .specialize]
}

/// One local rewriting: what it is called, where it applies, why it is right, and what it does.
public struct RewriteRule: Sendable {
  /// The name by which it is switched off and counted. Names that begin with `stabilize-` give numbers where the
  /// expression as written gives NaN or an infinity; no other rule does, short of `algebra`.
  public let name: String
  public let phase: RewritePhase
  /// Why the two sides are equal, and where they differ.
  public let reason: String
  /// What it does, where that can be said by formulas; `[]` where it takes more than that.
  let equations: [Equation]
  /// How well the sides of the equations agree.
  let agreement: Agreement
  let roots: [RewriteRoot]
  /// What the candidates have to be, one for each equation; `[]` where the rule looks for itself.
  let tests: [RootTest]
  /// What to compute instead, `nil` where the rule does not apply.
  let apply: @Sendable (Rewriter, Candidate) throws(GraphError) -> NodeID?

  /// A rule that looks further than an equation can.
  init(
    _ phase: RewritePhase, _ name: String, _ roots: [RewriteRoot], _ reason: String,
    _ apply: @escaping @Sendable (Rewriter, Candidate) throws(GraphError) -> NodeID?
  ) {
    (self.phase, self.name, self.reason, self.roots, self.apply) = (phase, name, reason, roots, apply)
    (equations, agreement, tests) = ([], .bits, [])
  }

  /// A rule of equations, of which the first that applies is taken, from left to right.
  init(
    _ phase: RewritePhase, _ name: String, _ equations: Equation..., agreeing agreement: Agreement,
    where condition: @escaping @Sendable (Match) -> Bool = { _ in true }, because reason: String
  ) {
    (self.phase, self.name, self.reason) = (phase, name, reason)
    (self.equations, self.agreement) = (equations, agreement)
    roots = equations.map { RewriteRoot($0.left.root) }.distinct
    let tests = equations.map { RootTest($0.left) }
    self.tests = tests
    apply = { rewriter, candidate throws(GraphError) in
      for index in tests.indices where tests[index].mayMatch(candidate) {
        let equation = equations[index]
        if let match = rewriter.match(equation.left, candidate), equation.condition(match), condition(match) {
          return try rewriter.build(equation.right, match)
        }
      }
      return nil
    }
  }

  /// Every rule, in the order in which they are tried.
  public static let all: [RewriteRule] =
    neutralRules + signRules + movementRules + foldingRules
    + reductionRules + stabilizeRules + specializeRules + algebraRules + scheduleRules
}

/// The operations at which rules start.
enum RewriteRoot: Hashable, Sendable {
  case unary(UnaryFunction)
  case binary(BinaryFunction)
  case reduce(Reduction)
  case compare, select, cast, dot, reshape, transpose, broadcast, slice, flip, pad, concatenate
  /// Operations at which no rule can start.
  case none

  init(_ operation: Operation) {
    switch operation {
    case .unary(let function): self = .unary(function)
    case .binary(let function): self = .binary(function)
    case .reduce(let reduction, _): self = .reduce(reduction)
    case .compare: self = .compare
    case .select: self = .select
    case .cast: self = .cast
    case .dot: self = .dot
    case .reshape: self = .reshape
    case .transpose: self = .transpose
    case .broadcast: self = .broadcast
    case .slice: self = .slice
    case .flip: self = .flip
    case .pad: self = .pad
    case .concatenate: self = .concatenate
    case .argument, .constant, .data, .iota, .structured, .windows, .addWindows, .scan, .stopGradient,
      .barrier, .call:
      self = .none
    }
  }

  init(_ step: Pattern.Step) {
    switch step {
    case .unary(let function, _): self = .unary(function)
    case .binary(let function, _, _, _): self = .binary(function)
    case .compare: self = .compare
    case .select: self = .select
    case .variable, .constant, .number: self = .none
    }
  }

  static let allUnary = UnaryFunction.allCases.map { RewriteRoot.unary($0) }
  static let allBinary = BinaryFunction.allCases.map { RewriteRoot.binary($0) }
}

/// An operation on rewritten operands that is not in the graph yet.
struct Candidate {
  /// What most equations ask first.
  struct Operand {
    var kind = RewriteRoot.none
    /// The one number that every element is, where that is plain to see.
    var literal: Literal?
  }
  let operation: Operation
  let operands: [NodeID]
  let type: TensorType
  let root: RewriteRoot
  let first: Operand
  let second: Operand

  init(
    _ operation: Operation, _ root: RewriteRoot, _ operands: [NodeID], _ type: TensorType, in terms: Terms
  ) {
    (self.operation, self.root, self.operands, self.type) = (operation, root, operands, type)
    let fact = { (position: Int) in
      position < operands.count
        ? Operand(
          kind: RewriteRoot(terms.builder.nodes[operands[position]].operation),
          literal: terms.literal(operands[position]))
        : Operand()
    }
    (first, second) = (fact(0), fact(1))
  }
}

extension Array where Element: Hashable {
  fileprivate var distinct: [Element] {
    var known: Set<Element> = []
    return filter { known.insert($0).inserted }
  }
}
