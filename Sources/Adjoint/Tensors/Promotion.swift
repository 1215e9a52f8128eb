import AdjointArray
import AdjointIR

// Promotion: which type an operation on tensors of several types has. This is the only place that decides it; the
// operations of the graph demand equal types.

extension ScalarType {
  /// The type of an operation on a tensor of this type and one of `other`: the later of the two in the list
  /// bool, int32, int64, float32, float64.
  ///
  /// These are PyTorch's rules for tensors of these types. (NumPy takes int32 and float32 to float64.) A number in
  /// the program has no type of its own: beside a tensor it takes the tensor's, and is an error where that cannot
  /// hold it, such as 0.5 beside an int32.
  public func promoted(with other: ScalarType) -> ScalarType {
    promotionRank < other.promotionRank ? other : self
  }

  private var promotionRank: Int {
    switch self {
    case .bool: 0
    case .int32: 1
    case .int64: 2
    case .float32: 3
    case .float64: 4
    }
  }
}

extension Builder {
  /// `ids`, each cast to the type that an operation on all of them has.
  mutating func promoted(_ ids: [NodeID]) throws(GraphError) -> [NodeID] {
    guard let first = ids.first else { return ids }
    let common = ids.reduce(scalarType(first)) { $0.promoted(with: scalarType($1)) }
    var result: [NodeID] = []
    for id in ids { result.append(try cast(id, to: common)) }
    return result
  }

  /// Nothing where `id` is of a floating-point type.
  ///
  /// - Throws: ``GraphError`` that says to cast: no function turns integers into floats unasked.
  func requireFloatingPoint(_ id: NodeID, _ operation: String) throws(GraphError) {
    guard scalarType(id).isFloatingPoint else {
      throw GraphError(
        .typeMismatch, operation: operation, problem: "it is not defined on \(scalarType(id))",
        remedy: "cast to float32 or float64 first")
    }
  }
}

extension Tensor {
  /// A function of one floating-point tensor that is written with others: its nodes are at the line of its caller,
  /// and a tensor of another type is an error that names it.
  static func compose(
    floatingPoint operation: String, _ x: Tensor, _ file: String, _ line: Int, _ body: (Tensor) -> Tensor
  ) -> Tensor {
    compose([x], file, line) {
      body(
        record(operation, [x]) { builder, ids throws(GraphError) in
          try builder.requireFloatingPoint(ids[0], operation)
          return ids[0]
        })
    }
  }
}
