import AdjointArray
import AdjointIR

func windows(_ windows: Windows, _ operand: NDArray, type: TensorType) -> NDArray { operand }

func addWindows(_ windows: Windows, _ operand: NDArray, type: TensorType) throws(InterpreterError) -> NDArray
{
  operand
}
