import AdjointArray

/// Finds nodes by what they compute: a hash table of indices with open addressing, whose keys are the nodes themselves.
///
/// A dictionary would hold each operation and its operands once more, and hash all of an operation for every node that
/// is looked up; operands alone tell nearly all nodes apart.
struct NodeTable: Sendable {
  /// A node and the hash of what it computes; −1 where there is none.
  private typealias Slot = (id: Int32, hash: UInt32)
  /// Their count is a power of 2, at least twice that of the nodes.
  private var slots = [Slot](repeating: (-1, 0), count: 64)
  private var count = 0

  /// The node that applies `operation` to `operands`, if there is one.
  func find(_ operation: Operation, _ operands: [NodeID], in nodes: [Node]) -> NodeID? {
    let slot = slots[place(of: operation, operands, Self.hash(operation, operands), in: nodes)]
    return slot.id < 0 ? nil : Int(slot.id)
  }

  /// Adds a node, in place of one that computes the same.
  mutating func insert(_ id: NodeID, in nodes: [Node]) {
    if 2 * (count + 1) > slots.count { grow() }
    let hash = Self.hash(nodes[id].operation, nodes[id].operands)
    let place = place(of: nodes[id].operation, nodes[id].operands, hash, in: nodes)
    if slots[place].id < 0 { count += 1 }
    slots[place] = (Int32(id), hash)
  }

  /// Where the node that applies `operation` to `operands` is, or would be.
  private func place(of operation: Operation, _ operands: [NodeID], _ hash: UInt32, in nodes: [Node]) -> Int {
    var place = Int(hash) & (slots.count - 1)
    while slots[place].id >= 0 {
      let id = Int(slots[place].id)
      if slots[place].hash == hash, nodes[id].operands == operands, nodes[id].operation == operation { break }
      place = (place + 1) & (slots.count - 1)
    }
    return place
  }

  private mutating func grow() {
    let old = slots
    slots = [Slot](repeating: (-1, 0), count: 4 * old.count)
    for slot in old where slot.id >= 0 {
      var place = Int(slot.hash) & (slots.count - 1)
      while slots[place].id >= 0 { place = (place + 1) & (slots.count - 1) }
      slots[place] = slot
    }
  }

  private static func hash(_ operation: Operation, _ operands: [NodeID]) -> UInt32 {
    var hash = UInt(bitPattern: operation.hashKey) &* 0x9E37_79B9_7F4A_7C15
    for operand in operands.telling { hash = (hash ^ UInt(bitPattern: operand)) &* 0x9E37_79B9_7F4A_7C15 }
    return UInt32(truncatingIfNeeded: hash >> 24)
  }
}

extension Operation {
  /// Equal for equal operations, and different for what is often done to the same operands.
  fileprivate var hashKey: Int {
    switch self {
    case .argument(let argument): argument.name.hashValue
    case .constant(let literal): Int(truncatingIfNeeded: literal.bits &* 0x9E37_79B9_7F4A_7C15 >> 32)
    case .data(let array): array.shape.count
    case .iota(let count, _): count
    case .reshape(let shape), .broadcast(let shape): mixed(shape.dimensions)
    case .reduce(_, let axes), .flip(let axes), .transpose(let axes): mixed(axes)
    case .slice(let slice): mixed(slice.starts + slice.ends)
    case .pad(let padding): mixed(padding.low + padding.high)
    case .structured(.randomBits(let bits)): bits.stream
    case .call(_, let result), .scan(_, let result): result
    default: 0
    }
  }

  private func mixed(_ numbers: [Int]) -> Int { numbers.reduce(numbers.count) { 31 &* $0 &+ $1 } }
}
