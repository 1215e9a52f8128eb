import AdjointArray
import AdjointIR

// Elementwise functions among the random graph's steps.
extension GraphGenerator {
  /// x² + 0.5, or |x| + 0.5: positive by construction.
  private mutating func positive(_ value: Value) throws(GraphError) -> Value {
    let isSquare = options.smooth || random.chance(0.5)
    let magnitude =
      isSquare ? try builder.binary(.multiply, value.id, value.id) : try builder.unary(.absolute, value.id)
    let half = try builder.constant(0.5, like: value.id)
    return Value(
      id: try builder.binary(.add, magnitude, half),
      bound: (isSquare ? value.bound * value.bound : value.bound) + 0.5, isExact: value.isExact)
  }

  mutating func unary(_ function: UnaryFunction) throws(GraphError) {
    let value = try float()
    switch function {
    case .negate:
      try keep(try builder.unary(function, value.id), bound: value.bound, isExact: value.isExact)
    case .absolute, .relu:
      guard !options.smooth else { return }
      try keep(try builder.unary(function, value.id), bound: value.bound, isExact: value.isExact)
    case .sign:
      guard let exact = try exactFloat() else { return }
      try keep(try builder.unary(function, exact.id), bound: 1, isExact: true)
    case .exp, .expm1:
      let operand = value.bound <= 2 ? value.id : try builder.unary(.tanh, value.id)
      try keep(try builder.unary(function, operand), bound: 7.4, isExact: false)
    case .log:
      let operand = try positive(value)
      try keep(try builder.unary(function, operand.id), bound: 5, isExact: false)
    case .log1p, .log2, .log10, .asinh, .cbrt:
      let operand = try positive(value)
      try keep(try builder.unary(function, operand.id), bound: 8, isExact: false)
    case .acosh:
      // Beyond 1 by at least 0.5.
      let operand = try builder.binary(.add, positive(value).id, builder.constant(1, like: value.id))
      try keep(try builder.unary(function, operand), bound: 5, isExact: false)
    case .asin, .acos, .atanh, .tan, .sinh, .cosh, .exp2:
      // At most 0.76 from 0.
      let small = try builder.unary(.tanh, builder.unary(.sin, value.id))
      try keep(try builder.unary(function, small), bound: 2.5, isExact: false)
    case .atan, .erf, .erfc:
      try keep(try builder.unary(function, value.id), bound: 2, isExact: false)
    case .floor, .ceil, .round:
      guard let exact = try exactFloat() else { return }
      try keep(try builder.unary(function, exact.id), bound: exact.bound + 1, isExact: true)
    case .sqrt:
      let operand = try positive(value)
      try keep(
        try builder.unary(function, operand.id), bound: 1 + operand.bound.squareRoot(),
        isExact: operand.isExact)
    case .sin, .cos, .tanh, .sigmoid:
      try keep(try builder.unary(function, value.id), bound: 1, isExact: false)
    case .not:
      bools.append(Value(id: try builder.unary(.not, try bool().id), bound: 0, isExact: true))
    }
  }

  mutating func binary(_ function: BinaryFunction) throws(GraphError) {
    if function.domain == .truth { return try logic(function) }
    let a = try float()
    let b = partner(of: builder.shape(a.id), among: floats, scalarType)
    let isExact = a.isExact && b.isExact
    switch function {
    case .add, .subtract:
      try keep(try builder.binary(function, a.id, b.id), bound: a.bound + b.bound, isExact: isExact)
    case .multiply:
      try keep(try builder.binary(function, a.id, b.id), bound: a.bound * b.bound, isExact: isExact)
    case .divide:
      let divisor = try positive(b)
      try keep(try builder.binary(function, a.id, divisor.id), bound: 2 * a.bound, isExact: isExact)
    case .power:
      let base = try positive(a)
      let exponent = b.bound <= 2 ? b.id : try builder.unary(.sin, b.id)
      try keep(
        try builder.binary(function, base.id, exponent), bound: max(4, base.bound * base.bound),
        isExact: false)
    case .atan2:
      let x = try positive(b)
      try keep(try builder.binary(function, a.id, x.id), bound: 1.6, isExact: false)
    case .hypot:
      try keep(
        try builder.binary(function, a.id, positive(b).id), bound: a.bound + b.bound * b.bound + 1,
        isExact: false)
    case .remainder:
      // It jumps where the quotient does: only of what is exact.
      guard let x = try exactFloat(), let y = try exactFloat(), fit(x, y) else { return }
      let divisor = try positive(y)
      try keep(try builder.binary(function, x.id, divisor.id), bound: x.bound, isExact: divisor.isExact)
    case .maximum, .minimum:
      guard !options.smooth else { return }
      // Which of two zeros of different sign wins is not the same everywhere.
      try keep(try builder.binary(function, a.id, b.id), bound: max(a.bound, b.bound), isExact: isExact)
    case .copySign:
      // It jumps where the sign does: only by that of what is exact.
      guard !options.smooth, let sign = try exactFloat(), fit(a, sign) else { return }
      try keep(try builder.binary(function, a.id, sign.id), bound: a.bound, isExact: a.isExact)
    case .and, .or: return
    }
  }

  mutating func compare(_ comparison: Comparison) throws(GraphError) {
    let id: NodeID
    if let a = try exactFloat(), let b = try exactFloat(), random.chance(0.6), fit(a, b) {
      id = try builder.compare(comparison, a.id, b.id)
    } else if random.chance(0.2), comparison.domain.contains(.bool) {
      let a = try bool()
      id = try builder.compare(comparison, a.id, partner(of: builder.shape(a.id), among: bools, .bool).id)
    } else {
      let type = integerType()
      let a = try integer(type)
      let b = partner(of: builder.shape(a.id), among: integers(type), type)
      id = try builder.compare(comparison, a.id, b.id)
    }
    bools.append(Value(id: id, bound: 0, isExact: true))
  }

  private func fit(_ a: Value, _ b: Value) -> Bool {
    (builder.shape(a.id).broadcast(with: builder.shape(b.id))?.count ?? .max) <= Self.largestCount
  }

  mutating func select() throws(GraphError) {
    let condition = try bool()
    let shape = builder.shape(condition.id)
    if random.chance(0.25) {
      let type = random.chance(0.3) ? .bool : integerType()
      let a = partner(of: shape, among: type == .bool ? bools : integers(type), type)
      let b = partner(of: shape, among: type == .bool ? bools : integers(type), type)
      guard fit(a, b), let both = builder.shape(a.id).broadcast(with: builder.shape(b.id)),
        (both.broadcast(with: shape)?.count ?? .max) <= Self.largestCount
      else { return }
      try keep(exact: try builder.select(condition.id, a.id, b.id))
    } else {
      let a = partner(of: shape, among: floats, scalarType)
      let b = partner(of: shape, among: floats, scalarType)
      guard fit(a, b), let both = builder.shape(a.id).broadcast(with: builder.shape(b.id)),
        (both.broadcast(with: shape)?.count ?? .max) <= Self.largestCount
      else { return }
      try keep(
        try builder.select(condition.id, a.id, b.id), bound: max(a.bound, b.bound),
        isExact: a.isExact && b.isExact)
    }
  }

  mutating func cast() throws(GraphError) {
    switch random.below(7) {
    case 0:
      guard let value = try exactFloat() else { return }
      let scaled = try builder.binary(.multiply, value.id, try builder.constant(3.7, like: value.id))
      try keep(exact: try builder.cast(scaled, to: integerType()))
    case 1:
      // Brought to a bound of 8 at once; products with a power of two are exact.
      let value = try builder.cast(int().id, to: scalarType)
      let scaled = try builder.binary(.multiply, value, try builder.constant(0x1p-28, like: value))
      try keep(scaled, bound: 8, isExact: true)
    case 2:
      let value = try builder.cast(try long().id, to: scalarType)
      let scaled = try builder.binary(.multiply, value, try builder.constant(0x1p-60, like: value))
      try keep(scaled, bound: 8, isExact: true)
    case 3: try keep(try builder.cast(try bool().id, to: scalarType), bound: 1, isExact: true)
    case 4:
      // Between integers and truth values.
      let types: [ScalarType] = [.int32, .int64, .bool]
      let (from, to) = (random.pick(types), random.pick(types))
      let value = from == .bool ? try bool() : try integer(from)
      if from != to { try keep(exact: try builder.cast(value.id, to: to)) }
    case 5:
      guard let value = try exactFloat() else { return }
      bools.append(Value(id: try builder.cast(value.id, to: .bool), bound: 0, isExact: true))
    default:
      guard !options.smooth else { return }
      let other: ScalarType = scalarType == .float32 ? .float64 : .float32
      let value = try float()
      let there = try builder.cast(value.id, to: other)
      let function = random.pick([UnaryFunction.negate, .tanh, .sin])
      try keep(
        try builder.unary(function, there), bound: max(1, value.bound),
        isExact: value.isExact && function == .negate)
    }
  }

  mutating func integer() throws(GraphError) {
    let type = integerType()
    let a = try integer(type)
    let unary = UnaryFunction.allCases.filter { $0.domain.contains(type) }
    let binary = BinaryFunction.allCases.filter { $0.domain.contains(type) }
    let id =
      random.chance(0.3)
      ? try builder.unary(random.pick(unary), a.id)
      : try builder.binary(
        random.pick(binary), a.id, partner(of: builder.shape(a.id), among: integers(type), type).id)
    try keep(exact: id)
  }

  mutating func logic(_ function: BinaryFunction? = nil) throws(GraphError) {
    let functions = BinaryFunction.allCases.filter { $0.domain == .truth }
    let a = try bool()
    let b = partner(of: builder.shape(a.id), among: bools, .bool)
    let id = try builder.binary(function ?? random.pick(functions), a.id, b.id)
    bools.append(Value(id: id, bound: 0, isExact: true))
  }
}
