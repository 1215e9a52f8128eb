import AdjointArray

/// Arrays with names, in the order of a file.
enum NamedArrays {
  /// The array called `name`.
  ///
  /// - Parameter file: what errors call the file; nil where the arrays come from none.
  static func find(
    _ name: String, in arrays: [(name: String, array: NDArray)], file: String?
  ) throws(DataError) -> NDArray {
    if let match = arrays.first(where: { $0.name == name }) { return match.array }
    let names = arrays.map(\.name)
    throw .unknownArray(file: file, name: name, names: names, hint: nearestName(to: name, in: names))
  }

  /// An error where two arrays have one name. Names that differ only in how Unicode composes their characters are one,
  /// as a Swift program cannot tell them apart.
  static func requireDistinct(_ names: [String], file: String) throws(DataError) {
    var seen: Set<String> = []
    for name in names where !seen.insert(name).inserted { throw .repeatedArray(file: file, name: name) }
  }
}
