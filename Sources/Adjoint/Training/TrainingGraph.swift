import AdjointArray
import AdjointData
import AdjointIR
import AdjointTransforms

/// The pure graph of one training step: parameters, state, batch and hyper-parameters in; cost, loss, metric and
/// new values out.
struct TrainingGraph {
  /// A parameter or a piece of optimizer state.
  struct Value {
    let name: String
    let type: TensorType
    /// For a parameter what it begins with; state begins with zeros.
    let initial: (initializer: Initializer, fanIn: Int, fanOut: Int)?
  }
  /// Parameters that follow one rule.
  private struct RuleKey: Hashable {
    let type: ScalarType
    let decays: Bool
  }
  let graph: Graph
  /// As the user calls the arrays.
  let batchNames: [String]
  /// The arguments for these arrays.
  private let batchArguments: [String]
  let hyperparameters: [String]
  /// The settings of layers, which are the last of these, and what layers ask for.
  let layerSettings: [(name: String, setting: Setting)]
  /// The argument for the key of random numbers, where any are drawn.
  private let randomKey: String?
  /// Parameters first, in the order of their first use, then state.
  let values: [Value]
  let parameterCount: Int
  /// The places of those among the values that are trained. Where the optimizer moves them by itself, their gradients follow
  /// cost, loss and metric.
  let trainedValues: [Int]
  /// The elements of these.
  var trainedCount: Int { trainedValues.reduce(0) { $0 + values[$1].type.count } }
  let hasMetric: Bool
  /// The places of values that the step replaces though nobody trains them: running means.
  let replacedValues: [Int]
  /// Whether a second run on the same batch gives the same: nothing is drawn, and nothing kept.
  let isRepeatable: Bool
  let times: CompileTimes

  /// Records the step.
  ///
  /// - Parameters:
  ///   - location: the user's line that asks for cost and penalty.
  ///   - updates: the one that asks for updates, if it is another.
  /// - Throws: ``TraceError`` with whatever is wrong in model or cost.
  init<Model: Layer>(
    _ model: Model, inputs: [(name: String, type: TensorType)], optimizer: Optimizer,
    regularization: Regularization, at location: SourceLocation? = nil,
    updatesAt updates: SourceLocation? = nil,
    cost: (Model, Batch) throws -> TracedCost
  ) throws {
    var times = CompileTimes()
    let trace = Trace(at: location)
    defer { trace.finish() }
    trace.takesSettings = true
    // Parameters keep their paths in each graph, whatever else there is.
    var names = NumberedNames(taken: trace.nameParameters(of: model))
    let scalar = TensorType(.float64, .scalar)
    var arguments: [String] = []
    let traced = try timed(&times.trace) {
      let tensors = inputs.map {
        ($0.name, trace.input(names.unique($0.name), $0.type))
      }
      arguments = zip(inputs, tensors).map { trace.label(of: $1.1) ?? $0.name }
      let batch = Batch(trace: trace, tensors: Dictionary(tensors) { first, _ in first })
      let traced = try trace.within(.cost) { try cost(model, batch) }
      try trace.check()
      return traced
    }
    guard traced.loss.rank == 0, traced.loss.scalarType.isFloatingPoint else {
      throw TraceError(
        GraphError(
          .shapeMismatch, operation: "cost", problem: "the cost is \(traced.loss.type)",
          remedy: "return one number, such as mean(…)"))
    }
    guard trace.parameters.contains(where: \.isTrained) else {
      throw TraceError(
        GraphError(
          .invalidAttribute, operation: "cost",
          problem: "the cost uses no parameter of the model"
            + (trace.parameters.isEmpty ? "" : " that is not frozen"),
          remedy: trace.parameters.isEmpty ? "call the model in the cost" : "leave a layer unfrozen"))
    }

    // Stable forms first: the derivative of log(softmax(z)) as written is 0/0 where the softmax underflows.
    let replacements = trace.replacements.sorted { $0.key < $1.key }
    let numbers = [traced.loss] + (traced.metric.map { [$0] } ?? [])
    let written = try trace.nodes(of: numbers + replacements.map(\.value))
    let forward = trace.builder.graph(outputs: written.map { Output("", $0) })
    let results = trace.resume(
      from: timed(&times.simplify) { forward.simplified() })
    let parameters = trace.parameters
    let trained = parameters.filter(\.isTrained)
    let next = Dictionary(
      uniqueKeysWithValues: zip(replacements.map(\.key), results.dropFirst(numbers.count)))
    var outputs: [Output] = []
    var values: [Value] = []
    var states: [Value] = []
    let settings = ["step"] + (optimizer.hyperparameters + regularization.hyperparameters).map(\.name)
    var settingNames: [String] = []
    try timed(&times.derivatives) {
      try trace.at(location) {
        var hyper: [String: Tensor] = [:]
        for name in settings {
          let tensor = trace.input(name, scalar)
          hyper[name] = tensor
          // Another one where an array or a parameter has that name already.
          settingNames.append(trace.label(of: tensor) ?? name)
        }
        let loss = results[0].labelled("loss")
        let total = trace.within(.cost) {
          let weights = trained.filter(\.parameter.isRegularized).map(\.tensor)
          guard let penalty = regularization.penalty(weights, hyperparameters: hyper) else { return loss }
          return (loss + penalty).labelled("cost")
        }
        let gradients =
          Tensor.recordAll("gradient", [total] + trained.map(\.tensor), at: location) {
            builder, ids throws(GraphError) in
            // The loss has its stable form already, and penalties need none.
            try builder.gradient(of: ids[0], withRespectTo: Array(ids.dropFirst()))
          } ?? []
        try trace.check()
        let ids = try trace.nodes(of: [total, loss] + results.prefix(numbers.count).dropFirst())
        let resultNames = ["cost", "loss", "metric"]
        for (name, id) in zip(resultNames, ids) { outputs.append(Output(name, id)) }
        var outputNames = NumberedNames(taken: Set(resultNames))

        for (parameter, gradient) in zip(trained, gradients) { gradient.labelled("d_" + parameter.name) }
        let followed =
          optimizer.clipping.map { clipping in
            trace.within(.update(Scope.wholeModel)) {
              clipping.clipped(gradients, bound: hyper.tensor("clip", like: total))
            }
          } ?? gradients
        var replaced: [Output] = []
        var rules: [RuleKey: Optimizer.Rule] = [:]
        var gradientOf = followed.makeIterator()
        if optimizer.movesByItself {
          for (parameter, id) in zip(trained, try trace.nodes(of: followed)) {
            outputs.append(Output(outputNames.unique("d_" + parameter.name), id))
          }
        }
        for (index, parameter) in parameters.enumerated() {
          values.append(
            Value(
              name: parameter.name, type: parameter.tensor.type,
              initial: (parameter.parameter.initializer, parameter.fanIn, parameter.fanOut)))
          guard parameter.isTrained, let gradient = gradientOf.next(), !optimizer.movesByItself else {
            if let new = next[index], let id = try trace.nodes(of: [new]).first, let old = parameter.tensor.id
            {
              replaced.append(Output(outputNames.unique(parameter.name), id, replaces: old))
            }
            continue
          }
          let slots = optimizer.slots.map { slot in
            trace.state("\(parameter.name).\(slot)", parameter.tensor.type)
          }
          let updated = trace.within(.update(Scope.layer(holding: parameter.name))) {
            let key = RuleKey(
              type: parameter.tensor.scalarType, decays: parameter.parameter.isRegularized)
            let rule =
              rules[key]
              ?? optimizer.rule(
                like: parameter.tensor, hyperparameters: hyper, decays: key.decays, at: updates)
            rules[key] = rule
            return rule(parameter.tensor, gradient, slots)
          }
          let ids = try trace.nodes(of: [updated.parameter] + updated.state)
          for (old, new) in zip([parameter.tensor] + slots, ids) {
            guard let id = old.id else { continue }
            // Called as what it replaces, unless that is called as a result is.
            replaced.append(Output(outputNames.unique(trace.label(of: old) ?? ""), new, replaces: id))
          }
          states += slots.map { Value(name: trace.label(of: $0) ?? "", type: $0.type, initial: nil) }
        }
        outputs += replaced
      }
    }
    hasMetric = traced.metric != nil
    batchNames = inputs.map(\.name)
    batchArguments = arguments
    layerSettings = trace.settings.map { ($0.name, $0.setting) }
    hyperparameters = settingNames + layerSettings.map(\.name)
    randomKey = trace.randomKeyName
    replacedValues = next.keys.sorted()
    isRepeatable = trace.randomKeyName == nil && next.isEmpty
    self.values = values + states
    parameterCount = values.count
    trainedValues = parameters.indices.filter { parameters[$0].isTrained }
    // An argument's name is unique in the graph, and may have got a number; labels say what it became.
    graph = trace.builder.graph(outputs: outputs)
    self.times = times
  }

  /// A number for what the step computes: another activation, another layer or another loss has another one. Rates, λ and settings
  /// of layers are inputs of the step, and lines of the program are no part of it.
  var checksum: String {
    var text = graph.text(Graph.TextOptions(showsProvenance: false))
    return String(text.withUTF8 { Checksum(UnsafeRawBufferPointer($0)).value }, radix: 16)
  }

  /// - Throws: ``GraphError`` where the graph has another argument.
  func layout() throws(GraphError) -> StepLayout {
    try StepLayout(
      graph, batch: batchArguments, hyperparameters: hyperparameters, randomKey: randomKey,
      values: values.map(\.name))
  }

  /// What a step is given behind its number.
  ///
  /// - Parameter changed: settings of layers that are not as the layers ask for, by their names.
  func settings(
    _ optimizer: Optimizer, _ regularization: Regularization, _ changed: [String: Double] = [:], step: Int,
    stepsPerEpoch: Int
  ) -> [Double] {
    optimizer.settings(step: step, stepsPerEpoch: stepsPerEpoch) + regularization.hyperparameters.map(\.value)
      + layerSettings.map { changed[$0.name] ?? $0.setting.value }
  }

  /// What parameters and state begin with.
  ///
  /// - Parameter given: how many parameters in front are left out, as the caller has them. What comes behind is not random.
  func initialValues(seed: UInt64, leavingOut given: Int = 0) -> [NDArray] {
    var generator = SeededGenerator(seed: seed)
    return values.dropFirst(given).map { value in
      value.initial.map { initial in
        initial.initializer.values(
          shape: value.type.shape, fanIn: initial.fanIn, fanOut: initial.fanOut,
          scalarType: value.type.scalarType, using: &generator)
      } ?? NDArray(zeros: value.type.shape, value.type.scalarType)
    }
  }
}
