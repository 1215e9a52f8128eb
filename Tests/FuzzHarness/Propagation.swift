import Adjoint

/// The bounds of one node from those of its operands.
struct Propagation {
  let node: Node
  let operands: [NDArray]
  let bounds: [NDArray?]
  let value: NDArray
  let measure: BoundedRun.Measure

  private var type: ScalarType { node.type.scalarType }
  private var shape: Shape { node.type.shape }
  private var isExact: Bool { bounds.allSatisfy { $0 == nil } }
  private var jump: BoundedRun.Rejection { .jump(node.operation.name) }

  /// - Throws: ``BoundedRun/Rejection/jump(_:)``, or what the interpreter throws.
  func bound() throws -> NDArray? {
    switch node.operation {
    case .argument, .constant, .data, .iota: return nil
    case .call: return nil  // Inlined before.
    case .reshape, .transpose, .broadcast, .slice, .flip, .pad, .windows, .stopGradient, .barrier,
      .structured(.gatherRows), .structured(.gather):
      guard type.isFloatingPoint, let bound = bounds[0] else { return nil }
      return try apply(node.operation, [bound] + operands.dropFirst())
    case .concatenate:
      guard !isExact else { return nil }
      return try apply(node.operation, operands.indices.map(boundOrZero))
    case .select:
      guard !isExact else { return nil }
      return try apply(.select, [operands[0], boundOrZero(1), boundOrZero(2)])
    case .compare:
      if !isExact { try checkOrder() }
      return nil
    case .cast: return try cast()
    case .unary(let function): return try unary(function)
    case .binary(let function): return try binary(function)
    case .reduce(let reduction, let axes): return try reduce(reduction, axes)
    case .structured(.cumulative(let function, let axis, _)): return try cumulative(function, axis)
    case .dot(let dimensions):
      guard type.isFloatingPoint else { return nil }
      let terms = dimensions.lhsContracting.reduce(1) { $0 * operands[0].shape[$1] }
      return try spread(terms: terms + 1)
    case .structured(.randomBits): return nil
    case .structured(.argsort), .structured(.searchSorted):
      if !isExact { throw jump }
      return nil
    case .structured(.cholesky): return try cholesky()
    case .structured(.triangularSolve(let solve)): return try triangularSolve(solve)
    case .scan(let scan, let result): return try loop(scan, result)
    case .addWindows(let windows, _):
      guard type.isFloatingPoint else { return nil }
      return try scatter(terms: windows.sizes.reduce(1, *), always: measure == .realNumbers)
    case .structured(.scatterAddRows):
      guard type.isFloatingPoint else { return nil }
      return try scatter(terms: operands[1].count, always: true)
    case .structured(.scatterAdd(let axis, _)):
      guard type.isFloatingPoint else { return nil }
      return try scatter(terms: operands[0].shape[axis], always: measure == .realNumbers)
    }
  }

  // MARK: Elementwise

  private func unary(_ function: UnaryFunction) throws -> NDArray? {
    guard type.isFloatingPoint else { return nil }
    switch function {
    case .negate, .absolute, .relu: return bounds[0]
    case .sign, .floor, .ceil, .round, .not:
      try checkConstant()
      return nil
    case .sqrt:
      return try rounded(ulps: 1, changes: bounds[0] == nil ? nil : try changes(), isArithmetic: true)
    case .exp, .exp2, .expm1, .log, .log2, .log10, .log1p, .cbrt, .sin, .cos, .tan, .asin, .acos, .atan,
      .sinh, .cosh, .tanh, .asinh, .acosh, .atanh, .erf, .erfc, .sigmoid:
      let ulps = (function.roundingBound(type) ?? 0) + libmBound
      return try rounded(ulps: ulps, changes: bounds[0] == nil ? nil : try changes(), isArithmetic: false)
    }
  }

  private func binary(_ function: BinaryFunction) throws -> NDArray? {
    guard type.isFloatingPoint else { return nil }
    let changes: [Double]?
    switch function {
    case .power, .atan2, .hypot:
      let ulps = (function.roundingBound ?? 0) + libmBound
      return try rounded(ulps: ulps, changes: isExact ? nil : try self.changes(), isArithmetic: false)
    case .add, .subtract: changes = combined { _, _, ea, eb in ea + eb }
    case .multiply: changes = combined { a, b, ea, eb in abs(a) * eb + abs(b) * ea + ea * eb }
    case .divide:
      changes = combined { a, b, ea, eb in
        eb < abs(b) ? (ea + abs(a / b) * eb) / (abs(b) - eb) : .infinity
      }
    case .maximum, .minimum: return combined { _, _, ea, eb in max(ea, eb) }.map(array)
    case .copySign:
      if bounds[1] != nil { throw jump }
      return bounds[0]
    case .remainder:
      guard !isExact else { return nil }
      // Exact, and continuous where the quotient's integer is sure.
      let (a, b) = (operands[0].doubles, operands[1].doubles)
      let (ea, eb) = (boundOrZero(0).doubles, boundOrZero(1).doubles)
      var result = [Double](repeating: 0, count: a.count)
      for i in a.indices where ea[i] + eb[i] > 0 {
        let quotients = [-1.0, 1].flatMap { s in
          [-1.0, 1].map { t in ((a[i] + s * ea[i]) / (b[i] + t * eb[i])).rounded(.towardZero) }
        }
        guard let first = quotients.first, first.isFinite, quotients.allSatisfy({ $0 == first }) else {
          throw jump
        }
        result[i] = ea[i] + abs(first) * eb[i]
      }
      return array(result)
    case .and, .or: return nil
    }
    return try rounded(ulps: 1, changes: changes, isArithmetic: true)
  }

  private func cast() throws -> NDArray? {
    let source = operands[0].scalarType
    guard type.isFloatingPoint else {
      try checkConstant()
      return nil
    }
    switch source {
    case .float32, .float64:
      if type == .float64 { return bounds[0] }
      return try rounded(ulps: 1, changes: bounds[0]?.doubles, isArithmetic: true)
    case .int32, .int64: return try rounded(ulps: 1, changes: nil, isArithmetic: true)
    case .bool: return nil
    }
  }

  /// `changes` and the operation's own rounding; arithmetic has the same bits on the same operands.
  private func rounded(ulps: Double, changes: [Double]?, isArithmetic: Bool) throws -> NDArray? {
    let roundsAlways = !isArithmetic || measure == .realNumbers
    if changes == nil, !roundsAlways { return nil }
    var result = changes ?? [Double](repeating: 0, count: value.count)
    let values = value.doubles
    for i in values.indices where roundsAlways || result[i] != 0 { result[i] += ulps * unit(values[i]) }
    return array(result)
  }

  /// By how much the value changes, to first order, where the operands are moved by their bounds.
  private func changes() throws -> [Double] {
    let wide = operands.map { $0.converted(to: .float64) }
    let type = TensorType(.float64, shape)
    let center = try evaluate(node.operation, wide, type: type).doubles
    var result = [Double](repeating: 0, count: center.count)
    for (position, bound) in bounds.enumerated() {
      guard let bound = bound?.doubles else { continue }
      var largest = [Double](repeating: 0, count: center.count)
      for sign in [-1.0, 1] {
        var moved = wide
        moved[position].withUnsafeMutableElements(of: Double.self) {
          for i in $0.indices { $0[i] += sign * bound[i] }
        }
        let found = try evaluate(node.operation, moved, type: type).doubles
        for i in found.indices where bound[i] != 0 && found[i].bitPattern != center[i].bitPattern {
          let change = abs(found[i] - center[i])
          largest[i] = max(largest[i], change.isNaN ? .infinity : change)
        }
      }
      for i in largest.indices { result[i] += largest[i] }
    }
    return result
  }

  /// An elementwise formula of two operands and their bounds; `nil` where all bounds are 0.
  @inline(__always)
  private func combined(_ formula: (Double, Double, Double, Double) -> Double) -> [Double]? {
    guard !isExact else { return nil }
    let (a, b) = (operands[0].doubles, operands[1].doubles)
    let (ea, eb) = (boundOrZero(0).doubles, boundOrZero(1).doubles)
    return a.indices.map { i in ea[i] == 0 && eb[i] == 0 ? 0 : formula(a[i], b[i], ea[i], eb[i]) }
  }

  // MARK: Choices

  /// That the operation gives one value within the operand's bounds.
  private func checkConstant() throws {
    guard let bound = bounds[0]?.doubles, bound.contains(where: { $0 != 0 }) else { return }
    let wide = operands[0].converted(to: .float64)
    let results = try [-1.0, 1].map { sign in
      var moved = wide
      moved.withUnsafeMutableElements(of: Double.self) { for i in $0.indices { $0[i] += sign * bound[i] } }
      return try evaluate(
        node.operation, [moved], type: TensorType(type.isFloatingPoint ? .float64 : type, shape))
    }
    guard results[0] == results[1] else { throw jump }
  }

  /// That operands which are not the same are further apart than their bounds.
  private func checkOrder() throws {
    let (a, b) = (operands[0].doubles, operands[1].doubles)
    let (ea, eb) = (boundOrZero(0).doubles, boundOrZero(1).doubles)
    for i in a.indices where ea[i] + eb[i] != 0 && !(abs(a[i] - b[i]) > ea[i] + eb[i]) { throw jump }
  }

  // MARK: Sums and products

  private func reduce(_ reduction: Reduction, _ axes: [Int]) throws -> NDArray? {
    guard type.isFloatingPoint else { return nil }
    let terms = axes.map { operands[0].shape[$0] }.reduce(1, *)
    // The reduction of nothing is sure.
    if terms == 0 { return nil }
    switch reduction {
    case .maximum, .minimum:
      return try bounds[0].map { try apply(.reduce(.maximum, axes: axes), [$0]) }
    case .sum, .product:
      // Of one element it is that element.
      return terms == 1 ? try bounds[0].map { try apply(.reshape(shape), [$0]) } : try spread(terms: terms)
    case .any, .all: return nil
    }
  }

  private func cumulative(_ function: Cumulative, _ axis: Int) throws -> NDArray? {
    guard type.isFloatingPoint, measure == .realNumbers || !isExact else { return nil }
    // Which elements are sure cannot be seen from the sums: what widens an operand may be rounded away.
    return try spread(terms: operands[0].shape[axis])
  }

  private func scatter(terms: Int, always: Bool) throws -> NDArray? {
    guard always || bounds[0] != nil else { return nil }
    return try spread(terms: terms, always: always)
  }

  /// The bound of what is a sum of products of the operands' elements, in any order and grouping: with each operand's
  /// magnitudes in its place, what its bounds add, and `terms` roundings.
  ///
  /// - Parameter always: whether also elements whose operands are sure are rounded differently.
  private func spread(terms: Int, always: Bool = true) throws -> NDArray {
    let magnitudes = operands.map {
      $0.scalarType.isFloatingPoint ? $0.converted(to: .float64).magnitudes : $0
    }
    let sure = try apply(node.operation, magnitudes).doubles
    var largest = sure
    if !isExact {
      let widened = magnitudes.indices.map { position in
        guard let bound = bounds[position]?.doubles else { return magnitudes[position] }
        var result = magnitudes[position]
        result.withUnsafeMutableElements(of: Double.self) { for i in $0.indices { $0[i] += bound[i] } }
        return result
      }
      largest = try apply(node.operation, widened).doubles
    }
    let share = Double(max(1, terms)) * type.epsilon
    let values = value.doubles
    var result = [Double](repeating: 0, count: sure.count)
    for i in sure.indices where always || largest[i] != sure[i] {
      // In float64 the difference of the two sums is itself rounded.
      result[i] = (largest[i] - sure[i]) + (share + 0x1p-52) * largest[i] + unit(values[i])
    }
    return array(result)
  }

  // MARK: Arrays

  /// `operation` in float64, whose result has this node's shape.
  private func apply(_ operation: Operation, _ operands: [NDArray]) throws -> NDArray {
    try evaluate(operation, operands, type: TensorType(.float64, shape))
  }

  private func boundOrZero(_ position: Int) -> NDArray {
    bounds[position] ?? NDArray(zeros: operands[position].shape, .float64)
  }

  /// Bounds that are no numbers are none: what is infinite minus infinite.
  func array(_ bounds: [Double]) -> NDArray {
    var result = NDArray(zeros: shape, .float64)
    result.withUnsafeMutableElements(of: Double.self) {
      for i in bounds.indices { $0[i] = bounds[i].isNaN ? .infinity : bounds[i] }
    }
    return result
  }

  /// A unit in the last place of `value` as this node's type has it; 0 for what is no finite number.
  private func unit(_ value: Double) -> Double {
    guard value.isFinite else { return 0 }
    return type == .float32 ? Double(Float(value).ulp) : value.ulp
  }
}

extension NDArray {
  /// |x|, element by element.
  package var magnitudes: NDArray {
    var result = self
    switch scalarType {
    case .float32:
      result.withUnsafeMutableElements(of: Float.self) { for i in $0.indices { $0[i] = abs($0[i]) } }
    case .float64:
      result.withUnsafeMutableElements(of: Double.self) { for i in $0.indices { $0[i] = abs($0[i]) } }
    case .int32, .int64, .bool: break
    }
    return result
  }
}
