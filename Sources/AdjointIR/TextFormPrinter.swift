import AdjointArray

extension Graph {
  /// What the text form shows.
  public struct TextOptions: Hashable, Sendable {
    /// Labels and locations, after `@`.
    public var showsProvenance: Bool
    /// All elements of constant arrays and the nodes of nested graphs. Without them the text is for reading
    /// only: it does not parse.
    public var showsContents: Bool

    public init(showsProvenance: Bool = true, showsContents: Bool = true) {
      self.showsProvenance = showsProvenance
      self.showsContents = showsContents
    }
  }

  /// The graph as text, one node a line, which ``init(parsing:)`` reads back to an equal graph:
  ///
  ///     graph {
  ///       %0 = input "x" : float32[64,30]
  ///       %1 = parameter "w" : float32[30]
  ///       %2 = dot(%0, %1) {lhs: [1], rhs: [0]} : float32[64] @ "z" Model/main.swift:12
  ///       return "z" = %2
  ///     }
  ///
  /// Numbers are exact (hexadecimal, all bits of a NaN); provenance stands behind `@`: labels, lines, the scope in
  /// a training step (`layer "dense1"`, `cost`, `update "dense1"`), and the pass, where there is more than one: `forward`, or
  /// `backward "z"` where a node hands on the cotangent of `z`.
  public func text(_ options: TextOptions = TextOptions()) -> String {
    var printer = TextPrinter(options: options)
    printer.graph(self)
    return printer.text + "\n"
  }
}

extension Graph: CustomStringConvertible {
  public var description: String { text() }
}

extension Node: CustomStringConvertible {
  /// One line, as in the graph's text form, without the elements of arrays and the nodes of nested graphs:
  /// `dot(%0, %1) {lhs: [1], rhs: [0]} : float32[64] @ "z" main.swift:12`.
  public var description: String {
    var printer = TextPrinter(options: Graph.TextOptions(showsContents: false))
    printer.node(self)
    return printer.text
  }
}

private struct TextPrinter {
  let options: Graph.TextOptions
  var text = ""
  private var indentation = ""
  /// Whether there is more than a forward pass, so that nodes say of which pass they are.
  private var tellsPasses = false

  init(options: Graph.TextOptions) { self.options = options }

  mutating func graph(_ graph: Graph) {
    text += "graph {\n"
    indentation += "  "
    let outer = tellsPasses
    defer { tellsPasses = outer }
    tellsPasses = outer || graph.nodes.contains { $0.provenance.isBeyondForward }
    for (id, node) in graph.nodes.enumerated() {
      text += "\(indentation)%\(id) = "
      self.node(node)
      text += "\n"
    }
    text += indentation + "return"
    for (index, output) in graph.outputs.enumerated() {
      text += "\(index == 0 ? " " : ", ")\(quoted(output.name)) = %\(output.node)"
      if let replaced = output.replaces { text += " replaces %\(replaced)" }
    }
    indentation.removeLast(2)
    text += "\n\(indentation)}"
  }

  mutating func node(_ node: Node) {
    text += node.operation.name
    contents(node.operation)
    if !node.operands.isEmpty || node.operation.takesOperands {
      text += "(" + node.operands.map { "%\($0)" }.joined(separator: ", ") + ")"
    }
    let attributes = node.operation.attributes
    if !attributes.isEmpty {
      text += " {" + attributes.map { "\($0.name): \($0.value)" }.joined(separator: ", ") + "}"
    }
    if case .call(let callee, _) = node.operation { self.callee(callee) }
    if case .scan(let scan, _) = node.operation {
      text += " "
      nested(scan.body)
    }
    text += " : \(node.type)"
    if options.showsProvenance { provenance(node.provenance, isArgument: node.operation.isArgument) }
  }

  /// `graph {…}`, `recomputed graph {…}` or `graph {…} vjp graph {…}`.
  private mutating func callee(_ callee: Callee) {
    let nested = callee.derivative == .recomputed ? [" recomputed ", " vjp "] : [" ", " vjp "]
    for (word, graph) in zip(nested, callee.graphs) {
      text += word
      self.nested(graph)
    }
  }

  private mutating func nested(_ graph: Graph) {
    if options.showsContents { self.graph(graph) } else { text += "graph {…}" }
  }

  /// What stands between the operation's name and its operands.
  private mutating func contents(_ operation: Operation) {
    switch operation {
    case .argument(let argument): text += " " + quoted(argument.name)
    case .constant(let literal): text += " " + literal.text
    case .data(let array):
      guard options.showsContents else {
        text += " […]"
        return
      }
      text += " ["
      for index in 0..<array.count {
        if index > 0 { text += ", " }
        text += array.literal(at: index).text
      }
      text += "]"
    case .iota, .unary, .binary, .compare, .select, .cast, .reduce, .dot, .reshape, .transpose, .broadcast,
      .slice, .flip, .pad, .concatenate, .windows, .addWindows, .structured, .scan, .stopGradient, .barrier,
      .call:
      break
    }
  }

  private mutating func provenance(_ provenance: Provenance, isArgument: Bool) {
    guard provenance != .none else { return }
    text += " @"
    for label in provenance.labels { text += " " + quoted(label) }
    for location in provenance.locations {
      let isPlain = !location.file.isEmpty && location.file.utf8.allSatisfy(TextScanner.isWord)
      text += " \(isPlain ? location.file : quoted(location.file)):\(location.line)"
    }
    switch provenance.scope {
    case .layer(let path): text += " layer \(quoted(path))"
    case .cost: text += " cost"
    case .update(let path): text += " update \(quoted(path))"
    case nil: break
    }
    if let node = provenance.backwardOf {
      text += " backward \(quoted(node))"
    } else if tellsPasses, !isArgument, !provenance.isBeyondForward {
      text += " forward"
    }
  }

  private func quoted(_ string: String) -> String {
    var result = "\""
    for scalar in string.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\t": result += "\\t"
      case "\r": result += "\\r"
      case "\u{0}"..<" ", "\u{7F}": result += "\\u{\(String(scalar.value, radix: 16))}"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}

extension Operation {
  /// Whether the text form has parentheses for operands, be there none in them.
  var takesOperands: Bool { arity != 0 || name == "call" || name == "scan" }

  /// The attributes that the text form shows in braces; what the type says already (the shape of a reshape)
  /// is not among them.
  fileprivate var attributes: [(name: String, value: String)] {
    switch self {
    case .argument, .constant, .data, .iota, .unary, .binary, .compare, .select, .cast, .reshape, .broadcast,
      .stopGradient, .barrier:
      []
    case .reduce(_, let axes): [("axes", "\(axes)")]
    case .dot(let dimensions):
      [("lhs", "\(dimensions.lhsContracting)"), ("rhs", "\(dimensions.rhsContracting)")]
        + (dimensions.lhsBatch.isEmpty && dimensions.rhsBatch.isEmpty
          ? []
          : [("lhs_batch", "\(dimensions.lhsBatch)"), ("rhs_batch", "\(dimensions.rhsBatch)")])
    case .transpose(let permutation): [("axes", "\(permutation)")]
    case .flip(let axes): [("axes", "\(axes)")]
    case .slice(let slice):
      [("starts", "\(slice.starts)"), ("ends", "\(slice.ends)"), ("steps", "\(slice.steps)")]
    case .pad(let padding):
      [("low", "\(padding.low)"), ("high", "\(padding.high)"), ("interior", "\(padding.interior)")]
    case .concatenate(let axis): [("axis", "\(axis)")]
    case .windows(let windows): windows.attributes
    case .addWindows(let windows, let extents): windows.attributes + [("extents", "\(extents)")]
    case .structured(let operation): operation.attributes
    case .call(_, let result): [("result", "\(result)")]
    case .scan(let scan, let result):
      [("carries", "\(scan.carryCount)"), ("stacked", "\(scan.stackedCount)"), ("length", "\(scan.length)")]
        + (scan.isReversed ? [("reversed", "1")] : [])
        + (scan.memory == .carries ? [("recomputed", "1")] : [])
        + (scan.stopsEarly ? [("early", "1")] : []) + [("result", "\(result)")]
    }
  }
}

extension Windows {
  fileprivate var attributes: [(name: String, value: String)] {
    [("axes", "\(axes)"), ("sizes", "\(sizes)"), ("strides", "\(strides)"), ("dilations", "\(dilations)")]
  }
}
