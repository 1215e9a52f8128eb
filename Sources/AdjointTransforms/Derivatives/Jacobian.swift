import AdjointArray
import AdjointIR

// Whole matrices of derivatives: one batched product with all unit vectors. Each is taken of the stable form.

/// The direction in which a derivative is taken through a graph.
package enum DerivativeMode: Hashable, Sendable, CaseIterable {
  /// From inputs to results: the cost of a Jacobian grows with the inputs' elements.
  case forward
  /// From results to inputs: it grows with the results' elements.
  case reverse
}

extension Builder {
  /// The derivative of each element of `output` by each element of `target`, of the shape of the output followed by
  /// that of the target.
  ///
  /// Total, and at kinks as ``vjp(of:withRespectTo:cotangents:)`` has it.
  ///
  /// - Parameter mode: where none is given, forward if the target has no more elements than the output, else
  ///   reverse. Both give the same but for rounding.
  /// - Throws: ``GraphError`` where a type is not floating-point, or the Jacobian is too large.
  package mutating func jacobian(
    of output: NodeID, withRespectTo target: NodeID, mode: DerivativeMode? = nil
  ) throws(GraphError) -> NodeID {
    try DerivativeSeed.cotangent.check([output], of: [output], withRespectTo: [target], self)
    let result = Shape(shape(output).dimensions + shape(target).dimensions)
    let mode = mode ?? (shape(target).count <= shape(output).count ? .forward : .reverse)
    guard result.isAddressable else {
      throw GraphError(
        .invalidAttribute, operation: "jacobian", problem: "its shape \(result) is too large",
        remedy: Shape.addressableRemedy,
        operands: [output, target].map { GraphError.Operand(type($0), nodes[$0].provenance) },
        location: provenance.locations.first)
    }
    let products = try withStableForm(of: [output], from: [target], seeds: []) {
      builder, form throws(GraphError) in
      [try builder.unitProducts(of: form.outputs[0], by: form.targets[0], mode)]
    }
    return try reshape(products[0], to: result)
  }

  /// The Jacobian as a matrix, or what reshapes to it.
  private mutating func unitProducts(of output: NodeID, by target: NodeID, _ mode: DerivativeMode)
    throws(GraphError) -> NodeID
  {
    switch mode {
    case .forward:
      // The columns, stacked along a first axis that belongs behind the output's.
      let columns = try forEachUnit(of: target) { builder, tangent throws(GraphError) in
        try builder.jvp(of: [output], withRespectTo: [target], tangents: [tangent])[0]
      }
      return try transpose(columns, Array(1..<shape(columns).rank) + [0])
    case .reverse:
      return try forEachUnit(of: output) { builder, cotangent throws(GraphError) in
        try builder.vjp(of: [output], withRespectTo: [target], cotangents: [cotangent])[0]
      }
    }
  }

  /// The second derivatives of a scalar: for each pair of targets ∂²output/∂first∂second, of the shape of the first
  /// followed by that of the second. Forward mode over reverse mode.
  ///
  /// - Returns: one row for each target.
  /// - Throws: ``GraphError`` where the output is no scalar, or as ``jacobian(of:withRespectTo:mode:)`` does.
  package mutating func hessian(of output: NodeID, withRespectTo targets: [NodeID]) throws(GraphError)
    -> [[NodeID]]
  {
    try checkScalar(output, "hessian")
    let gradients = try stableGradient(of: output, withRespectTo: targets)
    var rows: [[NodeID]] = []
    for gradient in gradients {
      var row: [NodeID] = []
      for target in targets {
        row.append(try jacobian(of: gradient, withRespectTo: target, mode: .forward))
      }
      rows.append(row)
    }
    return rows
  }

  /// The product of the second derivatives of a scalar with a vector, without the matrix: the jvp of the gradient
  /// (Pearlmutter, "Fast exact multiplication by the Hessian", 1994). It costs a small multiple of the gradient.
  ///
  /// - Parameter vectors: one for each target, of the same type.
  /// - Returns: one node for each target, of its type.
  /// - Throws: ``GraphError`` where the output is no scalar or a type does not fit.
  package mutating func hessianVectorProduct(
    of output: NodeID, withRespectTo targets: [NodeID], vectors: [NodeID]
  ) throws(GraphError) -> [NodeID] {
    try checkScalar(output, "hessianVectorProduct")
    let gradients = try stableGradient(of: output, withRespectTo: targets)
    return try stableJVP(of: gradients, withRespectTo: targets, tangents: vectors)
  }

  private func checkScalar(_ output: NodeID, _ operation: String) throws(GraphError) {
    guard nodes.indices.contains(output), shape(output).count != 1 else { return }
    throw GraphError(
      .shapeMismatch, operation: operation,
      problem: "a value of shape \(shape(output)) has no matrix of second derivatives",
      remedy: "reduce it to a scalar first, or take the jacobian of the gradient of each part",
      operands: [GraphError.Operand(type(output), nodes[output].provenance)],
      location: provenance.locations.first)
  }

  /// What `product` makes of each unit array like `node`, stacked along a new first axis.
  private mutating func forEachUnit(
    of node: NodeID, _ product: (inout Builder, NodeID) throws(GraphError) -> NodeID
  ) throws(GraphError) -> NodeID {
    let (shape, type) = (self.shape(node), scalarType(node))
    if shape.count == 1 {
      let only = try product(&self, constant(1, like: node))
      return try reshape(only, to: Shape([1] + self.shape(only).dimensions))
    }
    let numbers = try append(.iota(count: shape.count, .int32), [])
    let isUnit = try compare(.equal, reshape(numbers, to: [shape.count, 1]), numbers)
    let identity = try reshape(cast(isUnit, to: type), to: Shape([shape.count] + shape.dimensions))
    let products = try batched([identity]) { builder, seeds throws(GraphError) in
      [try product(&builder, seeds[0])]
    }
    return products[0]
  }
}
