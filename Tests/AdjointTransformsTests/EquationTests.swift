import AdjointArray
import AdjointIR
import AdjointInterpreter
import Testing

@testable import AdjointTransforms

/// The table of equations, read: both sides of each are computed as they stand, over what the equation states.
@Suite("Equations of rewriting hold")
struct EquationTests {
  static let rules = RewriteRule.all.filter { !$0.equations.isEmpty }

  /// What constants of equations are tried with.
  static let constants: [Double] = [2, 0.25, -8, 3, 0, 2.718281828459045, -1.5]

  /// Numbers at which bits differ if they do anywhere.
  static let special: [Double] = [
    0, -0.0, 1, -1, 0.5, 2, 3.25, -7, 0x1p-1074, -0x1p-1060, 0x1p1023, -0x1.fp1023, .infinity, -.infinity,
    .nan,
  ]

  @Test(arguments: rules.map(\.name))
  func bothSidesAgree(_ name: String) throws {
    let rule = try #require(Self.rules.first { $0.name == name })
    for equation in rule.equations {
      var count = 0
      let constants = equation.left.hasConstants ? Self.constants : [0]
      for type in [ScalarType.float64, .float32, .int32, .bool] {
        for c in constants {
          for d in constants {
            // Some equations are about variables that are exponentials.
            for areExponentials in [false, true] {
              // Not every function is defined on every type.
              guard var sides = try? Sides(equation, type, (c, d), areExponentials), try sides.apply(rule)
              else { continue }
              count += 1
              try Self.compare(sides, rule.agreement, name)
              break
            }
          }
        }
      }
      #expect(count > 0, "an equation of \(name) never applied")
    }
  }

  private static func compare(_ sides: Sides, _ agreement: Agreement, _ name: String) throws {
    switch agreement {
    case .bits, .bitsButNaNSign:
      for (left, right) in try zip(sides.values(sides.left, special), sides.values(sides.right, special)) {
        var isEqual = left.bitPattern == right.bitPattern
        if case .bitsButNaNSign = agreement, left.isNaN, right.isNaN { isEqual = true }
        #expect(isEqual, "\(name) on \(sides.type): \(left) became \(right)")
      }
    case .rounded(let range), .finite(let range):
      guard sides.type == .float64 else { return }
      // By the golden ratio: spread evenly, and the same at each run.
      let points = (1...40).map { index in
        let fraction = (Double(index) * 0.6180339887498949).truncatingRemainder(dividingBy: 1)
        return range.lowerBound + fraction * (range.upperBound - range.lowerBound)
      }
      for (left, right) in try zip(sides.values(sides.left, points), sides.values(sides.right, points)) {
        let isNear = left == right || abs(left - right) <= 1e-8 * max(1, abs(left))
        #expect(isNear || left.isNaN && right.isNaN, "\(name): \(left) became \(right)")
      }
      guard case .rounded = agreement else { return }
      // What is no number stays none, and what is one stays one far out.
      let out: [Double] = [.nan, 40, -40, 750, -750, .infinity, -.infinity]
      for (left, right) in try zip(sides.values(sides.left, out), sides.values(sides.right, out))
      where left.isFinite && abs(left) < 1e100 && left != 0 {
        #expect(abs(left - right) <= 1e-8 * max(1, abs(left)), "\(name): \(left) became \(right)")
      }
      for value in try sides.values(sides.right, [.nan]) {
        #expect(value.isNaN, "\(name): NaN became \(value)")
      }
    }
  }

  @Test("A table of patterns is read in any order of operands that commute")
  func operandsCommute() throws {
    let (x, y) = (Pattern(.variable(0)), Pattern(.variable(1)))
    let rule = RewriteRule(.algebra, "it", log(x * y + 1) ==> x - y, agreeing: .rounded(0...1), because: "")
    for order in 0..<4 {
      var builder = Builder()
      let type = TensorType(.float64, [3])
      let (a, b) = (builder.argument(.input, "a", type), builder.argument(.input, "b", type))
      let product = try builder.binary(.multiply, order & 1 == 0 ? a : b, order & 1 == 0 ? b : a)
      let one = try builder.constant(1, like: a)
      let sum = try builder.binary(.add, order & 2 == 0 ? product : one, order & 2 == 0 ? one : product)
      let y = try builder.unary(.log, sum)
      let rewriter = Rewriter(rules: [rule])
      let graph = try rewriter.rewrite(builder.graph(outputs: [Output("y", y)]))
      #expect(rewriter.applied == ["it": 1])
      #expect(graph.nodes.map(\.operation.name) == ["input", "input", "sub"])
    }
  }
}

extension Pattern {
  fileprivate var hasConstants: Bool {
    steps.contains { if case .constant = $0 { true } else { false } }
  }
}

/// The two sides of an equation, as graphs of the same arguments.
private struct Sides {
  let type: ScalarType
  let left: Graph
  private(set) var right: Graph
  private let isCondition: [Bool]

  init(
    _ equation: Equation, _ type: ScalarType, _ constants: (Double, Double), _ areExponentials: Bool
  ) throws {
    self.type = type
    let steps = equation.left.steps
    var conditions: Set<Int> = []
    for step in steps {
      if case .select(let condition, _, _) = step { conditions.insert(condition) }
    }
    for (index, step) in steps.enumerated().reversed() {
      if case .unary(.not, let operand) = step, conditions.contains(index) { conditions.insert(operand) }
    }
    var builder = Builder()
    let shape = Shape([Self.count])
    var ids: [NodeID] = []
    var isCondition: [Bool] = []
    for (index, step) in steps.enumerated() {
      let id: NodeID
      switch step {
      case .variable(let number):
        let own = conditions.contains(index) ? ScalarType.bool : type
        let argument = builder.argument(.input, "v\(number)", TensorType(own, shape))
        id = areExponentials ? try builder.unary(.exp, argument) : argument
        isCondition.append(own == .bool && type != .bool)
      case .constant(let number):
        id = try builder.broadcast(
          builder.constant(Literal(number == 4 ? constants.1 : constants.0, as: type)), to: shape)
      case .number(let value):
        id = try builder.broadcast(builder.constant(Literal(value, as: type)), to: shape)
      case .unary(let function, let a): id = try builder.unary(function, ids[a])
      case .binary(let function, let a, let b, _): id = try builder.binary(function, ids[a], ids[b])
      case .compare(let comparison, let a, let b): id = try builder.compare(comparison, ids[a], ids[b])
      case .select(let c, let a, let b): id = try builder.select(ids[c], ids[a], ids[b])
      }
      ids.append(id)
    }
    left = builder.graph(outputs: [Output("y", ids[ids.count - 1])])
    right = left
    self.isCondition = isCondition
  }

  /// As many as 15 numbers for each of three variables make, or 40 for each of two.
  private static let count = 3600

  /// Makes the right side of the left one, and says whether the rule did it.
  mutating func apply(_ rule: RewriteRule) throws -> Bool {
    let folding = RewriteRule.all.filter { $0.name == "fold-binary" || $0.name == "hoist-broadcast" }
    let rewriter = Rewriter(rules: [rule] + folding)
    right = try rewriter.rewrite(left)
    return rewriter.applied[rule.name] != nil
  }

  /// The values of one side where the variables take `numbers` in all combinations, as far as there is room.
  func values(_ side: Graph, _ numbers: [Double]) throws -> [Double] {
    var arguments: [NDArray] = []
    var stride = 1
    for isCondition in isCondition {
      let own = (0..<Self.count).map { numbers[$0 / stride % numbers.count] }
      let bools = (0..<Self.count).map { $0 / stride % 2 == 0 }
      arguments.append(
        isCondition || type == .bool ? NDArray(bools) : NDArray(own).converted(to: type))
      stride *= isCondition ? 2 : numbers.count
    }
    return try Interpreter(side).run(values: arguments)[0].doubles
  }
}
