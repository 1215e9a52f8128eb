import AdjointArray
import AdjointIR

@testable import AdjointInterpreter

/// The result of one operation, its type inferred.
func value(_ operation: Operation, _ operands: NDArray...) throws -> NDArray {
  let type = try operation.resultType(operands.map { TensorType($0.scalarType, $0.shape) })
  return try evaluate(operation, operands, type: type)
}

/// 0, 1, 2, … as NumPy's `np.arange(n).reshape(shape) + start`.
func counting(_ shape: Shape, from start: Double = 0) throws -> NDArray {
  try NDArray((0..<shape.count).map { Double($0) + start }, shape: shape)
}

/// The bits of the elements, so that signs of zeros count; every NaN is given the same ones.
func bits(_ array: NDArray) -> [UInt64] {
  array.doubles.map { ($0.isNaN ? Double.nan : $0).bitPattern }
}

func bits(_ values: [Double]) -> [UInt64] { values.map { ($0.isNaN ? Double.nan : $0).bitPattern } }
