import AdjointArray
import AdjointIR

/// Runs the body of a scan once for each step.
struct Loop: Sendable {
  let scan: Scan
  private let body: Interpreter

  /// - Throws: ``GraphError`` where the body is malformed.
  init(_ scan: Scan) throws(GraphError) {
    self.scan = scan
    body = try Interpreter(scan.body)
  }

  /// All results.
  func run(_ operands: [NDArray]) throws(InterpreterError) -> [NDArray] { operands }
}
