import Adjoint
import AdjointArray
import ArgumentParser
import Foundation

/// Training steps, checked by their costs.
struct TrainingRun: WorkloadRun {
  let executable: Executable
  private let runner: StepBenchmark.Runner
  private let losses: [Double]
  private let isDouble: Bool
  private var costs: [Double] = []

  init(_ step: StepBenchmark, _ data: WorkloadData) throws {
    executable = try step.compiled()
    runner = try step.runner(executable, parameters: data.parameters, batches: data.batches)
    guard !data.losses.isEmpty else { throw UsageError("the data lack losses") }
    losses = data.losses
    isDouble = data.parameters.first?.scalarType == .float64
  }

  mutating func first() throws { costs += try runner.costs(1) }

  mutating func check() throws -> WorkloadCheck {
    costs += try runner.costs(losses.count - costs.count)
    return WorkloadCheck(
      zip(costs, losses).map { abs($0 - $1) / abs($1) }, bounds: isDouble ? (1e-12, 1e-6) : (1e-4, 2e-3))
  }

  mutating func time(_ count: Int) throws -> Duration { try runner.time(count) }
}

/// Evaluations of a function of arrays, checked by all of their elements.
struct EvaluationRun: WorkloadRun {
  let executable: Executable
  private let function: CompiledFunction
  private let arguments: [NDArray]
  private let reference: [NDArray]
  private var results: [NDArray]

  init(_ data: WorkloadData, inputs: [String], _ body: ([Tensor]) -> [Tensor]) throws {
    arguments = try inputs.map { try data.array($0) }
    reference = data.reference
    let types = zip(inputs, arguments).map { ($0, TensorType($1.scalarType, $1.shape)) }
    function = try Function(types) { body($0) }.compiled()
    executable = function.executable
    results = executable.emptyResults()
  }

  mutating func first() throws { try executable.run(arguments, into: &results) }

  mutating func check() throws -> WorkloadCheck {
    let bound = arguments[0].scalarType == .float64 ? 1e-12 : 1e-3
    let differences = zip(results, reference).map { result, right in
      let (values, expected) = (result.doubles, right.doubles)
      let most = expected.reduce(0) { max($0, abs($1)) }
      return zip(values, expected).reduce(0.0) { max($0, abs($1.0 - $1.1)) } / most
    }
    return WorkloadCheck(
      reference.count == results.count ? differences : [], bounds: (bound, bound))
  }

  mutating func time(_ count: Int) throws -> Duration {
    let clock = ContinuousClock()
    let start = clock.now
    for _ in 0..<count { try executable.run(arguments, into: &results) }
    return clock.now - start
  }
}

/// Single calls of the lecture's function, for its value and derivative, checked by the formulas.
struct ScalarRun: WorkloadRun {
  let executable: Executable
  private let function: CompiledFunction
  private var x: Double
  private var result = (0.0, 0.0)

  init(_ data: WorkloadData) throws {
    x = try data.array("x").doubles[0]
    function = try Function(.float64) { x in sqrt(x * x + exp(x * x)) }.valueAndGradient().compiled()
    executable = function.executable
  }

  mutating func first() throws { result = try function.valueAndDerivative(at: x) }

  mutating func check() throws -> WorkloadCheck {
    let exponential = Foundation.exp(x * x)
    let value = (x * x + exponential).squareRoot()
    let derivative = x * (1 + exponential) / value
    return WorkloadCheck(
      [abs(result.0 - value) / abs(value), abs(result.1 - derivative) / abs(derivative)],
      bounds: (1e-12, 1e-12))
  }

  mutating func time(_ count: Int) throws -> Duration {
    let clock = ContinuousClock()
    let start = clock.now
    // Each call waits for the one before.
    var sum = 0.0
    for _ in 0..<count { sum = try function.valueAndDerivative(at: x + sum * 0).0 }
    result.0 = sum
    return clock.now - start
  }
}
