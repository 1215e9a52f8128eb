import AdjointArray
import AdjointIR

// Steps of L-BFGS: the compiled step gives cost and gradients, and parameters are moved here.
extension Trainer {
  /// Results of the step where the parameters are.
  struct Evaluated {
    /// Cost, loss and, where there is one, metric.
    let numbers: [Double]
    /// Of the cost, by the trained parameters, one after the other.
    let gradient: [Double]
  }

  /// One step along L-BFGS's direction, on all rows.
  ///
  /// - Parameter isConverged: becomes true where no lower cost was found along the steepest descent.
  func lineSearchStep(_ plan: TrainingPlan, _ isConverged: inout Bool) throws -> EpochOutcome {
    do { return try wholeLineSearchStep(plan, &isConverged) } catch is CancellationError {
      return EpochOutcome(end: .cancelled)
    }
  }

  private func wholeLineSearchStep(_ plan: TrainingPlan, _ isConverged: inout Bool) throws -> EpochOutcome {
    let (step, graph) = try step(plan.arrays.map { ($0.name, type(of: $0.array, rows: 1)) })
    let settings = graph.settings(
      optimizer, regularization, changedSettings, step: updates + 1, stepsPerEpoch: 1)
    let batch = plan.arrays.map(\.array)
    updates += 1
    var outcome = EpochOutcome()
    outcome.steps = 1
    // What layers keep of a batch, such as running means, is kept of the point that is chosen, and of no trial.
    let kept = graph.replacedValues.map { values[$0] }

    /// Cost and gradient where the parameters are. All evaluations of a step have the same random numbers.
    func evaluate(isChosen: Bool = false) throws -> Evaluated {
      if plan.cancellation?.isCancelled == true { throw CancellationError() }
      let results = try (plan.cancellation ?? Cancellation()).ending {
        try step.run(
          batch: batch, hyperparameters: [Double(updates)] + settings,
          key: .randomKey(seed: seed, step: updates), values: &values)
      }
      let count = graph.hasMetric ? 3 : 2
      if !isChosen { for (index, value) in zip(graph.replacedValues, kept) { values[index] = value } }
      return Evaluated(
        numbers: results.prefix(count).map { $0.doubles[0] },
        gradient: results.dropFirst(count).flatMap(\.doubles))
    }
    let start = try evaluated ?? evaluate()
    evaluated = nil
    outcome.means = start.numbers
    guard start.numbers[0].isFinite, start.gradient.allSatisfy(\.isFinite) else {
      outcome.end = .notFinite
      return outcome
    }

    var memory = lbfgs ?? LBFGS(capacity: optimizer.lbfgsHistory ?? 1)
    let origin = point(graph)
    var last = (point: origin, results: start)
    // Where the direction leads nowhere, what was learned is of another region: once more, straight down.
    while true {
      let direction = memory.direction(start.gradient)
      let isSteepest = memory.pairs.isEmpty
      let slope = dot(direction, start.gradient)
      if slope < 0 {
        let length = isSteepest ? 1 / max(1, start.gradient.reduce(0) { $0 + abs($1) }) : 1
        let found = try LineSearch.search(
          from: LineSearch.Point(step: 0, value: start.numbers[0], slope: slope), first: length
        ) { step in
          self.move(to: zip(origin, direction).map { $0 + step * $1 }, graph)
          let there = try evaluate()
          last = (self.point(graph), there)
          return LineSearch.Point(step: step, value: there.numbers[0], slope: dot(there.gradient, direction))
        }
        if found.step > 0 {
          // The last point that was looked at need not be the one that was chosen.
          move(to: zip(origin, direction).map { $0 + found.step * $1 }, graph)
          if point(graph) != last.point { last = (point(graph), try evaluate()) }
          memory.note(
            s: zip(last.point, origin).map { $0 - $1 },
            y: zip(last.results.gradient, start.gradient).map { $0 - $1 })
          break
        }
        move(to: origin, graph)
      }
      if isSteepest {
        isConverged = true
        break
      }
      memory.forget()
    }
    lbfgs = memory
    if !graph.replacedValues.isEmpty { last.results = try evaluate(isChosen: true) }
    if graph.isRepeatable { evaluated = last.results }
    return outcome
  }

  /// The trained parameters, one after the other.
  private func point(_ graph: TrainingGraph) -> [Double] {
    graph.trainedValues.flatMap { values[$0].doubles }
  }

  /// Sets the trained parameters, rounded to their type.
  private func move(to point: [Double], _ graph: TrainingGraph) {
    var start = 0
    for index in graph.trainedValues {
      let (shape, type) = (values[index].shape, values[index].scalarType)
      values[index] = NDArray(doubles: Array(point[start..<(start + shape.count)]), shape: shape, type)
      start += shape.count
    }
  }
}
