import AdjointData

/// Changes bytes of files as chance has it; equal seeds make equal changes.
package struct FileMutator {
  package var generator: SeededGenerator
  /// What is written over a file or into it now and then, as a random byte seldom means something.
  package var pieces: [[UInt8]]

  package init(seed: UInt64, pieces: [[UInt8]]) {
    generator = SeededGenerator(seed: seed)
    self.pieces = pieces
  }

  /// Makes one to three changes: one most often, as of several the first that is met hides the others.
  package mutating func mutate(_ bytes: inout [UInt8]) {
    for _ in 0..<max(1, Int.random(in: -1...3, using: &generator)) { change(&bytes) }
  }

  /// True once in `count` times.
  package mutating func isOne(in count: Int) -> Bool { Int.random(in: 0..<count, using: &generator) == 0 }

  /// A way of reading that is as good as any other.
  package mutating func way() -> UInt8 { .random(in: 0...255, using: &generator) }

  private mutating func change(_ bytes: inout [UInt8]) {
    guard let position = bytes.indices.randomElement(using: &generator) else { return }
    // Headers and the ends of archives are where most can go wrong.
    let nearEnd =
      Bool.random(using: &generator)
      ? position : max(0, bytes.count - 1 - Int.random(in: 0..<300, using: &generator))
    switch Int.random(in: 0..<10, using: &generator) {
    case 0: bytes[position] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
    case 1: bytes[nearEnd] = .random(in: 0...255, using: &generator)
    case 2: bytes[nearEnd] = [0, 1, 0x7F, 0x80, 0xFE, 0xFF].randomElement(using: &generator) ?? 0
    case 3: bytes.removeLast(Int.random(in: 0...min(bytes.count, 64), using: &generator))
    case 4:
      let end = min(bytes.count, position + Int.random(in: 1...16, using: &generator))
      bytes.insert(contentsOf: bytes[position..<end], at: bytes.indices.randomElement(using: &generator) ?? 0)
    case 5: bytes.removeSubrange(position..<min(bytes.count, position + 4))
    case 6: replaceDigit(&bytes)
    case 7: bytes.insert(contentsOf: piece(), at: position)
    default:
      let piece = piece()
      bytes.replaceSubrange(nearEnd..<min(bytes.count, nearEnd + piece.count), with: piece)
    }
  }

  /// One of the pieces; seldom very often, one behind the other.
  private mutating func piece() -> [UInt8] {
    let piece = pieces.randomElement(using: &generator) ?? []
    guard isOne(in: 50) else { return piece }
    let count = 1 << Int.random(in: 4...13, using: &generator)
    return Array(repeatElement(piece, count: count).joined())
  }

  /// Still a number, of another size.
  private mutating func replaceDigit(_ bytes: inout [UInt8]) {
    let digits = bytes.indices.filter { (48...57).contains(bytes[$0]) }
    guard let chosen = digits.randomElement(using: &generator) else { return }
    bytes[chosen] = .random(in: 48...57, using: &generator)
  }
}

/// The bytes of each text.
package func byteStrings(_ texts: String...) -> [[UInt8]] { texts.map { Array($0.utf8) } }
