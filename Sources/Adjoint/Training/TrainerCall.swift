import AdjointArray
import AdjointIR
import AdjointInterpreter

extension Trainer {
  /// What the model, with its parameters as they are now, makes of `x`: its own output, without a loss or a scaling.
  ///
  /// It works whatever the cost was. The model is compiled for the shape of `x`, so ask for many rows at once.
  /// - Parameter x: as the model takes it, such as `[rows, features]`; floating-point numbers of either type.
  /// - Throws: ``TrainingError/notPrepared(_:)`` before data was seen, ``TraceError`` where the model cannot take `x`.
  public func callAsFunction(_ x: NDArray, file: String = #fileID, line: Int = #line) throws -> NDArray {
    guard !values.isEmpty else { throw TrainingError.notPrepared("what the model gives") }
    let x = converted(x)
    let graph = try forward(
      TensorType(x.scalarType, x.shape), at: SourceLocation(file: file, line: line))
    let parameters = parameters
    let arguments = try graph.arguments.map { id -> NDArray in
      guard case .argument(let argument) = graph[id].operation, argument.kind == .parameter else { return x }
      guard let value = parameters[argument.name],
        TensorType(value.scalarType, value.shape) == argument.type
      else {
        throw TrainingError.unsuitableData(
          problem:
            "the model asks for '\(argument.name)' as \(argument.type) here, which it is not in training",
          remedy: "give an array of the width that the model was trained with")
      }
      return value
    }
    guard let toolchain = try backend.toolchain() else {
      return try Interpreter(graph).run(values: arguments)[0]
    }
    return try Executable(graph, name: "model", toolchain: toolchain)(arguments)[0]
  }
}
