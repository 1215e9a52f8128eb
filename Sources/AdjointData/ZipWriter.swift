/// Makes a zip archive as Python's `zipfile` does for NumPy: sizes in 64 bits before the data, and in the directory where
/// they need them.
package struct ZipWriter {
  private var bytes: [UInt8] = []
  private var directory: [UInt8] = []
  private var count = 0
  /// From here on numbers need 64 bits.
  private let limit: Int

  /// Midnight on 1 January 1980, the first that the format knows, so that equal content makes equal archives.
  private static let date = 0x21 << 16
  /// The system whose permissions an entry has: Unix; and the permission: its owner reads and writes.
  private static let madeBy = 3 << 8 | ZipFormat.wideVersion
  private static let permissions = 0o600 << 16

  /// - Parameter limit: smaller only where a test wants a small archive that is written as large ones are.
  package init(limit: Int = Int(ZipFormat.wide)) { self.limit = limit }

  /// - Precondition: the name has at most 65,535 bytes.
  package mutating func append(_ name: String, _ content: [UInt8], compressed: Bool) {
    let deflated = compressed ? Deflate.compress(content) : nil
    let data = deflated ?? content
    let offset = bytes.count
    let isASCII = name.utf8.allSatisfy { $0 < 0x80 }

    var common: [UInt8] = []
    common.append(littleEndian: ZipFormat.wideVersion, 2)
    common.append(littleEndian: isASCII ? 0 : Int(ZipFormat.isNameUTF8), 2)
    common.append(littleEndian: Int(deflated == nil ? ZipFormat.stored : ZipFormat.deflated), 2)
    common.append(littleEndian: Self.date, 4)
    common.append(littleEndian: Int(Deflate.checksum(content[...])), 4)

    bytes.append(littleEndian: Int(ZipFormat.localHeader), 4)
    bytes += common
    bytes.append(littleEndian: -1, 8)
    bytes.append(littleEndian: name.utf8.count, 2)
    bytes.append(littleEndian: 20, 2)
    bytes += name.utf8
    bytes += Self.wideField([content.count, data.count])
    bytes += data

    let sizes = [content.count, data.count, offset]
    let wide = sizes.filter { $0 >= limit }
    let field = wide.isEmpty ? [] : Self.wideField(wide)
    directory.append(littleEndian: Int(ZipFormat.centralHeader), 4)
    directory.append(littleEndian: Self.madeBy, 2)
    directory += common
    directory.append(littleEndian: narrow(data.count), 4)
    directory.append(littleEndian: narrow(content.count), 4)
    directory.append(littleEndian: name.utf8.count, 2)
    directory.append(littleEndian: field.count, 2)
    // No comment, the first volume, no attributes inside.
    directory.append(littleEndian: 0, 6)
    directory.append(littleEndian: Self.permissions, 4)
    directory.append(littleEndian: narrow(offset), 4)
    directory += name.utf8
    directory += field
    count += 1
  }

  /// The archive.
  package consuming func finished() -> [UInt8] {
    let (offset, size) = (bytes.count, directory.count)
    bytes += directory
    if count >= min(limit, Int(ZipFormat.wideCount)) || size >= limit || offset >= limit {
      let end = bytes.count
      bytes.append(littleEndian: Int(ZipFormat.wideEnd), 4)
      bytes.append(littleEndian: ZipFormat.wideEndSize - 12, 8)
      bytes.append(littleEndian: ZipFormat.wideVersion, 2)
      bytes.append(littleEndian: ZipFormat.wideVersion, 2)
      bytes.append(littleEndian: 0, 8)
      for number in [count, count, size, offset] { bytes.append(littleEndian: number, 8) }
      bytes.append(littleEndian: Int(ZipFormat.wideEndLocator), 4)
      bytes.append(littleEndian: 0, 4)
      bytes.append(littleEndian: end, 8)
      bytes.append(littleEndian: 1, 4)
    }
    bytes.append(littleEndian: Int(ZipFormat.end), 4)
    bytes.append(littleEndian: 0, 4)
    for _ in 0..<2 { bytes.append(littleEndian: min(count, Int(ZipFormat.wideCount)), 2) }
    bytes.append(littleEndian: narrow(size), 4)
    bytes.append(littleEndian: narrow(offset), 4)
    bytes.append(littleEndian: 0, 2)
    return bytes
  }

  private func narrow(_ number: Int) -> Int { number >= limit ? Int(ZipFormat.wide) : number }

  private static func wideField(_ numbers: [Int]) -> [UInt8] {
    var result: [UInt8] = []
    result.append(littleEndian: Int(ZipFormat.wideField), 2)
    result.append(littleEndian: 8 * numbers.count, 2)
    for number in numbers { result.append(littleEndian: number, 8) }
    return result
  }
}
