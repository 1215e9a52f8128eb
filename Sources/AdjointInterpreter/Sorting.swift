import AdjointArray
import AdjointIR

func argsort(_ operand: NDArray, axis: Int, isDescending: Bool) throws(InterpreterError) -> NDArray {
  NDArray(zeros: operand.shape, .int32)
}
