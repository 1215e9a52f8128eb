import AdjointArray
import AdjointIR

func cholesky(_ operand: NDArray) throws(InterpreterError) -> NDArray { operand }

func triangularSolve(_ solve: TriangularSolve, _ matrix: NDArray, _ rhs: NDArray) throws(InterpreterError)
  -> NDArray
{
  rhs
}
