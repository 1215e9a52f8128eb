import AdjointArray
import AdjointIR

/// Draws one operation after the other on values drawn before.
struct GraphGenerator {
  /// A node with what is known of its elements.
  struct Value {
    let id: NodeID
    /// No element is greater in magnitude (of floating-point nodes).
    var bound: Double
    /// Whether the bits are the same in every backend.
    var isExact: Bool
  }

  var random: SplitMix64
  let options: RandomGraph.Options
  var builder = Builder()
  var inputs: [String: NDArray] = [:]
  var floats: [Value] = []
  /// Of int32.
  var ints: [Value] = []
  /// Of int64.
  var longs: [Value] = []
  var bools: [Value] = []
  let depth: Int

  /// Larger bounds are brought back to 1 by tanh or a constant factor.
  static let largestBound = 8.0
  static let largestCount = 2048

  init(seed: UInt64, options: RandomGraph.Options, depth: Int = 0) {
    random = SplitMix64(seed: seed)
    self.options = options
    self.depth = depth
  }

  var scalarType: ScalarType { options.scalarType }

  mutating func make() throws(GraphError) -> RandomGraph {
    for kind in Argument.Kind.allCases { floats.append(argument(kind, scalarType, shape())) }
    // As many elements as the state has, so that they can be swapped.
    if let state = floats.last.map({ builder.shape($0.id) }) {
      floats.append(argument(.state, scalarType, state))
      floats.append(argument(.state, scalarType, Shape(state.dimensions.reversed())))
    }
    ints.append(argument(.input, .int32, shape()))
    longs.append(argument(.input, .int64, shape()))
    bools.append(argument(.input, .bool, shape()))
    for number in 0..<options.nodeCount {
      builder.provenance = provenance(number)
      try step()
    }
    builder.provenance = .none
    // Apart: the builder is a value, and would be read before `outputs` adds to it.
    var outputs = try outputs()
    if options.derivatives { outputs += try derivatives(of: outputs) }
    let graph = builder.graph(outputs: outputs)
    return RandomGraph(graph: graph, inputs: inputs)
  }

  /// Labels and places now and then, with characters that the text form must escape.
  private mutating func provenance(_ number: Int) -> Provenance {
    guard random.chance(0.4) else { return .none }
    let label = random.pick(["layer\(number)", "odd \"name\"\\", "größe\n", ""])
    let file = random.pick(["Model/main.swift", "with space.swift", "a:b", "return"])
    return Provenance(
      labels: random.chance(0.8) ? [label] : [],
      locations: random.chance(0.8) ? [SourceLocation(file: file, line: number)] : [],
      scope: random.pick([nil, .cost, .layer(label), .update(label)]))
  }

  // MARK: Shapes and arguments

  mutating func extent() -> Int {
    random.chance(0.03) ? 0 : random.pick([1, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33])
  }

  /// Mostly small, around the lengths of vectors; now and then around that of a tile.
  mutating func shape() -> Shape {
    if random.chance(options.largeShapes) {
      return random.pick([
        [511], [512], [513], [1023], [1024], [1025], [2047], [2, 1023], [1025, 1], [33, 31],
      ])
    }
    while true {
      let shape = Shape((0..<random.pick([0, 1, 1, 2, 2, 2, 3, 4])).map { _ in extent() })
      if shape.count <= (random.chance(options.largeShapes) ? Self.largestCount : 300) { return shape }
    }
  }

  /// Any of its axes, each with the same chance.
  mutating func axes(of shape: Shape) -> [Int] { (0..<shape.rank).filter { _ in random.chance(0.5) } }

  /// A new argument with values, or a constant array where `isConstant`.
  mutating func argument(
    _ kind: Argument.Kind, _ scalarType: ScalarType, _ shape: Shape, isConstant: Bool = false
  ) -> Value {
    let values = values(scalarType, shape)
    let id: NodeID
    if isConstant {
      id = builder.data(values)
    } else {
      let name = random.pick(["x", "weight", "dense1.bias", "größe \"2\""])
      id = builder.argument(kind, name, TensorType(scalarType, shape))
      if case .argument(let argument) = builder.nodes[id].operation { inputs[argument.name] = values }
    }
    return Value(id: id, bound: 2, isExact: true)
  }

  private mutating func values(_ scalarType: ScalarType, _ shape: Shape) -> NDArray {
    var doubles = (0..<shape.count).map { _ in random.unit() * 4 - 2 }
    switch scalarType {
    case .float32, .float64:
      if !options.smooth {
        for index in doubles.indices where random.chance(0.05) {
          doubles[index] = random.pick([0, -0.0, 1, -1, 0.5])
        }
      }
    case .int32:
      let extremes: [Double] = [2_147_483_647, -2_147_483_648, 0, -1]
      for index in doubles.indices {
        doubles[index] = random.chance(0.05) ? random.pick(extremes) : (doubles[index] * 20).rounded()
      }
    case .int64:
      for index in doubles.indices {
        doubles[index] = (doubles[index] * (random.chance(0.05) ? 0x1p61 : 20)).rounded()
      }
    case .bool:
      for index in doubles.indices { doubles[index] = doubles[index] > 0 ? 1 : 0 }
    }
    var result = NDArray(zeros: shape, scalarType)
    for index in doubles.indices {
      let literal = Literal(doubles[index], as: scalarType)
      switch scalarType {
      case .float32:
        result.withUnsafeMutableElements(of: Float.self) { $0[index] = Float(literal.doubleValue) }
      case .float64: result.withUnsafeMutableElements(of: Double.self) { $0[index] = literal.doubleValue }
      case .int32:
        result.withUnsafeMutableElements(of: Int32.self) { $0[index] = Int32(literal.doubleValue) }
      case .int64:
        result.withUnsafeMutableElements(of: Int64.self) {
          $0[index] = Int64(saturating: literal.doubleValue)
        }
      case .bool: result.withUnsafeMutableElements(of: Bool.self) { $0[index] = literal.bits != 0 }
      }
    }
    return result
  }

  // MARK: Picking operands

  /// A floating-point value drawn before, later ones more often; now and then a view of one.
  mutating func float() throws(GraphError) -> Value { try viewed(floats[recent(floats.count)]) }
  mutating func int() throws(GraphError) -> Value { try viewed(ints[recent(ints.count)]) }
  mutating func long() throws(GraphError) -> Value { try viewed(longs[recent(longs.count)]) }
  mutating func bool() throws(GraphError) -> Value { try viewed(bools[recent(bools.count)]) }
  /// A value of any type.
  mutating func anyValue() throws(GraphError) -> Value {
    switch random.below(6) {
    case 0: try int()
    case 2: try long()
    case 1: try bool()
    default: try float()
    }
  }

  /// A type of integers, int32 more often.
  mutating func integerType() -> ScalarType { random.chance(0.4) ? .int64 : .int32 }
  mutating func integer(_ type: ScalarType) throws(GraphError) -> Value {
    type == .int64 ? try long() : try int()
  }
  func integers(_ type: ScalarType) -> [Value] { type == .int64 ? longs : ints }

  /// The value itself, or transposed, backwards, or each second or third element of it.
  private mutating func viewed(_ value: Value) throws(GraphError) -> Value {
    let shape = builder.shape(value.id)
    guard shape.rank > 0, random.chance(0.2) else { return value }
    let id: NodeID
    switch random.below(3) {
    case 0: id = try builder.transpose(value.id, Array((0..<shape.rank).reversed()))
    case 1: id = try builder.append(.flip([random.below(shape.rank)]), [value.id])
    default:
      let slice = Slice(
        starts: shape.dimensions.map { $0 > 1 ? random.below(2) : 0 }, ends: shape.dimensions,
        steps: shape.dimensions.map { _ in random.pick([1, 1, 2, 3]) })
      id = try builder.append(.slice(slice), [value.id])
    }
    return Value(id: id, bound: value.bound, isExact: value.isExact)
  }

  private mutating func recent(_ count: Int) -> Int {
    count - 1 - min(random.below(count), random.below(count))
  }

  /// A floating-point value whose bits are certain; in a smooth graph none may decide anything.
  mutating func exactFloat() throws(GraphError) -> Value? {
    let exact = options.smooth ? [] : floats.filter { $0.isExact && builder.scalarType($0.id) == scalarType }
    return exact.isEmpty ? nil : try viewed(random.pick(exact))
  }

  /// A value that broadcasts together with `shape` to at most the largest count.
  mutating func partner(of shape: Shape, among values: [Value], _ scalarType: ScalarType) -> Value {
    let fitting = values.filter {
      (builder.shape($0.id).broadcast(with: shape)?.count ?? .max) <= Self.largestCount
    }
    if !fitting.isEmpty, random.chance(0.7) { return random.pick(fitting) }
    if random.chance(0.3), scalarType.isNumeric {
      let number = scalarType.isInteger ? Double(random.below(9) - 4) : random.unit() * 4 - 2
      return Value(
        id: builder.constant(Literal(number, as: scalarType)), bound: scalarType.isInteger ? 0 : 2,
        isExact: true)
    }
    // Some axes cut to 1, leading ones dropped.
    let cut = shape.dimensions.map { random.chance(0.4) ? 1 : $0 }.dropFirst(random.below(shape.rank + 1))
    return argument(
      random.pick(Argument.Kind.allCases.filter { $0 != .state }), scalarType, Shape(Array(cut)),
      isConstant: random.chance(0.4))
  }

  // MARK: Keeping

  /// Remembers a floating-point value, brought back to a small bound.
  mutating func keep(_ id: NodeID, bound: Double, isExact: Bool) throws(GraphError) {
    guard builder.scalarType(id) == scalarType else {
      return try keep(try builder.cast(id, to: scalarType), bound: bound, isExact: isExact)
    }
    guard bound > Self.largestBound else {
      return floats.append(Value(id: id, bound: bound, isExact: isExact))
    }
    if bound < 1e12, random.chance(0.5) {
      let factor = try builder.constant(1 / bound, like: id)
      floats.append(
        Value(id: try builder.binary(.multiply, id, factor), bound: 1.001, isExact: isExact))
    } else {
      floats.append(Value(id: try builder.unary(.tanh, id), bound: 1, isExact: false))
    }
  }

  /// Remembers any value by its type.
  mutating func keep(any id: NodeID, like value: Value) throws(GraphError) {
    switch builder.scalarType(id) {
    case .float32, .float64: try keep(id, bound: value.bound, isExact: value.isExact)
    case .int32: ints.append(Value(id: id, bound: 0, isExact: true))
    case .int64: longs.append(Value(id: id, bound: 0, isExact: true))
    case .bool: bools.append(Value(id: id, bound: 0, isExact: true))
    }
  }

  /// Remembers an integer or a truth value.
  mutating func keep(exact id: NodeID) throws(GraphError) {
    try keep(any: id, like: Value(id: id, bound: 0, isExact: true))
  }
}
