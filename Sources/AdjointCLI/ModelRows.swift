import Adjoint
import Foundation

/// The rows of a CSV file as a saved model takes them, with their targets where there are any that can be compared.
struct ModelRows {
  let model: TrainedModel
  let path: String
  var unseen = UnseenName.error
  var separator = SeparatorName.comma
  /// Of a table, where rows are taken some at a time.
  private static let piece = 8192

  init(
    _ model: TrainedModel, path: String, unseen: UnseenName = .error, separator: SeparatorName = .comma
  ) {
    (self.model, self.path, self.unseen, self.separator) = (model, path, unseen, separator)
  }

  /// All of them.
  func whole() throws -> Table {
    let document = try CSVReader(separator: separator.separator).read(path: path)
    let schema = model.schema
    let bare = try Table(document, encoding: encoding, unseen: unseen.rule)
    guard let target = schema.targetName, document.header.contains(target) else { return bare }
    do {
      return try Table(
        document, encoding: encoding, target: target, task: schema.task, classNames: classNames,
        unseen: unseen.rule)
    } catch {
      Self.note(error)
      return bare
    }
  }

  /// Calls `body` with some of them after the other; memory does not depend on how many there are.
  func each(_ body: (Table) throws -> Void) throws {
    var status = stat()
    guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
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
      classNames: classNames, unseen: unseen.rule, separator: separator.separator)
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
