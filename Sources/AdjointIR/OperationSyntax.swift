import AdjointArray

/// The attributes of an operation as the text form holds them: lists of integers by name.
struct OperationAttributes {
  /// How one of them is written.
  struct Form {
    let name: String
    var isList = true
    var isRequired = true

    static func list(_ name: String) -> Form { Form(name: name) }
    static func optionalList(_ name: String) -> Form { Form(name: name, isRequired: false) }
    static func integer(_ name: String) -> Form { Form(name: name, isList: false) }
    /// 0 where it is not written.
    static func option(_ name: String) -> Form { Form(name: name, isList: false, isRequired: false) }
  }
  var values: [String: [Int]] = [:]

  /// Empty where it is not written.
  func list(_ name: String) -> [Int] { values[name] ?? [] }
  func integer(_ name: String) -> Int? { values[name]?.first }
  /// 0 or 1, 0 where it is not written; `nil` for other numbers.
  func flag(_ name: String) -> Bool? {
    let value = integer(name) ?? 0
    return 0...1 ~= value ? value == 1 : nil
  }
}

/// How operations are written: their names and attributes.
enum OperationSyntax {
  static func isKnown(_ name: String) -> Bool {
    functions[name] != nil || reductions[name] != nil || structured[name] != nil || others[name] != nil
      || Argument.Kind(rawValue: name) != nil
  }

  static func attributes(of name: String) -> [OperationAttributes.Form] {
    if reductions[name] != nil { return [.list("axes")] }
    return structured[name]?.attributes ?? others[name] ?? []
  }

  /// The operation of that name; `nil` where there is none of that type.
  static func operation(
    _ name: String, _ attributes: OperationAttributes, _ type: TensorType, _ callee: Callee?, _ body: Graph?
  ) -> Operation? {
    if let function = functions[name] { return function }
    if let name = structured[name] {
      return StructuredOperation(name, attributes, type).map { .structured($0) }
    }
    let (list, integer, flag) = (attributes.list, attributes.integer, attributes.flag)
    if let reduction = reductions[name] { return .reduce(reduction, axes: list("axes")) }
    switch name {
    case "iota": return type.rank == 1 ? .iota(count: type.shape[0], type.scalarType) : nil
    case "select": return .select
    case "cast": return .cast(type.scalarType)
    case "dot":
      return .dot(
        DotDimensions(
          lhsContracting: list("lhs"), rhsContracting: list("rhs"), lhsBatch: list("lhs_batch"),
          rhsBatch: list("rhs_batch")))
    case "reshape": return .reshape(type.shape)
    case "transpose": return .transpose(list("axes"))
    case "broadcast": return .broadcast(type.shape)
    case "flip": return .flip(list("axes"))
    case "slice": return .slice(Slice(starts: list("starts"), ends: list("ends"), steps: list("steps")))
    case "pad": return .pad(Padding(low: list("low"), high: list("high"), interior: list("interior")))
    case "concatenate": return integer("axis").map { .concatenate(axis: $0) }
    case "windows": return .windows(Windows(attributes))
    case "add_windows": return .addWindows(Windows(attributes), extents: list("extents"))
    case "scan":
      guard let body, let carries = integer("carries"), let stacked = integer("stacked"),
        let length = integer("length"), let result = integer("result"), let isReversed = flag("reversed"),
        let isRecomputed = flag("recomputed"), let stopsEarly = flag("early")
      else { return nil }
      return .scan(
        Scan(
          body, carries: carries, stacked: stacked, length: length, isReversed: isReversed,
          memory: isRecomputed ? .carries : .values, stopsEarly: stopsEarly),
        result: result)
    case "stop_gradient": return .stopGradient
    case "barrier": return .barrier
    case "call": return callee.flatMap { callee in integer("result").map { .call(callee, result: $0) } }
    default: return nil
    }
  }

  /// The functions, which are written with operands alone.
  private static let functions: [String: Operation] = Dictionary(
    (UnaryFunction.allCases.map(Operation.unary) + BinaryFunction.allCases.map(Operation.binary)
      + Comparison.allCases.map(Operation.compare)).map { ($0.name, $0) },
    uniquingKeysWith: { first, _ in first })

  private static let reductions: [String: Reduction] = Dictionary(
    Reduction.allCases.map { (Operation.reduce($0, axes: []).name, $0) },
    uniquingKeysWith: { first, _ in first })

  private static let structured: [String: StructuredOperation.Name] = Dictionary(
    StructuredOperation.Name.allCases.map { ($0.rawValue, $0) }, uniquingKeysWith: { first, _ in first })

  private static let others: [String: [OperationAttributes.Form]] = [
    "constant": [], "data": [], "iota": [], "select": [], "cast": [],
    "dot": [
      .list("lhs"), .list("rhs"), .optionalList("lhs_batch"), .optionalList("rhs_batch"),
    ],
    "reshape": [], "transpose": [.list("axes")], "broadcast": [],
    "slice": [.list("starts"), .list("ends"), .list("steps")],
    "pad": [.list("low"), .list("high"), .list("interior")],
    "concatenate": [.integer("axis")], "flip": [.list("axes")],
    "windows": windows, "add_windows": windows + [.list("extents")],
    "stop_gradient": [], "barrier": [], "call": [.integer("result")],
    "scan": [
      .integer("carries"), .integer("stacked"), .integer("length"), .option("reversed"),
      .option("recomputed"),
      .option("early"), .integer("result"),
    ],
  ]

  private static let windows = ["axes", "sizes", "strides", "dilations"].map(OperationAttributes.Form.list)
}

extension Windows {
  fileprivate init(_ attributes: OperationAttributes) {
    self.init(
      axes: attributes.list("axes"), sizes: attributes.list("sizes"), strides: attributes.list("strides"),
      dilations: attributes.list("dilations"))
  }
}
