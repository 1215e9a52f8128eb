import Adjoint

/// Loops; the same written out with PyTorch says what these give.
extension TableEntry {
  static let loops: [TableEntry] = [
    TableEntry("scan") { x in running(x, isReversed: false) },
    TableEntry("scan reversed") { x in running(x, isReversed: true) },
    TableEntry("iterate") { x in [iterate(x[0], count: 10) { x[1] * $0 * (1 - $0) }] },
    TableEntry("iterate while") { x in
      let a = x[0]
      let (values, count) = iterate([a], while: { abs($0[0] * $0[0] - a) .> 1e-12 }, atMost: 60) {
        [0.5 * ($0[0] + a / $0[0])]
      }
      return [values[0], count.cast(to: a.scalarType)]
    },
    TableEntry("integrate") { x in
      [integrate(from: x[0], step: 0.05, steps: 20, start: 1) { lotka($0, x[1], $1) }]
    },
    TableEntry("integrate by Euler") { x in
      let step = Tensor.constant(0.05, like: x[0])
      return [
        integrate(from: x[0], step: step, steps: 20, start: 1, method: .euler, keeping: .segments()) {
          lotka($0, x[1], $1)
        }
      ]
    },
    TableEntry("velocityVerlet") { x in
      let (positions, velocities) = velocityVerlet(positions: x[0], velocities: x[1], step: 0.1, steps: 20) {
        -x[2] * sin($0)
      }
      return [positions, velocities]
    },
  ]

  private static func running(_ x: [Tensor], isReversed: Bool) -> [Tensor] {
    let result = scan([x[0]], over: [x[1]], isReversed: isReversed) { carries, slices in
      let next = 0.9 * carries[0] + 0.1 * slices[0] * cos(carries[0])
      return ([next], [next])
    }
    return result.carries + result.outputs
  }

  /// Prey and predators, with a forcing in time.
  private static func lotka(_ y: Tensor, _ p: Tensor, _ t: Tensor) -> Tensor {
    stacked([y[0] * (p[0] - p[1] * y[1]), y[1] * (p[2] * y[0] - p[3]) + 0.1 * sin(t)], axis: 0)
  }
}
