import AdjointArray
import AdjointIR

// The rules of Cholesky decomposition and of triangular systems.

extension DerivativeRule {
  func cholesky(_ builder: inout Builder) throws(GraphError) -> NodeID? {
    throw GraphError(.notDifferentiable, operation: "cholesky", problem: "TODO", remedy: "TODO")
  }

  func triangularSolve(_ solve: TriangularSolve, _ builder: inout Builder) throws(GraphError) -> [NodeID?] {
    throw GraphError(.notDifferentiable, operation: "triangular_solve", problem: "TODO", remedy: "TODO")
  }
}

extension ForwardRule {
  func cholesky(_ builder: inout Builder) throws(GraphError) -> NodeID? {
    throw GraphError(.notDifferentiable, operation: "cholesky", problem: "TODO", remedy: "TODO")
  }

  func triangularSolve(_ solve: TriangularSolve, _ builder: inout Builder) throws(GraphError) -> NodeID? {
    throw GraphError(.notDifferentiable, operation: "triangular_solve", problem: "TODO", remedy: "TODO")
  }
}
