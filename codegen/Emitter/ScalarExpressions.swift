import AdjointArray
import AdjointIR
import AdjointLowering

// The value of one element as an expression of C.

extension Instruction {
  /// Arithmetic on integers goes through `unsigned`, where C defines wrapping.
  func value(of operands: [CExpression], in c: CTree) -> CExpression {
    var result = operation(operands, c)
    if code != .copy { result.depth = max(result.depth, 1 + (operands.map(\.depth).max() ?? 0)) }
    return result
  }

  private func operation(_ operands: [CExpression], _ c: CTree) -> CExpression {
    let own = CType.element(type)
    let helper = { c.call(.helper($0, type), operands) }
    let library = { c.call(.library($0, type), operands) }
    let infix = { (sign: CTree.Infix) in operands[0].infix(sign, operands[1]) }
    func arithmetic(_ sign: CTree.Infix) -> CExpression {
      guard type.isInteger else { return infix(sign) }
      let unsigned = operands.map { $0.cast(to: .unsigned(type)) }
      return unsigned[0].infix(sign, unsigned[1]).cast(to: own)
    }
    switch code {
    case .unary(let function):
      switch function {
      case .negate:
        guard type.isInteger else { return operands[0].prefix(.negate) }
        return c.integer(0).cast(to: .unsigned(type)).infix(
          .subtract, operands[0].cast(to: .unsigned(type))
        ).cast(to: own)
      case .absolute: return type.isInteger ? helper("abs") : library("fabs")
      case .sign, .sigmoid, .relu: return helper(function.rawValue)
      // In the default rounding mode: half to even.
      case .round: return library("rint")
      case .not: return !operands[0]
      case .exp, .exp2, .expm1, .log, .log2, .log10, .log1p, .sqrt, .cbrt, .sin, .cos, .tan, .asin, .acos,
        .atan, .sinh, .cosh, .tanh, .asinh, .acosh, .atanh, .erf, .erfc, .floor, .ceil:
        return library(function.rawValue)
      }
    case .binary(let function):
      switch function {
      case .add: return arithmetic(.add)
      case .subtract: return arithmetic(.subtract)
      case .multiply: return arithmetic(.multiply)
      case .divide: return type.isInteger ? helper("div") : infix(.divide)
      case .remainder: return type.isInteger ? helper("rem") : library("fmod")
      case .maximum, .minimum: return helper(function.rawValue)
      case .power, .atan2, .hypot, .copySign: return library(function.rawValue)
      case .and: return infix(.both)
      case .or: return infix(.either)
      }
    case .composite, .update:
      var results: [CExpression] = []
      for step in steps ?? [] {
        let instruction = Instruction(code: step.code, operands: [], type: type, name: name)
        results.append(instruction.value(of: step.read(operands, results), in: c))
      }
      return results.last ?? c.integer(0)
    case .compare(let comparison, let compared):
      return infix(compared == .bool ? .compareBools(comparison) : .compare(comparison))
    case .select: return operands[0].choose(operands[1], operands[2])
    case .cast(let source):
      switch type {
      case .bool: return operands[0].infix(.compare(.notEqual), c.integer(0))
      case .float32, .float64: return operands[0].cast(to: own)
      case .int32, .int64:
        let mayOverflow = source.isFloatingPoint || (source == .int64 && type == .int32)
        return mayOverflow ? helper(source.suffix + "_to") : operands[0].cast(to: own)
      }
    case .copy: return operands[0]
    case .iota: return operands[0].cast(to: own)
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

extension Reduction {
  /// `accumulator ⊕ element`.
  func combined(_ accumulator: CExpression, _ element: CExpression, _ type: ScalarType) -> CExpression {
    let step = Instruction(code: .binary(combination), operands: [], type: type, name: rawValue)
    return step.value(of: [accumulator, element], in: accumulator.tree)
  }
}

extension Instruction {
  /// The runtime's primitive: `exp_f32`, `lt_f64`, `cast_i32_f32`.
  var primitive: CFunction {
    switch code {
    case .unary(let function): .runtime(function.rawValue, type)
    case .binary(let function): .runtime(function.rawValue, type)
    case .composite(let composite): .runtime(composite.name, type)
    case .update(let update, _): .runtime(update.rawValue, type)
    case .compare(let comparison, let compared): .runtime(comparison.rawValue, compared)
    case .select: .runtime("select", type)
    case .cast(let source): .runtime("cast_" + source.suffix, type)
    case .copy: .runtime("copy", type)
    case .iota: .runtime("iota", type)
    }
  }

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
    case .compare, .select, .cast, .copy, .iota, .composite, .update: false
    }
  }
}
