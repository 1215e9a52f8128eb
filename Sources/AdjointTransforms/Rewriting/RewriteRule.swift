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
  let roots: [RewriteRoot]
  /// What to compute instead, `nil` where the rule does not apply.
  let apply: @Sendable (inout Rewriter, Candidate) throws(GraphError) -> NodeID?

  init(
    _ phase: RewritePhase, _ name: String, _ roots: [RewriteRoot], _ reason: String,
    _ apply: @escaping @Sendable (inout Rewriter, Candidate) throws(GraphError) -> NodeID?
  ) {
    self.phase = phase
    self.name = name
    self.roots = roots
    self.reason = reason
    self.apply = apply
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
    case .argument, .constant, .data, .iota, .cumulative, .gatherRows, .scatterAddRows, .gather, .scatterAdd,
      .windows, .addWindows, .randomBits, .argsort, .cholesky, .triangularSolve, .scan, .stopGradient,
      .barrier, .call:
      self = .none
    }
  }

  static let allUnary = UnaryFunction.allCases.map { RewriteRoot.unary($0) }
  static let allBinary = BinaryFunction.allCases.map { RewriteRoot.binary($0) }
}

/// An operation on rewritten operands that is not in the graph yet.
struct Candidate {
  let operation: Operation
  let operands: [NodeID]
  let type: TensorType
}
