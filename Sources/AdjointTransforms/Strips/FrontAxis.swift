import AdjointArray
import AdjointIR

extension Builder {
  /// The same with `axis` as the first one.
  mutating func withAxisInFront(_ id: NodeID, _ axis: Int) throws(GraphError) -> NodeID {
    try transpose(id, [axis] + (0..<shape(id).rank).filter { $0 != axis })
  }

  /// The same with the first axis at `axis`.
  mutating func withFrontAxis(_ id: NodeID, at axis: Int) throws(GraphError) -> NodeID {
    var permutation = Array(1..<shape(id).rank)
    permutation.insert(0, at: axis)
    return try transpose(id, permutation)
  }
}
