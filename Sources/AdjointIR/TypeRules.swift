import AdjointArray

extension Operation {
  /// The type of this operation's result on operands of `types`. The one place where shapes are inferred; the
  /// verifier asks it too.
  ///
  /// - Throws: a ``GraphError`` without locations, which the builder adds.
  public func resultType(_ types: [TensorType]) throws(GraphError) -> TensorType {
    let type = try inferredType(types)
    try checkSize(type.shape)
    return type
  }

  private func inferredType(_ types: [TensorType]) throws(GraphError) -> TensorType {
    if let arity, types.count != arity {
      throw invalid(.malformedGraph, "\(types.count) operands", "it takes \(arity)")
    }
    switch self {
    case .argument(let argument):
      return argument.type
    case .constant(let literal):
      return TensorType(literal.scalarType, .scalar)
    case .data(let array):
      return TensorType(array.scalarType, array.shape)
    case .iota(let count, let scalarType):
      guard count >= 0, scalarType.isNumeric else {
        throw invalid(
          .invalidAttribute, "count \(count) of \(scalarType)", "give a count ≥ 0 and a number type")
      }
      return TensorType(scalarType, [count])

    case .unary(let function):
      try checkDomain(function.domain, types[0])
      return types[0]
    case .binary(let function):
      try checkSameTypes(types[0], types[1])
      try checkDomain(function.domain, types[0])
      return types[0]
    case .compare(let comparison):
      try checkSameTypes(types[0], types[1])
      try checkDomain(comparison.domain, types[0])
      return TensorType(.bool, types[0].shape)
    case .select:
      guard types[0].scalarType == .bool else {
        throw invalid(
          .typeMismatch, "the condition is \(types[0].scalarType)", "give a bool tensor, such as x > 0")
      }
      try checkSameTypes(types[1], types[2])
      guard types[0].shape == types[1].shape else {
        throw invalid(
          .shapeMismatch, "condition \(types[0].shape) and values \(types[1].shape) differ",
          "broadcast them to one shape")
      }
      return types[1]
    case .cast(let scalarType):
      return TensorType(scalarType, types[0].shape)
    case .stopGradient, .barrier:
      return types[0]

    case .reduce(let reduction, let axes):
      try checkDomain(reduction.domain, types[0])
      try checkAxes(axes, rank: types[0].rank)
      guard axes.count < 2 || axes == axes.sorted() else {
        throw invalid(.invalidAttribute, "axes \(axes) are not ascending", "sort them")
      }
      return TensorType(types[0].scalarType, types[0].shape.reducing(axes, keepingDimensions: false))
    case .dot(let dimensions):
      return try dotType(dimensions, types[0], types[1])

    case .reshape(let shape):
      try checkSize(shape)
      guard shape.count == types[0].count else {
        throw invalid(
          .shapeMismatch, "\(types[0].count) elements do not fill \(shape)",
          "give a shape of \(types[0].count) elements")
      }
      return TensorType(types[0].scalarType, shape)
    case .transpose(let permutation):
      guard permutation.sorted() == Array(0..<types[0].rank) else {
        throw invalid(
          .axisOutOfRange, "\(permutation) is no permutation of \(types[0].rank) axes",
          "name each of 0..<\(types[0].rank) once")
      }
      return TensorType(types[0].scalarType, Shape(permutation.map { types[0].shape[$0] }))
    case .broadcast(let shape):
      try checkSize(shape)
      guard types[0].shape.broadcastStrides(to: shape) != nil else {
        throw invalid(
          .shapeMismatch, "\(types[0].shape) cannot be broadcast to \(shape)",
          "extents, aligned at the last axis, must be equal or 1")
      }
      return TensorType(types[0].scalarType, shape)
    case .slice(let slice):
      return try sliceType(slice, types[0])
    case .flip(let axes):
      try checkAxes(axes, rank: types[0].rank)
      guard axes.count < 2 || axes == axes.sorted() else {
        throw invalid(.invalidAttribute, "axes \(axes) are not ascending", "sort them")
      }
      return types[0]
    case .pad(let padding):
      return try padType(padding, types[0])
    case .concatenate(let axis):
      return try concatenateType(axis, types)
    case .windows(let windows):
      return try windowsType(windows, types[0])
    case .addWindows(let windows, let extents):
      return try addWindowsType(windows, extents, types[0])
    case .structured(let operation):
      return try structuredType(operation, types)

    case .scan(let scan, let result):
      return try scanType(scan, result, types)
    case .call(let callee, let result):
      try checkDerivative(callee)
      let graph = callee.graph
      guard graph.outputs.indices.contains(result) else {
        throw invalid(
          .invalidAttribute, "result \(result) of a graph with \(graph.outputs.count)", "name one that it has"
        )
      }
      for (id, type) in zip(graph.arguments, types) where graph[id].type != type {
        throw invalid(
          .typeMismatch, "an argument is \(type) where the graph takes \(graph[id].type)",
          "give the type that it takes")
      }
      return graph[graph.outputs[result].node].type
    }
  }

  /// Checks that a given vjp fits the graph whose derivative it is.
  private func checkDerivative(_ callee: Callee) throws(GraphError) {
    guard case .given(let vjp) = callee.derivative else { return }
    guard callee.graph.outputs.count == 1 else {
      throw invalid(
        .invalidAttribute, "a vjp is given for a graph of \(callee.graph.outputs.count) results",
        "give one for a graph of one result")
    }
    let result = callee.graph[callee.graph.outputs[0].node].type
    guard result.scalarType.isFloatingPoint else {
      throw invalid(
        .notDifferentiable, "a vjp is given for a result that is \(result)", "cast it to float32 or float64")
    }
    let arguments = callee.graph.arguments.map { callee.graph[$0].type }
    let taken = vjp.arguments.map { vjp[$0].type }
    guard taken == arguments + [result, result] else {
      throw invalid(
        .typeMismatch, "the vjp takes \(taken)",
        "let it take the arguments, the result and its cotangent: \(arguments + [result, result])")
    }
    let expected = callee.differentiableArguments.map { arguments[$0] }
    let given = vjp.outputs.map { vjp[$0.node].type }
    guard given.count == expected.count else {
      throw invalid(
        .invalidAttribute,
        "the vjp gives \(given.count) cotangents for \(expected.count) floating-point arguments",
        "give one for each")
    }
    for (given, expected) in zip(given, expected) where given != expected {
      throw invalid(
        given.scalarType == expected.scalarType ? .shapeMismatch : .typeMismatch,
        "the vjp gives the cotangent \(given) for an argument \(expected)",
        "a cotangent has the type and shape of its argument")
    }
  }

  func invalid(_ kind: GraphError.Kind, _ problem: String, _ remedy: String) -> GraphError {
    GraphError(kind, operation: name, problem: problem, remedy: remedy)
  }

  /// Files may ask for anything: no count or stride of a shape that passes here overflows.
  func checkSize(_ shape: Shape) throws(GraphError) {
    if !shape.isAddressable {
      throw invalid(
        .invalidAttribute, "the shape \(shape) is negative or too large", Shape.addressableRemedy)
    }
  }

  func checkDomain(_ domain: Domain, _ type: TensorType) throws(GraphError) {
    if !domain.contains(type.scalarType) {
      let allowed = ScalarType.allCases.filter(domain.contains).map(\.rawValue).joined(separator: ", ")
      throw invalid(
        .typeMismatch, "it is not defined on \(type.scalarType)", "cast to one of \(allowed)")
    }
  }

  private func checkSameTypes(_ a: TensorType, _ b: TensorType) throws(GraphError) {
    if a.scalarType != b.scalarType {
      throw invalid(
        .typeMismatch, "\(a.scalarType) and \(b.scalarType) differ",
        "cast one, as in x.cast(to: .\(a.scalarType))")
    }
    if a.shape != b.shape {
      throw invalid(
        .shapeMismatch, "shapes \(a.shape) and \(b.shape) differ",
        "extents, aligned at the last axis, must be equal or 1")
    }
  }

  func checkAxes(_ axes: [Int], rank: Int) throws(GraphError) {
    for axis in axes where axis < 0 || axis >= rank {
      throw invalid(
        .axisOutOfRange, "axis \(axis) of \(rank)",
        rank == 0 ? "a scalar has no axes" : "axes run from 0 to \(rank - 1)")
    }
    if axes.count > 1, Set(axes).count != axes.count {
      throw invalid(.invalidAttribute, "axes \(axes) repeat", "name each axis once")
    }
  }

  private func dotType(_ dimensions: DotDimensions, _ lhs: TensorType, _ rhs: TensorType)
    throws(GraphError) -> TensorType
  {
    try checkDomain(.numbers, lhs)
    if lhs.scalarType != rhs.scalarType {
      throw invalid(
        .typeMismatch, "\(lhs.scalarType) and \(rhs.scalarType) differ", "cast one to the other's type")
    }
    try checkAxes(dimensions.lhsContracting + dimensions.lhsBatch, rank: lhs.rank)
    try checkAxes(dimensions.rhsContracting + dimensions.rhsBatch, rank: rhs.rank)
    guard dimensions.lhsContracting.count == dimensions.rhsContracting.count,
      dimensions.lhsBatch.count == dimensions.rhsBatch.count
    else {
      throw invalid(.invalidAttribute, "axes do not pair up", "name as many axes of one as of the other")
    }
    let pairs = zip(
      dimensions.lhsContracting + dimensions.lhsBatch, dimensions.rhsContracting + dimensions.rhsBatch)
    for (l, r) in pairs where lhs.shape[l] != rhs.shape[r] {
      throw invalid(
        .shapeMismatch,
        "\(lhs.shape) times \(rhs.shape): \(lhs.shape[l]) (axis \(l) of the left) is not \(rhs.shape[r]) (axis \(r) of the right)",
        "the extents that are multiplied and summed must be equal")
    }
    return TensorType(
      lhs.scalarType,
      Shape(
        dimensions.lhsBatch.map { lhs.shape[$0] }
          + dimensions.lhsFree(rank: lhs.rank).map { lhs.shape[$0] }
          + dimensions.rhsFree(rank: rhs.rank).map { rhs.shape[$0] }))
  }

  private func sliceType(_ slice: Slice, _ type: TensorType) throws(GraphError) -> TensorType {
    guard slice.starts.count == type.rank, slice.ends.count == type.rank, slice.steps.count == type.rank
    else {
      throw invalid(
        .invalidAttribute, "ranges for \(slice.starts.count) axes of \(type.shape)", "give one for each axis")
    }
    for axis in 0..<type.rank {
      guard 0 <= slice.starts[axis], slice.starts[axis] <= slice.ends[axis],
        slice.ends[axis] <= type.shape[axis], slice.steps[axis] >= 1
      else {
        throw invalid(
          .axisOutOfRange,
          "\(slice.starts[axis])..<\(slice.ends[axis]) by \(slice.steps[axis]) along axis \(axis) of \(type.shape)",
          "stay within 0..<\(type.shape[axis]), with a step of at least 1")
      }
    }
    return TensorType(type.scalarType, Shape((0..<type.rank).map(slice.extent)))
  }

  private func padType(_ padding: Padding, _ type: TensorType) throws(GraphError) -> TensorType {
    guard padding.low.count == type.rank, padding.high.count == type.rank,
      padding.interior.count == type.rank
    else {
      throw invalid(
        .invalidAttribute, "padding for \(padding.low.count) axes of \(type.shape)", "give one for each axis")
    }
    let tooLarge = { (axis: Int) in
      invalid(.invalidAttribute, "the padding of axis \(axis) is too large", "pad with fewer zeros")
    }
    guard (padding.low + padding.high + padding.interior).allSatisfy({ $0 >= 0 }) else {
      throw invalid(.invalidAttribute, "negative padding", "use slice to cut elements off")
    }
    var dimensions: [Int] = []
    // With room for one gap even where there is none: no distance of elements overflows either.
    var roomy: [Int] = []
    for axis in 0..<type.rank {
      let extent = type.shape[axis]
      let interior = padding.interior[axis]
      let between = interior.multipliedReportingOverflow(by: max(0, extent - 1))
      let parts = [padding.low[axis], padding.high[axis], between.partialValue]
      guard !between.overflow, (parts + [interior]).allSatisfy({ $0 <= Shape.maximalCount }) else {
        throw tooLarge(axis)
      }
      dimensions.append(parts.reduce(extent, +))
      roomy.append(max(parts.reduce(extent, +), interior + 1))
      guard Shape(roomy).isAddressable else { throw tooLarge(axis) }
    }
    return TensorType(type.scalarType, Shape(dimensions))
  }

  private func concatenateType(_ axis: Int, _ types: [TensorType]) throws(GraphError) -> TensorType {
    guard let first = types.first else {
      throw invalid(.invalidAttribute, "nothing to concatenate", "give at least one tensor")
    }
    try checkAxes([axis], rank: first.rank)
    var extent = 0
    for type in types {
      guard type.scalarType == first.scalarType else {
        throw invalid(
          .typeMismatch, "\(first.scalarType) and \(type.scalarType) differ", "cast them to one type")
      }
      let others = { (shape: Shape) in shape.reducing([axis], keepingDimensions: false) }
      guard type.rank == first.rank, others(type.shape) == others(first.shape) else {
        throw invalid(
          .shapeMismatch, "\(first.shape) and \(type.shape) differ outside axis \(axis)",
          "all other extents must be equal")
      }
      extent = min(extent + min(type.shape[axis], Shape.maximalCount + 1), Shape.maximalCount + 1)
    }
    var dimensions = first.shape.dimensions
    dimensions[axis] = extent
    return TensorType(first.scalarType, Shape(dimensions))
  }
}
