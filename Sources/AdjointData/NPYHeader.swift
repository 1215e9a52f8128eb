import AdjointArray

/// What stands before the elements of a `.npy` file: `93 NUMPY`, a version, the length of a text and the text, a Python
/// dictionary of three keys.
///
/// NumPy Enhancement Proposal 1, "A Simple File Format for NumPy Arrays", and the documentation of `numpy.lib.format`.
struct NPYHeader {
  let element: StoredElement
  let isBigEndian: Bool
  /// Whether the first axis is the fastest.
  let isFortranOrder: Bool
  let shape: Shape
  /// Bytes before the elements.
  let size: Int

  static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)
  /// The most bytes before the text.
  static let longestStart = 12
  /// Far more than a dictionary of three keys has; `numpy.load` takes 10,000 unless told otherwise.
  static let longestText = 1 << 20

  /// The bytes of the file.
  var fileSize: Int { size + shape.count * element.byteSize }

  /// - Parameter name: what errors call the file.
  init(_ bytes: ArraySlice<UInt8>, name: String) throws(DataError) {
    let text = try Self.text(startingWith: bytes, name)
    guard text.upperBound <= bytes.count else {
      throw .notNPY(file: name, problem: "it ends within its header")
    }
    size = text.upperBound
    let start = bytes.startIndex
    let fields = try PythonDictionary(bytes[(start + text.lowerBound)..<(start + size)], name)
    (element, isBigEndian) = try Self.element(fields.type, name)
    isFortranOrder = fields.isFortranOrder
    shape = fields.shape
  }

  /// Where the text lies in the file, which the first bytes say.
  static func text(startingWith bytes: ArraySlice<UInt8>, _ name: String) throws(DataError) -> Range<Int> {
    let start = bytes.startIndex
    guard bytes.starts(with: magic) else {
      throw .notNPY(file: name, problem: bytes.isEmpty ? "it is empty" : "it does not begin with 93 NUMPY")
    }
    guard let major = bytes.littleEndian(at: start + 6, 1), let minor = bytes.littleEndian(at: start + 7, 1)
    else { throw .notNPY(file: name, problem: "it ends after \(bytes.count) bytes") }
    guard 1...3 ~= major, minor == 0 else {
      throw .notNPY(file: name, problem: "version \(major).\(minor) is none of 1.0, 2.0 and 3.0")
    }
    let lengthSize = major == 1 ? 2 : 4
    guard let length = bytes.littleEndian(at: start + 8, lengthSize) else {
      throw .notNPY(file: name, problem: "it ends within its header")
    }
    let first = 8 + lengthSize
    return first..<(first + Int(length))
  }

  /// The type that NumPy calls `type`: an order of bytes, a kind, and a number of bytes.
  private static func element(
    _ type: String, _ name: String
  ) throws(DataError) -> (StoredElement, isBigEndian: Bool) {
    let code = type.first.map { "<>|".contains($0) } == true ? type.dropFirst() : type[...]
    guard let element = elements.first(where: { $0.code == code })?.element,
      element.byteSize == 1 || type.first == "<" || type.first == ">"
    else {
      let kind = code.first.flatMap { kinds[$0] }
      throw .unsupportedElement(file: name, found: quoted(type) + (kind.map { " (\($0))" } ?? ""))
    }
    return (element, type.first == ">")
  }

  private static let elements: [(code: String, element: StoredElement)] = [
    ("b1", .bool), ("i1", .int8), ("i2", .int16), ("i4", .int32), ("i8", .int64), ("u1", .uint8),
    ("u2", .uint16), ("u4", .uint32), ("u8", .uint64), ("f2", .float16), ("f4", .float32), ("f8", .float64),
  ]

  /// What the kinds are that arrays of ours do not have.
  private static let kinds: [Character: String] = [
    "O": "Python objects", "V": "structures", "c": "complex numbers", "U": "text", "S": "text", "M": "dates",
    "m": "durations",
  ]

  /// The header of an array in row-major order, byte for byte as `numpy.save` writes it.
  static func bytes(_ element: StoredElement, _ shape: Shape) -> [UInt8] {
    let code = elements.first { $0.element == element }?.code ?? ""
    let extents = shape.dimensions.map(String.init)
    let tuple = extents.joined(separator: ", ") + (extents.count == 1 ? "," : "")
    var text =
      "{'descr': '\(element.byteSize == 1 ? "|" : "<")\(code)', 'fortran_order': False, 'shape': (\(tuple)), }"
    // NumPy leaves room for the first extent to grow to 21 digits, and lets elements begin at a multiple of 64.
    if let first = extents.first { text += String(repeating: " ", count: 21 - first.count) }
    text += String(repeating: " ", count: 64 - (10 + text.utf8.count + 1) % 64) + "\n"
    var result = magic + [1, 0]
    result.append(littleEndian: text.utf8.count, 2)
    return result + text.utf8
  }
}

/// The dictionary in a header, such as `{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }`.
private struct PythonDictionary {
  private(set) var type = ""
  private(set) var isFortranOrder = false
  private(set) var shape = Shape.scalar
  private let name: String
  private var text: ArraySlice<UInt8>

  init(_ text: ArraySlice<UInt8>, _ name: String) throws(DataError) {
    self.name = name
    self.text = text
    try require("{")
    var missing: Set = ["descr", "fortran_order", "shape"]
    while !skip("}") {
      let key = try string()
      guard missing.remove(key) != nil else {
        let isKnown = ["descr", "fortran_order", "shape"].contains(key)
        throw problem("its header has the key \(quoted(key))\(isKnown ? " twice" : "")")
      }
      try require(":")
      switch key {
      case "descr": type = try descriptor()
      case "fortran_order": isFortranOrder = try boolean()
      default: shape = try extents()
      }
      guard skip(",") else {
        try require("}")
        break
      }
    }
    skipSpace()
    guard self.text.isEmpty else { throw problem("its header goes on behind its dictionary") }
    if let key = missing.min() { throw problem("its header lacks the key '\(key)'") }
  }

  /// A type's name. Structures have a list instead.
  private mutating func descriptor() throws(DataError) -> String {
    skipSpace()
    if text.first == UInt8(ascii: "[") || text.first == UInt8(ascii: "(") {
      throw .unsupportedElement(file: name, found: "a list of fields (structures)")
    }
    return try string()
  }

  private mutating func boolean() throws(DataError) -> Bool {
    if skip("True") { return true }
    if skip("False") { return false }
    throw problem("its fortran_order is neither True nor False")
  }

  private mutating func extents() throws(DataError) -> Shape {
    var result: [Int] = []
    var endsInComma = false
    try require("(")
    while !skip(")") {
      result.append(try integer())
      // More than an array has; the text may hold a great many.
      guard result.count <= Shape.maximalRank else {
        throw problem("its shape has more than \(Shape.maximalRank) extents")
      }
      endsInComma = skip(",")
      guard endsInComma else {
        try require(")")
        break
      }
    }
    // In Python, (3) is a number.
    guard result.count != 1 || endsInComma else { throw problem("its shape is not a tuple") }
    let shape = Shape(result)
    guard shape.isAddressable else {
      throw problem("no memory holds an array of its extents \(shape)")
    }
    return shape
  }

  private mutating func integer() throws(DataError) -> Int {
    skipSpace()
    let digits = text.prefix { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
    guard let value = Int(String(decoding: digits, as: UTF8.self)) else {
      throw problem(
        digits.isEmpty ? "an extent is no whole number of at least 0" : "an extent is too large to be counted"
      )
    }
    text = text.dropFirst(digits.count)
    // Python 2 wrote long integers so.
    _ = skip("L")
    return value
  }

  private mutating func string() throws(DataError) -> String {
    skipSpace()
    guard let quote = text.first, quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\""),
      let end = text.dropFirst().firstIndex(of: quote)
    else { throw problem("its header is no dictionary of descr, fortran_order and shape") }
    defer { text = text[(end + 1)...] }
    return String(decoding: text[(text.startIndex + 1)..<end], as: UTF8.self)
  }

  private mutating func skip(_ token: String) -> Bool {
    skipSpace()
    guard text.starts(with: token.utf8) else { return false }
    text = text.dropFirst(token.utf8.count)
    return true
  }

  private mutating func require(_ token: String) throws(DataError) {
    guard skip(token) else { throw problem("its header is no dictionary of descr, fortran_order and shape") }
  }

  private mutating func skipSpace() {
    text = text.drop { $0 == Byte.space || $0 == Byte.lineFeed || $0 == Byte.tab }
  }

  private func problem(_ text: String) -> DataError { .notNPY(file: name, problem: text) }
}
