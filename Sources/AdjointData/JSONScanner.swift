import AdjointArray

/// Reads the JSON (RFC 8259) in a safetensors file piece by piece, as its reader knows what must come: there is no tree
/// whose depth or size a file could choose.
struct JSONScanner {
  private let bytes: ArraySlice<UInt8>
  private let name: String
  private var position: Int

  /// - Parameter name: what errors call the file.
  /// - Precondition: `bytes` are UTF-8.
  init(_ bytes: ArraySlice<UInt8>, name: String) {
    self.bytes = bytes
    self.name = name
    position = bytes.startIndex
  }

  /// Reads `{"key": …, …}`; `member` reads the value of each key.
  ///
  /// - Throws: ``DataError/Kind/notSafetensors``, also where a key is there twice, and what `member` throws.
  mutating func object(
    _ member: (_ scanner: inout JSONScanner, _ key: String) throws(DataError) -> Void
  ) throws(DataError) {
    var keys: Set<String> = []
    try list("{", "}", "an object") { (scanner) throws(DataError) in
      let key = try scanner.string()
      // Keys that only Unicode's composition tells apart are one for a Swift program, and refused, too.
      guard keys.insert(key).inserted else { throw scanner.problem("the key \(quoted(key)) is there twice") }
      guard scanner.skip(":") else { throw scanner.expected("':'") }
      try member(&scanner, key)
    }
  }

  /// Reads `[…, …]`; `element` reads each element.
  mutating func array(_ element: (inout JSONScanner) throws(DataError) -> Void) throws(DataError) {
    try list("[", "]", "an array", element)
  }

  mutating func string() throws(DataError) -> String {
    guard skip("\"") else { throw expected("a string") }
    var text: [UInt8] = []
    while let byte = next() {
      switch byte {
      case Byte.quote: return String(decoding: text, as: UTF8.self)
      case UInt8(ascii: "\\"): try escape(&text)
      case ..<0x20: throw problem("there is a control character in a string")
      default: text.append(byte)
      }
    }
    throw problem("a string is never closed")
  }

  /// A whole number of at least 0, written in digits alone.
  mutating func integer() throws(DataError) -> Int {
    skipSpace()
    let digits = bytes[position...].prefix { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
    guard !digits.isEmpty, digits.count == 1 || digits.first != UInt8(ascii: "0") else {
      throw expected("a whole number of at least 0")
    }
    guard let value = Int(String(decoding: digits, as: UTF8.self)) else {
      throw problem("a number is too large to be counted")
    }
    position += digits.count
    return value
  }

  /// - Throws: where there is more than white space.
  mutating func end() throws(DataError) {
    skipSpace()
    guard position == bytes.endIndex else { throw expected("the end") }
  }

  /// Something is wrong where the scanner is.
  func problem(_ text: String) -> DataError {
    .notSafetensors(file: name, problem: "\(text) (byte \(position - bytes.startIndex) of its header)")
  }

  private mutating func list(
    _ opening: Unicode.Scalar, _ closing: Unicode.Scalar, _ what: String,
    _ element: (inout JSONScanner) throws(DataError) -> Void
  ) throws(DataError) {
    guard skip(opening) else { throw expected(what) }
    if skip(closing) { return }
    repeat { try element(&self) } while skip(",")
    guard skip(closing) else { throw expected("',' or '\(closing)'") }
  }

  /// What stands behind a backslash.
  private mutating func escape(_ text: inout [UInt8]) throws(DataError) {
    switch next().map({ Unicode.Scalar($0) }) {
    case "\"": text.append(Byte.quote)
    case "\\": text.append(UInt8(ascii: "\\"))
    case "/": text.append(UInt8(ascii: "/"))
    case "b": text.append(0x08)
    case "f": text.append(0x0C)
    case "n": text.append(Byte.lineFeed)
    case "r": text.append(Byte.carriageReturn)
    case "t": text.append(Byte.tab)
    case "u":
      var units = [try codeUnit()]
      // Characters beyond 16 bits are two units.
      if UTF16.isLeadSurrogate(units[0]) {
        guard next() == UInt8(ascii: "\\"), next() == UInt8(ascii: "u") else {
          throw problem("there is half a character in a string")
        }
        units.append(try codeUnit())
      }
      guard let character = String(validating: units, as: UTF16.self) else {
        throw problem("there is half a character in a string")
      }
      text += character.utf8
    default: throw problem("an escape in a string is unknown")
    }
  }

  private mutating func codeUnit() throws(DataError) -> UInt16 {
    var unit: UInt16 = 0
    for _ in 0..<4 {
      guard let byte = next(), let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
        throw problem("an escape in a string is unknown")
      }
      unit = unit << 4 | UInt16(digit)
    }
    return unit
  }

  private mutating func next() -> UInt8? {
    guard position < bytes.endIndex else { return nil }
    defer { position += 1 }
    return bytes[position]
  }

  private mutating func skip(_ token: Unicode.Scalar) -> Bool {
    skipSpace()
    guard position < bytes.endIndex, Unicode.Scalar(bytes[position]) == token else { return false }
    position += 1
    return true
  }

  private mutating func skipSpace() {
    while position < bytes.endIndex,
      [Byte.space, Byte.tab, Byte.lineFeed, Byte.carriageReturn].contains(bytes[position])
    {
      position += 1
    }
  }

  private func expected(_ what: String) -> DataError { problem("\(what) is expected") }
}
