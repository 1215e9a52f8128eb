import AdjointArray
import AdjointIR

/// Einstein's summation over named axes: NumPy's `einsum`.
///
/// Each letter of `subscripts` names an axis, one term for each tensor: `einsum("ij,jk->ik", a, b)` is the product of
/// two matrices. Products are summed over every letter that is not among those after `->`, whose order is the result's.
///
///     einsum("ij,kj->ik", a, b)       // a · bᵀ
///     einsum("bij,bjk->bik", a, b)    // products of matrices, one for each b
///     einsum("ii", a)                 // the trace: a letter twice in a term takes the diagonal
///     einsum("...ij->...ji", a)       // the last two axes exchanged; `…` is the same
///     einsum("i,j,ij->", u, v, a)     // uᵀ a v
///
/// Without `->` the result has the letters that appear once, in alphabetical order, after the axes of the ellipsis. An
/// ellipsis stands for any number of axes, which are broadcast together; a letter has one extent everywhere. Tensors
/// are multiplied from left to right, so put the pair first whose product is small.
///
/// Errors name the letter and its extents, the term and the rank of its tensor, or what cannot be read.
public func einsum(
  _ subscripts: String, _ operands: Tensor..., file: String = #fileID, line: Int = #line
) -> Tensor {
  einsum(subscripts, operands, file: file, line: line)
}

public func einsum(
  _ subscripts: String, _ operands: [Tensor], file: String = #fileID, line: Int = #line
) -> Tensor {
  Tensor.record("einsum", operands, at: SourceLocation(file: file, line: line)) {
    builder, ids throws(GraphError) in
    let formula = try EinsumFormula(subscripts)
    var terms = try formula.terms(of: builder.promoted(ids), builder)
    let result = try formula.resultAxes(terms)
    try formula.drop(repeatedExtents: &terms, &builder)
    for index in terms.indices { try builder.takeDiagonals(&terms[index]) }
    // The terms are multiplied from left to right, and axes summed as soon as nothing needs them any more.
    var product = terms.removeFirst()
    while !terms.isEmpty {
      let next = terms.removeFirst()
      let later = Set(terms.flatMap(\.axes) + result)
      product = try builder.product(product, next, keeping: later)
    }
    try builder.sum(&product, keeping: Set(result))
    return try builder.transpose(product.id, result.compactMap { product.axes.firstIndex(of: $0) })
  }
}

/// The name of an axis: a letter, or a place in the ellipsis counted from its end.
private enum EinsumAxis: Hashable {
  case letter(Character)
  case ellipsis(fromEnd: Int)
}

/// A tensor with the names of its axes.
private struct EinsumTerm {
  var id: NodeID
  var axes: [EinsumAxis]
}

/// What stands in the text: the letters of each term, `nil` for an ellipsis.
private struct EinsumFormula {
  let text: String
  let inputs: [[Character?]]
  /// `nil` where there is no arrow.
  let output: [Character?]?

  init(_ text: String) throws(GraphError) {
    self.text = text
    var terms: [[Character?]] = [[]]
    var arrow: Int?
    var rest = Array(text.filter { !$0.isWhitespace })[...]
    while let next = rest.popFirst() {
      if next == ",", arrow == nil {
        terms.append([])
      } else if next == "-", rest.first == ">", arrow == nil {
        rest = rest.dropFirst()
        arrow = terms.count
        terms.append([])
      } else if next == "…" || (next == "." && rest.starts(with: "..")) {
        if next == "." { rest = rest.dropFirst(2) }
        guard !terms[terms.count - 1].contains(nil) else {
          throw Self.error(.invalidAttribute, "'\(text)' has two ellipses in one term", "write one at most")
        }
        terms[terms.count - 1].append(nil)
      } else if next.isASCII, next.isLetter {
        terms[terms.count - 1].append(next)
      } else {
        throw Self.error(
          .invalidAttribute, "'\(next)' in '\(text)' is no letter",
          "write letters, commas, at most one -> and ... for the other axes, as in 'ij,jk->ik'")
      }
    }
    inputs = Array(terms.prefix(arrow ?? terms.count))
    output = arrow.map { terms[$0] }
  }

  static func error(_ kind: GraphError.Kind, _ problem: String, _ remedy: String) -> GraphError {
    GraphError(kind, operation: "einsum", problem: problem, remedy: remedy)
  }

  /// The tensors with their axes named.
  func terms(of ids: [NodeID], _ builder: Builder) throws(GraphError) -> [EinsumTerm] {
    guard ids.count == inputs.count else {
      throw Self.error(
        .invalidAttribute, "'\(text)' has \(inputs.count) terms for \(ids.count) tensors",
        "write one term for each tensor, with commas between")
    }
    var result: [EinsumTerm] = []
    for (letters, id) in zip(inputs, ids) {
      let shape = builder.shape(id)
      let open = shape.rank - letters.count(where: { $0 != nil })
      guard letters.contains(nil) ? open >= 0 : open == 0 else {
        let term = String(letters.flatMap { $0.map { [$0] } ?? ["…"] })
        throw Self.error(
          .shapeMismatch, "the term '\(term)' of '\(text)' does not name the axes of \(shape)",
          "write one letter for each of its \(shape.rank) axes, or ... for those without a name")
      }
      result.append(EinsumTerm(id: id, axes: letters.flatMap { Self.axes($0, ellipsis: open) }))
    }
    return result
  }

  /// The names of the result's axes in their order.
  func resultAxes(_ terms: [EinsumTerm]) throws(GraphError) -> [EinsumAxis] {
    let named = terms.flatMap(\.axes)
    let ellipsis = named.reduce(0) { count, axis in
      if case .ellipsis(let fromEnd) = axis { max(count, fromEnd + 1) } else { count }
    }
    guard let output else {
      let letters = inputs.joined().compactMap { $0 }
      let once = Set(letters.filter { letter in letters.count(where: { $0 == letter }) == 1 })
      return Self.axes(nil, ellipsis: ellipsis) + once.sorted().map { .letter($0) }
    }
    let axes = output.flatMap { Self.axes($0, ellipsis: ellipsis) }
    guard ellipsis == 0 || output.contains(nil) else {
      throw Self.error(
        .invalidAttribute, "the result of '\(text)' leaves out the ellipsis",
        "write … in it, too, or sum first")
    }
    for axis in axes {
      guard case .letter(let letter) = axis else { continue }
      guard named.contains(axis) else {
        throw Self.error(
          .invalidAttribute, "the letter '\(letter)' of the result is in no term of '\(text)'",
          "name an axis of one of the tensors")
      }
      guard axes.count(where: { $0 == axis }) == 1 else {
        throw Self.error(
          .invalidAttribute, "the letter '\(letter)' is twice in the result of '\(text)'",
          "name each axis once; diagonalMatrix() makes a diagonal")
      }
    }
    return axes
  }

  private static func axes(_ letter: Character?, ellipsis count: Int) -> [EinsumAxis] {
    letter.map { [.letter($0)] } ?? (0..<max(0, count)).reversed().map { .ellipsis(fromEnd: $0) }
  }

  /// Checks that each name has one extent, and takes the axes of extent 1 of an ellipsis out of the terms where
  /// another has more: multiplying repeats them.
  func drop(repeatedExtents terms: inout [EinsumTerm], _ builder: inout Builder) throws(GraphError) {
    var extents: [EinsumAxis: Int] = [:]
    for term in terms {
      for (axis, extent) in zip(term.axes, builder.shape(term.id).dimensions) {
        guard let known = extents[axis], known != extent else {
          extents[axis] = extent
          continue
        }
        switch axis {
        case .letter(let letter):
          throw Self.error(
            .shapeMismatch, "the letter '\(letter)' of '\(text)' has the extents \(known) and \(extent)",
            "an axis has one extent in all terms")
        case .ellipsis:
          guard known == 1 || extent == 1 else {
            throw Self.error(
              .shapeMismatch, "the ellipses of '\(text)' have the extents \(known) and \(extent)",
              "extents, aligned at the last axis, must be equal or 1")
          }
          extents[axis] = known == 1 ? extent : known
        }
      }
    }
    for index in terms.indices {
      let shape = builder.shape(terms[index].id)
      let kept = terms[index].axes.indices.filter { shape[$0] == extents[terms[index].axes[$0]] }
      terms[index].id = try builder.reshape(terms[index].id, to: Shape(kept.map { shape[$0] }))
      terms[index].axes = kept.map { terms[index].axes[$0] }
    }
  }
}

extension Builder {
  /// Of a term in which a name appears more than once only the elements whose indices there are equal.
  fileprivate mutating func takeDiagonals(_ term: inout EinsumTerm) throws(GraphError) {
    while let (first, second) = repetition(term.axes) {
      let order = term.axes.indices.filter { $0 != first && $0 != second } + [first, second]
      let last = try transpose(term.id, order)
      term.id = try diagonal(last, offset: 0)
      term.axes = order.dropLast().map { term.axes[$0] }
    }
  }

  private func repetition(_ axes: [EinsumAxis]) -> (Int, Int)? {
    for (second, axis) in axes.enumerated() {
      if let first = axes.firstIndex(of: axis), first < second { return (first, second) }
    }
    return nil
  }

  /// `term` summed over all axes that are not in `kept`.
  fileprivate mutating func sum(_ term: inout EinsumTerm, keeping kept: Set<EinsumAxis>) throws(GraphError) {
    let summed = term.axes.indices.filter { !kept.contains(term.axes[$0]) }
    term.id = try reduce(.sum, term.id, axes: summed)
    term.axes = term.axes.filter { kept.contains($0) }
  }

  /// The product of two terms, summed over what neither `later` nor the other needs.
  fileprivate mutating func product(_ a: EinsumTerm, _ b: EinsumTerm, keeping later: Set<EinsumAxis>)
    throws(GraphError) -> EinsumTerm
  {
    var (a, b) = (a, b)
    try sum(&a, keeping: later.union(b.axes))
    try sum(&b, keeping: later.union(a.axes))
    let shared = a.axes.filter { b.axes.contains($0) }
    let batch = shared.filter { later.contains($0) }
    let contracted = shared.filter { !later.contains($0) }
    let free = (a.axes.filter { !shared.contains($0) }, b.axes.filter { !shared.contains($0) })
    let axes = batch + free.0 + free.1
    let position = { (term: EinsumTerm, axes: [EinsumAxis]) in
      axes.compactMap { term.axes.firstIndex(of: $0) }
    }
    if contracted.isEmpty {
      // Nothing to sum: products of elements, broadcast, which are fused with what surrounds them.
      let left = try transpose(a.id, position(a, batch + free.0))
      let right = try transpose(b.id, position(b, batch + free.1))
      let leftShape = Shape(shape(left).dimensions + free.1.map { _ in 1 })
      let rightExtents = shape(right).dimensions
      let rightShape = Shape(
        rightExtents.prefix(batch.count) + free.0.map { _ in 1 } + rightExtents.dropFirst(batch.count))
      let product = try binary(.multiply, reshape(left, to: leftShape), reshape(right, to: rightShape))
      return EinsumTerm(id: product, axes: axes)
    }
    let dimensions = DotDimensions(
      lhsContracting: position(a, contracted), rhsContracting: position(b, contracted),
      lhsBatch: position(a, batch), rhsBatch: position(b, batch))
    return EinsumTerm(id: try append(.dot(dimensions), [a.id, b.id]), axes: axes)
  }
}
