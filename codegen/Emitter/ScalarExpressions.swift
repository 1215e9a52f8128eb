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
    if helpers.insert(name).inserted {
      for called in Helpers(name)?.library ?? [] { library.insert(called) }
    }
    return name
  }

  mutating func runtime(_ name: String) -> String {
    runtime.insert(name)
    return name
  }
}

/// A C expression with what decides where it needs parentheses.
struct CExpression {
  /// From the loosest to the tightest binding.
  enum Precedence: Int, Comparable {
    case conditional, logical, comparison, sum, product, prefix, primary

    static func < (a: Precedence, b: Precedence) -> Bool { a.rawValue < b.rawValue }

    var next: Precedence { Precedence(rawValue: rawValue + 1) ?? .primary }
  }
  let text: String
  let precedence: Precedence
  /// How many operations lie inside each other.
  let depth: Int

  init(_ text: String, _ precedence: Precedence = .primary, depth: Int = 0) {
    self.text = text
    self.precedence = precedence
    self.depth = depth
  }

  /// The text, in parentheses where it binds less tightly than `least`.
  func binding(_ least: Precedence) -> String { precedence < least ? "(\(text))" : text }
}

extension Literal {
  var expression: CExpression { CExpression(c, c.hasPrefix("-") ? .prefix : .primary) }
}

extension Instruction {
  /// The value of one element. Arithmetic on `int` goes through `unsigned`, where C defines wrapping.
  func scalarExpression(_ operands: [CExpression], _ used: inout UsedFunctions) -> CExpression {
    let depth = 1 + (operands.map(\.depth).max() ?? 0)
    let suffix = type.suffix
    let mark = type == .float32 ? "f" : ""
    let call = { (name: String) in
      CExpression("\(name)(\(operands.map(\.text).joined(separator: ", ")))", depth: depth)
    }
    /// Operators of one precedence group to the left.
    func infix(_ sign: String, _ precedence: CExpression.Precedence) -> CExpression {
      let (left, right) = (operands[0].binding(precedence), operands[1].binding(precedence.next))
      return CExpression("\(left) \(sign) \(right)", precedence, depth: depth)
    }
    func arithmetic(_ sign: String, _ precedence: CExpression.Precedence) -> CExpression {
      guard type.isInteger else { return infix(sign, precedence) }
      let unsigned = operands.map { "(unsigned \(type.c))" + $0.binding(.prefix) }
      return CExpression("(\(type.c))(\(unsigned[0]) \(sign) \(unsigned[1]))", .prefix, depth: depth)
    }
    switch code {
    case .unary(let function):
      switch function {
      case .negate:
        if type.isInteger {
          let operand = operands[0].binding(.prefix)
          return CExpression("(\(type.c))(0u - (unsigned \(type.c))\(operand))", .prefix, depth: depth)
        }
        return CExpression("-" + operands[0].binding(.primary), .prefix, depth: depth)
      case .absolute:
        return call(type.isInteger ? used.helper("abs_" + suffix) : used.library("fabs" + mark))
      case .sign, .sigmoid, .relu:
        return call(used.helper(function.rawValue + "_" + suffix))
      case .exp, .exp2, .expm1, .log, .log2, .log10, .log1p, .sqrt, .cbrt, .sin, .cos, .tan, .asin, .acos,
        .atan, .sinh, .cosh, .tanh, .asinh, .acosh, .atanh, .erf, .erfc, .floor, .ceil:
        return call(used.library(function.rawValue + mark))
      case .round:
        // In the default rounding mode: half to even.
        return call(used.library("rint" + mark))
      case .not:
        return CExpression("!" + operands[0].binding(.prefix), .prefix, depth: depth)
      }
    case .binary(let function):
      switch function {
      case .add: return arithmetic("+", .sum)
      case .subtract: return arithmetic("-", .sum)
      case .multiply: return arithmetic("*", .product)
      case .divide: return type.isInteger ? call(used.helper("div_" + suffix)) : infix("/", .product)
      case .power, .atan2, .hypot, .copySign: return call(used.library(function.rawValue + mark))
      case .remainder:
        return call(type.isInteger ? used.helper("rem_" + suffix) : used.library("fmod" + mark))
      case .maximum, .minimum: return call(used.helper(function.rawValue + "_" + suffix))
      case .and, .or:
        let sign = function == .and ? "&" : "|"
        let sides = operands.map { $0.binding(.primary) }
        return CExpression("\(sides[0]) \(sign) \(sides[1])", .logical, depth: depth)
      }
    case .composite, .adam:
      var results: [CExpression] = []
      for step in steps ?? [] {
        let instruction = Instruction(code: step.code, operands: [], type: type, name: name)
        results.append(instruction.scalarExpression(step.read(operands, results), &used))
      }
      return results.last ?? CExpression("0")
    case .compare(let comparison, let compared):
      // `!a != b` is right, and compilers warn of it.
      let sides = operands.map { $0.binding(compared == .bool ? .primary : .sum) }
      return CExpression("\(sides[0]) \(comparison.c) \(sides[1])", .comparison, depth: depth)
    case .select:
      // Compilers warn of & and | before ?.
      let condition = operands[0].binding(.comparison)
      let (a, b) = (operands[1].binding(.logical), operands[2].binding(.logical))
      return CExpression("\(condition) ? \(a) : \(b)", .conditional, depth: depth)
    case .cast(let source):
      switch type {
      case .float32, .float64:
        return CExpression("(\(type.c))\(operands[0].binding(.prefix))", .prefix, depth: depth)
      case .bool: return CExpression("\(operands[0].binding(.sum)) != 0", .comparison, depth: depth)
      case .int32, .int64:
        return source.isFloatingPoint || (source == .int64 && type == .int32)
          ? call(used.helper(source.suffix + "_to_" + suffix))
          : CExpression("(\(type.c))\(operands[0].binding(.prefix))", .prefix, depth: depth)
      }
    case .copy:
      return operands[0]
    case .iota:
      return CExpression("(\(type.c))\(operands[0].binding(.prefix))", .prefix, depth: depth)
    }
  }
}

extension Instruction.Step {
  /// The operands' expressions, of those of the instruction's operands and of earlier steps.
  func read(_ operands: [CExpression], _ results: [CExpression]) -> [CExpression] {
    self.operands.map {
      switch $0 {
      case .operand(let index): operands[index]
      case .step(let index): results[index]
      }
    }
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
  func combined(
    _ accumulator: CExpression, _ element: CExpression, _ type: ScalarType, _ used: inout UsedFunctions
  ) -> CExpression {
    let step = Instruction(code: .binary(combination), operands: [], type: type, name: rawValue)
    return step.scalarExpression([accumulator, element], &used)
  }
}

extension Instruction {
  /// Whether compilers do not vectorise it: what is no arithmetic of a few instructions.
  var isRuntimeCall: Bool {
    switch code {
    case .unary(let function):
      switch function {
      case .exp, .exp2, .expm1, .log, .log2, .log10, .log1p, .cbrt, .sin, .cos, .tan, .asin, .acos, .atan,
        .sinh, .cosh, .tanh, .asinh, .acosh, .atanh, .erf, .erfc, .sigmoid:
        true
      case .negate, .absolute, .sign, .sqrt, .relu, .floor, .ceil, .round, .not: false
      }
    case .binary(let function):
      switch function {
      case .power, .atan2, .hypot: true
      case .remainder: type.isFloatingPoint
      case .add, .subtract, .multiply, .divide, .maximum, .minimum, .copySign, .and, .or: false
      }
    case .compare, .select, .cast, .copy, .iota, .composite, .adam: false
    }
  }
}
