import AdjointData

/// A graph in text form, with nodes put before its end that ask for too much: time, memory, depth, or what is not defined.
struct HostileGraph {
  private(set) var lines: [String]
  /// The node that what is added begins with, its type without the shape, and its shape.
  private var source: Int
  private var type: String
  private var shape: String
  private var count: Int
  private let isForward: Bool

  /// - Parameter isForward: its one output is replaced by what is added; else that becomes one more.
  init?(_ text: String, isForward: Bool) {
    lines = text.split(separator: "\n").map(String.init)
    self.isForward = isForward
    let nodes = lines.filter { $0.hasPrefix("  %") }
    guard let last = lines.lastIndex(where: { $0.hasPrefix("  return") }) else { return nil }
    count = nodes.count
    source = isForward ? Int(lines[last].split(separator: "%").last ?? "") ?? 0 : 0
    guard nodes.indices.contains(source), let typed = nodes[source].components(after: " : ") else {
      return nil
    }
    let parts = typed.prefix { $0 != " " }.split(separator: "[")
    guard parts.count == 2 else { return nil }
    (type, shape) = (String(parts[0]), String(parts[1].dropLast()))
  }

  var text: String { lines.joined(separator: "\n") + "\n" }

  /// Something is added that needs much; the larger `size`, the more.
  mutating func attack(_ random: inout SeededGenerator) {
    // Often as much as there just is.
    let power = Int.random(in: Bool.random(using: &random) ? 0...40 : 8...26, using: &random)
    let size = (1 << power) + Int.random(in: 0...1, using: &random)
    let small = min(size, 1 << 14)
    let same = "\(type)[\(shape)]"
    switch Int.random(in: 0..<13, using: &random) {
    case 0: add("broadcast(%\(source)) : \(type)[\(size),\(shape)]", "reduce_max(%) {axes: [0]} : \(same)")
    case 1: add(loop(lengths: [size], same))
    case 2: add(loop(lengths: Array(repeating: max(1, size >> 8), count: power % 6 + 1), same))
    case 3: add(call(depth: power, same))
    case 4: for _ in 0..<small { add("tanh(%\(source)) : \(same)") }
    case 5:
      for number in 0..<small / 4 {
        let before = source
        add("constant \(9000 + number) : \(type)[]", "broadcast(%) : \(same)", "add(%\(before), %) : \(same)")
      }
    case 6:
      let before = source
      add(
        "iota : \(type)[\(size)]", "reduce_sum(%) {axes: [0]} : \(type)[]", "broadcast(%) : \(same)",
        "mul(%\(before), %) : \(same)")
    case 7:
      // A product of large matrices.
      let before = source
      let matrix = "\(type)[\(small),\(small)]"
      add("iota : \(type)[\(small)]", "broadcast(%) : \(matrix)")
      add(
        "dot(%\(source), %\(source)) {lhs: [1], rhs: [0]} : \(matrix)",
        "reduce_sum(%) {axes: [0, 1]} : \(type)[]")
      add("broadcast(%) : \(same)", "add(%\(before), %) : \(same)")
    case 8:
      let before = source
      let matrix = "\(type)[\(small / 8 + 1),\(small / 8 + 1)]"
      add("constant -1 : \(type)[]", "broadcast(%) : \(matrix)", "cholesky(%) : \(matrix)")
      add(
        "reduce_sum(%) {axes: [0, 1]} : \(type)[]", "broadcast(%) : \(same)", "add(%\(before), %) : \(same)")
    case 9:
      // As wide as the last axis becomes, and cut off again.
      let extents = shape.split(separator: ",").compactMap { Int($0) }
      let zeros = Array(repeating: 0, count: extents.count)
      guard let last = extents.last else { return }
      add(
        "pad(%\(source)) {low: \(zeros), high: \(zeros.dropLast() + [size]), interior: \(zeros)} : "
          + "\(type)[\((extents.dropLast() + [last + size]).map(String.init).joined(separator: ","))]",
        "slice(%) {starts: \(zeros), ends: \(extents), steps: \(extents.map { _ in 1 })} : \(same)")
    case 10:
      let copies = Array(repeating: "%\(source)", count: max(1, small / 8)).joined(separator: ", ")
      let extents = shape.split(separator: ",").compactMap { Int($0) }
      guard let first = extents.first else { return }
      let long = [first * max(1, small / 8)] + extents.dropFirst()
      add(
        "concatenate(\(copies)) {axis: 0} : \(type)[\(long.map(String.init).joined(separator: ","))]",
        "slice(%) {starts: \(extents.map { _ in 0 }), ends: \(extents), steps: \(extents.map { _ in 1 })} : \(same)"
      )
    case 11:
      // Doubles at every step.
      for _ in 0..<power { add("add(%\(source), %\(source)) : \(same)", "exp(%) : \(same)") }
    default:
      add(
        "reshape(%\(source)) : \(type)[\(String(repeating: "1,", count: small / 16))\(shape)]",
        "reshape(%) : \(same)")
    }
    end()
  }

  /// Appends nodes, of which `%` without a number is the one before.
  private mutating func add(_ nodes: String...) {
    guard let end = lines.lastIndex(where: { $0.hasPrefix("  return") }) else { return }
    for (offset, node) in nodes.enumerated() {
      let bare = node.replacing("(%)", with: "(%\(source))").replacing(", %)", with: ", %\(source))")
      lines.insert("  %\(count) = \(bare)", at: end + offset)
      source = count
      count += 1
    }
  }

  private mutating func end() {
    guard let end = lines.lastIndex(where: { $0.hasPrefix("  return") }) else { return }
    if isForward {
      lines[end] = "  return \"prediction\" = %\(source)"
    } else {
      lines[end] += ", \"more\(count)\" = %\(source)"
    }
  }

  private func loop(lengths: [Int], _ same: String) -> String {
    nested(lengths.map { "scan(%#) {carries: 1, stacked: 0, length: \($0), result: 0}" }, same)
  }

  private func call(depth: Int, _ same: String) -> String {
    nested(Array(repeating: "call(%#) {result: 0}", count: depth + 1), same)
  }

  /// Each head holds the next one's graph.
  private func nested(_ heads: [String], _ same: String) -> String {
    var body = "tanh(%0) : \(same)"
    for head in heads.dropFirst().reversed() {
      body =
        head.replacing("#", with: "0")
        + " graph { %0 = input \"c\" : \(same)\n %1 = \(body)\n return \"c\" = %1 } : \(same)"
    }
    return (heads.first ?? "").replacing("#", with: "\(source)")
      + " graph { %0 = input \"c\" : \(same)\n %1 = \(body)\n return \"c\" = %1 } : \(same)"
  }
}

extension String {
  /// What stands behind the first `separator`.
  fileprivate func components(after separator: String) -> Substring? {
    firstRange(of: separator).map { self[$0.upperBound...] }
  }
}
