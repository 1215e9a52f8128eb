import Adjoint

/// A table and its two parts, scaled by the statistics of the training part.
struct Parts {
  let all: Table
  let train: Table
  /// `nil` where nothing is held out.
  let test: Table?
}

extension ModelOptions {
  /// Reads the data that the options name, and splits them.
  ///
  /// - Throws: ``UsageError`` where none is named, ``DataError``.
  func parts(_ recipe: Recipe) throws -> Parts {
    let table = try table()
    if let task = table.task, task != .regression, let first = try table.classes().first,
      // Zeros or ones alone are allowed in a part of a table; there is nothing to learn from them.
      try table.classes().allSatisfy({ $0 == first })
    {
      throw DataError.wrongClassCount(
        column: table.targetName ?? "", task: task, classes: [table.classNames[first]])
    }
    guard recipe.test > 0 else { return Parts(all: table, train: table, test: nil) }
    let split = try table.split(test: recipe.test, seed: recipe.seed)
    return Parts(all: table, train: split.train, test: split.test)
  }
}

extension ModelOptions.Recipe {
  /// The numbers of values from features to outputs: 30, 64, 32, 1.
  func sizes(for table: Table) -> [Int] {
    let outputs =
      switch table.task {
      case .regression, nil: max(1, table.targetCount)
      case .binary: 1
      case .multiclass: table.classNames.count
      }
    return [table.featureCount] + widths + [outputs]
  }

  /// Weights and biases of all layers.
  func parameterCount(for table: Table) -> Int {
    let sizes = sizes(for: table)
    return zip(sizes, sizes.dropFirst()).reduce(0) { $0 + ($1.0 + 1) * $1.1 }
  }

  /// The loss that was chosen, or the usual one for targets.
  func lossName(for task: Table.Task?) -> LossName { loss ?? LossName(for: task) }

  /// A trainer for the rows of `table`.
  func trainer(for table: Table, backend: Backend) throws -> Trainer<Sequential> {
    // The line of each is the option that asks for it.
    let trainer = try Trainer(
      network(
        Array(sizes(for: table).dropFirst()), activation: activation, initializer: initializer,
        dropout: dropout),
      loss: lossName(for: table.task).loss(for: table.task),
      regularization: regularization, optimizer: optimizer, batchSize: batch, seed: seed,
      scalarType: scalarType,
      backend: backend, file: "--loss", line: 0)
    trainer.updateLocation = SourceLocation(file: "--optimizer", line: 0)
    return trainer
  }
}

/// Dense layers of these widths, with an activation between them, and dropout where its rate is above 0.
func network(
  _ widths: [Int], activation: Activation, initializer: Initializer? = nil, dropout: Double = 0
) -> Sequential {
  // A layer's line is its place on the command line: `--layers:2`.
  Sequential {
    for (index, width) in widths.enumerated() {
      let isLast = index == widths.count - 1
      Dense(
        width, activation: isLast ? .identity : activation, initializer: initializer, file: "--layers",
        line: index + 1)
      if !isLast, dropout > 0 { Dropout(dropout, file: "--layers", line: index + 1) }
    }
  }
}
