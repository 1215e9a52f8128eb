import CAdjointRuntime

/// What the runtime's table says of the functions that generated C may call.
enum RuntimeSymbols {
  /// The prototype of each function, without the semicolon; the same for every instruction set.
  static let prototypes: [String: String] = {
    var count = 0
    guard let table = adj_symbols(ADJ_ISA_BASELINE, &count) else { return [:] }
    var result: [String: String] = [:]
    for symbol in UnsafeBufferPointer(start: table, count: count) {
      result[String(cString: symbol.name)] = String(cString: symbol.prototype)
    }
    return result
  }()
}
