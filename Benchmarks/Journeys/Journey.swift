import Adjoint

/// A task as a course sets it: data, a network, how it is trained, and what it must reach on rows that it has not seen.
struct Journey {
  let name: String
  let data: DataSet
  let network: Network
  let recipe: Recipe
  let bounds: [Bound]

  /// How a network is trained: by Adam, whose rate falls along half a cosine to nearly 0 at the last epoch.
  struct Recipe {
    var rate = 1e-3
    /// λ of λ Σw².
    var l2 = 0.0
    var batch = 32
    var epochs: Int
  }

  func trainer(seed: UInt64) throws -> Trainer<Sequential> {
    try Trainer(
      network.model, loss: data.loss, regularization: recipe.l2 > 0 ? .l2(recipe.l2) : .none,
      optimizer: .adam(learningRate: recipe.rate).scheduled(.cosine(over: recipe.epochs, .epochs)),
      batchSize: recipe.batch, seed: seed)
  }
}

extension Journey {
  /// All of them. The settings were chosen by rows held out of the training rows (`--validation`).
  static var all: [Journey] {
    [
      Journey(
        name: "breast-cancer-logistic", data: .breastCancer, network: .dense([30, 1], .identity),
        recipe: Recipe(rate: 1e-2, l2: 1e-3, epochs: 60), bounds: [.accuracy(0.93)]),
      Journey(
        name: "breast-cancer", data: .breastCancer, network: .dense([30, 64, 32, 1], .relu),
        recipe: Recipe(l2: 1e-3, epochs: 50), bounds: [.accuracy(0.95)]),
      Journey(
        name: "digits", data: .digits, network: .dense([64, 50, 10], .sigmoid),
        recipe: Recipe(rate: 1e-2, l2: 1e-4, epochs: 60), bounds: [.accuracy(0.95)]),
      Journey(
        name: "wine", data: .wine, network: .dense([13, 16, 3], .tanh),
        recipe: Recipe(rate: 1e-2, l2: 1e-3, epochs: 60), bounds: [.accuracy(0.93)]),
      Journey(
        name: "iris", data: .iris, network: .dense([4, 16, 3], .tanh),
        recipe: Recipe(rate: 1e-2, l2: 1e-3, epochs: 100), bounds: [.accuracy(0.93)]),
      Journey(
        name: "franke", data: .franke, network: .dense([2, 50, 1], .sigmoid),
        recipe: Recipe(rate: 3e-2, epochs: 500), bounds: [.meanSquaredError(0.015), .rSquared(0.82)]),
      Journey(
        name: "runge", data: .runge, network: .dense([1, 50, 1], .tanh),
        recipe: Recipe(rate: 3e-2, epochs: 500), bounds: [.meanSquaredError(5e-4)]),
      Journey(
        name: "mnist", data: .mnist, network: .dense([784, 100, 10], .relu, dropout: 0.3),
        recipe: Recipe(l2: 1e-5, batch: 64, epochs: 30), bounds: [.accuracy(0.9)]),
      Journey(
        name: "mnist-convolutional", data: .mnist,
        network: .convolutional([16, 32], 64, classes: 10, dropout: 0.3),
        recipe: Recipe(rate: 2e-3, batch: 64, epochs: 8), bounds: [.accuracy(0.945)]),
      Journey(
        name: "fashion-convolutional", data: .fashion,
        network: .convolutional([16, 32], 64, classes: 10, dropout: 0.3),
        recipe: Recipe(rate: 2e-3, batch: 64, epochs: 15), bounds: [.accuracy(0.84)]),
    ]
  }
}
