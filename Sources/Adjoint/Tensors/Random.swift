import AdjointArray
import AdjointIR

// Random numbers. Each draw has a stream of its own, so that two are independent of each other; all are settled by the
// key: that of the trace (`Trace.randomKey()`), or the int64[2] that is given as `key`. The same key gives the same
// numbers in every backend; those that are computed from the bits by a function, as normal ones are, up to its rounding.

extension Tensor {
  /// Integers, int32 or int64, all of whose bits are random.
  public static func randomBits(
    _ shape: Shape, _ scalarType: ScalarType = .int32, in trace: Trace, key: Tensor? = nil,
    file: String = #fileID, line: Int = #line
  ) -> Tensor {
    let type = TensorType(scalarType, shape)
    return draw("random_bits", type, in: trace, key, [], file, line) { builder, draw throws(GraphError) in
      guard scalarType.isInteger else {
        throw GraphError(
          .typeMismatch, operation: "random_bits", problem: "\(scalarType) has no bits to draw",
          remedy: "draw int32 or int64, or uniform numbers")
      }
      return try draw.bits(type, &builder)
    }
  }

  /// Numbers that are uniform in `range`, [0, 1) unless it is given: float32 in steps of 2⁻²⁴ of its length, float64 of
  /// 2⁻⁵³.
  public static func randomUniform(
    _ shape: Shape, _ scalarType: ScalarType = .float32, range: Range<Double> = 0..<1, in trace: Trace,
    key: Tensor? = nil, file: String = #fileID, line: Int = #line
  ) -> Tensor {
    let type = TensorType(scalarType, shape)
    return draw("random_uniform", type, in: trace, key, [], file, line) { builder, draw throws(GraphError) in
      let unit = try draw.uniform(type, "random_uniform", &builder)
      if range == 0..<1 { return unit }
      let bounds = [range.lowerBound, range.upperBound].map { Literal($0, as: scalarType) }
      let length = bounds[1].doubleValue - bounds[0].doubleValue
      guard length > 0, Literal(length, as: scalarType).doubleValue.isFinite else {
        throw GraphError(
          .invalidAttribute, operation: "random_uniform", problem: "there are no \(scalarType) in \(range)",
          remedy: "give finite bounds, the lower one first")
      }
      let scaled = try builder.binary(.multiply, unit, builder.constant(Literal(length, as: scalarType)))
      let moved = try builder.binary(.add, scaled, builder.constant(bounds[0]))
      // The sum may be rounded up to the bound, which is not within.
      return try builder.binary(.minimum, moved, builder.constant(bounds[1].next(down: scalarType)))
    }
  }

  /// Uniform numbers of the type and shape of `other`.
  public static func randomUniform(
    like other: Tensor, range: Range<Double> = 0..<1, key: Tensor? = nil, file: String = #fileID,
    line: Int = #line
  ) -> Tensor {
    if other.isPoisoned { return other }
    return randomUniform(
      other.shape, other.scalarType, range: range, in: other.trace, key: key, file: file, line: line)
  }

  /// Normally distributed numbers (Box & Muller, 1958), of which float32 reaches 5.8 and float64 8.6 standard deviations.
  public static func randomNormal(
    _ shape: Shape, _ scalarType: ScalarType = .float32, mean: Double = 0, standardDeviation: Double = 1,
    in trace: Trace, key: Tensor? = nil, file: String = #fileID, line: Int = #line
  ) -> Tensor {
    let type = TensorType(scalarType, shape)
    return draw("random_normal", type, in: trace, key, [], file, line) { builder, draw throws(GraphError) in
      guard mean.isFinite, standardDeviation.isFinite, standardDeviation >= 0 else {
        throw GraphError(
          .invalidAttribute, operation: "random_normal",
          problem: "mean \(mean) and standard deviation \(standardDeviation)",
          remedy: "give finite numbers, the deviation at least 0")
      }
      var result = try draw.normal(type, &builder)
      if standardDeviation != 1 {
        let scale = builder.constant(Literal(standardDeviation, as: scalarType))
        result = try builder.binary(.multiply, result, scale)
      }
      return mean == 0
        ? result : try builder.binary(.add, result, builder.constant(Literal(mean, as: scalarType)))
    }
  }

  /// Normally distributed numbers of the type and shape of `other`.
  public static func randomNormal(
    like other: Tensor, mean: Double = 0, standardDeviation: Double = 1, key: Tensor? = nil,
    file: String = #fileID, line: Int = #line
  ) -> Tensor {
    if other.isPoisoned { return other }
    return randomNormal(
      other.shape, other.scalarType, mean: mean, standardDeviation: standardDeviation, in: other.trace,
      key: key, file: file, line: line)
  }

  /// Truth values that hold with `probability`, to 2⁻²⁴.
  public static func randomBernoulli(
    _ shape: Shape, probability: Double, in trace: Trace, key: Tensor? = nil, file: String = #fileID,
    line: Int = #line
  ) -> Tensor {
    let type = TensorType(.bool, shape)
    return draw("random_bernoulli", type, in: trace, key, [], file, line) {
      builder, draw throws(GraphError) in
      try checkProbability(probability, "random_bernoulli", "the probability")
      let unit = try draw.uniform(TensorType(.float32, shape), "random_bernoulli", &builder)
      return try builder.compare(.less, unit, builder.constant(Literal(Float(probability))))
    }
  }

  /// Truth values that hold with the probability that stands at the same place of `probability`.
  public static func randomBernoulli(
    probability: Tensor, key: Tensor? = nil, file: String = #fileID, line: Int = #line
  ) -> Tensor {
    if probability.isPoisoned { return probability }
    let type = TensorType(.bool, probability.shape)
    return draw("random_bernoulli", type, in: probability.trace, key, [probability], file, line) {
      builder, draw throws(GraphError) in
      let unit = try draw.uniform(probability.type, "random_bernoulli", &builder)
      return try builder.compare(.less, unit, draw.operands[0])
    }
  }

  /// Integers of `range`, int32 or int64. None is more likely than another by more than one part in 2⁶⁴ divided by the
  /// length of the range.
  public static func randomIntegers(
    _ shape: Shape, _ range: Range<Int>, _ scalarType: ScalarType = .int32, in trace: Trace,
    key: Tensor? = nil, file: String = #fileID, line: Int = #line
  ) -> Tensor {
    let type = TensorType(scalarType, shape)
    return draw("random_integers", type, in: trace, key, [], file, line) { builder, draw throws(GraphError) in
      let length = range.upperBound.subtractingReportingOverflow(range.lowerBound)
      let greatest = scalarType == .int32 ? Int(Int32.max) : Int.max
      guard scalarType.isInteger, !range.isEmpty, !length.overflow, range.lowerBound >= -greatest - 1,
        range.upperBound - 1 <= greatest
      else {
        throw GraphError(
          .invalidAttribute, operation: "random_integers", problem: "\(range) as \(scalarType)",
          remedy: "give a range that has elements, of which an integer type holds each")
      }
      let bits = try draw.bits(TensorType(.int64, shape), &builder)
      let count = builder.constant(Literal(Int64(length.partialValue)))
      let rest = try builder.binary(.remainder, bits, count)
      let isNegative = try builder.compare(.less, rest, builder.constant(Literal(Int64(0))))
      let place = try builder.select(isNegative, builder.binary(.add, rest, count), rest)
      let moved = try builder.binary(.add, place, builder.constant(Literal(Int64(range.lowerBound))))
      return try builder.cast(moved, to: scalarType)
    }
  }

  /// The int32 numbers from 0 to `count` − 1 in random order, each order as likely as another.
  public static func randomPermutation(
    _ count: Int, in trace: Trace, key: Tensor? = nil, file: String = #fileID, line: Int = #line
  ) -> Tensor {
    let type = TensorType(.int32, [count])
    return draw("random_permutation", type, in: trace, key, [], file, line) {
      builder, draw throws(GraphError) in try draw.permutation(count, &builder)
    }
  }

  /// The parts along `axis` in random order, each order as likely as another.
  public func shuffled(axis: Int = 0, key: Tensor? = nil, file: String = #fileID, line: Int = #line)
    -> Tensor
  {
    let order = Tensor.draw("shuffle", TensorType(.int32, [0]), in: trace, key, [self], file, line) {
      builder, draw throws(GraphError) in
      let shape = builder.shape(draw.operands[0])
      let axis = try builder.normalizedAxis(axis, rank: shape.rank, "shuffle")
      return try draw.permutation(shape[axis], &builder)
    }
    return isPoisoned ? self : taking(order, axis: axis, file: file, line: line)
  }

  /// What `body` appends for one draw.
  fileprivate static func draw(
    _ operation: String, _ type: TensorType, in trace: Trace, _ key: Tensor?, _ operands: [Tensor],
    _ file: String, _ line: Int, _ body: (inout Builder, Draw) throws(GraphError) -> NodeID
  ) -> Tensor {
    let location = SourceLocation(file: file, line: line)
    let key = key ?? trace.randomKey(at: location)
    let stream = trace.nextStream()
    let made = trace.append(operation, [key] + operands, at: location) {
      builder, ids throws(GraphError) in
      do throws(GraphError) {
        return try body(&builder, Draw(key: ids[0], stream: stream, operands: Array(ids.dropFirst())))
      } catch {
        throw GraphError(error.kind, operation: operation, problem: error.problem, remedy: error.remedy)
      }
    }
    return made.map { Tensor(trace, $0) } ?? Tensor(poisoned: type, in: trace)
  }
}

/// `x` with each element set to 0 with probability `rate` (to 2⁻²⁴), and the others divided by 1 − `rate`, so that the
/// mean stays (Srivastava, Hinton, Krizhevsky, Sutskever & Salakhutdinov, 2014). A `rate` of 1 leaves zeros.
///
/// Where the trace is not for training (``Trace/isTraining``) it is `x` itself, unless `isTraining` says otherwise. The
/// derivative is that of the mask: 0, or 1/(1 − rate).
public func dropout(
  _ x: Tensor, rate: Double, isTraining: Bool? = nil, key: Tensor? = nil, file: String = #fileID,
  line: Int = #line
) -> Tensor {
  dropout(x, isTraining, key, [], file, line) { builder, draw, x throws(GraphError) in
    try checkProbability(rate, "dropout", "the rate")
    if rate == 0 { return nil }
    let scale = Literal(rate < 1 ? 1 / (1 - rate) : 0, as: builder.scalarType(x))
    return (builder.constant(Literal(Float(rate))), builder.constant(scale))
  }
}

/// Dropout at a rate that is a scalar tensor, such as a setting that changes in training: below 0 it is 0, above 1 it is
/// 1. The derivative by the rate is taken to be 0.
public func dropout(
  _ x: Tensor, rate: Tensor, isTraining: Bool? = nil, key: Tensor? = nil, file: String = #fileID,
  line: Int = #line
) -> Tensor {
  dropout(x, isTraining, key, [rate], file, line) { builder, draw, x throws(GraphError) in
    let given = draw.operands[1]
    guard builder.shape(given).isScalar else {
      throw GraphError(
        .shapeMismatch, operation: "dropout", problem: "the rate is \(builder.type(given))",
        remedy: "give one number")
    }
    try builder.requireFloatingPoint(given, "dropout")
    let rate = try builder.cast(builder.append(.stopGradient, [given]), to: builder.scalarType(x))
    let one = try builder.constant(1, like: rate)
    let zero = try builder.constant(0, like: rate)
    let kept = try builder.binary(.subtract, one, builder.binary(.maximum, rate, zero))
    // What is not chosen is divided, too.
    let isPositive = try builder.compare(.greater, kept, zero)
    let scale = try builder.binary(.divide, one, builder.select(isPositive, kept, one))
    return (try builder.cast(rate, to: .float32), scale)
  }
}

/// - Parameter factors: the rate as float32 and what is kept is multiplied by; `nil` where nothing is to be done.
private func dropout(
  _ x: Tensor, _ isTraining: Bool?, _ key: Tensor?, _ operands: [Tensor], _ file: String, _ line: Int,
  _ factors: (inout Builder, Draw, NodeID) throws(GraphError) -> (rate: NodeID, scale: NodeID)?
) -> Tensor {
  let location = SourceLocation(file: file, line: line)
  guard let trace = Trace.open(among: [x] + operands + (key.map { [$0] } ?? [])) else { return x }
  guard isTraining ?? trace.isTraining else {
    return Tensor.record("dropout", [x] + operands, at: location) { builder, ids throws(GraphError) in
      try builder.requireFloatingPoint(ids[0], "dropout")
      return ids[0]
    }
  }
  return Tensor.draw("dropout", x.type, in: trace, key, [x] + operands, file, line) {
    builder, draw throws(GraphError) in
    let x = draw.operands[0]
    try builder.requireFloatingPoint(x, "dropout")
    guard let (rate, scale) = try factors(&builder, draw, x) else { return x }
    let unit = try draw.bits(TensorType(.float32, builder.shape(x)), &builder)
    let isKept = try builder.compare(.greaterOrEqual, unit, rate)
    return try builder.select(
      isKept, builder.binary(.multiply, x, scale), builder.constant(Literal(0, as: builder.scalarType(x))))
  }
}

private func checkProbability(_ value: Double, _ operation: String, _ name: String) throws(GraphError) {
  guard (0...1).contains(value) else {
    throw GraphError(
      .invalidAttribute, operation: operation, problem: "\(name) is \(value)", remedy: "give one of 0 to 1")
  }
}

/// One draw under way: a key, the draw's stream, and what else it is given.
private struct Draw {
  let key: NodeID
  let stream: Int
  let operands: [NodeID]

  /// Integers of random bits, or numbers of [0, 1).
  func bits(_ type: TensorType, _ builder: inout Builder) throws(GraphError) -> NodeID {
    try builder.append(.structured(.randomBits(RandomBits(type, stream: stream))), [key])
  }

  func uniform(_ type: TensorType, _ operation: String, _ builder: inout Builder) throws(GraphError) -> NodeID
  {
    guard type.scalarType.isFloatingPoint else {
      throw GraphError(
        .typeMismatch, operation: operation, problem: "it is not defined on \(type.scalarType)",
        remedy: "draw float32 or float64")
    }
    return try bits(type, &builder)
  }

  /// √(−2 ln u) · cos 2πv and √(−2 ln u) · sin 2πv for each two uniform numbers, u in (0, 1] and v in [0, 1).
  func normal(_ type: TensorType, _ builder: inout Builder) throws(GraphError) -> NodeID {
    // Half of a shape that cannot be could be one.
    _ = try Operation.structured(.randomBits(RandomBits(type, stream: stream))).resultType([builder.type(key)]
    )
    let half = type.count / 2 + type.count % 2
    let unit = try uniform(
      TensorType(type.scalarType, [2, half]), "random_normal", &builder)
    let rows = try [0, 1].map { (row) throws(GraphError) in
      let part = Slice(starts: [row, 0], ends: [row + 1, half], steps: [1, 1])
      return try builder.reshape(builder.append(.slice(part), [unit]), to: [half])
    }
    let number = { (value: Double) in Literal(value, as: type.scalarType) }
    let rest = try builder.binary(.subtract, builder.constant(number(1)), rows[0])
    let square = try builder.binary(
      .multiply, builder.unary(.log, rest), builder.constant(number(-2)))
    let radius = try builder.unary(.sqrt, square)
    let angle = try builder.binary(.multiply, rows[1], builder.constant(number(2 * .pi)))
    let pair = try [UnaryFunction.cos, .sin].map { (function) throws(GraphError) in
      try builder.binary(.multiply, radius, builder.unary(function, angle))
    }
    let all = try builder.append(.concatenate(axis: 0), pair)
    let wanted = Slice(starts: [0], ends: [type.count], steps: [1])
    let values = type.count == 2 * half ? all : try builder.append(.slice(wanted), [all])
    return try builder.reshape(values, to: type.shape)
  }

  /// 64 bits for each: of 10⁶ numbers two are equal in one of 3 · 10⁷ draws.
  func permutation(_ count: Int, _ builder: inout Builder) throws(GraphError) -> NodeID {
    let bits = try bits(TensorType(.int64, [count]), &builder)
    return try builder.append(.structured(.argsort(axis: 0, isDescending: false)), [bits])
  }
}

extension Literal {
  /// The number of the type that comes before this one.
  fileprivate func next(down scalarType: ScalarType) -> Literal {
    scalarType == .float32
      ? Literal(Float(doubleValue).nextDown) : Literal(doubleValue.nextDown, as: scalarType)
  }
}
