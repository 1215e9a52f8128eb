import AdjointArray
import AdjointIR

/// The arrays of one batch, by name, as tensors of the trace in which a cost is recorded.
public struct Batch {
  let trace: Trace
  let tensors: [String: Tensor]

  /// The tensor of the array that was given as `name`.
  public subscript(name: String, file: String = #fileID, line: Int = #line) -> Tensor {
    if let tensor = tensors[name] { return tensor }
    let known = tensors.keys.sorted().map { "\"\($0)\"" }.joined(separator: ", ")
    let error = GraphError(
      .invalidAttribute, operation: "batch", problem: "there is no array \"\(name)\"",
      remedy: known.isEmpty ? "give one to fit" : "the data has \(known)",
      location: SourceLocation(file: file, line: line))
    trace.record(error)
    return Tensor(trace, nil, TensorType(.float32, .scalar))
  }
}

/// A cost as a closure records it: what is minimised, and what is worth knowing about it.
struct TracedCost {
  /// A scalar, without regularization.
  let loss: Tensor
  /// The fraction of right rows, or another scalar; `nil` where there is none.
  var metric: Tensor?
}
