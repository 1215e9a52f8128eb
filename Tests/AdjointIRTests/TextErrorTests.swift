import AdjointArray
import AdjointIR
import FuzzSupport
import Testing

/// A bad text, the line that is at fault, and what the message must say.
struct BadText: Sendable, CustomTestStringConvertible {
  let text: String
  let line: Int
  let says: String

  init(_ text: String, _ line: Int, _ says: String) {
    self.text = text
    self.line = line
    self.says = says
  }

  /// One node after two inputs, `%0` of float32[2,3] and `%1` of int32[4].
  init(node: String, _ says: String) {
    self.init(
      """
      graph {
        %0 = input "x" : float32[2,3]
        %1 = input "i" : int32[4]
        %2 = \(node)
        return "y" = %2
      }
      """, 4, says)
  }

  var testDescription: String { says }
}

private let badTexts: [BadText] = [
  BadText("", 1, "the end of the text where 'graph' is expected"),
  BadText("\n\nfoo", 3, "'foo' where 'graph' is expected"),
  BadText("graph", 1, "'{' is expected"),
  BadText("graph {", 1, "where a node or 'return' is expected"),
  BadText("graph {\n  return \"y\" = %0\n}", 2, "there is no node %0 before this; write a node first"),
  BadText("graph {\n  return\n} x", 3, "'x' after the graph"),
  BadText("graph {\n  return\n", 3, "'}' is expected; close the graph"),
  BadText("graph {\n %1 = input \"x\" : bool[]\n return }", 2, "not numbered in sequence; number it %0"),
  BadText("graph {\n %0 input", 2, "'input' where '=' is expected"),
  BadText("graph { %0 = input \"x\" : bool[]\n return \"y\" = %0 replace %0 }", 2, "replaces"),
  BadText("graph { %0 = input \"x\" : bool[]\n return \"y\" = %-1 }", 2, "there is no node %-1"),
  BadText("graph { %0 = input \"x\" : bool[]\n return \"y\" %0 }", 2, "'=' is expected"),
  BadText("graph { %0 = input x : bool[] return }", 1, "'x' where '\"' is expected; give it a name"),
  BadText("graph { %0 = input \"x : bool[]\n return }", 1, "not closed on its line"),
  BadText("graph { %0 = input \"x", 1, "the string is not closed"),
  BadText("graph { %0 = input \"\\q\" : bool[] return }", 1, "unknown escape"),
  BadText("graph { %0 = input \"\\u{d800}\" : bool[] return }", 1, "names no character"),
  BadText("graph { %0 = input \"\\", 1, "unknown escape"),
  BadText(node: "frobnicate(%0) : float32[2,3]", "no operation is named 'frobnicate'"),
  BadText(node: "(%0) : float32[2,3]", "'(' where an operation is expected"),
  BadText(node: "exp(%0) float32[2,3]", "'float32' where ':' is expected"),
  BadText(node: "exp(%2) : float32[2,3]", "there is no node %2 before this; name one of %0 to %1"),
  BadText(node: "exp(%99999999999999999999) : float32[2,3]", "'99999999999999999999' is no integer"),
  BadText(node: "exp(0) : float32[2,3]", "'0' where '%' is expected"),
  BadText(node: "exp(%0 : float32[2,3]", "':' where ')' is expected"),
  BadText(node: "exp(%0) {axes: [0]} : float32[2,3]", "exp takes no attribute 'axes' here; exp has none"),
  BadText(node: "exp(%0) : float32[3,2]", "the node is said to be float32[3,2]; exp gives float32[2,3]"),
  BadText(node: "exp(%1) : int32[4]", "exp: it is not defined on int32; cast to one of float32, float64"),
  BadText(node: "exp(%0, %0) : float32[2,3]", "exp: 2 operands; it takes 1"),
  BadText(node: "exp(%0) : float16[2,3]", "no scalar type is named 'float16'; name one of float32"),
  BadText(node: "exp(%0) : float32[-2,3]", "negative or too large"),
  BadText(
    node: "iota : int32[9223372036854775807]", "negative or too large"),
  BadText(node: "broadcast(%0) : float32[3037000500,3037000500,2,3]", "negative or too large"),
  BadText(node: "iota : int32[0,9223372036854775807,9223372036854775807]", "negative or too large"),
  BadText(node: "iota : int32[2,2]", "iota cannot be int32[2,2]; give it a vector's type"),
  BadText(node: "iota : int32[\(String(repeating: "1,", count: 64))1]", "at most 64 extents"),
  BadText(node: "reduce_sum(%0) : float32[]", "reduce_sum lacks its attribute 'axes'; write {axes: [0]}"),
  BadText(node: "reduce_sum(%0) {axes: [0], axes: [0]} : float32[]", "takes no attribute 'axes' here"),
  BadText(node: "reduce_sum(%0) {axes: 0} : float32[]", "'0' where '[' is expected"),
  BadText(node: "reduce_sum(%0) {axes: [0} : float32[]", "'}' where ']' is expected"),
  BadText(node: "reduce_sum(%0) {axes: [7]} : float32[]", "axis 7 of 2"),
  BadText(node: "concatenate(%0) {axis: [0]} : float32[2,3]", "'[' where a number is expected"),
  BadText(node: "concatenate() {axis: 0} : float32[2,3]", "nothing to concatenate"),
  BadText(
    node: "pad(%1) {low: [9223372036854775807], high: [1], interior: [1]} : int32[4]", "too large"),
  BadText(
    node: "slice(%1) {starts: [0], ends: [4], steps: [0]} : int32[4]", "a step of at least 1"),
  BadText(node: "dot(%0, %0) {lhs: [1]} : float32[2,2]", "dot lacks its attribute 'rhs'"),
  BadText(node: "constant 1.5 : int32[]", "'1.5' is no int32"),
  BadText(node: "constant 1e99 : float32[]", "'1e99' is no float32"),
  BadText(node: "constant 2147483648 : int32[]", "'2147483648' is no int32"),
  BadText(node: "constant nan : float32[]", "'nan' is no float32"),
  BadText(node: "constant nan(0x7f800000) : float32[]", "is no NaN of float32"),
  BadText(node: "constant nan(0xfffffffff) : float32[]", "is no NaN of float32"),
  BadText(node: "constant nan(0x7fc00000) : int32[]", "is no NaN of int32"),
  BadText(node: "constant 1 : bool[]", "'1' is no bool"),
  BadText(node: "constant 1 : float32[1]", "said to be float32[1]; constant gives float32[]"),
  BadText(node: "constant : float32[]", "':' where a number is expected"),
  BadText(node: "data [1, 2] : float32[3]", "2 elements for float32[3]; write 3 of them"),
  BadText(node: "data [1, x] : float32[2]", "'x' is no float32"),
  BadText(node: "data [1, 2 : float32[2]", "':' where ']' is expected"),
  BadText(node: "data [] : float32[1099511627776]", "0 elements for float32[1099511627776]"),
  BadText(node: "exp(%0) : float32[2,3] @ file", "a file without a line"),
  BadText(node: "exp(%0) : float32[2,3] @ file:x", "'x' is no integer"),
  BadText(node: "exp(%0) : float32[2,3] @ \"open", "not closed on its line"),
  BadText(node: "call(%0) {result: 0} : float32[]", "':' where 'graph' is expected"),
  BadText(node: "call(%0) {result: 3} graph { return } : float32[]", "1 operands; it takes 0"),
  BadText(node: "call() {result: 3} graph { return } : float32[]", "result 3 of a graph with 0"),
  BadText(
    "graph {\n" + String(repeating: "%0 = call() {result: 0} graph {\n", count: 100_000), 33,
    "nested more than 32 deep"),
]

@Suite struct TextErrorTests {
  @Test(arguments: badTexts)
  func aBadTextIsRefusedAtItsLine(_ bad: BadText) throws {
    let error = try #require(throws: GraphTextError.self) { try Graph(parsing: bad.text) }
    #expect(error.line == bad.line, "\(error)")
    #expect(error.description.contains(bad.says), "\(error)")
    #expect(!error.description.contains("\n"))
  }

  @Test func theColumnCountsCharacters() throws {
    let text = "graph {\n  %0 = input \"größe\" : float16[]"
    let error = try #require(throws: GraphTextError.self) { try Graph(parsing: text) }
    #expect(error.line == 2)
    #expect(error.column == 24)
  }

  /// What a damaged file may hold: bytes changed, removed, doubled, pieces moved. Reading must give an error or
  /// a graph that can be printed, verified and read again.
  @Test func damagedTextsNeverTrap() throws {
    var random = SplitMix64(seed: 11)
    var sources = [Array(TextFormTests.sample.utf8)]
    for seed in 0..<60 {
      let graph = try RandomGraph.make(seed: UInt64(seed), options: .init(nodeCount: 6)).graph
      let text = Array(graph.text().utf8)
      if text.count < 6000 { sources.append(text) }
    }
    #expect(sources.count > 10)
    let pieces = [
      "%", "-1", "9223372036854775807", "[", "]", "{", "}", "\"", "\\u{", "nan(", "(", ",", "\0", "@", ":",
    ]
    var parsed = 0
    for _ in 0..<20_000 {
      var bytes = random.pick(sources)
      for _ in 0...random.below(3) where !bytes.isEmpty {
        let place = random.below(bytes.count)
        switch random.below(6) {
        case 0: bytes[place] = UInt8(random.below(256))
        case 1: bytes[place] = UInt8(ascii: "0") + UInt8(random.below(10))
        case 2: bytes.remove(at: place)
        case 3: bytes.insert(contentsOf: Array(random.pick(pieces).utf8), at: place)
        case 4: bytes.removeSubrange(place..<min(bytes.count, place + random.below(40)))
        default:
          let from = random.below(bytes.count)
          bytes.insert(contentsOf: bytes[from..<min(bytes.count, from + random.below(60))], at: place)
        }
      }
      guard let graph = try? Graph(parsing: String(decoding: bytes, as: UTF8.self)) else { continue }
      parsed += 1
      try #require(try Graph(parsing: graph.text()) == graph)
      _ = try? graph.verify()
      _ = graph.removingDeadNodes()
    }
    // Both ways must have been taken often.
    #expect(parsed > 200 && parsed < 19_800)
  }
}
