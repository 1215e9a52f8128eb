import AdjointArray
import AdjointIR

// One step of the generator for each family of operations.
extension GraphGenerator {
  private enum Family: CaseIterable {
    case unary, binary, compare, select, cast, reduce, dot, movement, gather, scatter, integer, logic, source
    case loop
    case stopGradient, barrier, call, derivative, cumulative, gatherAlong, scatterAlong, linearAlgebra
    case randomBits, argsort, windows
  }

  mutating func step() throws(GraphError) {
    switch random.pick(Family.allCases) {
    case .unary: try unary(random.pick(UnaryFunction.allCases))
    case .binary: try binary(random.pick(BinaryFunction.allCases))
    case .compare: try compare(random.pick(Comparison.allCases))
    case .select: try select()
    case .cast: try cast()
    case .reduce: try reduce(random.pick(Reduction.allCases))
    case .dot: try dot()
    case .movement: try movement()
    case .gather: try gather()
    case .scatter: try scatter()
    case .integer: try integer()
    case .logic: try logic()
    case .source: try source()
    case .stopGradient:
      guard !options.smooth else { return }
      let value = try float()
      try keep(try builder.append(.stopGradient, [value.id]), bound: value.bound, isExact: value.isExact)
    case .barrier:
      let value = try float()
      try keep(try builder.append(.barrier, [value.id]), bound: value.bound, isExact: value.isExact)
    case .call: if options.calls { try call() }
    case .loop: if options.calls { try loop() }
    case .derivative: if options.calls { try derivative() }
    case .cumulative: try cumulative()
    case .gatherAlong: try gatherAlong()
    case .scatterAlong: try scatterAlong()
    case .linearAlgebra: try linearAlgebra()
    case .randomBits: try randomBits()
    case .argsort: try argsort()
    case .windows: try windows()
    }
  }

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

  private mutating func unary(_ function: UnaryFunction) throws(GraphError) {
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

  private mutating func binary(_ function: BinaryFunction) throws(GraphError) {
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
    case .and, .or: return
    }
  }

  private mutating func compare(_ comparison: Comparison) throws(GraphError) {
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

  private mutating func select() throws(GraphError) {
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

  private mutating func cast() throws(GraphError) {
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

  private mutating func axes(of shape: Shape) -> [Int] { (0..<shape.rank).filter { _ in random.chance(0.5) } }

  private mutating func reduce(_ reduction: Reduction) throws(GraphError) {
    if reduction.domain == .truth {
      let value = try bool()
      let id = try builder.reduce(
        reduction, value.id, axes: axes(of: builder.shape(value.id)), keepingDimensions: random.chance(0.4))
      if id != value.id { bools.append(Value(id: id, bound: 0, isExact: true)) }
      return
    }
    if random.chance(0.2) {
      let value = try integer(integerType())
      let axes = axes(of: builder.shape(value.id))
      let id = try builder.reduce(
        reduction, value.id, axes: axes, keepingDimensions: random.chance(0.4))
      if id != value.id { try keep(exact: id) }
      return
    }
    let value = try float()
    let shape = builder.shape(value.id)
    let axes = axes(of: shape)
    guard !axes.isEmpty else { return }
    let count = axes.map { shape[$0] }.reduce(1, *)
    let keepingDimensions = random.chance(0.4)
    switch reduction {
    case .sum:
      let id = try builder.reduce(.sum, value.id, axes: axes, keepingDimensions: keepingDimensions)
      try keep(id, bound: value.bound * Double(max(1, count)), isExact: false)
    case .product:
      // Factors near 1, so that the product of many neither vanishes nor explodes.
      let small = try builder.binary(
        .multiply, value.id, try builder.constant(1 / (value.bound * Double(max(1, count))), like: value.id))
      let factors = try builder.binary(.add, small, try builder.constant(1, like: value.id))
      let id = try builder.reduce(.product, factors, axes: axes, keepingDimensions: keepingDimensions)
      try keep(id, bound: 2.8, isExact: false)
    case .maximum, .minimum:
      // Of no elements they are infinite, which the single-operation cases show.
      guard !options.smooth, count > 0 else { return }
      let id = try builder.reduce(reduction, value.id, axes: axes, keepingDimensions: keepingDimensions)
      try keep(id, bound: value.bound, isExact: value.isExact)
    case .any, .all: return
    }
  }

  private mutating func cumulative() throws(GraphError) {
    let value = random.chance(0.25) ? try integer(integerType()) : try float()
    let shape = builder.shape(value.id)
    guard shape.rank > 0 else { return }
    let axis = random.below(shape.rank)
    let function = random.pick(Cumulative.allCases)
    let operation = Operation.cumulative(function, axis: axis, isReversed: random.chance(0.5))
    if builder.scalarType(value.id).isInteger {
      return try keep(exact: try builder.append(operation, [value.id]))
    }
    let count = Double(max(1, shape[axis]))
    switch function {
    case .sum:
      try keep(
        try builder.append(operation, [value.id]), bound: value.bound * count, isExact: value.isExact)
    case .product:
      let small = try builder.binary(
        .multiply, value.id, builder.constant(1 / (value.bound * count), like: value.id))
      let factors = try builder.binary(.add, small, builder.constant(1, like: value.id))
      try keep(try builder.append(operation, [factors]), bound: 2.8, isExact: value.isExact)
    }
  }

  /// A contraction of a value with a new array, any of whose axes are batch, contracting or free.
  private mutating func dot() throws(GraphError) {
    let type = random.chance(0.15) ? integerType() : scalarType
    let lhs = type.isInteger ? try integer(type) : try float()
    let shape = builder.shape(lhs.id)
    guard shape.rank <= 4 else { return }
    var batch: [Int] = []
    var contracting: [Int] = []
    for axis in 0..<shape.rank {
      switch random.below(4) {
      case 0: batch.append(axis)
      case 1, 2: contracting.append(axis)
      default: break
      }
    }
    // The other operand's axes in any order: each with what it stands for.
    enum Role {
      case batch(Int), contracting(Int)
      case free(Int)
    }
    var roles = batch.map(Role.batch) + contracting.map(Role.contracting)
    for _ in 0..<random.below(3) { roles.append(.free(random.pick([1, 2, 3, 8, 17]))) }
    for index in roles.indices.reversed() { roles.swapAt(index, random.below(index + 1)) }
    if random.chance(0.5) {
      for index in batch.indices.reversed() { batch.swapAt(index, random.below(index + 1)) }
      for index in contracting.indices.reversed() { contracting.swapAt(index, random.below(index + 1)) }
    }
    func place(_ axis: Int, isBatch: Bool) -> Int {
      roles.firstIndex { role in
        switch role {
        case .batch(let own): isBatch && own == axis
        case .contracting(let own): !isBatch && own == axis
        case .free: false
        }
      } ?? 0
    }
    let dimensions = DotDimensions(
      lhsContracting: contracting, rhsContracting: contracting.map { place($0, isBatch: false) },
      lhsBatch: batch, rhsBatch: batch.map { place($0, isBatch: true) })
    let rhsShape = Shape(
      roles.map { role in
        switch role {
        case .batch(let axis), .contracting(let axis): shape[axis]
        case .free(let extent): extent
        }
      })
    let free = roles.indices.filter { if case .free = roles[$0] { true } else { false } }
    guard shape.count * free.map({ rhsShape[$0] }).reduce(1, *) <= 16 * Self.largestCount,
      rhsShape.count <= Self.largestCount
    else { return }
    let rhs = argument(random.chance(0.5) ? .parameter : .input, type, rhsShape)
    let id = try builder.append(.dot(dimensions), [lhs.id, rhs.id])
    guard builder.shape(id).count <= Self.largestCount else { return }
    let terms = contracting.map { shape[$0] }.reduce(1, *)
    if type.isInteger {
      try keep(exact: id)
    } else {
      try keep(id, bound: lhs.bound * rhs.bound * Double(max(1, terms)), isExact: false)
    }
  }

  private mutating func anyValue() throws(GraphError) -> Value {
    switch random.below(6) {
    case 0: try int()
    case 2: try long()
    case 1: try bool()
    default: try float()
    }
  }

  private mutating func movement() throws(GraphError) {
    let value = try anyValue()
    let shape = builder.shape(value.id)
    let id: NodeID
    switch random.below(7) {
    case 5:
      id = try builder.append(.flip(axes(of: shape)), [value.id])
    case 0:
      // One extent split, or all merged.
      var dimensions = shape.dimensions
      if let axis = dimensions.indices.first(where: { dimensions[$0] > 1 && dimensions[$0] % 2 == 0 }),
        random.chance(0.6)
      {
        dimensions.replaceSubrange(axis...axis, with: [dimensions[axis] / 2, 2])
      } else {
        dimensions = random.chance(0.5) ? [shape.count] : [1] + dimensions + [1]
      }
      id = try builder.reshape(value.id, to: Shape(dimensions))
    case 1:
      var permutation = Array(0..<shape.rank)
      for index in permutation.indices.reversed() { permutation.swapAt(index, random.below(index + 1)) }
      id = try builder.transpose(value.id, permutation)
    case 2:
      let widened = shape.dimensions.map { $0 == 1 ? random.pick([1, 3, 16, 17]) : $0 }
      let target = Shape((random.chance(0.4) ? [random.pick([1, 2, 5])] : []) + widened)
      guard target.count <= Self.largestCount else { return }
      id = try builder.broadcast(value.id, to: target)
    case 3:
      let starts = shape.dimensions.map { random.below($0 + 1) / random.pick([1, 2, 3]) }
      let ends = zip(starts, shape.dimensions).map { $0 + random.below($1 - $0 + 1) }
      let steps = starts.map { _ in random.pick([1, 1, 2, 3, 7]) }
      id = try builder.append(.slice(Slice(starts: starts, ends: ends, steps: steps)), [value.id])
    case 4:
      let padding = Padding(
        low: shape.dimensions.map { _ in random.below(3) },
        high: shape.dimensions.map { _ in random.below(3) },
        interior: shape.dimensions.map { _ in random.pick([0, 0, 1, 2]) })
      let padded = zip(shape.dimensions.indices, shape.dimensions).map { axis, extent in
        padding.low[axis] + padding.high[axis] + extent + padding.interior[axis] * max(0, extent - 1)
      }
      guard padded.reduce(1, *) <= Self.largestCount else { return }
      id = try builder.append(.pad(padding), [value.id])
    default:
      guard shape.rank > 0, shape.count * 3 <= Self.largestCount else { return }
      let axis = random.below(shape.rank)
      var dimensions = shape.dimensions
      dimensions[axis] = random.pick([0, 1, 2, 5])
      let other = argument(
        .input, builder.scalarType(value.id), Shape(dimensions), isConstant: random.chance(0.3))
      guard builder.shape(other.id).count <= Self.largestCount else { return }
      var operands = random.chance(0.5) ? [value.id, other.id] : [other.id, value.id]
      if random.chance(0.3) { operands.append(value.id) }
      id = try builder.append(.concatenate(axis: axis), operands)
      return try keep(
        any: id, like: Value(id: id, bound: max(value.bound, 2), isExact: value.isExact))
    }
    if id != value.id { try keep(any: id, like: value) }
  }

  /// Indices clamped to 0..<rows.
  private mutating func indices(_ value: Value, rows: Int) throws(GraphError) -> NodeID {
    let low = try builder.binary(.maximum, value.id, try builder.constant(0, like: value.id))
    return try builder.binary(.minimum, low, try builder.constant(Double(rows - 1), like: value.id))
  }

  private mutating func gather() throws(GraphError) {
    let table = try anyValue()
    let shape = builder.shape(table.id)
    let value = try int()
    guard shape.rank >= 1, shape[0] > 0,
      shape.count / shape[0] * builder.shape(value.id).count <= Self.largestCount
    else { return }
    let id = try builder.append(.gatherRows, [table.id, try indices(value, rows: shape[0])])
    try keep(any: id, like: table)
  }

  private mutating func scatter() throws(GraphError) {
    let rows = random.pick([1, 2, 5, 17])
    let value = try int()
    let leading = builder.shape(value.id).dimensions
    let shape = Shape(leading + (random.chance(0.6) ? [random.pick([0, 1, 3, 16])] : []))
    guard shape.count <= Self.largestCount else { return }
    let type = random.chance(0.2) ? integerType() : scalarType
    let updates: Value
    if type.isInteger {
      updates = argument(.input, type, shape)
    } else if let fitting = floats.last(where: { builder.shape($0.id) == shape }) {
      updates = fitting
    } else {
      updates = argument(.parameter, scalarType, shape)
    }
    let id = try builder.append(
      .scatterAddRows(rows: rows), [updates.id, try indices(value, rows: rows)])
    if type.isInteger {
      try keep(exact: id)
    } else {
      try keep(
        id, bound: updates.bound * Double(max(1, builder.shape(value.id).count)), isExact: false)
    }
  }

  /// Windows of a value, and often what becomes of them: added up where they were, reduced, or multiplied by weights.
  private mutating func windows() throws(GraphError) {
    let value = random.chance(0.2) ? try integer(integerType()) : try float()
    let shape = builder.shape(value.id)
    guard shape.rank > 0 else { return }
    let axes = Array(Set((0..<random.pick([1, 2])).map { _ in random.below(shape.rank) })).sorted()
    let windows = Windows(
      axes: axes, sizes: axes.map { _ in random.pick([1, 2, 3, 5]) },
      strides: axes.map { _ in random.pick([1, 1, 2, 3]) },
      dilations: axes.map { _ in random.pick([1, 1, 2]) })
    let laid = try builder.append(.windows(windows), [value.id])
    let count = builder.shape(laid).count
    guard count <= Self.largestCount else { return }
    let terms = Double(windows.sizes.reduce(1, *))
    let elements = Array(shape.rank..<(shape.rank + axes.count))
    switch random.below(4) {
    case 0: try keep(any: laid, like: value)
    case 1:
      let extents = axes.map { shape[$0] }
      let part = random.chance(0.5) ? try builder.binary(.multiply, laid, laid) : laid
      let id = try builder.append(.addWindows(windows, extents: extents), [part])
      let bound = part == laid ? value.bound : value.bound * value.bound
      try keep(any: id, like: Value(id: id, bound: bound * terms, isExact: value.isExact))
    case 2:
      let reduction = options.smooth ? .sum : random.pick([Reduction.sum, .maximum, .minimum])
      let id = try builder.reduce(reduction, laid, axes: elements)
      let isExact = value.isExact && reduction != .sum
      try keep(
        any: id,
        like: Value(id: id, bound: reduction == .sum ? value.bound * terms : value.bound, isExact: isExact))
    default:
      let type = builder.scalarType(laid)
      let weights = argument(.parameter, type, Shape(windows.sizes + [2]))
      let product = try builder.append(
        .dot(DotDimensions(lhsContracting: elements, rhsContracting: Array(axes.indices))),
        [laid, weights.id])
      let bound = value.bound * weights.bound * terms
      try keep(any: product, like: Value(id: product, bound: bound, isExact: type.isInteger))
    }
  }

  /// An index for each element of `shape`, below `extent`.
  private mutating func places(_ shape: Shape, below extent: Int) -> NodeID {
    var result = NDArray(zeros: shape, .int32)
    result.withUnsafeMutableElements(of: Int32.self) {
      for index in $0.indices { $0[index] = Int32(random.below(extent)) }
    }
    return builder.data(result)
  }

  private mutating func gatherAlong() throws(GraphError) {
    let table = try anyValue()
    var dimensions = builder.shape(table.id).dimensions
    guard !dimensions.isEmpty else { return }
    let axis = random.below(dimensions.count)
    let extent = dimensions[axis]
    dimensions[axis] = random.pick([0, 1, 2, 5])
    guard extent > 0, Shape(dimensions).count <= Self.largestCount else { return }
    let indices = places(Shape(dimensions), below: extent)
    let id = try builder.append(.gather(axis: axis), [table.id, indices])
    try keep(any: id, like: table)
  }

  private mutating func scatterAlong() throws(GraphError) {
    let value = random.chance(0.25) ? try integer(integerType()) : try float()
    let shape = builder.shape(value.id)
    guard shape.rank > 0 else { return }
    let axis = random.below(shape.rank)
    let extent = random.pick([1, 2, 5, 17])
    let indices = places(shape, below: extent)
    let id = try builder.append(.scatterAdd(axis: axis, extent: extent), [value.id, indices])
    guard builder.shape(id).count <= Self.largestCount else { return }
    let bound = value.bound * Double(max(1, shape[axis]))
    try keep(any: id, like: Value(id: id, bound: bound, isExact: value.isExact))
  }

  private mutating func integer() throws(GraphError) {
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

  private mutating func logic(_ function: BinaryFunction? = nil) throws(GraphError) {
    let functions = BinaryFunction.allCases.filter { $0.domain == .truth }
    let a = try bool()
    let b = partner(of: builder.shape(a.id), among: bools, .bool)
    let id = try builder.binary(function ?? random.pick(functions), a.id, b.id)
    bools.append(Value(id: id, bound: 0, isExact: true))
  }

  private mutating func source() throws(GraphError) {
    switch random.below(3) {
    case 0: floats.append(argument(random.pick([.input, .parameter]), scalarType, shape()))
    case 1: floats.append(argument(.input, scalarType, shape(), isConstant: true))
    default:
      let count = random.pick([0, 1, 16, 17])
      let type = random.pick([.int32, .int64, scalarType])
      let id = try builder.append(.iota(count: count, type), [])
      try keep(any: id, like: Value(id: id, bound: Double(count), isExact: true))
    }
  }
}
