import Glibc

/// A function of this process that compiled C may call by its name.
///
/// Functions only. The TinyCC of 2020 reads the wrong memory, silently, where a floating-point *variable* of the
/// host is the right operand of arithmetic or a comparison, or is negated (`x + host_constant`); it also cuts
/// literal addresses to 32 bits there. Data is passed as a pointer argument instead.
/// The address must stay valid for as long as the code that was compiled with it.
public struct CSymbol: @unchecked Sendable {
  /// A C identifier. The C text declares a prototype for it.
  public let name: String
  public let address: UnsafeRawPointer

  public init(name: String, address: UnsafeRawPointer) {
    self.name = name
    self.address = address
  }
}

/// Whether a text is an identifier of C.
func isIdentifier(_ text: String) -> Bool {
  guard let first = text.utf8.first, !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) else {
    return false
  }
  return text.utf8.allSatisfy { byte in
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
      true
    default: false
    }
  }
}

/// Refuses what C strings and linkers would read as something else than was meant.
func checkText(_ source: String, names: [String]) throws(CompilationError) {
  if source.withCString({ strlen($0) }) != source.utf8.count {
    throw .invalidSource(line: nil, message: "the text contains a NUL character: leave it out", excerpt: nil)
  }
  if let name = names.first(where: { !isIdentifier($0) }) {
    throw .invalidSource(line: nil, message: "'\(name)' is not a C identifier", excerpt: nil)
  }
}

/// C without its comments. There are none in the strings of generated code.
func withoutComments(_ source: String) -> String {
  var result: [UInt8] = []
  var isComment = false
  var previous: UInt8 = 0
  for byte in source.utf8 {
    if isComment {
      if previous == UInt8(ascii: "*"), byte == UInt8(ascii: "/") {
        isComment = false
        previous = 0
        continue
      }
    } else if previous == UInt8(ascii: "/"), byte == UInt8(ascii: "*") {
      isComment = true
      result.removeLast()
      previous = 0
      continue
    } else {
      result.append(byte)
    }
    previous = byte
  }
  return String(decoding: result, as: UTF8.self)
}
