import AdjointIR
import AdjointTransforms

// Derivatives of a function are functions again, with further inputs where they need them. All are taken of the
// stable form, by the floating-point inputs in their order; integers and truth values have no derivative.

extension Function {
  /// The derivative by one input; of a result that is no scalar, the sum over its elements is differentiated
  /// (for independent rows: each row's own derivative).
  ///
  /// - Throws: ``GraphError`` where there is no such input, or no derivative.
  public func derivative(withRespectTo input: Int = 0) throws -> Function {
    try derived { builder throws(GraphError) in
      let inputs = simplified.arguments
      guard inputs.indices.contains(input) else {
        throw GraphError(
          .invalidAttribute, operation: "derivative", problem: "there is no input \(input)",
          remedy: "inputs run from 0 to \(inputs.count - 1)")
      }
      return try builder.gradient(of: result("derivative"), withRespectTo: [inputs[input]])
    }
  }

  /// The derivatives by all floating-point inputs, as outputs in their order; of a result that is no scalar as
  /// ``derivative(withRespectTo:)`` has them.
  ///
  /// - Throws: ``GraphError`` where there are several results, or no derivative.
  public func gradient() throws -> Function {
    try derived { builder throws(GraphError) in
      try builder.gradient(of: result("gradient"), withRespectTo: inputs.map(\.id))
    }
  }

  /// The function's result, and its derivatives by all floating-point inputs, as ``gradient()`` has them.
  ///
  /// - Throws: ``GraphError`` where there are several results, or no derivative.
  public func valueAndGradient() throws -> Function {
    try derived { builder throws(GraphError) in
      let value = try result("valueAndGradient")
      return [value] + (try builder.gradient(of: value, withRespectTo: inputs.map(\.id)))
    }
  }

  /// The vector–Jacobian product: for each floating-point input the sum over the results of
  /// cotangentᵀ · ∂result/∂input.
  ///
  /// It takes, behind the function's inputs, a cotangent for each result, named `d_y` (`d_y0`, …).
  /// - Throws: ``GraphError`` where a result is not floating-point.
  public func vjp() throws -> Function {
    try derived { builder throws(GraphError) in
      let outputs = simplified.outputs
      let cotangents = outputs.map { builder.argument(.input, "d_" + $0.name, builder.type($0.node)) }
      return try builder.vjp(
        of: outputs.map(\.node), withRespectTo: inputs.map(\.id), cotangents: cotangents)
    }
  }

  /// The Jacobian–vector product: for each result the sum over the floating-point inputs of
  /// ∂result/∂input · tangent.
  ///
  /// It takes, behind the function's inputs, a tangent for each floating-point one, named `t_x` for an input `x`.
  /// - Throws: ``GraphError`` where a result is not floating-point.
  public func jvp() throws -> Function {
    try derived { builder throws(GraphError) in
      let tangents = inputs.map { builder.argument(.input, "t_" + $0.name, builder.type($0.id)) }
      return try builder.jvp(
        of: simplified.outputs.map(\.node), withRespectTo: inputs.map(\.id), tangents: tangents)
    }
  }

  /// For each floating-point input the derivative of each element of the result by each of its elements, of the
  /// result's shape followed by the input's. In forward mode where the input has no more elements than the result,
  /// else in reverse mode.
  ///
  /// - Throws: ``GraphError`` where there are several results, or one that is not floating-point.
  public func jacobian() throws -> Function {
    try derived { builder throws(GraphError) in
      let result = try result("jacobian")
      var blocks: [NodeID] = []
      for input in inputs { blocks.append(try builder.jacobian(of: result, withRespectTo: input.id)) }
      return blocks
    }
  }

  /// The second derivatives of a scalar result by each pair of floating-point inputs, row by row: for two inputs x and
  /// z the results are ∂²/∂x∂x, ∂²/∂x∂z, ∂²/∂z∂x, ∂²/∂z∂z, each of the first input's shape followed by the second's.
  ///
  /// - Throws: ``GraphError`` where there are several results, or one of more than one element.
  public func hessian() throws -> Function {
    try derived { builder throws(GraphError) in
      try builder.hessian(of: result("hessian"), withRespectTo: inputs.map(\.id)).flatMap { $0 }
    }
  }

  /// The product of the second derivatives of a scalar result, by all floating-point inputs, with a vector: for each
  /// input the sum of its products.
  ///
  /// It takes, behind the function's inputs, a vector for each floating-point one, named `v_x` for an input `x`.
  /// - Throws: ``GraphError`` where there are several results, or one of more than one element.
  public func hessianVectorProduct() throws -> Function {
    try derived { builder throws(GraphError) in
      let vectors = inputs.map { builder.argument(.input, "v_" + $0.name, builder.type($0.id)) }
      return try builder.hessianVectorProduct(
        of: result("hessianVectorProduct"), withRespectTo: inputs.map(\.id), vectors: vectors)
    }
  }

  /// The inputs by which derivatives are taken.
  private var inputs: [(id: NodeID, name: String)] {
    simplified.arguments.compactMap { id in
      guard case .argument(let argument) = simplified[id].operation,
        argument.type.scalarType.isFloatingPoint
      else { return nil }
      return (id, argument.name)
    }
  }

  /// - Throws: ``GraphError`` where there is not exactly one result.
  private func result(_ operation: String) throws(GraphError) -> NodeID {
    guard simplified.outputs.count == 1 else {
      throw GraphError(
        .invalidAttribute, operation: operation,
        problem: "the function has \(simplified.outputs.count) results",
        remedy: "differentiate one with a single result, or use vjp or jvp")
    }
    return simplified.outputs[0].node
  }

  /// The function whose results `body` appends to the stable form: the derivative of log(σ(x)) as written is ∞ · 0
  /// where σ(x) underflows.
  private func derived(_ body: (inout Builder) throws(GraphError) -> [NodeID]) throws -> Function {
    var times = times
    let result = try timed(&times.derivatives) {
      var builder = Builder(simplified)
      let results = try body(&builder)
      return builder.graph(outputs: Function.outputs(results))
    }
    return Function(graph: result, randomKeyName: randomKeyName, times: times)
  }
}
