import AdjointArray
import AdjointIR
import Foundation

@testable import AdjointExpressions

/// A small generator of reproducible random numbers (SplitMix64, Steele, Lea and Flood 2014).
struct SplitMix64: RandomNumberGenerator {
  private var state: UInt64
  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}

/// The graph of `text` on scalar inputs.
func graph(_ text: String, _ type: ScalarType = .float64) throws -> Graph {
  try ParsedExpression(text).graph(type)
}

/// The value of a scalar graph's first output, by Foundation's functions. Independent of the code under test:
/// it knows the graph's operations only.
func value(_ graph: Graph, _ arguments: [String: Double]) throws -> Double {
  struct NotScalarArithmetic: Error {}
  var values: [Double] = []
  for node in graph.nodes {
    let x = node.operands.map { values[$0] }
    switch node.operation {
    case .argument(let argument):
      guard let value = arguments[argument.name] else { throw NotScalarArithmetic() }
      values.append(value)
    case .constant(let literal): values.append(literal.doubleValue)
    case .broadcast: values.append(x[0])
    case .unary(let function):
      switch function {
      case .negate: values.append(-x[0])
      case .absolute: values.append(abs(x[0]))
      case .sign: values.append(x[0] > 0 ? 1 : x[0] < 0 ? -1 : x[0])
      case .exp: values.append(exp(x[0]))
      case .log: values.append(log(x[0]))
      case .log1p: values.append(log1p(x[0]))
      case .expm1: values.append(expm1(x[0]))
      case .sqrt: values.append(x[0].squareRoot())
      case .sin: values.append(sin(x[0]))
      case .cos: values.append(cos(x[0]))
      case .tanh: values.append(tanh(x[0]))
      case .sigmoid: values.append(1 / (1 + exp(-x[0])))
      case .relu: values.append(max(x[0], 0))
      case .tan: values.append(tan(x[0]))
      case .asin: values.append(asin(x[0]))
      case .acos: values.append(acos(x[0]))
      case .atan: values.append(atan(x[0]))
      case .sinh: values.append(sinh(x[0]))
      case .cosh: values.append(cosh(x[0]))
      case .asinh: values.append(asinh(x[0]))
      case .acosh: values.append(acosh(x[0]))
      case .atanh: values.append(atanh(x[0]))
      case .exp2: values.append(exp2(x[0]))
      case .log2: values.append(log2(x[0]))
      case .log10: values.append(log10(x[0]))
      case .cbrt: values.append(cbrt(x[0]))
      case .erf: values.append(erf(x[0]))
      case .erfc: values.append(erfc(x[0]))
      case .floor: values.append(x[0].rounded(.down))
      case .ceil: values.append(x[0].rounded(.up))
      case .round: values.append(x[0].rounded(.toNearestOrEven))
      default: throw NotScalarArithmetic()
      }
    case .binary(let function):
      switch function {
      case .add: values.append(x[0] + x[1])
      case .subtract: values.append(x[0] - x[1])
      case .multiply: values.append(x[0] * x[1])
      case .divide: values.append(x[0] / x[1])
      case .power: values.append(pow(x[0], x[1]))
      case .maximum: values.append(max(x[0], x[1]))
      case .minimum: values.append(min(x[0], x[1]))
      case .atan2: values.append(atan2(x[0], x[1]))
      case .hypot: values.append(hypot(x[0], x[1]))
      case .remainder: values.append(fmod(x[0], x[1]))
      case .copySign: values.append(copysign(x[0], x[1]))
      default: throw NotScalarArithmetic()
      }
    default: throw NotScalarArithmetic()
    }
  }
  return values[graph.outputs[0].node]
}

/// The same graph with its nodes in the order in which a walk from the outputs leaves them, so that graphs that
/// were built in different orders can be compared.
func canonical(_ graph: Graph) throws -> Graph {
  var builder = Builder()
  var mapping: [NodeID: NodeID] = [:]
  for (id, argument) in Argument.Kind.allCases.flatMap({ graph.arguments(of: $0) }) {
    mapping[id] = builder.argument(argument.kind, argument.name, argument.type)
  }
  for output in graph.outputs {
    var stack = [output.node]
    while let id = stack.last {
      let missing = graph[id].operands.filter { mapping[$0] == nil }
      if mapping[id] != nil {
        stack.removeLast()
      } else if missing.isEmpty {
        mapping[id] = try builder.append(graph[id].operation, graph[id].operands.compactMap { mapping[$0] })
        stack.removeLast()
      } else {
        stack += missing.reversed()
      }
    }
  }
  return builder.graph(outputs: graph.outputs.map { Output($0.name, mapping[$0.node] ?? -1) })
}

/// What `text` prints as, after being read.
func printed(_ text: String, _ style: ExpressionStyle = .text) throws -> String {
  let graph = try graph(text)
  return graph.expression(of: graph.outputs[0].node, style: style)
}

/// The error that `text` gives.
func failure(_ text: String) -> ExpressionError? {
  do throws(ExpressionError) {
    _ = try ParsedExpression(text)
    return nil
  } catch {
    return error
  }
}
