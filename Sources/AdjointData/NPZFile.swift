import AdjointArray

/// Arrays with names in NumPy's format `.npz`: a zip archive of `.npy` files, as `numpy.savez` and
/// `numpy.savez_compressed` write it.
public struct NPZFile: Sendable {
  /// The arrays in the file's order. Names are those of the archive's files without `.npy`.
  public let arrays: [(name: String, array: NDArray)]
  /// Where the arrays were read.
  let file: String?

  /// - Parameter arrays: what ``write(to:compressed:)`` writes.
  public init(_ arrays: [(name: String, array: NDArray)]) {
    self.arrays = arrays
    file = nil
  }

  /// Reads all arrays of the file at `path`; their types are those of ``AdjointArray/NDArray/init(npy:)``.
  ///
  /// - Throws: ``DataError`` where the file cannot be read, is no such archive, has something else among its arrays, is
  ///   damaged or encrypted, or holds what ``AdjointArray/NDArray/init(npy:)`` refuses, or two arrays of one name.
  public init(path: String) throws(DataError) {
    try self.init(FileBytes(path, expandsGzip: false), name: path)
  }

  /// Reads the file if it ends, or, where only that can be seen, begins as an archive does.
  init(_ file: FileBytes, name: String) throws(DataError) {
    let isArchive =
      if let last = try file.last(ZipReader.longestEnd) {
        ZipReader.endPosition(in: last[...]) != nil
      } else {
        ZipFormat.beginnings.contains(try file.peek(4))
      }
    guard isArchive else { throw .notNPZ(file: name, problem: ZipReader.lacksEnd) }
    try self.init(file.all(), name: name)
  }

  /// - Parameter name: what errors call the file.
  init(_ bytes: [UInt8], name: String) throws(DataError) {
    let archive = try ZipReader(bytes, name: name)
    var arrays: [(name: String, array: NDArray)] = []
    for entry in archive.entries {
      // By bytes, as a character could be joined to the point.
      guard entry.name.utf8.suffix(Self.suffix.utf8.count).elementsEqual(Self.suffix.utf8) else {
        throw .notNPZ(file: name, problem: "\(quoted(entry.name)) in it is no \(Self.suffix) file")
      }
      let content = try archive.content(of: entry)
      let array = try NPYFile(content, name: "\(name)/\(shortened(entry.name))").array
      arrays.append(
        (String(decoding: entry.name.utf8.dropLast(Self.suffix.utf8.count), as: UTF8.self), array))
    }
    try NamedArrays.requireDistinct(arrays.map(\.name), file: name)
    self.arrays = arrays
    file = name
  }

  /// The array called `name`.
  ///
  /// - Throws: ``DataError/Kind/unknownArray``.
  public subscript(name: String) -> NDArray {
    get throws(DataError) { try NamedArrays.find(name, in: arrays, file: file) }
  }

  /// Writes the arrays to a file that `numpy.load` reads; what was there before is replaced once all is written.
  ///
  /// - Parameter compressed: whether to deflate, as `numpy.savez_compressed` does; what becomes no shorter is stored.
  /// - Throws: ``DataError/Kind/unwritable``, ``DataError/Kind/repeatedArray``, and
  ///   ``DataError/Kind/unusableName`` where a name has a NUL character or is too long for an archive.
  public func write(to path: String, compressed: Bool = false) throws(DataError) {
    try File.writeAtomically(bytes(for: path, compressed: compressed), to: path)
  }

  /// - Parameter path: what errors call the file.
  func bytes(for path: String, compressed: Bool) throws(DataError) -> [UInt8] {
    try NamedArrays.requireDistinct(arrays.map(\.name), file: path)
    var writer = ZipWriter()
    for (name, array) in arrays {
      // Python takes the name up to there.
      guard !name.utf8.contains(0) else {
        throw .unusableName(file: path, name: name, reason: "it contains a NUL character")
      }
      guard name.utf8.count + Self.suffix.utf8.count <= 0xFFFF else {
        throw .unusableName(file: path, name: name, reason: "it is longer than 65,531 bytes")
      }
      writer.append(name + Self.suffix, NPYFile.bytes(of: array), compressed: compressed)
    }
    return writer.finished()
  }

  private static let suffix = ".npy"
}
