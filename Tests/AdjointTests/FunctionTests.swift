import Adjoint
import Foundation
import Testing

@Suite("Function")
struct FunctionTests {
  static let points = [-2.0, -0.7, 0, 0.3, 1.5, 2.5]

  static func lecture() throws -> Function { try Function(.float64) { x in sqrt(x * x + exp(x * x)) } }

  /// The lecture's closed form, with b = exp(x²) and d = √(x² + b).
  static func slope(_ x: Double) -> Double {
    let b = exp(x * x)
    return x * (1 + b) / sqrt(x * x + b)
  }

  @Test("The lecture's function and its derivative are their closed forms", arguments: points)
  func closedForm(x: Double) throws {
    let f = try Self.lecture()
    let df = try f.derivative()
    let (value, slope) = (sqrt(x * x + exp(x * x)), Self.slope(x))
    #expect(abs(try f(x) - value) <= 1e-15 * value)
    #expect(abs(try df(x) - slope) <= 1e-14 * max(1, abs(slope)))
  }

  @Test("The system's compiler gives what TinyCC gives: scalars by libm, arrays by the runtime, bit for bit")
  func native() throws {
    let df = try Self.lecture().derivative()
    let compiled = (try df.compiled(), try df.compiled(by: .native()))
    for x in Self.points { #expect(try compiled.0(x) == compiled.1(x)) }
    let f = try Function([("x", TensorType(.float32, [300, 70]))]) { inputs in
      let x = inputs[0]
      return [tanh(x) * exp(sin(x)) + sum(x, axes: 1, keepDimensions: true), sum(log(1 + x * x), axes: 0)]
    }
    let x = try NDArray((0..<21000).map { Float($0 % 977) / 100 - 4 }, shape: [300, 70])
    #expect(try f.compiled(by: .native())(x) == f.compiled()(x))
  }

  @Test("Compiled code gives the interpreter's values, on every instruction set of this machine")
  func compiledEqualsInterpreted() throws {
    let df = try Self.lecture().derivative()
    for set in InstructionSet.allCases where set <= InstructionSet.best {
      let compiled = try df.compiled(instructionSet: set)
      for x in Self.points {
        let expected = try df(x)
        #expect(abs(try compiled(x) - expected) <= 1e-14 * max(1, abs(expected)), "\(set) at \(x)")
      }
    }
  }

  @Test("A derivative is that of the stable form: log σ has slope 1 where σ underflows")
  func stableDerivative() throws {
    let f = try Function(.float64) { log(sigmoid($0)) }
    #expect(try f(-800) == -800)
    #expect(try f.derivative()(-800) == 1)
    // 1 − σ(x) at 2.
    #expect(abs(try f.derivative()(2) - 0.11920292202211755) < 1e-16)
  }

  @Test("Derivatives of derivatives: sin has period four")
  func higherDerivatives() throws {
    var f = try Function(.float64) { sin($0) }
    let expected: [(Double) -> Double] = [sin, cos, { -sin($0) }, { -cos($0) }, sin]
    for form in expected {
      for x in Self.points { #expect(abs(try f(x) - form(x)) <= 1e-14) }
      f = try f.derivative()
    }
  }

  @Test("Two inputs: each partial derivative, all of them, and the mixed one both ways round")
  func partialDerivatives() throws {
    let f = try Function(.float64) { x, y in x * x * y + sin(x * y) }
    let (x, y) = (0.8, -1.3)
    #expect(abs(try f.derivative()(x, y) - (2 * x * y + y * cos(x * y))) <= 1e-14)
    #expect(abs(try f.derivative(withRespectTo: 1)(x, y) - (x * x + x * cos(x * y))) <= 1e-14)
    let all = try f.gradient()(NDArray(x), NDArray(y)).map { $0.doubles[0] }
    #expect(try all == [f.derivative()(x, y), f.derivative(withRespectTo: 1)(x, y)])
    let mixed = 2 * x + cos(x * y) - x * y * sin(x * y)
    #expect(abs(try f.derivative().derivative(withRespectTo: 1)(x, y) - mixed) <= 1e-14)
    #expect(abs(try f.derivative(withRespectTo: 1).derivative()(x, y) - mixed) <= 1e-14)
    #expect(abs(try f.compiled()(x, y) - (x * x * y + sin(x * y))) <= 1e-14)
  }

  @Test("Arrays: rows' own derivatives, compiled and interpreted")
  func arrays() throws {
    let x = try NDArray([0.5, 1, 1.5, 2] as [Double], shape: [4, 1])
    let f = try Function([("x", TensorType(.float64, [4, 1]))]) { [$0[0] * exp($0[0])] }
    let expected = x.doubles.map { (1 + $0) * exp($0) }
    #expect(isClose(try f.derivative()(x)[0].doubles, expected, 1e-15))
    #expect(isClose(try f.derivative().compiled()(x)[0].doubles, expected, 1e-14))
  }

  @Test("map gives what calls give")
  func map() throws {
    let f = try Self.lecture().compiled()
    #expect(try f.map(Self.points) == Self.points.map { try f($0) })
    #expect(try f.map([]) == [])
  }

  @Test("FLOPs by the lecture's rule: 4 for f, and at most 3 to 6 more for its derivative")
  func flops() throws {
    let f = try Self.lecture()
    #expect(f.flops == 4)
    let both = try Function([("x", TensorType(.float64, .scalar))]) { x in
      let y = sqrt(x[0] * x[0] + exp(x[0] * x[0]))
      return [y, gradient(of: y, withRespectTo: x[0])]
    }
    #expect((7...10).contains(both.flops))
  }

  @Test("What is read: a C function of that name")
  func source() throws {
    let f = try Self.lecture()
    #expect(try f.source.contains("sqrt("))
    #expect(try f.compiled().source.contains("f("))
  }

  @Test("Wrong numbers of arguments, wrong types, and a derivative by what is not there are errors")
  func wrongArguments() throws {
    let f = try Self.lecture()
    let g = try f.compiled()
    #expect(throws: InterpreterError.self) { try f(1, 2) as Double }
    #expect(throws: InterpreterError.self) { try f() as [NDArray] }
    #expect(throws: ExecutionError.argumentCount(expected: 1, found: 2)) { try g(1, 2) }
    #expect(throws: ExecutionError.argumentCount(expected: 1, found: 0)) { try g() as [NDArray] }
    #expect(
      throws: ExecutionError.argumentMismatch(
        name: "x", expected: TensorType(.float64, .scalar), found: TensorType(.float32, .scalar))
    ) { try g(NDArray(1 as Float)) }
    #expect(throws: GraphError.self) { try f.derivative(withRespectTo: 1) }
    #expect(throws: GraphError.self) { try f.derivative(withRespectTo: -1) }
  }

  @Test(
    "A scalar call of a function of arrays or of several results is an error, and none of too few results")
  func wrongScalarCall() throws {
    let vector = try Function([("x", TensorType(.float64, [3]))]) { [$0[0] * 2] }
    #expect(throws: ExecutionError.self) { try vector.compiled()(1.0) }
    #expect(throws: InterpreterError.self) { try vector(1.0) as Double }
    let empty = try Function([("x", TensorType(.float64, .scalar))]) { _ in [] }
    #expect(throws: (any Error).self) { try empty.compiled()(1.0) }
    #expect(throws: (any Error).self) { try empty(1.0) as Double }
    let hollow = try Function([("x", TensorType(.float64, [0]))]) { [$0[0] * 2] }
    #expect(throws: (any Error).self) { try hollow(1.0) as Double }
    let many = try Function([("x", TensorType(.float64, .scalar))]) { [$0[0], $0[0] + 1] }
    #expect(throws: GraphError.self) { try many.derivative() }
  }

  @Test("What is wrong in the closure is thrown, and what it throws itself too")
  func traceErrors() throws {
    #expect(throws: TraceError.self) {
      try Function([("a", TensorType(.float64, [2, 3])), ("b", TensorType(.float64, [4]))]) {
        [$0[0] + $0[1]]
      }
    }
    struct Own: Error {}
    #expect(throws: Own.self) { try Function(.float64) { (_: Tensor) throws -> Tensor in throw Own() } }
    var escaped: Tensor?
    _ = try Function(.float64) { (x: Tensor) in
      escaped = x
      return x
    }
    #expect(throws: TraceError.self) { try Function(.float64) { $0 + (escaped ?? $0) } }
  }

  @Test("One compiled function is called from eight threads at once")
  func threads() async throws {
    let f = try Self.lecture().derivative().compiled()
    let array = try Function([("x", TensorType(.float64, [1000]))]) { [exp($0[0]) * $0[0]] }.compiled()
    let results = try await withThrowingTaskGroup(of: Bool.self) { group in
      for thread in 0..<8 {
        group.addTask {
          let x = NDArray((0..<1000).map { Double($0 % 7) * 0.1 + Double(thread) })
          let expected = x.doubles.map { Foundation.exp($0) * $0 }
          var isRight = true
          for i in 0..<500 {
            let at = Double(i) / 250 - 1
            let found = try f(at)
            isRight = isRight && abs(found - Self.slope(at)) <= 1e-13
          }
          for _ in 0..<20 {
            let found = try array(x)[0].doubles
            isRight = isRight && isClose(found, expected, 1e-13)
          }
          return isRight
        }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(results == [Bool](repeating: true, count: 8))
  }
}
