/// What a shared library must be so that loading it is safe as far as the file goes: an ELF file for this processor, whole,
/// whose tables lie in it. (System V Application Binary Interface, chapters 4 and 5.)
enum LibraryFile {
  #if arch(x86_64)
    private static let machine = 62
  #elseif arch(arm64)
    private static let machine = 183
  #endif

  /// What is wrong with it, or nil.
  static func fault(in bytes: [UInt8]) -> String? {
    bytes.withUnsafeBytes { file in
      guard file.count >= 64, file.prefix(4).elementsEqual([0x7f, 0x45, 0x4c, 0x46]) else {
        return "it is no ELF file"
      }
      // 64 bits, little-endian; a shared object.
      guard file[4] == 2, file[5] == 1, file.number(18, 2) == machine, file.number(16, 2) == 3 else {
        return "it is no shared library for this processor"
      }
      guard let segments = table(file, at: 32, entryBytes: 56, sizes: 54),
        let sections = table(file, at: 40, entryBytes: 64, sizes: 58), !segments.isEmpty
      else { return "it is cut off" }
      // Sections of the kind NOBITS take no room in the file.
      for section in sections where file.number(section + 4, 4) != 8 {
        guard holds(file, file.number(section + 24, 8), file.number(section + 32, 8)) else {
          return "it is cut off"
        }
      }
      return fault(file, segments)
    }
  }

  /// Where the entries of one of the two tables start, or nil where they are beyond the file.
  private static func table(
    _ file: UnsafeRawBufferPointer, at place: Int, entryBytes: Int, sizes: Int
  ) -> [Int]? {
    let (start, size, count) = (file.number(place, 8), file.number(sizes, 2), file.number(sizes + 2, 2))
    guard count > 0 else { return [] }
    guard size == entryBytes, holds(file, start, size * count) else { return nil }
    return (0..<count).map { start + $0 * size }
  }

  private static func holds(_ file: UnsafeRawBufferPointer, _ start: Int, _ count: Int) -> Bool {
    start >= 0 && count >= 0 && start <= file.count && count <= file.count - start
  }

  /// What is wrong with what a loader reads: the parts that it maps, and the table with which it starts.
  private static func fault(_ file: UnsafeRawBufferPointer, _ segments: [Int]) -> String? {
    var loaded: [(address: Int, place: Int, count: Int)] = []
    var dynamic: (place: Int, count: Int)?
    for segment in segments {
      let (place, count) = (file.number(segment + 8, 8), file.number(segment + 32, 8))
      guard holds(file, place, count) else { return "it is cut off" }
      switch file.number(segment, 4) {
      case 1: loaded.append((file.number(segment + 16, 8), place, count))
      case 2: dynamic = (place, count)
      default: break
      }
    }
    guard let dynamic, !loaded.isEmpty else { return "nothing in it can be loaded" }
    var values: [Int: Int] = [:]
    for entry in stride(from: dynamic.place, to: dynamic.place + dynamic.count - 15, by: 16) {
      let tag = file.number(entry, 8)
      if tag == 0 { break }
      values[tag] = file.number(entry + 8, 8)
    }
    func isLoaded(_ address: Int, _ count: Int) -> Bool {
      loaded.contains {
        $0.address >= 0 && address >= $0.address && count >= 0 && count <= $0.count - (address - $0.address)
      }
    }
    // Each table by the tag of its address, and that of its size where it has one.
    let needed = [(5, 10), (6, nil)]
    let possible = [
      (4, nil), (0x6fff_fef5, nil), (7, 8), (23, 2), (36, 35), (25, 27), (26, 28), (12, nil), (13, nil),
      (0x6fff_fff0, nil), (0x6fff_fffe, nil), (0x6fff_fffc, nil),
    ]
    for (table, size) in needed
    where values[table].map({ isLoaded($0, size.map { values[$0] ?? -1 } ?? 1) }) != true {
      return "its tables of names are missing"
    }
    for (table, size) in possible {
      guard let address = values[table] else { continue }
      guard isLoaded(address, size.map { values[$0] ?? -1 } ?? 1) else {
        return "its tables lie outside of it"
      }
    }
    guard values[4] != nil || values[0x6fff_fef5] != nil else { return "its tables of names are missing" }
    return nil
  }
}

extension UnsafeRawBufferPointer {
  /// An unsigned integer of a file that is little-endian, −1 where it is beyond the end or too large.
  fileprivate func number(_ place: Int, _ count: Int) -> Int {
    guard place >= 0, place <= self.count - count else { return -1 }
    let value = (0..<count).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64(self[place + $1]) }
    return Int(exactly: value) ?? -1
  }
}
