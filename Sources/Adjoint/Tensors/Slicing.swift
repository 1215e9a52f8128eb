import AdjointArray
import AdjointIR

/// What a subscript takes of one axis: an index, or a range of them, counted from the end where negative.
public protocol AxisSelection {
  var axisRange: AxisRange { get }
}

/// Indices `from`, `from + by`, … before `to` (the extent where it is `nil`) of one axis.
public struct AxisRange: Hashable, Sendable, AxisSelection {
  public let from: Int
  public let to: Int?
  public let by: Int
  /// Whether the axis, of which one index is left, leaves the shape.
  public let dropsAxis: Bool

  public init(from: Int = 0, to: Int? = nil, by: Int = 1, dropsAxis: Bool = false) {
    self.from = from
    self.to = to
    self.by = by
    self.dropsAxis = dropsAxis
  }

  /// Everything along the axis.
  public static let all = AxisRange()
  public var axisRange: AxisRange { self }

  /// The index after `index`; `nil`, the extent, after the last one, which is −1 too.
  static func after(_ index: Int) -> Int? { index == -1 || index == .max ? nil : index + 1 }
}

extension Int: AxisSelection {
  public var axisRange: AxisRange { AxisRange(from: self, to: AxisRange.after(self), dropsAxis: true) }
}
extension Range: AxisSelection where Bound == Int {
  public var axisRange: AxisRange { AxisRange(from: lowerBound, to: upperBound) }
}
extension ClosedRange: AxisSelection where Bound == Int {
  public var axisRange: AxisRange { AxisRange(from: lowerBound, to: AxisRange.after(upperBound)) }
}
extension PartialRangeFrom: AxisSelection where Bound == Int {
  public var axisRange: AxisRange { AxisRange(from: lowerBound) }
}
extension PartialRangeUpTo: AxisSelection where Bound == Int {
  public var axisRange: AxisRange { AxisRange(to: upperBound) }
}
extension PartialRangeThrough: AxisSelection where Bound == Int {
  public var axisRange: AxisRange { AxisRange(to: AxisRange.after(upperBound)) }
}

extension Tensor {
  /// Part of this tensor: `x[0]`, `x[2..<5, -1]`, `x[AxisRange.all, ..<3]`.
  ///
  /// Selections are of the first axes, the others are taken whole. An integer takes one index and drops its axis.
  public subscript(
    _ selections: any AxisSelection..., file file: String = #fileID, line line: Int = #line
  ) -> Tensor {
    let ranges = selections.map(\.axisRange)
    return moved("slice", file, line) { builder, id throws(GraphError) in
      let rank = builder.shape(id).rank
      guard ranges.count <= rank else {
        throw GraphError(
          .axisOutOfRange, operation: "slice", problem: "\(ranges.count) selections of \(rank) axes",
          remedy: "give at most one for each axis")
      }
      return try builder.slice(id, ranges + Array(repeating: .all, count: rank - ranges.count))
    }
  }

  /// The indices `from`, `from + by`, … before `to` of `axis`; negative ones count from the end, and without `to`
  /// the slice goes to the end.
  public func sliced(
    axis: Int, from: Int = 0, to: Int? = nil, by: Int = 1, file: String = #fileID, line: Int = #line
  ) -> Tensor {
    moved("slice", file, line) { builder, id throws(GraphError) in
      let rank = builder.shape(id).rank
      let axis = try builder.normalizedAxis(axis, rank: rank, "slice")
      var ranges = [AxisRange](repeating: .all, count: rank)
      ranges[axis] = AxisRange(from: from, to: to, by: by)
      return try builder.slice(id, ranges)
    }
  }

  /// The parts at each index of `axis`, which leaves the shape: of `[n, 3]` along 1 three tensors `[n]`.
  public func split(axis: Int, file: String = #fileID, line: Int = #line) -> [Tensor] {
    unstacked(nil, axis, file, line)
  }

  /// The two parts along `axis`, of extent 2, which leaves the shape.
  public func unstacked(axis: Int, file: String = #fileID, line: Int = #line) -> (Tensor, Tensor) {
    let parts = unstacked(2, axis, file, line)
    return (parts[0], parts[1])
  }

  public func unstacked(axis: Int, file: String = #fileID, line: Int = #line) -> (Tensor, Tensor, Tensor) {
    let parts = unstacked(3, axis, file, line)
    return (parts[0], parts[1], parts[2])
  }

  public func unstacked(axis: Int, file: String = #fileID, line: Int = #line) -> (
    Tensor, Tensor, Tensor, Tensor
  ) {
    let parts = unstacked(4, axis, file, line)
    return (parts[0], parts[1], parts[2], parts[3])
  }

  public func unstacked(axis: Int, file: String = #fileID, line: Int = #line) -> (
    Tensor, Tensor, Tensor, Tensor, Tensor
  ) {
    let parts = unstacked(5, axis, file, line)
    return (parts[0], parts[1], parts[2], parts[3], parts[4])
  }

  public func unstacked(axis: Int, file: String = #fileID, line: Int = #line) -> (
    Tensor, Tensor, Tensor, Tensor, Tensor, Tensor
  ) {
    let parts = unstacked(6, axis, file, line)
    return (parts[0], parts[1], parts[2], parts[3], parts[4], parts[5])
  }

  /// The parts along `axis`, `count` of them where that is given: poison where there are others.
  private func unstacked(_ count: Int?, _ axis: Int, _ file: String, _ line: Int) -> [Tensor] {
    let location = SourceLocation(file: file, line: line)
    let parts = Tensor.recordAll("unstack", [self], at: location) { builder, ids throws(GraphError) in
      let shape = builder.shape(ids[0])
      let axis = try builder.normalizedAxis(axis, rank: shape.rank, "unstack")
      if let count, shape[axis] != count {
        throw GraphError(
          .shapeMismatch, operation: "unstack",
          problem: "axis \(axis) of \(shape) does not have \(count) parts",
          remedy: "take \(shape[axis]) of them, or use split(axis:)")
      }
      var result: [NodeID] = []
      for index in 0..<shape[axis] {
        var ranges = [AxisRange](repeating: .all, count: shape.rank)
        ranges[axis] = index.axisRange
        result.append(try builder.slice(ids[0], ranges))
      }
      return result
    }
    if let parts { return parts }
    let guess = shape.dimensions.indices.contains(axis) ? shape[axis] : 1
    return Array(repeating: Tensor.poison(like: self), count: count ?? guess)
  }
}

extension Builder {
  /// `ranges` has one for each axis.
  fileprivate mutating func slice(_ id: NodeID, _ ranges: [AxisRange]) throws(GraphError) -> NodeID {
    let shape = self.shape(id)
    var starts: [Int] = []
    var ends: [Int] = []
    for (axis, range) in ranges.enumerated() {
      let extent = shape[axis]
      let end = range.to ?? extent
      starts.append(range.from < 0 ? range.from + extent : range.from)
      ends.append(end < 0 ? end + extent : end)
      guard 0 <= starts[axis], starts[axis] <= ends[axis], ends[axis] <= extent, range.by >= 1 else {
        let asked =
          range.dropsAxis
          ? "index \(range.from)"
          : "\(range.from)..<\(end)" + (range.by == 1 ? "" : " by \(range.by)")
        throw GraphError(
          .axisOutOfRange, operation: "slice", problem: "\(asked) of axis \(axis) of \(shape)",
          remedy: "stay within 0..<\(extent), or within \(-extent)..<0 from the end, with steps of at least 1"
        )
      }
    }
    let steps = ranges.map(\.by)
    let isWhole = ranges.indices.allSatisfy { starts[$0] == 0 && ends[$0] == shape[$0] && steps[$0] == 1 }
    let part = isWhole ? id : try append(.slice(Slice(starts: starts, ends: ends, steps: steps)), [id])
    let dropped = ranges.indices.filter { ranges[$0].dropsAxis }
    return try reshape(part, to: self.shape(part).reducing(dropped, keepingDimensions: false))
  }
}
