import AdjointArray
import AdjointIR

/// How an ordinary differential equation is integrated with steps of fixed length.
public enum ODEMethod: Hashable, Sendable, CaseIterable {
  /// y + h f(y, t): first order.
  case euler
  /// The classical method of Runge and Kutta: fourth order, four evaluations a step.
  case rungeKutta4

  /// Evaluations of the right-hand side in a step.
  public var evaluations: Int { self == .euler ? 1 : 4 }
}

/// The solution of dy/dt = f(y, t) at `steps` times after y(t₀) = `initial`, a step apart.
///
/// ```swift
/// // The oscillator y″ = −y, as a system of first order.
/// let path = integrate(from: start, step: 0.01, steps: 1_000) { y, _ in
///   stacked([y[1], -y[0]], axis: 0)
/// }
/// ```
///
/// The steps are a loop (``scan(_:over:length:isReversed:keeping:file:line:_:)``): the code does not grow with their
/// number, and derivatives by the initial values and by whatever `f` uses from outside are those of the discrete steps
/// (discretize, then differentiate). E. Hairer, S. P. Nørsett & G. Wanner, Solving Ordinary Differential Equations I,
/// 2nd ed., II.1.
///
/// - Parameters:
///   - initial: y at the time `start`, of any shape.
///   - step: h, a scalar of the type of y.
///   - memory: what is kept for the derivative.
///   - f: takes y and the time, a scalar, and gives dy/dt of the shape of y.
/// - Returns: y(t₀), y(t₀ + h), …, stacked: `[steps + 1, …]`.
public func integrate(
  from initial: Tensor, step: Tensor, steps: Int, start: Double = 0, method: ODEMethod = .rungeKutta4,
  keeping memory: LoopMemory = .values, file: String = #fileID, line: Int = #line,
  _ f: (_ y: Tensor, _ t: Tensor) throws -> Tensor
) rethrows -> Tensor {
  guard let trace = Trace.open(among: [initial, step]) else { return initial }
  return try trace.at(SourceLocation(file: file, line: line)) {
    let times = start + step * Tensor.iota(steps, in: trace).cast(to: initial.scalarType)
    let path = try scan([initial], over: [times], keeping: memory, file: file, line: line) {
      carries, slices in
      let next = try advanced(carries[0], at: slices[0], by: step, method, f)
      return ([next], [next])
    }
    guard let rest = path.outputs.first else { return initial }
    return concatenated([initial.expandedDimensions(axis: 0), rest], axis: 0)
  }
}

/// The solution of dy/dt = f(y, t) with steps of length `step`; see
/// ``integrate(from:step:steps:start:method:keeping:file:line:_:)-(_,Tensor,_,_,_,_,_,_,_)``.
public func integrate(
  from initial: Tensor, step: Double, steps: Int, start: Double = 0, method: ODEMethod = .rungeKutta4,
  keeping memory: LoopMemory = .values, file: String = #fileID, line: Int = #line,
  _ f: (_ y: Tensor, _ t: Tensor) throws -> Tensor
) rethrows -> Tensor {
  try integrate(
    from: initial, step: Tensor.constant(step, like: initial, file: file, line: line), steps: steps,
    start: start,
    method: method, keeping: memory, file: file, line: line, f)
}

private func advanced(
  _ y: Tensor, at t: Tensor, by h: Tensor, _ method: ODEMethod, _ f: (Tensor, Tensor) throws -> Tensor
) rethrows -> Tensor {
  switch method {
  case .euler:
    return y + h * (try f(y, t))
  case .rungeKutta4:
    let half = 0.5 * h
    let k1 = try f(y, t)
    let k2 = try f(y + half * k1, t + half)
    let k3 = try f(y + half * k2, t + half)
    let k4 = try f(y + h * k3, t + h)
    return y + h / 6 * (k1 + 2 * (k2 + k3) + k4)
  }
}

/// The motion x″ = a(x) by the velocity form of Verlet's method: second order, symplectic and reversible, so that the
/// energy of a conservative system stays within bounds.
///
/// One evaluation of `acceleration` a step. L. Verlet, Phys. Rev. 159, 1967; W. C. Swope et al., J. Chem. Phys. 76, 1982.
///
/// - Parameters:
///   - positions: x at first, of any shape.
///   - velocities: dx/dt at first, of that shape.
///   - step: the length of a step.
///   - acceleration: of the shape of x.
/// - Returns: positions and velocities at first and after each step, `[steps + 1, …]`.
public func velocityVerlet(
  positions: Tensor, velocities: Tensor, step: Double, steps: Int, keeping memory: LoopMemory = .values,
  file: String = #fileID, line: Int = #line, acceleration: (_ x: Tensor) throws -> Tensor
) rethrows -> (positions: Tensor, velocities: Tensor) {
  guard let trace = Trace.open(among: [positions, velocities]) else { return (positions, velocities) }
  return try trace.at(SourceLocation(file: file, line: line)) {
    let first = try acceleration(positions)
    let path = try scan(
      [positions, velocities, first], length: steps, keeping: memory, file: file, line: line
    ) {
      carries, _ in
      let (x, v, a) = (carries[0], carries[1], carries[2])
      let next = x + step * v + (0.5 * step * step) * a
      let pull = try acceleration(next)
      let speed = v + (0.5 * step) * (a + pull)
      return ([next, speed, pull], [next, speed])
    }
    guard path.outputs.count == 2 else { return (positions, velocities) }
    let whole = { (first: Tensor, rest: Tensor) in
      concatenated([first.expandedDimensions(axis: 0), rest], axis: 0)
    }
    return (whole(positions, path.outputs[0]), whole(velocities, path.outputs[1]))
  }
}
