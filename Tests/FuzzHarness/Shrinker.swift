import Adjoint

/// Makes a failing specimen smaller as long as it still fails: one output, nodes replaced by operands or by their
/// values, extents cut.
package struct Shrinker {
  private let isFailing: (Specimen) -> Bool
  /// Attempts after which it is small enough.
  private var attempts = 4000

  package init(_ isFailing: @escaping (Specimen) -> Bool) { self.isFailing = isFailing }

  package func shrink(_ specimen: Specimen) -> Specimen {
    var search = self
    var best = specimen
    // Calls hide what is in them.
    if let inlined = try? specimen.graph.inliningCalls() {
      search.attempt(Specimen(inlined, specimen.inputs), &best)
    }
    search.shrinkOutputs(&best)
    var size = Int.max
    while Self.size(best) < size, search.attempts > 0 {
      size = Self.size(best)
      search.shrinkNodes(&best)
      search.shrinkOutputs(&best)
      search.shrinkExtents(&best)
    }
    search.simplifyInputs(&best)
    return best
  }

  private static func size(_ specimen: Specimen) -> Int {
    specimen.graph.nodes.reduce(0) { $0 + 100_000 + $1.type.count } + specimen.graph.outputs.count
  }

  @discardableResult
  private mutating func attempt(_ candidate: Specimen?, _ best: inout Specimen) -> Bool {
    guard let candidate, attempts > 0 else { return false }
    attempts -= 1
    // What is no graph may fail in any way.
    guard (try? candidate.graph.verify()) != nil, isFailing(candidate) else { return false }
    best = candidate
    return true
  }

  // MARK: Ways to be smaller

  private mutating func shrinkOutputs(_ best: inout Specimen) {
    let outputs = best.graph.outputs
    if outputs.count > 1 {
      for output in outputs where attempt(best.keeping([output]), &best) { break }
    }
    // Where it takes several, one after the other.
    var index = best.graph.outputs.count - 1
    while index >= 0, best.graph.outputs.count > 1 {
      var fewer = best.graph.outputs
      fewer.remove(at: index)
      attempt(best.keeping(fewer), &best)
      index = min(index, best.graph.outputs.count) - 1
    }
    // What an output is made of, where that fails already.
    for index in best.graph.outputs.indices {
      var earlier = best.graph.outputs
      for operand in best.graph[earlier[index].node].operands {
        earlier[index] = Output(earlier[index].name, operand)
        if attempt(best.keeping(earlier), &best) { break }
      }
    }
    let plain = best.graph.outputs.map { Output($0.name, $0.node) }
    if plain != best.graph.outputs { attempt(best.keeping(plain), &best) }
  }

  private mutating func shrinkNodes(_ best: inout Specimen) {
    var id = best.graph.nodes.count - 1
    while id >= 0 {
      defer { id = min(id, best.graph.nodes.count) - 1 }
      let node = best.graph[id]
      guard !node.operation.isArgument else { continue }
      var isReplaced = false
      for operand in node.operands where !isReplaced && best.graph[operand].type == node.type {
        isReplaced = attempt(best.replacing(id, by: .node(operand)), &best)
      }
      guard !isReplaced, !node.operands.isEmpty, let value = best.value(of: id) else { continue }
      attempt(best.replacing(id, by: .value(value)), &best)
    }
  }

  private mutating func shrinkExtents(_ best: inout Specimen) {
    let extents = Set(best.graph.nodes.flatMap { $0.type.shape.dimensions }).filter { $0 > 1 }.sorted(by: >)
    for extent in extents {
      var known = extent
      var isSmaller = true
      while isSmaller {
        isSmaller = false
        for target in [1, 2, known / 2, known - 1] where 0 < target && target < known {
          guard attempt(best.resizing(known, to: target), &best) else { continue }
          (known, isSmaller) = (target, true)
          break
        }
      }
    }
  }

  private mutating func simplifyInputs(_ best: inout Specimen) {
    for index in best.inputs.indices {
      for number in [1.0, 0] {
        var inputs = best.inputs
        let old = inputs[index]
        inputs[index] = NDArray(repeating: Literal(number, as: old.scalarType), shape: old.shape)
        if inputs[index] == old || attempt(Specimen(best.graph, inputs), &best) { break }
      }
    }
  }
}
