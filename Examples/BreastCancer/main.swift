// Benign or malignant: the Wisconsin data by a network 30-64-32-1. `BreastCancer [file.csv] [--epochs N]`
import Adjoint
import Foundation

var arguments = Array(CommandLine.arguments.dropFirst())
var epochs = 50
if let flag = arguments.firstIndex(of: "--epochs"), flag + 1 < arguments.count {
  guard let count = Int(arguments[flag + 1]), count >= 0 else {
    print("error: --epochs is \(arguments[flag + 1]); give a number of at least 0")
    exit(64)
  }
  epochs = count
  arguments.removeSubrange(flag...(flag + 1))
}
let examples = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
let path = arguments.first ?? examples.appending(path: "Data/wdbc.csv").path

do {
  let data = try Table(csv: path, target: "benign").standardized().split(test: 0.2, seed: 42)
  print("train: \(data.train)\ntest:  \(data.test)")

  let model = Sequential {
    Dense(64, activation: .relu)
    Dense(32, activation: .relu)
    Dense(1)
  }
  let trainer = try Trainer(
    model, loss: .binaryCrossEntropy, regularization: .l2(1e-4), optimizer: .adam(learningRate: 1e-3),
    batchSize: 64, seed: 42)
  let history = try trainer.fit(data.train, epochs: epochs, validation: data.test)

  let result = try trainer.evaluate(data.test)
  let format = { (value: Double, digits: Int) in String(format: "%.\(digits)f", value) }
  print("compiled in \(format(trainer.compileTimes.total / .milliseconds(1), 1)) ms")
  print("\(history.steps) steps of \(format(history.secondsPerStep * 1e6, 1)) µs")
  print("test accuracy \(format(result.accuracy ?? 0, 4)), loss \(format(result.loss, 4))")
} catch {
  FileHandle.standardError.write(Data("\(error)\n".utf8))
  exit(1)
}
