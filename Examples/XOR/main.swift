// The exclusive or, which no single layer can learn.
import Adjoint

let inputs = try NDArray([0, 0, 0, 1, 1, 0, 1, 1] as [Float], shape: [4, 2])
let table = try Table(features: inputs, targets: NDArray([0, 1, 1, 0] as [Float]))

let model = Sequential {
  Dense(4, activation: .tanh)
  Dense(1)
}
let trainer = try Trainer(model, loss: .binaryCrossEntropy, optimizer: .adam(learningRate: 0.05), seed: 1)
let history = try trainer.fit(table, epochs: 300, progress: .silent)

print(history)
for (row, prediction) in try trainer.trained().predictions(for: table).enumerated() {
  let x = inputs.doubles[(2 * row)..<(2 * row + 2)].map { Int($0) }
  print("\(x[0]) xor \(x[1]) = \(prediction.label ?? "?")")
}
