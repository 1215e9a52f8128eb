import AdjointArray
import AdjointIR

/// The value of a structured operation on operands that its type rule allows.
func structured(_ operation: StructuredOperation, _ operands: [NDArray], type: TensorType)
  throws(InterpreterError) -> NDArray
{
  switch operation {
  case .cumulative(let function, let axis, let isReversed):
    return try cumulative(function, operands[0], axis: axis, isReversed: isReversed)
  case .gatherRows:
    return try gatherRows(operands[0], operands[1], type: type)
  case .scatterAddRows:
    return try scatterAddRows(operands[0], operands[1], type: type)
  case .gather(let axis):
    return try gather(operands[0], operands[1], axis: axis)
  case .scatterAdd(let axis, _):
    return try scatterAdd(operands[0], operands[1], axis: axis, type: type)
  case .randomBits(let bits):
    return try randomBits(bits, key: operands[0])
  case .argsort(let axis, let isDescending):
    return try argsort(operands[0], axis: axis, isDescending: isDescending)
  case .searchSorted(let isRight):
    return try searchSorted(operands[0], operands[1], isRight: isRight)
  case .cholesky:
    return try cholesky(operands[0])
  case .triangularSolve(let solve):
    return try triangularSolve(solve, operands[0], operands[1])
  }
}
