import AdjointArray

extension Graph {
  /// How deep graphs may be nested in `call` operations, the outermost included.
  public static let nestingLimit = 32

  /// The graph that ``text(_:)`` wrote, or one written by hand.
  ///
  /// Operands must be earlier nodes, and each node's type the one that its operation gives; what else must
  /// hold of a graph ``verify(stage:)`` says. Any text is safe to give. Takes time in proportion to its length.
  ///
  /// - Throws: ``GraphTextError`` with line and column.
  public init(parsing text: String) throws(GraphTextError) {
    var parser = TextParser(TextScanner(text))
    self = try parser.graph(depth: 1)
    parser.scanner.skipSpace()
    guard parser.scanner.isAtEnd else {
      throw parser.scanner.error(
        "\(parser.scanner.found()) after the graph", "end the text with the graph's '}'")
    }
  }
}

private struct TextParser {
  var scanner: TextScanner
  /// Of all graphs that are nested in each other.
  private var nodeCount = 0
  private var memory = GraphMemory()

  init(_ scanner: TextScanner) { self.scanner = scanner }

  /// Recursive in the nesting of graphs only, which has a limit.
  mutating func graph(depth: Int) throws(GraphTextError) -> Graph {
    scanner.skipSpace()
    let start = scanner.position
    guard scanner.word() == "graph" else {
      scanner.rewind(to: start)
      throw scanner.error("\(scanner.found()) where 'graph' is expected", "write graph { … }")
    }
    guard depth <= Graph.nestingLimit else {
      throw scanner.error(
        "graphs are nested more than \(Graph.nestingLimit) deep", "call fewer within each other", at: start)
    }
    try scanner.expect("{", "write graph { … }")
    var nodes: [Node] = []
    while scanner.sees("%") { nodes.append(try node(nodes, depth: depth)) }
    let end = scanner.position
    guard scanner.word() == "return" else {
      scanner.rewind(to: end)
      throw scanner.error(
        "\(scanner.found()) where a node or 'return' is expected",
        "write %\(nodes.count) = … or return \"name\" = %0")
    }
    let outputs = try outputs(nodes.count)
    try scanner.expect("}", "close the graph after its outputs")
    return Graph(nodes: nodes, outputs: outputs)
  }

  /// `graph {…}`, `recomputed graph {…}` or `graph {…} vjp graph {…}`.
  private mutating func callee(depth: Int) throws(GraphTextError) -> Callee {
    if scanner.sees("r") {
      let start = scanner.position
      guard scanner.word() == "recomputed" else {
        throw scanner.error("an unknown word before a graph", "write recomputed, or nothing", at: start)
      }
      return Callee(try graph(depth: depth), derivative: .recomputed)
    }
    let body = try graph(depth: depth)
    guard scanner.sees("v") else { return Callee(body) }
    let start = scanner.position
    guard scanner.word() == "vjp" else {
      throw scanner.error("an unknown word after a graph", "write vjp graph { … }, or nothing", at: start)
    }
    return Callee(body, derivative: .given(try graph(depth: depth)))
  }

  private mutating func outputs(_ count: Int) throws(GraphTextError) -> [Output] {
    var result: [Output] = []
    guard scanner.sees("\"") else { return result }
    let remedy = "write return \"name\" = %0"
    repeat {
      let name = try scanner.quoted(remedy)
      try scanner.expect("=", remedy)
      let node = try operand(count)
      var replaced: NodeID?
      if scanner.sees("r") {
        let start = scanner.position
        guard scanner.word() == "replaces" else {
          throw scanner.error("an unknown word after an output", "write replaces %1, or nothing", at: start)
        }
        replaced = try operand(count)
      }
      result.append(Output(name, node, replaces: replaced))
    } while scanner.takes(",")
    return result
  }

  /// `%2 = dot(%0, %1) {lhs: [1], rhs: [0]} : float32[4] @ "z" main.swift:12`.
  private mutating func node(_ nodes: [Node], depth: Int) throws(GraphTextError) -> Node {
    let start = scanner.position
    if memory.isDue(nodeCount) {
      do { try memory.ask(nodeCount) } catch { throw scanner.error(error.problem, error.remedies) }
    }
    nodeCount += 1
    try scanner.expect("%", "write %\(nodes.count) = …")
    guard try scanner.integer("number the nodes 0, 1, …") == nodes.count else {
      throw scanner.error(
        "the node is not numbered in sequence", "number it %\(nodes.count)", at: start)
    }
    try scanner.expect("=", "write %\(nodes.count) = operation(…) : type")
    scanner.skipSpace()
    let nameStart = scanner.position
    let name = scanner.word()
    guard OperationSyntax.isKnown(name) else {
      scanner.rewind(to: nameStart)
      throw scanner.error(
        name.isEmpty
          ? "\(scanner.found()) where an operation is expected" : "no operation is named \(quoted(name))",
        "write one such as add(%0, %1)")
    }

    // How to read numbers and what some operations do is said by the type, which comes last: numbers are
    // passed over now and read then.
    scanner.skipSpace()
    let contents = scanner.position
    let argumentKind = Argument.Kind(rawValue: name)
    var argumentName = ""
    var operands: [NodeID] = []
    if argumentKind != nil {
      argumentName = try scanner.quoted("give it a name, as in \(name) \"x\"")
    } else if name == "constant" {
      try skipLiteral()
    } else if name == "data" {
      try skipElements()
    } else if name != "iota" {
      operands = try self.operands(nodes.count)
    }
    let attributes = try attributes(of: name)
    let callee = name == "call" ? try callee(depth: depth + 1) : nil
    let body = name == "scan" ? try graph(depth: depth + 1) : nil
    try scanner.expect(":", "end the node with its type, as in : float32[2,3]")
    scanner.skipSpace()
    let typeStart = scanner.position
    let type = try self.type()

    let afterType = scanner.position
    let operation: Operation
    if let argumentKind {
      operation = .argument(Argument(argumentKind, argumentName, type))
    } else if name == "constant" {
      scanner.rewind(to: contents)
      operation = .constant(try literal(type.scalarType))
    } else if name == "data" {
      scanner.rewind(to: contents)
      operation = .data(try elements(type))
    } else if let made = OperationSyntax.operation(name, attributes, type, callee, body) {
      operation = made
    } else {
      throw scanner.error("\(name) cannot be \(type)", "give it a vector's type", at: typeStart)
    }
    scanner.rewind(to: afterType)

    let expected: TensorType
    do {
      expected = try operation.resultType(operands.map { nodes[$0].type })
    } catch {
      throw scanner.error("\(name): \(error.problem)", error.remedy, at: nameStart)
    }
    guard type == expected else {
      throw scanner.error(
        "the node is said to be \(type)", "\(name) gives \(expected) here", at: typeStart)
    }
    return Node(operation, operands, type: type, provenance: try provenance())
  }

  /// `%3`, a node among the `count` that exist.
  private mutating func operand(_ count: Int) throws(GraphTextError) -> NodeID {
    scanner.skipSpace()
    let start = scanner.position
    try scanner.expect("%", "name a node, as in %0")
    let id = try scanner.integer("name a node, as in %0")
    guard id >= 0, id < count else {
      throw scanner.error(
        "there is no node %\(id) before this",
        count == 0 ? "write a node first" : "name one of %0 to %\(count - 1)", at: start)
    }
    return id
  }

  private mutating func operands(_ count: Int) throws(GraphTextError) -> [NodeID] {
    try scanner.expect("(", "write the operands, as in (%0, %1)")
    var result: [NodeID] = []
    if scanner.takes(")") { return result }
    repeat { result.append(try operand(count)) } while scanner.takes(",")
    try scanner.expect(")", "close the list of operands")
    return result
  }

  /// `{axes: [0, 1]}`: all attributes that the operation asks for, each once, in any order.
  private mutating func attributes(of name: String) throws(GraphTextError) -> [String: [Int]] {
    let known = OperationSyntax.attributes(of: name)
    var result: [String: [Int]] = [:]
    let shown = known.map { "\($0.name): \($0.isList ? "[0]" : "0")" }.joined(separator: ", ")
    let remedy = known.isEmpty ? "\(name) has none" : "write {\(shown)}"
    let start = scanner.position
    if scanner.takes("{") {
      repeat {
        scanner.skipSpace()
        let place = scanner.position
        let key = scanner.word()
        guard let attribute = known.first(where: { $0.name == key }), result[key] == nil else {
          throw scanner.error("\(name) takes no attribute \(quoted(key)) here", remedy, at: place)
        }
        try scanner.expect(":", remedy)
        result[key] = attribute.isList ? try scanner.integers(remedy) : [try scanner.integer(remedy)]
      } while scanner.takes(",")
      try scanner.expect("}", remedy)
    }
    for attribute in known where attribute.isRequired && result[attribute.name] == nil {
      throw scanner.error("\(name) lacks its attribute '\(attribute.name)'", remedy, at: start)
    }
    return result
  }

  /// `float32[2,3]`, of a size that the rest of the compiler can count.
  private mutating func type() throws(GraphTextError) -> TensorType {
    let start = scanner.position
    let word = scanner.word()
    let known = ScalarType.allCases.map(\.rawValue).joined(separator: ", ")
    guard let scalarType = ScalarType(rawValue: word) else {
      throw scanner.error("no scalar type is named \(quoted(word))", "name one of \(known)", at: start)
    }
    let shape = Shape(try scanner.integers("write the shape, as in \(word)[2,3]"))
    guard shape.isAddressable else {
      throw scanner.error(
        "the shape is negative or too large", Shape.addressableRemedy, at: start)
    }
    return TensorType(scalarType, shape)
  }

  private mutating func skipLiteral() throws(GraphTextError) {
    if scanner.word().isEmpty {
      throw scanner.error("\(scanner.found()) where a number is expected", "write one such as 0x1p-1 or 0.5")
    }
    if scanner.takes("(") {
      _ = scanner.word()
      try scanner.expect(")", "write nan(0x7fc00000)")
    }
  }

  private mutating func skipElements() throws(GraphTextError) {
    try scanner.expect("[", "write the elements, as in [1, 2]")
    if scanner.takes("]") { return }
    repeat { try skipLiteral() } while scanner.takes(",")
    try scanner.expect("]", "close the list of elements")
  }

  private mutating func literal(_ scalarType: ScalarType) throws(GraphTextError) -> Literal {
    scanner.skipSpace()
    let start = scanner.position
    let word = scanner.word()
    if scanner.takes("(") {
      let bits = scanner.word()
      try scanner.expect(")", "write nan(0x7fc00000)")
      guard word == "nan", let literal = Literal(nanBits: bits, as: scalarType) else {
        throw scanner.error(
          "\(quoted("\(word)(\(bits))")) is no NaN of \(scalarType)",
          "write all its bits, as in nan(0x7fc00000)",
          at: start)
      }
      return literal
    }
    guard let literal = Literal(word: word, as: scalarType) else {
      throw scanner.error(
        "\(quoted(word)) is no \(scalarType)",
        "write a number of that type's range, inf, or a NaN's bits as in nan(0x7fc00000)", at: start)
    }
    return literal
  }

  private mutating func elements(_ type: TensorType) throws(GraphTextError) -> NDArray {
    scanner.skipSpace()
    let start = scanner.position
    var literals: [Literal] = []
    try scanner.expect("[", "write the elements, as in [1, 2]")
    if !scanner.takes("]") {
      repeat { literals.append(try literal(type.scalarType)) } while scanner.takes(",")
      try scanner.expect("]", "close the list of elements")
    }
    guard let array = NDArray(literals: literals, type: type) else {
      throw scanner.error(
        "\(literals.count) elements for \(type)", "write \(type.count) of them", at: start)
    }
    return array
  }

  /// `@ "label" File.swift:12 "a file.swift":3 layer "dense1"`, up to the end of the line.
  private mutating func provenance() throws(GraphTextError) -> Provenance {
    var result = Provenance.none
    guard scanner.sees("@", acrossLines: false), scanner.takes("@") else { return result }
    let remedy = "write labels and places after '@', as in @ \"z\" main.swift:12"
    while true {
      let start = scanner.position
      scanner.skipSpace(acrossLines: false)
      if scanner.seesEndOfLine { return result }
      let text = scanner.sees("\"", acrossLines: false) ? try scanner.quoted(remedy) : nil
      let file = text ?? scanner.word()
      if scanner.sees(":", acrossLines: false) {
        try scanner.expect(":", remedy)
        result.locations.append(SourceLocation(file: file, line: try scanner.integer(remedy)))
      } else if let text {
        result.labels.append(text)
      } else if file == "cost" {
        result.scope = .cost
      } else if file == "layer" || file == "update", scanner.sees("\"", acrossLines: false) {
        let path = try scanner.quoted(remedy)
        result.scope = file == "layer" ? .layer(path) : .update(path)
      } else {
        throw scanner.error("a file without a line", remedy, at: start)
      }
    }
  }
}

/// How operations are written: their names and attributes.
private enum OperationSyntax {
  struct Attribute {
    let name: String
    var isList = true
    var isRequired = true
  }

  static func isKnown(_ name: String) -> Bool {
    functions[name] != nil || reductions[name] != nil || cumulatives[name] != nil || others[name] != nil
      || Argument.Kind(rawValue: name) != nil
  }

  static func attributes(of name: String) -> [Attribute] {
    if reductions[name] != nil { return [Attribute(name: "axes")] }
    if cumulatives[name] != nil {
      return [
        Attribute(name: "axis", isList: false), Attribute(name: "reversed", isList: false, isRequired: false),
      ]
    }
    return others[name] ?? []
  }

  /// The operation of that name; `nil` where there is none of that type.
  static func operation(
    _ name: String, _ attributes: [String: [Int]], _ type: TensorType, _ callee: Callee?, _ body: Graph?
  ) -> Operation? {
    if let function = functions[name] { return function }
    let list = { attributes[$0] ?? [] }
    // 0 or 1, 0 where it is not written.
    let flag = { (name: String) -> Bool? in
      let value = attributes[name]?.first ?? 0
      return 0...1 ~= value ? value == 1 : nil
    }
    if let reduction = reductions[name] { return .reduce(reduction, axes: list("axes")) }
    if let function = cumulatives[name] {
      guard let isReversed = flag("reversed") else { return nil }
      return list("axis").first.map { .cumulative(function, axis: $0, isReversed: isReversed) }
    }
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
    case "concatenate": return list("axis").first.map { .concatenate(axis: $0) }
    case "gather_rows": return .gatherRows
    case "scatter_add_rows": return list("rows").first.map { .scatterAddRows(rows: $0) }
    case "gather": return list("axis").first.map { .gather(axis: $0) }
    case "scatter_add":
      guard let axis = list("axis").first, let extent = list("extent").first else { return nil }
      return .scatterAdd(axis: axis, extent: extent)
    case "windows": return windows(attributes).map { .windows($0) }
    case "add_windows": return windows(attributes).map { .addWindows($0, extents: list("extents")) }
    case "random_bits": return list("stream").first.map { .randomBits(RandomBits(type, stream: $0)) }
    case "argsort":
      guard let isDescending = flag("descending") else { return nil }
      return list("axis").first.map { .argsort(axis: $0, isDescending: isDescending) }
    case "cholesky": return .cholesky
    case "triangular_solve":
      guard let isLower = flag("lower"), let isTransposed = flag("transposed") else { return nil }
      return .triangularSolve(TriangularSolve(isLower: isLower, isTransposed: isTransposed))
    case "scan":
      guard let body, let carries = list("carries").first, let stacked = list("stacked").first,
        let length = list("length").first, let result = list("result").first,
        let isReversed = flag("reversed"),
        let isRecomputed = flag("recomputed"), let stopsEarly = flag("early")
      else { return nil }
      return .scan(
        Scan(
          body, carries: carries, stacked: stacked, length: length, isReversed: isReversed,
          memory: isRecomputed ? .carries : .values, stopsEarly: stopsEarly),
        result: result)
    case "stop_gradient": return .stopGradient
    case "barrier": return .barrier
    case "call": return callee.flatMap { callee in list("result").first.map { .call(callee, result: $0) } }
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

  private static let cumulatives: [String: Cumulative] = Dictionary(
    Cumulative.allCases.map { ($0.rawValue, $0) }, uniquingKeysWith: { first, _ in first })

  private static let others: [String: [Attribute]] = [
    "constant": [], "data": [], "iota": [], "select": [], "cast": [],
    "dot": [
      Attribute(name: "lhs"), Attribute(name: "rhs"), Attribute(name: "lhs_batch", isRequired: false),
      Attribute(name: "rhs_batch", isRequired: false),
    ],
    "reshape": [], "transpose": [Attribute(name: "axes")], "broadcast": [],
    "slice": [Attribute(name: "starts"), Attribute(name: "ends"), Attribute(name: "steps")],
    "pad": [Attribute(name: "low"), Attribute(name: "high"), Attribute(name: "interior")],
    "concatenate": [Attribute(name: "axis", isList: false)],
    "gather_rows": [], "scatter_add_rows": [Attribute(name: "rows", isList: false)],
    "flip": [Attribute(name: "axes")], "gather": [Attribute(name: "axis", isList: false)],
    "scatter_add": [Attribute(name: "axis", isList: false), Attribute(name: "extent", isList: false)],
    "windows": windowAttributes, "add_windows": windowAttributes + [Attribute(name: "extents")],
    "random_bits": [Attribute(name: "stream", isList: false)],
    "argsort": [
      Attribute(name: "axis", isList: false), Attribute(name: "descending", isList: false, isRequired: false),
    ],
    "cholesky": [],
    "triangular_solve": [
      Attribute(name: "lower", isList: false),
      Attribute(name: "transposed", isList: false, isRequired: false),
    ],
    "stop_gradient": [], "barrier": [], "call": [Attribute(name: "result", isList: false)],
    "scan": [
      Attribute(name: "carries", isList: false), Attribute(name: "stacked", isList: false),
      Attribute(name: "length", isList: false), Attribute(name: "reversed", isList: false, isRequired: false),
      Attribute(name: "recomputed", isList: false, isRequired: false),
      Attribute(name: "early", isList: false, isRequired: false), Attribute(name: "result", isList: false),
    ],
  ]

  private static let windowAttributes = ["axes", "sizes", "strides", "dilations"].map { Attribute(name: $0) }

  private static func windows(_ attributes: [String: [Int]]) -> Windows? {
    guard let axes = attributes["axes"], let sizes = attributes["sizes"], let strides = attributes["strides"],
      let dilations = attributes["dilations"]
    else { return nil }
    return Windows(axes: axes, sizes: sizes, strides: strides, dilations: dilations)
  }
}
