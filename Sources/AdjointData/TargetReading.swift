extension Table {
  /// Which labels of a target are one class. A label is the text that is written, without the spaces around it.
  public enum Labels: String, Sendable, Codable, CaseIterable {
    /// Numbers that are equal to the last digit, such as 1, 1.0 and 1e0, are one class. Where one of the labels is a word or
    /// begins with a zero as codes do (01), all are text.
    case numbers
    /// Labels that are written in different ways are different classes.
    case text
  }

  /// What a target's values were taken for.
  public struct TargetReading: Sendable, Equatable {
    /// What the task was inferred from, such as `2 distinct values`; nil where it was given.
    public let reason: String?
    /// nil for a regression, and for the classes of a model that was saved before there were rules.
    public let labels: Labels?
    /// The labels that are one class though they are written in different ways, in the order in which they came; the first is
    /// the name of the class.
    public let merged: [[String]]
  }
}
