import Adjoint

/// Features and targets in files of arrays.
struct ArrayRows {
  let features: StoredArray
  let targets: StoredArray?
  /// `nil` where there are no targets.
  let targetName: String?

  /// - Parameters:
  ///   - target: beside a file of one array the file of the targets, in one of several arrays the targets' name, as
  ///     `--target` says it.
  ///   - usual: the targets' name where `target` says nothing, and there is such an array.
  /// - Throws: ``UsageError``, ``DataError``
  init(_ file: ArrayFile, target: String?, usual: String? = nil) throws {
    switch try file.contents() {
    case .one(let array):
      features = array
      targets = try target.map { try Self.targets(inFile: $0, beside: file.path) }
      targetName = target == nil ? nil : "target"
    case .several(let arrays):
      let names = arrays.arrays.map(\.name)
      targetName = target ?? usual.flatMap { names.contains($0) ? $0 : nil }
      targets = try targetName.map { try arrays.stored($0) }
      features = try arrays.stored(Self.featuresName(names, target: targetName, file.path))
    }
    if let targets, targets.array.shape.rank == 2, targets.array.shape[1] > 1 {
      throw UsageError(
        "\(targets.place ?? "") has \(targets.array.shape[1]) numbers for each row, and the command predicts one; give the numbers of the classes where these are rows with a single 1, or one column"
      )
    }
  }

  private static func targets(inFile path: String, beside data: String) throws -> StoredArray {
    let remedy = "\(data) holds one array, so give the file of its targets, such as --target y.npy"
    guard File.isRegular(path) else { throw UsageError("--target \(quoted(path)) is no file; \(remedy)") }
    guard let file = try ArrayFile(path: path), case .one(let array) = try file.contents() else {
      throw UsageError("--target \(path) is no file of one array; \(remedy)")
    }
    return array
  }

  /// `x`, `X`, the one that is called as the target with an x for its y (`x_train` for `y_train`), or the only one.
  private static func featuresName(_ names: [String], target: String?, _ file: String) throws -> String {
    let others = names.filter { $0 != target }
    let likely = others.filter { name in
      ["x", "X"].contains(name) || target.map { Self.sibling(of: $0) == name } ?? false
    }
    for candidates in [likely, others] where candidates.count == 1 { return candidates[0] }
    let beside = target.map { " beside the target \(quoted($0))" } ?? ""
    throw UsageError(
      others.isEmpty
        ? "\(file) holds no array\(beside); add one of features, x"
        : "\(file) holds several arrays\(beside) (\(list(others))), and it is not clear which are the features; call them x"
          + (target == nil ? ", or say which array is the target by --target" : ""))
  }

  private static func sibling(of target: String) -> String? {
    switch target.first {
    case "y": "x" + target.dropFirst()
    case "Y": "X" + target.dropFirst()
    default: nil
    }
  }
}

extension ModelOptions {
  /// The rows of a file of arrays, as they are there.
  ///
  /// - Throws: ``UsageError``, ``DataError``
  func table(_ file: ArrayFile) throws -> Table {
    let useless = [
      ("--separator", separator != .comma), ("--labels", labels != .numbers),
      ("--missing", missing != "error"),
      ("--categories", categories != "none"),
    ].first { $0.1 }
    if let (name, _) = useless {
      throw UsageError("\(name) has no meaning for \(file.path), a file of arrays; leave it out")
    }
    guard let target else {
      switch try file.contents() {
      case .one:
        throw UsageError(
          "--target is missing; \(file.path) holds one array, so give the file of the targets, such as --target y.npy"
        )
      case .several(let arrays):
        throw UsageError(
          "--target is missing; say which array to predict: the arrays of \(file.path) are \(list(arrays.arrays.map(\.name)))"
        )
      }
    }
    let rows = try ArrayRows(file, target: target)
    return try Table(
      features: rows.features, targets: rows.targets, targetName: rows.targetName ?? "target",
      task: task?.task)
  }

  /// The files that are read, which nothing written may replace.
  var inputFiles: [String] {
    let areArrays = data.map { (try? ArrayFile(path: $0)) != nil } ?? false
    return [data, areArrays ? target : nil].compactMap { $0 }
  }
}
