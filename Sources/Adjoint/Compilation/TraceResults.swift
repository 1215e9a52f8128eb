import AdjointIR

extension Trace {
  /// The nodes of what a closure gave back.
  ///
  /// - Throws: ``TraceError`` where anything in the closure was wrong, or a result is not of this trace.
  func nodes(of results: [Tensor]) throws(TraceError) -> [NodeID] {
    let ids = results.compactMap { node(of: $0, operation: "result", at: nil) }
    try check()
    return ids
  }
}
