import Adjoint
import Testing

@Suite("A trainer as a function")
struct TrainerCallTests {
  private func trainer(_ backend: Backend) throws -> Trainer<Dense> {
    let trainer = try Trainer(
      Dense(1), optimizer: .sgd(learningRate: 0.1), scalarType: .float64, backend: backend
    ) { model, batch in mean(square(model(batch["points"]) - batch["values"])) }
    try trainer.fit(
      [
        "points": NDArray([0, 1, 2, 3] as [Double], shape: [4, 1]),
        "values": NDArray([1, 3, 5, 7] as [Double], shape: [4, 1]),
      ], epochs: 500, progress: .silent)
    return trainer
  }

  @Test("It gives what the model, trained with a cost of one's own, makes of any number of rows")
  func callsTheModel() throws {
    for backend in Backend.allCases {
      let trainer = try trainer(backend)
      let weight = try #require(trainer.parameters["weight"]).doubles[0]
      let bias = try #require(trainer.parameters["bias"]).doubles[0]
      let y = try trainer(NDArray([10, -1, 0.5] as [Double], shape: [3, 1]))
      #expect(y.shape == [3, 1])
      for (found, x) in zip(y.doubles, [10, -1, 0.5]) { #expect(abs(found - (weight * x + bias)) < 1e-14) }
      // The line through the points is 2x + 1.
      for (found, x) in zip(y.doubles, [10, -1, 0.5]) { #expect(abs(found - (2 * x + 1)) < 1e-6) }
    }
  }

  @Test("Float32 is taken, too; another width, and a trainer that has seen nothing, are errors")
  func errors() throws {
    let trainer = try trainer(.tcc)
    #expect(try trainer(NDArray([1] as [Float], shape: [1, 1])).scalarType == .float64)
    #expect(throws: TrainingError.self) { try trainer(NDArray([1, 2] as [Double], shape: [1, 2])) }
    let fresh = try Trainer(Dense(1), loss: .meanSquaredError, optimizer: .adam())
    #expect(throws: TrainingError.self) { try fresh(NDArray([1] as [Double], shape: [1, 1])) }
  }
}
