import AdjointArray

/// A file of arrays, whose format is told by its first bytes, whatever it is called: `.npy`, `.npz` or IDX, each
/// compressed by gzip or not.
package struct ArrayFile: Sendable {
  package let path: String
  private let format: Format

  private enum Format: Sendable, CaseIterable {
    case npy, npz, idx

    /// What files of the format begin with, one of these; no text does.
    var beginnings: [[UInt8]] {
      switch self {
      case .npy: [NPYHeader.magic]
      case .npz: ZipFormat.beginnings
      case .idx: [[0, 0]]
      }
    }
  }

  /// The file at `path`, of which only the beginning is read.
  ///
  /// - Returns: nil where the file is something else, such as text, or cannot be read twice, such as a pipe.
  package init?(path: String) throws(DataError) {
    guard File.isRegular(path) else { return nil }
    let start = try FileBytes(path).next(NPYHeader.magic.count)
    let known = Format.allCases.first { $0.beginnings.contains { start.starts(with: $0) } }
    guard let known else { return nil }
    self.path = path
    format = known
  }

  package enum Contents: Sendable {
    /// An array without a name.
    case one(StoredArray)
    /// Arrays with names.
    case several(NPZFile)
  }

  /// - Throws: ``DataError`` as ``AdjointArray/NDArray/init(npy:)``, ``AdjointArray/NDArray/init(idx:)`` and
  ///   ``NPZFile/init(path:)``.
  package func contents() throws(DataError) -> Contents {
    switch format {
    case .npy: .one(StoredArray(try NPYFile(FileBytes(path), name: path).array, place: path))
    case .npz: .several(try NPZFile(FileBytes(path), name: path))
    case .idx: .one(StoredArray(try NDArray(idx: path), place: path))
    }
  }
}

/// An array and what errors call it: the file where it was read, if any.
package struct StoredArray: Sendable {
  package let array: NDArray
  package let place: String?

  package init(_ array: NDArray, place: String?) {
    self.array = array
    self.place = place
  }
}

extension NPZFile {
  /// The array called `name`, with its place.
  package func stored(_ name: String) throws(DataError) -> StoredArray {
    StoredArray(try self[name], place: file.map { "\($0)/\(shortened(name)).npy" })
  }
}
