// Franke's function on the unit square, with and without noise, by a network 2-50-1. `Franke [--epochs N]`
//
// R. Franke, A critical comparison of some methods for interpolation of scattered data, 1979.
import Adjoint
import Foundation

func franke(_ x: Double, _ y: Double) -> Double {
  let (u, v) = (9 * x, 9 * y)
  return 0.75 * exp(-((u - 2) * (u - 2) + (v - 2) * (v - 2)) / 4)
    + 0.75 * exp(-(u + 1) * (u + 1) / 49 - (v + 1) / 10)
    + 0.5 * exp(-((u - 7) * (u - 7) + (v - 3) * (v - 3)) / 4)
    - 0.2 * exp(-(u - 4) * (u - 4) - (v - 7) * (v - 7))
}

/// `count` random points and Franke's function at them, plus normal noise.
func points(_ count: Int, noise: Double, seed: UInt64) throws -> Table {
  var generator = SeededGenerator(seed: seed)
  let uniform = { (generator: inout SeededGenerator) in Double(generator.next() >> 11) * 0x1p-53 }
  var features: [Double] = []
  var targets: [Double] = []
  for _ in 0..<count {
    let (x, y) = (uniform(&generator), uniform(&generator))
    // Box and Muller.
    let normal = sqrt(-2 * log(1 - uniform(&generator))) * cos(2 * .pi * uniform(&generator))
    features += [x, y]
    targets.append(franke(x, y) + noise * normal)
  }
  return try Table(
    features: NDArray(features, shape: [count, 2]), targets: NDArray(targets), featureNames: ["x", "y"],
    targetName: "z", task: .regression)
}

var epochs = 500
if let flag = CommandLine.arguments.firstIndex(of: "--epochs"), flag + 1 < CommandLine.arguments.count {
  guard let count = Int(CommandLine.arguments[flag + 1]), count >= 0 else {
    print("error: --epochs is \(CommandLine.arguments[flag + 1]); give a number of at least 0")
    exit(64)
  }
  epochs = count
}
for noise in [0, 0.1] {
  let data = try points(400, noise: noise, seed: 2023).standardized().split(test: 0.2, seed: 1)
  let trainer = try Trainer(
    MLP([2, 50, 1], activation: .sigmoid), loss: .meanSquaredError, optimizer: .adam(learningRate: 0.01),
    batchSize: 32, seed: 1)
  try trainer.fit(data.train, epochs: epochs, progress: .silent)
  let (train, test) = try (trainer.evaluate(data.train), trainer.evaluate(data.test))
  print("noise \(noise)")
  for (name, result) in [("train", train), ("test ", test)] {
    print(
      "  \(name)  MSE \(String(format: "%.4f", result.loss))  R² \(String(format: "%.3f", result.rSquared ?? .nan))"
    )
  }
}
