import Adjoint

/// What the interpreter gives for a specimen, and how far compiled code may be from it.
package struct Reference: Sendable {
  package let specimen: Specimen
  package let expected: [NDArray]
  private let bounds: [NDArray?]

  /// The bounds are those of the graph that is compiled, which is the simplified one.
  ///
  /// - Throws: ``BoundedRun/Rejection`` where nothing can be said, or what the interpreter throws.
  package init(_ specimen: Specimen) throws {
    let simple = try specimen.graph.inliningCalls().simplified()
    let run = try BoundedRun(simple, specimen.inputs, to: .backend)
    self.specimen = specimen
    expected = run.values
    bounds = run.bounds
    try checkPrecision()
  }

  /// Bounds of more than a hundredth of the result (of 1, where that is smaller) would hide what is wrong.
  private func checkPrecision() throws(BoundedRun.Rejection) {
    for (index, bound) in bounds.enumerated() {
      guard let bound else { continue }
      let largest = expected[index].doubles.reduce(1) { $1.isFinite ? max($0, abs($1)) : $0 }
      if !bound.doubles.allSatisfy({ $0 <= 0.01 * largest }) {
        throw .vague(specimen.graph.outputs[index].name)
      }
    }
  }

  /// What is wrong with `found`, or `nil`: integers and truth values must be the same, floating-point elements
  /// within twice their bounds, which are of first order.
  package func fault(_ found: [NDArray]) -> String? {
    guard found.count == expected.count else { return "there are \(found.count) outputs" }
    for (index, value) in found.enumerated() {
      if let fault = difference(value, expected[index], bounds[index]) {
        return "output \(specimen.graph.outputs[index].name): \(fault)"
      }
    }
    return nil
  }

  /// What is wrong with the graph's simplification: its values differ from those as written by more than both may be
  /// from the real numbers. `nil` also where bounds leave open what is chosen.
  ///
  /// - Throws: what the interpreter throws.
  package static func simplificationFault(_ specimen: Specimen) throws -> String? {
    let written = try specimen.graph.inliningCalls()
    let runs: [BoundedRun]
    do {
      runs = try [written, written.simplified()].map { try BoundedRun($0, specimen.inputs, to: .realNumbers) }
    } catch is BoundedRun.Rejection {
      return nil
    }
    let called = try Interpreter(specimen.graph).run(values: specimen.inputs)
    for (index, output) in specimen.graph.outputs.enumerated() {
      // Calls are inlined without any change of a bit.
      let fault =
        difference(called[index], runs[0].values[index], nil)
        ?? difference(
          runs[1].values[index], runs[0].values[index], sum(runs[0].bounds[index], runs[1].bounds[index]))
      if let fault { return "output \(output.name): \(fault)" }
    }
    return nil
  }

  private static func sum(_ a: NDArray?, _ b: NDArray?) -> NDArray? {
    guard let a else { return b }
    guard let b else { return a }
    return try? evaluate(.binary(.add), [a, b], type: TensorType(.float64, a.shape))
  }
}

/// The first element that is further from `expected` than twice its bound, in words.
private func difference(_ found: NDArray, _ expected: NDArray, _ bounds: NDArray?) -> String? {
  guard found.shape == expected.shape, found.scalarType == expected.scalarType else {
    return "it is \(found.scalarType)\(found.shape), not \(expected.scalarType)\(expected.shape)"
  }
  if found == expected { return nil }
  if found.scalarType == .int64 { return "\(found) is not \(expected)" }
  let (f, e, b) = (found.doubles, expected.doubles, bounds?.doubles)
  for i in f.indices where f[i] != e[i] && !(f[i].isNaN && e[i].isNaN) {
    let bound = 2 * (b?[i] ?? 0)
    if !(abs(f[i] - e[i]) <= bound) { return "element \(i) is \(f[i]), not \(e[i]) ± \(bound)" }
  }
  return nil
}
