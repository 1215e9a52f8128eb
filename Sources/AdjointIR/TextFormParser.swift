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
  private mutating func attributes(of name: String) throws(GraphTextError) -> OperationAttributes {
    let known = OperationSyntax.attributes(of: name)
    var result = OperationAttributes()
    let shown = known.map { "\($0.name): \($0.isList ? "[0]" : "0")" }.joined(separator: ", ")
    let remedy = known.isEmpty ? "\(name) has none" : "write {\(shown)}"
    let start = scanner.position
    if scanner.takes("{") {
      repeat {
        scanner.skipSpace()
        let place = scanner.position
        let key = scanner.word()
        guard let attribute = known.first(where: { $0.name == key }), result.values[key] == nil else {
          throw scanner.error("\(name) takes no attribute \(quoted(key)) here", remedy, at: place)
        }
        try scanner.expect(":", remedy)
        result.values[key] = attribute.isList ? try scanner.integers(remedy) : [try scanner.integer(remedy)]
      } while scanner.takes(",")
      try scanner.expect("}", remedy)
    }
    for attribute in known where attribute.isRequired && result.values[attribute.name] == nil {
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
      } else if file == "forward" {
        continue
      } else if file == "backward", scanner.sees("\"", acrossLines: false) {
        result.backwardOf = try scanner.quoted(remedy)
      } else if file == "layer" || file == "update", scanner.sees("\"", acrossLines: false) {
        let path = try scanner.quoted(remedy)
        result.scope = file == "layer" ? .layer(path) : .update(path)
      } else {
        throw scanner.error("a file without a line", remedy, at: start)
      }
    }
  }
}
