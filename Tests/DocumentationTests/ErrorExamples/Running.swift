import Adjoint

extension ErrorExample {
  static let running: [ErrorExample] = [
    ErrorExample("argument-count") {
      // snippet: argument-count
      let f = try Function(.float64) { x, y in x * y }
      _ = try f(1, 2, 3)
      // end
    },
    ErrorExample("argument-mismatch") {
      // snippet: argument-mismatch
      let f = try Function(.float64) { x, y in x * y }.compiled()
      _ = try f(NDArray([1.0, 2.0]), NDArray(3.0))
      // end
    },
    ErrorExample("missing-argument") {
      // snippet: missing-argument
      let f = try Function(.float64) { x, y in x * y }
      _ = try Interpreter(f.graph).run(["x": NDArray(2.0)])
      // end
    },
    ErrorExample("unknown-argument") {
      // snippet: unknown-argument
      let f = try Function(.float64) { x in exp(x) }
      _ = try Interpreter(f.graph).run(["x": NDArray(2.0), "y": NDArray(3.0)])
      // end
    },
    ErrorExample("not-scalar") {
      // snippet: not-scalar
      let f = try Function(.float64) { x in x.broadcast(to: [2]) }.compiled()
      let y: Double = try f(1.5)
      print(y)
      // end
    },
    ErrorExample("derivative-count") {
      // snippet: derivative-count
      let f = try Function(.float64) { x, y in x * y }
      _ = try checkGradient(of: f, at: [NDArray(2.0), NDArray(3.0)], given: [NDArray(3.0)])
      // end
    },
    ErrorExample("derivative-mismatch") {
      // snippet: derivative-mismatch
      let f = try Function([("w", TensorType(.float64, [3]))]) { [sum($0[0] * $0[0])] }
      _ = try checkGradient(of: f, at: [NDArray([1.0, 2, 3])], given: [NDArray(12.0)])
      // end
    },
    ErrorExample("index-out-of-range") {
      // snippet: index-out-of-range
      let f = try Function([("table", TensorType(.float32, [3, 2])), ("rows", TensorType(.int32, [2]))]) {
        inputs in
        [inputs[0].gathered(rows: inputs[1])]
      }
      _ = try f(NDArray(zeros: [3, 2]), NDArray([0, 3] as [Int32]))
      // end
    },
    ErrorExample("not-positive-definite") {
      // snippet: not-positive-definite
      let f = try Function([("x", TensorType(.float64, [3, 2])), ("y", TensorType(.float64, [3]))]) {
        inputs in
        [leastSquares(inputs[0], inputs[1])]
      }
      _ = try f(NDArray([1.0, 2, 2, 4, 3, 6], shape: [3, 2]), NDArray([1.0, 2, 4]))
      // end
    },
    ErrorExample("singular-matrix") {
      // snippet: singular-matrix
      let f = try Function([("t", TensorType(.float64, [2, 2])), ("b", TensorType(.float64, [2]))]) {
        inputs in
        [triangularSolve(inputs[0], inputs[1], isLower: true)]
      }
      _ = try f(NDArray([1.0, 0, 5, 0], shape: [2, 2]), NDArray([1.0, 2]))
      // end
    },
    ErrorExample("result-mismatch") {
      let y = TensorType(.float64, [2])
      throw ExecutionError.resultMismatch(name: "y", expected: y, found: TensorType(.float32, [2]))
    },
    ErrorExample("workspace-too-small") {
      throw ExecutionError.workspaceTooSmall(needed: 4096, found: 64)
    },
    ErrorExample("invalid-operation") {
      throw InterpreterError.invalidOperation(
        GraphError(
          .typeMismatch, operation: "exp", problem: "it is not defined on int32", remedy: "cast the operands")
      )
    },
    ErrorExample("insufficient-memory") {
      throw MemoryError(
        purpose: "the array of spectra", needed: 16 << 30, available: 1_050_000_000, bound: .limit,
        remedy: "make the array smaller")
    },
  ]
}
