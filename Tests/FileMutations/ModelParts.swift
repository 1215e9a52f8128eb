import AdjointData

/// A model file taken apart, so that one part can be changed and the others stay right.
package struct ModelParts {
  package var version: UInt32
  package var sections: [[UInt8]]
  /// Lengths to write where they are to be wrong.
  package var lengths: [Int: UInt64] = [:]

  package init(version: UInt32, sections: [[UInt8]]) { (self.version, self.sections) = (version, sections) }

  package init(_ bytes: [UInt8]) {
    version = UInt32(Self.integer(bytes[8..<12]))
    sections = []
    var position = 20
    while position < bytes.count - 8 {
      let length = Int(Self.integer(bytes[position..<(position + 8)]))
      sections.append(Array(bytes[(position + 8)..<(position + 8 + length)]))
      position += 8 + length
    }
  }

  package var bytes: [UInt8] {
    let body = sections.enumerated().flatMap { index, section in
      Self.bytes(lengths[index] ?? UInt64(section.count)) + section
    }
    let content = Array("ADJMODEL".utf8) + Self.bytes(version) + Self.bytes(UInt64(body.count)) + body
    // FNV-1a, as its authors' page gives it: offset basis 14695981039346656037, prime 1099511628211.
    let hash = content.reduce(14_695_981_039_346_656_037 as UInt64) { ($0 ^ UInt64($1)) &* 1_099_511_628_211 }
    return content + Self.bytes(hash)
  }

  /// Changes, removes, adds or copies something in one section.
  package mutating func mutate(_ section: Int, using generator: inout SeededGenerator) {
    let count = sections[section].count
    guard count > 8 else { return }
    let place = Int(generator.next() % UInt64(count - 8))
    switch generator.next() % 6 {
    case 0: sections[section][place] = UInt8(truncatingIfNeeded: generator.next())
    case 1: sections[section][place] ^= 1 << UInt8(generator.next() % 8)
    case 2: sections[section].remove(at: place)
    case 3: sections[section].insert(UInt8(truncatingIfNeeded: generator.next()), at: place)
    case 4:
      // A digit for another: still a number, of another size.
      let digits = sections[section].indices.filter { (48...57).contains(sections[section][$0]) }
      guard !digits.isEmpty else { return }
      let chosen = digits[Int(generator.next() % UInt64(digits.count))]
      sections[section][chosen] = 48 + UInt8(generator.next() % 10)
    default:
      let from = Int(generator.next() % UInt64(count - 8))
      sections[section].replaceSubrange(place..<(place + 4), with: sections[section][from..<(from + 8)])
    }
  }

  private static func bytes<T: FixedWidthInteger>(_ value: T) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
  }

  private static func integer(_ bytes: ArraySlice<UInt8>) -> UInt64 {
    bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }
}
