/// A place in the user's source.
public struct SourceLocation: Hashable, Sendable, CustomStringConvertible {
  /// `Module/File.swift`, as `#fileID` gives it.
  public let file: String
  /// From 1; 0 where there are no lines, as in an option of a command line.
  public let line: Int

  public init(file: String, line: Int) {
    self.file = file
    self.line = line
  }

  public var description: String { line == 0 ? file : "\(file):\(line)" }
}

/// The part of a training step in which a node was recorded.
public enum Scope: Hashable, Sendable {
  /// A layer, by its path in the model: `encoder.dense1`. The derivatives of its nodes are in it, too.
  case layer(String)
  /// What a cost computes outside of layers, penalties included.
  case cost
  /// The optimizer's update of a layer's parameters.
  case update(String)
}

/// Where a node came from: never part of its identity, never lost by a pass.
public struct Provenance: Hashable, Sendable {
  /// Names from the user's model, the first of which names the node. A small ordered set.
  public var labels: [String]
  /// The user's lines, in the order in which they were met. A small ordered set.
  public var locations: [SourceLocation]
  /// Of a node that an operator made: where it was called, within the call at the first of `locations`.
  package var callSite = CallSite.none
  /// Where in the training step it was met first, if it is part of one.
  public var scope: Scope?
  /// In the backward pass, the node whose cotangent is handed on: its name, or its operation's where it has none.
  public var backwardOf: String?

  public init(labels: [String] = [], locations: [SourceLocation] = [], scope: Scope? = nil) {
    self.labels = labels
    self.locations = locations
    self.scope = scope
  }

  public static let none = Provenance()

  public var label: String? { labels.first }

  var isOfUpdate: Bool { if case .update = scope { true } else { false } }

  /// At most so many labels and locations are kept, so that a node shared a thousand times stays small.
  static let limit = 4

  /// The line by which a message names the node. Finding it may take a program's run.
  package var place: CallSite.Place? { callSite.place(within: locations.first) }

  /// Adds what `other` says and this does not, but for the pass: it is that in which the node was made.
  public mutating func merge(_ other: Provenance) {
    if locations.isEmpty, !callSite.isKnown { callSite = other.callSite }
    for label in other.labels where labels.count < Self.limit && !labels.contains(label) {
      labels.append(label)
    }
    for location in other.locations
    where locations.count < Self.limit && !locations.contains(location) {
      locations.append(location)
    }
    scope = scope ?? other.scope
  }

  /// The provenance of the cotangent of a node of this provenance: `z` gives `d_z`, at the same lines, in the same
  /// scope.
  public var cotangent: Provenance { derived("d_") }

  /// The provenance of the tangent of a node of this provenance: `z` gives `t_z`, likewise.
  public var tangent: Provenance { derived("t_") }

  /// The provenance of what else is made for a node's derivative: at the same lines, in the same scope, without its name.
  public var unlabelled: Provenance {
    var result = self
    result.labels = []
    return result
  }

  /// Whether it says in which pass the node is, beside the forward pass.
  var isBeyondForward: Bool { backwardOf != nil || isOfUpdate }

  private func derived(_ prefix: String) -> Provenance {
    var result = unlabelled
    result.labels = labels.prefix(1).map { prefix + $0 }
    return result
  }
}

extension Node {
  /// The provenance of what hands its cotangent on: at the same lines, in the same scope, without its name.
  package var backwardProvenance: Provenance {
    var result = provenance.unlabelled
    result.backwardOf = provenance.label ?? operation.name
    return result
  }

  /// The provenance of its cotangent.
  package var cotangentProvenance: Provenance {
    var result = backwardProvenance
    result.labels = provenance.cotangent.labels
    return result
  }
}
