import Adjoint
import Foundation

/// The rows of a file as a saved model takes them, with their targets where there are any that can be compared.
struct ModelRows {
  let model: TrainedModel
  let path: String
  /// Where the targets are, if `path` is a file of arrays; see ``ArrayRows``.
  let target: String?
  let unseen: UnseenName
  let separator: SeparatorName
  /// `nil` for CSV.
  private let arrays: ArrayFile?
  /// Of a table, where rows are taken some at a time.
  private static let piece = 8192

  /// - Throws: ``UsageError`` for an option that has no meaning for such a file, ``DataError``.
  init(
    _ model: TrainedModel, path: String, target: String? = nil, unseen: UnseenName = .error,
    separator: SeparatorName = .comma
  ) throws {
    (self.model, self.path, self.target) = (model, path, target)
    (self.unseen, self.separator) = (unseen, separator)
    arrays = try ArrayFile(path: path)
    let useless =
      arrays == nil
      ? [("--target", target != nil)]
      : [("--separator", separator != .comma), ("--unseen", unseen != .error)]
    if let (name, _) = useless.first(where: { $0.1 }) {
      throw UsageError(
        arrays == nil
          ? "\(name) has no meaning for \(path), a CSV file, whose column \(quoted(model.schema.targetName ?? "target")) is compared; leave it out"
          : "\(name) has no meaning for \(path), a file of arrays; leave it out")
    }
  }

  /// What to say where targets are needed and there are none.
  var noTargets: UsageError {
    let name = quoted(model.schema.targetName ?? "")
    return UsageError(
      arrays == nil
        ? "\(path) has no column \(name) to compare the predictions with; give rows with their targets"
        : "there is nothing to compare the predictions for \(path) with; say --target, a file or the name of an array in a .npz file"
    )
  }

  /// All of them.
  ///
  /// - Parameter needsTargets: whether targets that cannot be compared are an error, not a note.
  func whole(needsTargets: Bool = false) throws -> Table {
    if let arrays { return try table(arrays, needsTargets: needsTargets) }
    let document = try CSVReader(separator: separator.separator).read(path: path)
    let schema = model.schema
    let bare = try Table(document, encoding: encoding, unseen: unseen.rule)
    guard let target = schema.targetName, document.header.contains(target) else { return bare }
    do {
      return try Table(
        document, encoding: encoding, target: target, task: schema.task, classNames: classNames,
        labels: schema.labels,
        unseen: unseen.rule)
    } catch  where !needsTargets {
      Self.note(error)
      return bare
    }
  }

  /// The rows of arrays, whose columns are the model's by their order.
  private func table(_ file: ArrayFile, needsTargets: Bool = false) throws -> Table {
    let encoding = try encoding
    if let column = encoding.columns.first(where: { $0.categories != nil }) {
      throw UsageError(
        "\(path) is a file of arrays, but the model's column \(quoted(column.name)) holds words; give the rows as CSV"
      )
    }
    let rows = try ArrayRows(file, target: target, usual: model.schema.targetName)
    func compared(with targets: StoredArray?) throws -> Table {
      try Table(
        features: rows.features, targets: targets, encoding: encoding,
        targetName: model.schema.targetName ?? "target", task: model.schema.task, classNames: classNames)
    }
    do { return try compared(with: rows.targets) } catch
      where target == nil && rows.targets != nil && !needsTargets
    {
      let bare = try compared(with: nil)
      Self.note(error)
      return bare
    }
  }

  /// Calls `body` with some of them after the other; of CSV, memory does not depend on how many there are.
  func each(_ body: (Table) throws -> Void) throws {
    if let arrays {
      let table = try table(arrays)
      for start in stride(from: 0, to: table.count, by: Self.piece) {
        try body(try table[start..<min(table.count, start + Self.piece)])
      }
      return
    }
    guard File.isRegular(path) else {
      // What cannot be read twice, such as a pipe, is read whole.
      return try body(try whole())
    }
    var hasTarget = false
    var fault: (any Error)?
    do {
      // That targets can be compared is known when all have been read.
      let tables = try tables(target: model.schema.targetName)
      hasTarget = tables.hasTarget
      if hasTarget { while try tables.next() != nil {} }
    } catch {
      (hasTarget, fault) = (false, error)
    }
    let tables = try tables(target: hasTarget ? model.schema.targetName : nil)
    var isEmpty = true
    while let table = try tables.next() {
      isEmpty = false
      try body(table)
    }
    if isEmpty { throw DataError.noRows(file: path) }
    if let fault { Self.note(fault) }
  }

  private func tables(target: String?) throws -> CSVTables {
    try CSVTables(
      path, rows: Self.piece, encoding: encoding, target: target, task: model.schema.task,
      classNames: classNames, labels: model.schema.labels, unseen: unseen.rule, separator: separator.separator
    )
  }

  private var encoding: FeatureEncoding {
    get throws { try model.schema.encoding ?? FeatureEncoding(features: model.schema.featureNames) }
  }

  private var classNames: [String]? { model.schema.classNames.isEmpty ? nil : model.schema.classNames }

  /// Says so where scores are of rows that the model has learned from.
  func noteTraining() {
    guard model.isTrained(with: path) else { return }
    Console.note(
      "note: the model was trained with rows of \(path): how well it does on others is what adjoint train said of test rows"
    )
  }

  private static func note(_ error: any Error) {
    Console.note("note: the target is not compared with the predictions: \(error)")
  }
}
