import AdjointArray

/// The files in a zip archive, in the order of its directory: stored or deflated, in one volume, not encrypted.
struct ZipReader {
  struct Entry {
    let name: String
    fileprivate let isDeflated: Bool
    fileprivate let checksum: UInt32
    fileprivate let expandedSize: Int
    fileprivate let data: Range<Int>
  }

  let entries: [Entry]
  private let bytes: [UInt8]
  private let name: String

  /// - Parameter name: what errors call the archive.
  init(_ bytes: [UInt8], name: String) throws(DataError) {
    self.bytes = bytes
    self.name = name
    entries = try ZipDirectory(bytes: bytes[...], name: name).entries()
  }

  /// The end of an archive, whose last part, a comment, has a length of 16 bits.
  static let longestEnd = ZipFormat.endSize + 0xFFFF
  static let lacksEnd = "it has no end of a zip archive"

  /// Where the end begins in `bytes`, which are the last ones of a file.
  static func endPosition(in bytes: ArraySlice<UInt8>) -> Int? {
    let last = bytes.endIndex - ZipFormat.endSize
    return stride(from: last, through: max(bytes.startIndex, last - 0xFFFF), by: -1).first { position in
      bytes.littleEndian(at: position, 4) == ZipFormat.end
        && bytes.littleEndian(at: position + 20, 2).map(Int.init) == last - position
    }
  }

  /// What `entry` holds, its checksum compared.
  func content(of entry: Entry) throws(DataError) -> ArraySlice<UInt8> {
    let stored = bytes[entry.data]
    if entry.isDeflated {
      try requireMemory(
        entry.expandedSize, for: "expanding \(quoted(entry.name)) of \(name)", remedy: "give a smaller file")
    }
    guard let content = entry.isDeflated ? Deflate.expand(stored, count: entry.expandedSize)?[...] : stored
    else {
      throw .notNPZ(file: name, problem: "\(quoted(entry.name)) does not expand to the size that it says")
    }
    guard Deflate.checksum(content) == entry.checksum else {
      throw .notNPZ(file: name, problem: "the checksum of \(quoted(entry.name)) is wrong")
    }
    return content
  }
}

/// Reads an archive's directory, which stands at its end and says where the files are.
private struct ZipDirectory {
  let bytes: ArraySlice<UInt8>
  let name: String

  func entries() throws(DataError) -> [ZipReader.Entry] {
    let (count, directory) = try end()
    var result: [ZipReader.Entry] = []
    var ranges: [Range<Int>] = []
    var position = directory.lowerBound
    while position < directory.upperBound {
      let (entry, range) = try self.entry(at: &position, before: directory)
      result.append(entry)
      ranges.append(range)
    }
    guard position == directory.upperBound, result.count == count else {
      throw problem("its directory has \(result.count) entries, and \(count) are announced")
    }
    // Else a small archive could hold the same bytes any number of times.
    ranges.sort { $0.lowerBound < $1.lowerBound }
    for (one, next) in zip(ranges, ranges.dropFirst()) where one.upperBound > next.lowerBound {
      throw problem("two of its entries overlap")
    }
    return result
  }

  /// How many entries the directory has, and where it lies.
  private func end() throws(DataError) -> (count: Int, directory: Range<Int>) {
    guard let position = ZipReader.endPosition(in: bytes) else {
      throw problem(bytes.isEmpty ? "it is empty" : ZipReader.lacksEnd)
    }
    var (disk, ownCount) = (number(position + 4, 4), number(position + 8, 2))
    var (count, size, offset) = (number(position + 10, 2), number(position + 12, 4), number(position + 16, 4))
    var end = position
    if count == ZipFormat.wideCount || size == ZipFormat.wide || offset == ZipFormat.wide,
      number(position - ZipFormat.wideEndLocatorSize, 4) == ZipFormat.wideEndLocator
    {
      let wide = number(position - ZipFormat.wideEndLocatorSize + 8, 8).flatMap { Int(exactly: $0) } ?? -1
      guard number(wide, 4) == ZipFormat.wideEnd,
        wide <= position - ZipFormat.wideEndLocatorSize - ZipFormat.wideEndSize
      else { throw problem("its end points to no directory") }
      let disks = (number(wide + 16, 4), number(wide + 20, 4))
      disk = disks == (0, 0) ? 0 : nil
      (ownCount, count) = (number(wide + 24, 8), number(wide + 32, 8))
      (size, offset) = (number(wide + 40, 8), number(wide + 48, 8))
      end = wide
    }
    guard disk == 0, ownCount == count else { throw problem("it is one volume of several") }
    guard let offset = offset.flatMap({ Int(exactly: $0) }), let size = size.flatMap({ Int(exactly: $0) }),
      offset <= end, size <= end - offset
    else { throw problem("its directory lies beyond its end") }
    return (count.map { Int(clamping: $0) } ?? 0, offset..<(offset + size))
  }

  /// The entry whose header in the directory is at `position`, which moves to the next, and the bytes that are its own.
  private func entry(
    at position: inout Int, before directory: Range<Int>
  ) throws(DataError) -> (ZipReader.Entry, Range<Int>) {
    guard directory.upperBound - position >= ZipFormat.centralHeaderSize,
      number(position, 4) == ZipFormat.centralHeader, let flags = number(position + 8, 2),
      let method = number(position + 10, 2), let checksum = number(position + 16, 4),
      let packedSize = number(position + 20, 4), let size = number(position + 24, 4),
      let nameSize = number(position + 28, 2), let extraSize = number(position + 30, 2),
      let commentSize = number(position + 32, 2), let disk = number(position + 34, 2),
      let offset = number(position + 42, 4)
    else { throw problem("its directory is damaged") }
    let nameStart = position + ZipFormat.centralHeaderSize
    let extraStart = nameStart + Int(nameSize)
    let extraEnd = extraStart + Int(extraSize)
    position = extraEnd + Int(commentSize)
    guard position <= directory.upperBound else { throw problem("its directory is damaged") }
    let entryName = bytes[nameStart..<extraStart]
    guard let text = String(validating: entryName, as: UTF8.self) else {
      throw problem("the name of an entry is not UTF-8")
    }
    guard flags & ZipFormat.isEncrypted == 0 else { throw problem("\(quoted(text)) is encrypted") }
    guard method == ZipFormat.stored || method == ZipFormat.deflated else {
      throw problem("\(quoted(text)) is compressed by method \(method), neither stored nor deflated")
    }
    guard disk == 0, let sizes = wideSizes([size, packedSize, offset], in: extraStart..<extraEnd) else {
      throw problem("the directory's entry for \(quoted(text)) is damaged")
    }
    let data = try data(at: sizes[2], size: sizes[1], name: entryName, text, before: directory)
    // What deflate cannot have made is refused before memory is taken for it.
    let isDeflated = method == ZipFormat.deflated
    guard isDeflated ? sizes[0] / Gzip.greatestRatio <= data.count : sizes[0] == data.count else {
      throw problem("\(quoted(text)) does not expand to the size that it says")
    }
    let entry = ZipReader.Entry(
      name: text, isDeflated: isDeflated, checksum: UInt32(checksum), expandedSize: sizes[0], data: data)
    return (entry, sizes[2]..<data.upperBound)
  }

  /// Sizes and an offset; those that 32 bits do not hold stand, in this order, in an extra field. nil where they do not.
  private func wideSizes(_ sizes: [UInt64], in extra: Range<Int>) -> [Int]? {
    var (field, fieldEnd) = (extra.upperBound, extra.upperBound)
    var position = extra.lowerBound
    while position + 4 <= extra.upperBound, let kind = number(position, 2), let size = number(position + 2, 2)
    {
      if kind == ZipFormat.wideField {
        (field, fieldEnd) = (position + 4, min(extra.upperBound, position + 4 + Int(size)))
        break
      }
      position += 4 + Int(size)
    }
    var result: [Int] = []
    for size in sizes {
      if size != ZipFormat.wide {
        result.append(Int(size))
      } else if field + 8 <= fieldEnd, let wide = number(field, 8).flatMap({ Int(exactly: $0) }) {
        result.append(wide)
        field += 8
      } else {
        return nil
      }
    }
    return result
  }

  /// Where the data of an entry lie: behind a header of their own, which has the name again.
  private func data(
    at offset: Int, size: Int, name entryName: ArraySlice<UInt8>, _ text: String, before directory: Range<Int>
  ) throws(DataError) -> Range<Int> {
    guard offset <= directory.lowerBound - ZipFormat.localHeaderSize,
      number(offset, 4) == ZipFormat.localHeader, let nameSize = number(offset + 26, 2),
      let extraSize = number(offset + 28, 2)
    else { throw problem("\(quoted(text)) is not where the directory says") }
    let nameStart = offset + ZipFormat.localHeaderSize
    let start = nameStart + Int(nameSize) + Int(extraSize)
    guard start <= directory.lowerBound, size <= directory.lowerBound - start else {
      throw problem("\(quoted(text)) goes on beyond the directory")
    }
    guard bytes[nameStart..<(nameStart + Int(nameSize))] == entryName else {
      throw problem("\(quoted(text)) has another name in the directory")
    }
    return start..<(start + size)
  }

  private func number(_ offset: Int, _ byteCount: Int) -> UInt64? {
    bytes.littleEndian(at: offset, byteCount)
  }

  private func problem(_ text: String) -> DataError { .notNPZ(file: name, problem: text) }
}
