import AdjointArray
import AdjointIR
import AdjointLowering

/// What of C's library and of our small helpers a text uses, so that only that is declared.
struct UsedFunctions {
  private(set) var library: Set<String> = []
  private(set) var helpers: Set<String> = []
  private(set) var runtime: Set<String> = []

  mutating func library(_ name: String) -> String {
    library.insert(name)
    return name
  }

  mutating func helper(_ name: String) -> String {
    helpers.insert(name)
    for called in Helpers.calls[name] ?? [] { library.insert(called) }
    return name
  }

  mutating func runtime(_ name: String) -> String {
    runtime.insert(name)
    return name
  }
}

extension Instruction {
  /// The value of one element as a C expression of its operands, each of which is a name, a literal, or in
  /// parentheses. Arithmetic on `int` goes through `unsigned`, where C defines wrapping.
  func scalarExpression(_ operands: [String], _ used: inout UsedFunctions) -> String {
    let suffix = type.suffix
    let mark = type == .float32 ? "f" : ""
    switch code {
    case .unary(let function):
      let a = operands[0]
      switch function {
      case .negate:
        if type == .int32 { return "(int)(0u - (unsigned)\(a))" }
        return a.hasPrefix("-") ? "(-(\(a)))" : "(-\(a))"
      case .absolute:
        return type == .int32
          ? "\(used.helper("abs_i32"))(\(a))" : "\(used.library("fabs" + mark))(\(a))"
      case .sign, .sigmoid, .relu:
        return "\(used.helper(function.rawValue + "_" + suffix))(\(a))"
      case .exp, .log, .log1p, .expm1, .sqrt, .sin, .cos, .tanh:
        return "\(used.library(function.rawValue + mark))(\(a))"
      case .not:
        return "(!\(a))"
      }
    case .binary(let function):
      let (a, b) = (operands[0], operands[1])
      switch function {
      case .add: return wrapping(a, "+", b)
      case .subtract: return wrapping(a, "-", b)
      case .multiply: return wrapping(a, "*", b)
      case .divide:
        return type == .int32 ? "\(used.helper("div_i32"))(\(a), \(b))" : "(\(a) / \(b))"
      case .power: return "\(used.library("pow" + mark))(\(a), \(b))"
      case .maximum, .minimum:
        return "\(used.helper(function.rawValue + "_" + suffix))(\(a), \(b))"
      case .and: return "(\(a) & \(b))"
      case .or: return "(\(a) | \(b))"
      }
    case .compare(let comparison, _):
      return "(\(operands[0]) \(comparison.c) \(operands[1]))"
    case .select:
      // A constant condition is decided here: TinyCC miscompiles some ternaries of constants.
      if operands[0] == "1" { return operands[1] }
      if operands[0] == "0" { return operands[2] }
      return "(\(operands[0]) ? \(operands[1]) : \(operands[2]))"
    case .cast(let source):
      switch type {
      case .float32, .float64: return "((\(type.c))\(operands[0]))"
      case .bool: return "(\(operands[0]) != 0)"
      case .int32:
        return source.isFloatingPoint
          ? "\(used.helper(source.suffix + "_to_i32"))(\(operands[0]))" : "((int)\(operands[0]))"
      }
    case .copy:
      return operands[0]
    case .iota:
      return "((\(type.c))(\(operands[0])))"
    }
  }

  private func wrapping(_ a: String, _ sign: String, _ b: String) -> String {
    type == .int32 ? "((int)((unsigned)\(a) \(sign) (unsigned)\(b)))" : "(\(a) \(sign) \(b))"
  }
}

extension Comparison {
  /// The operator of C.
  var c: String {
    switch self {
    case .equal: "=="
    case .notEqual: "!="
    case .less: "<"
    case .lessOrEqual: "<="
    case .greater: ">"
    case .greaterOrEqual: ">="
    }
  }
}

extension Reduction {
  /// `accumulator ⊕ element` as a C expression.
  func combined(_ accumulator: String, _ element: String, _ type: ScalarType, _ used: inout UsedFunctions)
    -> String
  {
    let function: BinaryFunction =
      switch self {
      case .sum: .add
      case .product: .multiply
      case .maximum: .maximum
      case .minimum: .minimum
      }
    let step = Instruction(code: .binary(function), operands: [], type: type, label: nil)
    return step.scalarExpression([accumulator, element], &used)
  }
}
