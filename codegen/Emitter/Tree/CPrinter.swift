import AdjointArray
import AdjointIR

/// Prints a tree in the words of a spelling.
struct CPrinter {
  let spelling: Spelling
  private(set) var text: [UInt8] = []
  private var line: [UInt8] = []
  private var depth = 0

  /// No line is longer than this, if it has a place to be broken at.
  static let width = 100

  init(_ spelling: Spelling) { self.spelling = spelling }

  // MARK: Statements

  mutating func print(_ tree: CTree) {
    var position = 0
    while position < tree.statements.count { print(tree, &position) }
  }

  private mutating func print(_ tree: CTree, _ position: inout Int) {
    let statement = tree.statements[position]
    position += 1
    switch statement {
    case .blank: text.append(newline)
    case .comment(let paragraphs): comment(paragraphs)
    case .declare(let type, let name, let value):
      put(type, name)
      if let value { put(" = ", value, tree) }
      end(";")
    case .declareArray(let type, let name, let count):
      put(type, name)
      put("[\(count)]")
      end(";")
    case .declareTable(let type, let name, let values, let note):
      put("static ")
      put(type.constant, name)
      put("[\(values.count)] = {")
      put(values.map(\.id)[...], tree)
      end("};" + (note.map { " /* \($0) */" } ?? ""))
    case .assign(let place, let value):
      put("", place, tree)
      put(" = ", value, tree)
      end(";")
    case .accumulate(let place, let infix, let value):
      put("", place, tree)
      put(" \(infix.sign)= ", value, tree)
      end(";")
    case .evaluate(let call):
      put("", call, tree)
      end(";")
    case .function(let result, let name, let parameters, let isStatic):
      if isStatic { put("static ") }
      put(result, name)
      put("(")
      for (index, parameter) in parameters.enumerated() {
        if index > 0 { put(", ") }
        put(parameter.type, parameter.name)
      }
      end(")")
      open("{")
    case .loop(let variable, let start, let condition, let step):
      put("for (")
      if let start {
        put(.index, variable)
        put(" = ", start, tree)
      }
      put("; ", condition, tree)
      put(step == 1 ? "; \(variable)++" : "; \(variable) += \(step)")
      open(") {")
    case .whileTrue(let condition):
      put("while (", condition, tree)
      open(") {")
    case .ifTrue(let condition):
      put("if (", condition, tree)
      guard tree.isOneStatement(at: position) else { return open(") {") }
      end(")")
      depth += 1
      print(tree, &position)
      depth -= 1
      position += 1
    case .block: open("{")
    case .end:
      depth -= 1
      end("}")
      if depth == 0 { text.append(newline) }
    case .leaveLoop: end("break;")
    case .leave(let value):
      put("return")
      if let value { put(" ", value, tree) }
      end(";")
    case .barrier: if !spelling.barrier.isEmpty { end(spelling.barrier) }
    }
  }

  private mutating func open(_ text: String) {
    end(text)
    depth += 1
  }

  // MARK: Expressions

  private mutating func put(_ lead: String, _ expression: CTree.ID, _ tree: CTree) {
    put(lead)
    put(expression, .conditional, tree)
  }

  private mutating func put(_ list: ArraySlice<CTree.ID>, _ tree: CTree) {
    for (index, item) in list.enumerated() { put(index == 0 ? "" : ", ", item, tree) }
  }

  /// Writes an expression, in parentheses where it binds less tightly than `least`.
  private mutating func put(_ id: CTree.ID, _ least: CPrecedence, _ tree: CTree) {
    let node = tree.nodes[Int(id)]
    let needsParentheses = node.precedence < least
    if needsParentheses { put("(") }
    switch node {
    case .name(let name): put(name)
    case .integer(let value): put("\(value)")
    case .literal(let literal): put(spelling.text(literal))
    case .single(let literal):
      put("(")
      put(CType.element(literal.scalarType).constant)
      put("[1]){\(spelling.text(literal))}")
    case .prefix(let sign, let operand):
      put(sign.sign)
      put(operand, sign.operand, tree)
    case .infix(let infix, let a, let b):
      let (left, right) = spelling.isMathematics ? infix.bindingInMathematics : infix.binding
      put(a, left, tree)
      put(" ")
      put(spelling.isMathematics ? infix.word : infix.sign)
      put(" ")
      put(b, right, tree)
    case .conditional(let condition, let a, let b):
      // Compilers warn of & and | before ?.
      put(condition, spelling.isMathematics ? .logical : .comparison, tree)
      put(" ? ")
      put(a, .logical, tree)
      put(" : ")
      put(b, .logical, tree)
    case .cast(let type, let operand):
      put("(")
      put(type)
      put(")")
      put(operand, .prefix, tree)
    case .call(let function, let first, let last):
      put(function)
      put("(")
      put(tree.lists[Int(first)..<Int(last)], tree)
      put(")")
    case .element(let array, let index):
      put(array, .primary, tree)
      put("[", index, tree)
      put("]")
    }
    if needsParentheses { put(")") }
  }

  /// An expression alone.
  static func text(_ expression: CExpression, _ spelling: Spelling) -> String {
    var printer = CPrinter(spelling)
    printer.put("", expression.id, expression.tree)
    return String(decoding: printer.line, as: UTF8.self)
  }

  // MARK: Words

  private mutating func put(_ text: String) { line.append(contentsOf: text.utf8) }

  private mutating func put(_ function: CFunction) {
    if function.origin == .runtime { put("adj_") }
    put(function.name)
    guard let type = function.type else { return }
    if function.origin != .library {
      put("_")
      put(type.suffix)
    } else if type == .float32 {
      put("f")
    }
  }

  /// A type, and what is declared of it.
  private mutating func put(_ type: CType, _ name: String = "") {
    if type.pointer != .none, !spelling.memory.isEmpty { put(spelling.memory + " ") }
    switch type.base {
    // A pointer itself: what it points to is anything.
    case .address: put(type.isConstant ? "void *const" : "void *")
    default:
      if type.isConstant { put("const ") }
      put(spelling.word(type.base))
    }
    if (type.pointer != .none || !name.isEmpty), line.last != star { put(" ") }
    switch type.pointer {
    case .none: break
    case .plain: put("*")
    case .fixed: put(name.isEmpty ? "*" : "*const ")
    case .unique: put(name.isEmpty || spelling.unique.isEmpty ? "*" : "*\(spelling.unique) ")
    }
    put(name)
  }

  // MARK: Lines

  /// Writes a line of text that stands already.
  mutating func write(_ text: String) {
    if text.isEmpty { return self.text.append(newline) }
    end(text)
  }

  /// Ends a line; what is too long goes on, indented, after a comma or before an operator.
  private mutating func end(_ text: String) {
    put(text)
    var rest = line[...]
    var indent = 2 * depth
    while indent + rest.count > Self.width, let end = place(toBreak: rest.prefix(Self.width - indent)) {
      append(rest[..<end], indent)
      rest = rest[(end + 1)...]
      indent = 2 * depth + 4
    }
    append(rest, indent)
    line.removeAll(keepingCapacity: true)
  }

  private mutating func append(_ line: ArraySlice<UInt8>, _ indent: Int) {
    for _ in 0..<indent { text.append(space) }
    text.append(contentsOf: line)
    text.append(newline)
  }

  /// The last space after a comma or, without one, before an operator.
  private func place(toBreak text: ArraySlice<UInt8>) -> Int? {
    let spaces = text.indices.dropFirst().dropLast(2).filter { text[$0] == space }
    return spaces.last { text[$0 - 1] == UInt8(ascii: ",") }
      ?? spaces.last { text[$0 + 2] == space && "+-*/?:&|".utf8.contains(text[$0 + 1]) }
  }

  /// A comment, wrapped like lines of code.
  mutating func comment(_ paragraphs: [String]) {
    var wrapped: [String] = []
    let width = Self.width - 6 - 2 * depth
    for paragraph in paragraphs.map(Self.harmless) {
      if paragraph.utf8.count <= width {
        wrapped.append(paragraph)
        continue
      }
      var current = ""
      for word in paragraph.utf8.split(separator: space, omittingEmptySubsequences: false) {
        if !current.isEmpty {
          if current.utf8.count + word.count > width {
            wrapped.append(current)
            current = "  "
          } else {
            current += " "
          }
        }
        current += Substring(word)
      }
      wrapped.append(current)
    }
    for (index, paragraph) in wrapped.enumerated() {
      for _ in 0..<2 * depth { text.append(space) }
      text.append(contentsOf: (index == 0 ? "/* " : "   ").utf8)
      text.append(contentsOf: paragraph.utf8)
      if index == wrapped.count - 1 { text.append(contentsOf: " */".utf8) }
      text.append(newline)
    }
  }

  /// What a comment may hold: a name in it, as that of a file, could end or nest the comment, or show another order of the text
  /// than the compiler's.
  private static func harmless(_ text: String) -> String {
    let (star, slash) = (UInt8(ascii: "*"), UInt8(ascii: "/"))
    var last = UInt8(ascii: " ")
    let isPlain = text.utf8.allSatisfy { byte in
      defer { last = byte }
      // Other controls, and marks of direction, begin with 0xC2 and 0xE2.
      return byte >= 0x20 && byte != 0x7F && byte != 0xC2 && byte != 0xE2
        && (last, byte) != (star, slash) && (last, byte) != (slash, star)
    }
    if isPlain { return text }
    var result = ""
    for scalar in text.unicodeScalars {
      switch (scalar, result.unicodeScalars.last) {
      case ("/", "*"), ("*", "/"): result.unicodeScalars.append(contentsOf: [" ", scalar])
      case (_, _) where scalar.properties.generalCategory == .control || scalar.isOfDirection:
        result.unicodeScalars.append(" ")
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}

private let space = UInt8(ascii: " ")
private let star = UInt8(ascii: "*")
private let newline = UInt8(ascii: "\n")

/// From the loosest to the tightest binding.
enum CPrecedence: Int, Comparable {
  case conditional, logical, comparison, sum, product, prefix, primary

  static func < (a: CPrecedence, b: CPrecedence) -> Bool { a.rawValue < b.rawValue }
}

extension CTree.Node {
  fileprivate var precedence: CPrecedence {
    switch self {
    case .name, .single, .call, .element: .primary
    case .integer(let value): value < 0 ? .prefix : .primary
    case .literal(let literal): literal.doubleValue < 0 ? .prefix : .primary
    case .prefix, .cast: .prefix
    case .infix(let infix, _, _): infix.precedence
    case .conditional: .conditional
    }
  }
}

extension CTree.Prefix {
  fileprivate var sign: String {
    switch self {
    case .negate: "-"
    case .not: "!"
    case .dereference: "*"
    }
  }
  fileprivate var operand: CPrecedence { self == .negate ? .primary : .prefix }
}

extension CTree.Infix {
  fileprivate var sign: String {
    switch self {
    case .add: "+"
    case .subtract: "-"
    case .multiply: "*"
    case .divide: "/"
    case .remainder: "%"
    case .compare(let comparison), .compareBools(let comparison): comparison.c
    case .both: "&"
    case .either: "|"
    case .and: "&&"
    }
  }

  fileprivate var word: String {
    switch self {
    case .both: "and"
    case .either: "or"
    default: sign
    }
  }

  fileprivate var precedence: CPrecedence {
    switch self {
    case .add, .subtract: .sum
    case .multiply, .divide, .remainder: .product
    case .compare, .compareBools: .comparison
    case .both, .either, .and: .logical
    }
  }

  /// How tightly both sides have to bind.
  fileprivate var binding: (left: CPrecedence, right: CPrecedence) {
    switch self {
    case .add, .subtract: (.sum, .product)
    case .multiply, .divide, .remainder: (.product, .prefix)
    case .compare: (.sum, .sum)
    // Compilers warn of what is right there, and easily misread.
    case .compareBools, .both, .either: (.primary, .primary)
    case .and: (.logical, .comparison)
    }
  }

  /// Sums of sums and products of products need no parentheses.
  fileprivate var bindingInMathematics: (left: CPrecedence, right: CPrecedence) {
    switch self {
    case .add: (.sum, .sum)
    case .multiply: (.product, .product)
    case .both, .either: (.logical, .comparison)
    default: binding
    }
  }
}

extension Spelling {
  fileprivate func word(_ base: CType.Base) -> String {
    switch base {
    case .element(let type): elements[type] ?? ""
    case .unsigned(let type): unsigned[type] ?? ""
    case .index: index
    case .int: "int"
    case .char: "char"
    case .void, .address: "void"
    }
  }
}

extension CTree {
  /// Whether a body that begins here is one statement without a body of its own.
  fileprivate func isOneStatement(at position: Int) -> Bool {
    guard position + 1 < statements.count, case .end = statements[position + 1] else { return false }
    return switch statements[position] {
    case .assign, .accumulate, .evaluate, .leave, .leaveLoop: true
    default: false
    }
  }
}

extension Comparison {
  /// The operator of C.
  fileprivate var c: String {
    switch self {
    case .equal: "=="
    case .notEqual: "!="
    case .less: "<"
    case .lessOrEqual: "<="
    case .greater: ">"
    case .greaterOrEqual: ">="
    }
  }
}

extension Unicode.Scalar {
  /// Whether it changes lines, or the direction in which text is shown.
  fileprivate var isOfDirection: Bool {
    switch value {
    case 0x2028, 0x2029, 0x202A...0x202E, 0x2066...0x2069: true
    default: false
    }
  }
}
