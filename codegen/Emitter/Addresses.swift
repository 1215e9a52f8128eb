import AdjointLowering

// How C writes places in memory.

/// `a + b + …` without the zeros; "0" if nothing is left.
func sum(_ terms: [String]) -> String {
  let kept = terms.filter { $0 != "0" }
  return kept.isEmpty ? "0" : kept.joined(separator: " + ")
}

/// `index * stride`, simplified.
func product(_ index: String, _ stride: Int) -> String {
  if stride == 0 || index == "0" { return "0" }
  return stride == 1 ? index : "\(index) * \(stride)"
}

extension View {
  /// The element's position for the given loop indices, one for each dimension.
  func position(_ indices: [String]) -> String {
    sum(zip(indices, strides).map { product($0, $1) } + [offset == 0 ? "0" : "\(offset)"])
  }
}

extension View {
  /// The position as an expression.
  func positionExpression(_ indices: [String]) -> CExpression {
    let text = position(indices)
    return CExpression(text, text.contains(" ") ? .sum : .primary)
  }
}

extension MapKernel {
  /// The names of the loop variables: `i0`, `i1`, … around, `i` for rows, `j` for columns; "0" where there is
  /// nothing to loop over.
  var indexNames: [String] {
    extents.indices.map { axis in
      if extents[axis] == 1 { return "0" }
      if axis == extents.count - 1 { return "j" }
      return axis == extents.count - 2 ? "i" : "i\(axis)"
    }
  }
}

extension Program {
  /// The parameters of a kernel's C function, and at its call the arguments: what it reads, then what it writes.
  ///
  /// - Parameter pointer: what stands between type and name.
  func parameters(_ kernel: Kernel, pointer: String = "*") -> (declarations: [String], arguments: [String]) {
    let writes = kernel.writes
    let all = parameterBuffers(kernel)
    return (
      all.map { buffer in
        let isConstant = writes.contains(buffer) ? "" : "const "
        return "\(isConstant)\(buffers[buffer].scalarType.c) \(pointer)\(buffers[buffer].name)"
      },
      all.map { buffers[$0].name }
    )
  }

  /// The buffers that are the parameters of a kernel's function: those that are only read first.
  func parameterBuffers(_ kernel: Kernel) -> [BufferID] {
    let writes = kernel.writes
    return kernel.reads.filter { !writes.contains($0) } + writes
  }
}
