// Handwritten digits by two convolutions and two dense layers. `ConvolutionalNetwork [--epochs N] [--seed N]`
import Adjoint
import Foundation

/// The whole number behind `flag`, or `standard` where there is none.
func option(_ flag: String, or standard: Int) -> Int {
  let arguments = CommandLine.arguments
  guard let position = arguments.firstIndex(of: flag), position + 1 < arguments.count else { return standard }
  guard let value = Int(arguments[position + 1]), value >= 0 else {
    print("error: \(flag) is \(arguments[position + 1]); give a number of at least 0")
    exit(64)
  }
  return value
}

/// Images and their digits, from two files in the format of MNIST.
func digits(_ part: String) throws -> Table {
  let examples = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
  let path = { (kind: String) in examples.appending(path: "Data/mnist5k-\(part)-\(kind)-ubyte.gz").path }
  return try Table(
    features: NDArray(imagesIDX: path("images-idx3")), targets: NDArray(idx: path("labels-idx1")),
    targetName: "digit", task: .multiclass)
}

let (epochs, seed) = (option("--epochs", or: 10), option("--seed", or: 1))
do {
  let (train, test) = try (digits("train"), digits("test"))
  print("train: \(train)\ntest:  \(test)")

  let model = Sequential {
    Unflatten([28, 28, 1])
    Conv2D(16, size: (3, 3), padding: .same, activation: .relu)
    MaxPool2D()
    Conv2D(32, size: (3, 3), padding: .same, activation: .relu)
    MaxPool2D()
    Flatten()
    Dense(64, activation: .relu)
    Dense(10)
  }
  let trainer = try Trainer(
    model, loss: .softmaxCrossEntropy, optimizer: .adam(learningRate: 1e-3), batchSize: 64,
    seed: UInt64(seed))
  let history = try trainer.fit(train, epochs: epochs, validation: test)

  let result = try trainer.evaluate(test)
  let format = { (value: Double, digits: Int) in String(format: "%.\(digits)f", value) }
  print("compiled in \(format(trainer.compileTimes.total / .milliseconds(1), 1)) ms")
  print("\(history.steps) steps of \(format(history.secondsPerStep * 1e3, 2)) ms")
  print("test accuracy \(format(result.accuracy ?? 0, 4)), loss \(format(result.loss, 4))")
} catch {
  FileHandle.standardError.write(Data("\(error)\n".utf8))
  exit(1)
}
