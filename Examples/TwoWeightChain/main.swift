// The two-weight chain x → w1·x → w2·w1·x of the lecture, with C = ½(t − y)²: both derivatives as mathematics, with the
// factor that they share, and 20 steps of gradient descent.
import Adjoint
import Foundation

let scalar = TensorType(.float64, .scalar)
let chain = try Function(["w1", "w2", "x", "t"].map { (name: $0, type: scalar) }) { inputs in
  let (w1, w2, x, t) = (inputs[0], inputs[1], inputs[2], inputs[3])
  let y = (w2 * (w1 * x)).labelled("y")
  let cost = 0.5 * square(t - y)
  return [cost] + gradient(of: cost, withRespectTo: [w1, w2])
}

// With the rules of algebra, reverse mode's ½r + ½r becomes r, as on paper.
let graph = chain.graph.simplified(phases: RewritePhase.standard.union([.algebra]))
let outputs = graph.outputs.map(\.node)
// The cotangent of y is called d_y.
let factor = graph.nodes.indices.first { graph[$0].provenance.labels.contains("d_y") }
let lines = graph.namedExpressions(of: outputs, style: .paper)

if CommandLine.arguments.contains("--dot") {
  var titles = [NodeID: String]()
  for line in graph.namedExpressions(of: outputs, naming: .each, style: .paper) {
    let known = zip(["C", "dC/dw1", "dC/dw2", "dC/dy"], outputs + [factor ?? -1])
    let names = known.filter { $1 == line.node }.map(\.0)
    titles[line.node] = (names + ["\(line)"]).joined(separator: ": ")
  }
  print(graph.dot(titles: titles))
  exit(0)
}

print("C      = \(graph.expression(of: outputs[0], style: .paper))")
print("dC/dw1 = \(graph.expression(of: outputs[1], style: .paper))")
print("dC/dw2 = \(graph.expression(of: outputs[2], style: .paper))")
print("\nWhat is used more than once, computed once:")
for line in lines {
  let names = zip(["C", "dC/dw1", "dC/dw2"], outputs).filter { $1 == line.node }.map { "  (\($0.0))" }
  let circled = line.node == factor ? "  <- the circled factor -(t - y) = dC/dy, in both derivatives" : ""
  print("  \(line)\(names.joined())\(circled)")
}
print("\nFLOPs: \(graph.flopsAsWritten) as written, \(graph.flops) shared")

// Gradient descent, w ← w − η ∂C/∂w, beside the lecture's formulas −(t − y)·w2·x and −(t − y)·w1·x.
let step = try chain.compiled()
let (x, t, rate) = (1.5, 2.0, 0.1)
var (w1, w2) = (0.4, 0.6)
var worst = 0.0
print("\nstep        w1        w2         C")
for number in 0...20 {
  let values = try step(NDArray(w1), NDArray(w2), NDArray(x), NDArray(t)).map { $0.doubles[0] }
  let residual = -(t - w2 * w1 * x)
  worst = max(worst, abs(values[1] - residual * w2 * x), abs(values[2] - residual * w1 * x))
  if number % 4 == 0 { print(String(format: "%4d %9.6f %9.6f %9.2e", number, w1, w2, values[0])) }
  if number < 20 { (w1, w2) = (w1 - rate * values[1], w2 - rate * values[2]) }
}
print(String(format: "\nlargest difference to the formulas of the lecture: %.1e", worst))
