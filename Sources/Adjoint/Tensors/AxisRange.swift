import AdjointArray
import AdjointIR

/// What a subscript takes of one axis: an index, or a range of them, counted from the end where negative.
public protocol AxisSelection {
  var axisRange: AxisRange { get }
}

/// Indices `from`, `from + by`, … before `to` of one axis, backwards where `by` is negative.
///
/// Negative indices count from the end. Without `from` they start at the first index, backwards at the last; without
/// `to` they go on to the end of the axis: `AxisRange(by: -1)` is the axis reversed.
public struct AxisRange: Hashable, Sendable, AxisSelection {
  public let from: Int?
  public let to: Int?
  public let by: Int
  /// Whether the axis, of which one index is left, leaves the shape.
  public let dropsAxis: Bool

  public init(from: Int? = nil, to: Int? = nil, by: Int = 1, dropsAxis: Bool = false) {
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

/// What ranges, one for each axis, take of a shape: an ascending slice, then axes to reverse, then axes to drop.
struct SliceSelection {
  let slice: Slice
  let reversed: [Int]
  let dropped: [Int]

  /// - Throws: ``GraphError`` where there are more ranges than axes, or one leaves its axis.
  init(_ ranges: [AxisRange], of shape: Shape) throws(GraphError) {
    guard ranges.count <= shape.rank else {
      throw GraphError(
        .axisOutOfRange, operation: "slice", problem: "\(ranges.count) selections of \(shape.rank) axes",
        remedy: "give at most one for each axis")
    }
    var bounds: [(start: Int, end: Int, step: Int)] = []
    for axis in 0..<shape.rank {
      bounds.append(try (axis < ranges.count ? ranges[axis] : .all).bounds(axis: axis, of: shape))
    }
    slice = Slice(starts: bounds.map(\.start), ends: bounds.map(\.end), steps: bounds.map(\.step))
    reversed = ranges.indices.filter { ranges[$0].by < 0 }
    dropped = ranges.indices.filter { ranges[$0].dropsAxis }
  }

  /// The shape of what is taken, before axes are dropped.
  var shape: Shape { Shape(slice.starts.indices.map(slice.extent)) }
}

extension AxisRange {
  /// What this takes of `axis`, ascending.
  fileprivate func bounds(axis: Int, of shape: Shape) throws(GraphError) -> (start: Int, end: Int, step: Int)
  {
    let extent = shape[axis]
    let fromStart = { (index: Int) in index < 0 ? index + extent : index }
    let step = by == .min ? .max : Int(by.magnitude)
    let first = from.map(fromStart) ?? (by < 0 ? extent - 1 : 0)
    let last = to.map(fromStart) ?? (by < 0 ? -1 : extent)
    if by > 0, 0 <= first, first <= last, last <= extent { return (first, last, step) }
    if by < 0, -1 <= last, last <= first, first < extent {
      let count = first > last ? (first - last - 1) / step + 1 : 0
      return count == 0 ? (0, 0, step) : (first - (count - 1) * step, first + 1, step)
    }
    let asked =
      dropsAxis
      ? "index \(from ?? 0)"
      : by >= 0
        ? "\(from ?? 0)..<\(last)" : "\(from ?? extent - 1) down to \(to.map { "\($0)" } ?? "the start")"
    throw GraphError(
      .axisOutOfRange, operation: "slice",
      problem: "\(asked)\(by == 1 ? "" : " by \(by)") of axis \(axis) of \(shape)",
      remedy: "stay within 0..<\(extent), or within \(-extent)..<0 from the end, with steps other than 0")
  }
}
