// The lecture's function f(x) = √(x² + exp(x²)): its graph, its derivative, what both cost, and the C.
import Adjoint
import Foundation

let scalar = TensorType(.float64, .scalar)
func body(_ x: Tensor) -> Tensor { sqrt(x * x + exp(x * x)) }

let f = try Function(.float64, body)
let df = try f.derivative()
let both = try Function([("x", scalar)]) { x in
  let y = body(x[0])
  return [y, gradient(of: y, withRespectTo: x[0])]
}

// The closed form, with the lecture's names: b = exp(x²), d = √(x² + b).
func closedForm(_ x: Double) -> Double {
  let b = exp(x * x)
  let d = sqrt(x * x + b)
  return x * (1 + b) / d
}

let value = try f.compiled()
let slope = try df.compiled()
print("      x         f(x)        f'(x)   closed form − f'   difference quotient − f'")
let h = 1e-5
for x in [-1.5, -0.5, 0, 0.5, 1.5] {
  let exact = closedForm(x)
  let found = try slope(x)
  let quotient = try (value(x + h) - value(x - h)) / (2 * h)
  print(
    String(format: "%7.2f %12.6f %12.6f", x, try value(x), found),
    String(format: "%18.1e %26.1e", exact - found, quotient - found))
}

print("\nFLOPs: f \(f.flops), f' alone \(df.flops), f and f' together \(both.flops)")
print("\nThe graph of f:\n\(f.graph)\n\nf' in portable C:\n\(try df.source)")
