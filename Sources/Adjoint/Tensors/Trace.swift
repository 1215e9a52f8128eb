import AdjointArray
import AdjointIR

/// One recording: the graph that grows while a closure of tensors runs, and the errors met on the way.
///
/// Operators cannot throw. An operation that is not defined on its operands records a ``GraphError`` here and
/// gives a poisoned tensor; operations on poisoned tensors are silent. Whoever consumes the recording calls
/// ``check()``.
public final class Trace {
  package var builder = Builder()
  /// What went wrong, in the order in which it was met.
  package private(set) var errors: [GraphError] = []
  /// Whether the recording is over: using its tensors is then an error.
  package private(set) var isFinished = false
  package private(set) var inputs: [Tensor] = []
  package private(set) var states: [Tensor] = []
  /// The parameters in the order of their first use.
  package private(set) var parameters: [TracedParameter] = []

  /// The unique names of the argument nodes.
  private var argumentNames: [NodeID: String] = [:]
  private var parameterIndices: [ObjectIdentifier: Int] = [:]
  /// What parameters become that no optimizer changes, by their places in `parameters`.
  package private(set) var replacements: [Int: Tensor] = [:]
  /// Whether parameters that are met now for the first time are left as they are.
  private var isFreezing = false
  /// The paths of the parameters and settings of a model, with these, so that no address is used again.
  private var modelNames: [ObjectIdentifier: (name: String, part: AnyObject)] = [:]
  /// Whether settings of layers are inputs, and not constants.
  var takesSettings = false
  /// The settings in the order of their first use, where they are inputs.
  private(set) var settings: [TracedSetting] = []
  private var location: SourceLocation?
  private var isInsideNamedCall = false
  private var labelPrefix = ""
  /// The part of a training step that is being recorded.
  private var scope: Scope?
  /// For the trace of a tensor that could not be made in any: why.
  private let cause: GraphError?
  /// Where the graph that is recorded will be called from, for one that is nested in another.
  var nesting: Nesting?
  /// What random numbers depend on.
  var randomness = Randomness()

  /// - Parameters:
  ///   - location: where the recording begins, the location of operators outside of any named call.
  ///   - isTraining: see ``isTraining``.
  package init(at location: SourceLocation? = nil, isTraining: Bool = true) {
    self.location = location
    randomness.isTraining = isTraining
    cause = nil
  }

  /// A recording within `nesting.outer`, at `location` unless a named call is under way there.
  init(within nesting: Nesting, at location: SourceLocation) {
    self.nesting = nesting
    self.location = nesting.outer.isInsideNamedCall ? nesting.outer.location : location
    isInsideNamedCall = nesting.outer.isInsideNamedCall
    labelPrefix = nesting.outer.labelPrefix
    cause = nil
  }

  private init(cause: GraphError) {
    self.cause = cause
    isFinished = true
  }

  /// A tensor for where there is no trace to record `error` in; the first trace that meets it records it.
  static func strayPoison(_ error: GraphError) -> Tensor {
    Tensor(Trace(cause: error), nil, TensorType(.float32, .scalar))
  }

  /// Ends the recording. Tensors of it that are used later are errors in the trace that uses them.
  package func finish() {
    isFinished = true
    // A tensor holds its trace, which would never be freed while it holds tensors.
    (inputs, states, parameters, settings) = ([], [], [], [])
    (parameterIndices, replacements) = ([:], [:])
    (randomness.key, randomness.ownKey) = (nil, nil)
  }

  /// - Throws: ``TraceError`` where any operation so far was wrong.
  package func check() throws(TraceError) {
    if let error = TraceError(errors) { throw error }
  }

  /// Adds `error`, once.
  package func record(_ error: GraphError) {
    if !errors.contains(error) { errors.append(error) }
  }
}

// Locations and labels.
extension Trace {
  /// Runs `body` with its nodes at `location`, unless a named call is under way: the outermost one is the user's.
  /// Without a location they stay at the one that stands: what the library calls in `body` gives none of its own.
  package func at<R, E: Error>(_ location: SourceLocation?, _ body: () throws(E) -> R) throws(E) -> R {
    guard !isInsideNamedCall else { return try body() }
    let outer = self.location
    if let location { self.location = location }
    isInsideNamedCall = true
    defer {
      self.location = outer
      isInsideNamedCall = false
    }
    return try body()
  }

  /// Runs `body` with `label_` before the labels that are given in it.
  package func withLabel<R, E: Error>(_ label: String, _ body: () throws(E) -> R) throws(E) -> R {
    let outer = labelPrefix
    labelPrefix += label + "_"
    defer { labelPrefix = outer }
    return try body()
  }

  /// Runs `body` with its nodes in `scope`.
  package func within<R, E: Error>(_ scope: Scope, _ body: () throws(E) -> R) throws(E) -> R {
    let outer = self.scope
    self.scope = scope
    defer { self.scope = outer }
    return try body()
  }

  /// Runs `body` with the parameters that are first met in it left as they are.
  func freezing<R>(_ body: () -> R) -> R {
    if let outer = nesting?.outer { return outer.freezing(body) }
    let outer = isFreezing
    isFreezing = true
    defer { isFreezing = outer }
    return body()
  }

  /// What stands before the names of the parts of `layers` in the scopes of their nodes: `encoder.`
  func scopePrefix(of layers: Sequential) -> String {
    // A parameter's path in the model ends with its path in the layers.
    let first = layers.namedParts.lazy.compactMap { name, layer in
      parameterPaths(of: layer).first.map { (path: name + "." + $0.path, parameter: $0.parameter) }
    }.first
    if let (own, parameter) = first, let whole = path(of: parameter), whole.hasSuffix(own) {
      return String(whole.dropLast(own.count))
    }
    if case .layer(let outer) = scope, outer != Scope.wholeModel { return outer + "." }
    return ""
  }

  package func label(_ tensor: Tensor, _ label: String) {
    if let id = node(of: tensor, operation: "labelled", at: nil) { builder.label(id, labelPrefix + label) }
  }

  package func label(of tensor: Tensor) -> String? {
    guard tensor.trace === self, let id = tensor.id else { return nil }
    return builder.nodes[id].provenance.label
  }
}

extension Scope {
  /// The path of what a model computes outside of the layers in it.
  static let wholeModel = "model"

  /// The layer that holds a parameter of this path: `encoder.dense1` for `encoder.dense1.weight`.
  static func layer(holding parameter: String) -> String {
    parameter.lastIndex(of: ".").map { String(parameter[..<$0]) } ?? wholeModel
  }
}

// Appending.
extension Trace {
  /// The trace in which an operation on `operands` is recorded: of those that are still open the innermost, or the
  /// first.
  static func open(among operands: [Tensor]) -> Trace? {
    guard var chosen = (operands.first { !$0.trace.isFinished } ?? operands.first)?.trace else { return nil }
    for operand in operands where !operand.trace.isFinished && operand.trace.isWithin(chosen) {
      chosen = operand.trace
    }
    return chosen
  }

  /// The node behind `tensor`; `nil` where it is poisoned, or of another trace, which is recorded.
  package func node(
    of tensor: Tensor, operation: String, at location: SourceLocation?, _ site: CallSite = .none
  ) -> NodeID? {
    if tensor.trace === self, !isFinished { return tensor.id }
    let place = isInsideNamedCall ? self.location : location ?? self.location
    if !isFinished, isWithin(tensor.trace) { return capture(tensor, operation, at: place) }
    let isOver = tensor.trace.isFinished
    let provenance = tensor.id.map { tensor.trace.builder.nodes[$0].provenance } ?? .none
    var foreign = GraphError(
      .foreignTensor, operation: operation,
      problem: isOver ? "a tensor is used after its trace has ended" : "a tensor of another trace is used",
      remedy: "make it within this closure, or pass its value in as an input or a constant",
      operands: [GraphError.Operand(tensor.type, provenance)], location: place)
    foreign.callSite = site
    let error = tensor.trace.cause ?? foreign
    record(error)
    // Two recordings at once: neither may go on as if nothing had happened.
    if !isOver { tensor.trace.record(error) }
    return nil
  }

  /// What `body` appends, or `nil` where an operand is no node of this trace or `body` throws, which is recorded.
  func append<R>(
    _ operation: String, _ operands: [Tensor], at location: SourceLocation?,
    _ body: (inout Builder, [NodeID]) throws(GraphError) -> R
  ) -> R? {
    // An operator, called outside of any named function.
    let site = location == nil && !isInsideNamedCall ? CallSite.here() : .none
    var ids: [NodeID] = []
    for operand in operands {
      if let id = node(of: operand, operation: operation, at: location, site) { ids.append(id) }
    }
    guard ids.count == operands.count else { return nil }
    return at(location) {
      var here = Provenance(locations: self.location.map { [$0] } ?? [], scope: scope)
      here.callSite = site
      builder.provenance = here
      do throws(GraphError) {
        return try body(&builder, ids)
      } catch {
        var located = error
        if located.operands.isEmpty {
          located.operands = ids.map {
            GraphError.Operand(builder.type($0), builder.nodes[$0].provenance)
          }
        }
        if located.location == nil { located.locate(at: here) }
        record(located)
        return nil
      }
    }
  }
}

// Arguments.
extension Trace {
  /// A value given at each call of what is recorded.
  package func input(_ name: String, _ type: TensorType) -> Tensor {
    let tensor = argument(.input, name, type)
    inputs.append(tensor)
    return tensor
  }

  /// A value kept from call to call.
  package func state(_ name: String, _ type: TensorType) -> Tensor {
    let tensor = argument(.state, name, type)
    states.append(tensor)
    return tensor
  }

  private func argument(_ kind: Argument.Kind, _ name: String, _ type: TensorType) -> Tensor {
    do throws(GraphError) {
      _ = try Operation.argument(Argument(kind, name, type)).resultType([])
    } catch {
      record(
        GraphError(
          error.kind, operation: "\(kind.rawValue) '\(name)'", problem: error.problem, remedy: error.remedy,
          location: location))
      return Tensor(poisoned: type, in: self)
    }
    builder.provenance = Provenance(locations: location.map { [$0] } ?? [], scope: scope)
    let id = builder.argument(kind, name, type)
    if case .argument(let argument) = builder.nodes[id].operation { argumentNames[id] = argument.name }
    return Tensor(self, id, type)
  }

  /// Lets the parameters and settings of `model` be called by their paths in it.
  ///
  /// - Returns: the paths.
  @discardableResult
  package func nameParameters(of model: Any) -> Set<String> {
    let (parameters, settings) = modelPaths(of: model)
    let parts =
      parameters.map { ($0.path, $0.parameter as AnyObject) } + settings.map { ($0.path, $0.setting) }
    for (path, part) in parts { modelNames[ObjectIdentifier(part)] = (path, part) }
    return Set(parts.map(\.0))
  }

  /// The path of a parameter or setting in a model that was named, such as `dense1.weight`.
  func path(of part: AnyObject) -> String? {
    modelNames[ObjectIdentifier(part)]?.name ?? nesting?.outer.path(of: part)
  }

  /// The input for `setting`, a float64 scalar; `nil` where settings are constants.
  func input(for setting: Setting) -> Tensor? {
    // It is an input of the whole, wherever it is used.
    if let outer = nesting?.outer { return outer.input(for: setting) }
    guard takesSettings, !isFinished else { return nil }
    if !setting.range.contains(setting.value) {
      record(
        GraphError(
          .invalidAttribute, operation: path(of: setting) ?? "setting", problem: "it is \(setting.value)",
          remedy: "give one of \(setting.range.lowerBound) to \(setting.range.upperBound)", location: location
        ))
    }
    if let known = settings.first(where: { $0.setting === setting }) { return known.tensor }
    let tensor = input(path(of: setting) ?? "setting", TensorType(.float64, .scalar))
    settings.append(TracedSetting(setting: setting, name: label(of: tensor) ?? "setting", tensor: tensor))
    return tensor
  }

  /// The tensor of `parameter`, whose shape is settled by its first use, on an input like `x`.
  func tensor(of parameter: Parameter, for x: Tensor, name: String, at location: SourceLocation?) -> Tensor {
    guard let id = node(of: x, operation: "parameter", at: location) else { return Tensor.poison(like: x) }
    return at(location) {
      do throws(GraphError) {
        return try tensor(of: parameter, for: builder.type(id), name: name)
      } catch {
        var located = error
        located.location = self.location
        record(located)
        return Tensor.poison(like: x)
      }
    }
  }

  private func tensor(of parameter: Parameter, for input: TensorType, name: String) throws(GraphError)
    -> Tensor
  {
    if let outer = nesting?.outer {
      // It is a parameter of the whole, wherever it is used.
      let place = location
      return try outer.at(place) { () throws(GraphError) in
        try outer.tensor(of: parameter, for: input, name: name)
      }
    }
    let name = path(of: parameter) ?? name
    let type = TensorType(input.scalarType, parameter.shape(input.shape))
    if let index = parameterIndices[ObjectIdentifier(parameter)] {
      let known = parameters[index]
      guard known.tensor.type == type else {
        throw GraphError(
          .shapeMismatch, operation: "parameter '\(name)'",
          problem: "an input \(input) asks for \(type), but its first use made it \(known.tensor.type)",
          remedy: "call a shared layer on inputs of one type and width",
          operands: [GraphError.Operand(known.tensor.type, builder.nodes[known.node].provenance)])
      }
      return known.tensor
    }
    guard type.scalarType.isFloatingPoint else {
      throw GraphError(
        .typeMismatch, operation: "parameter '\(name)'", problem: "a parameter cannot be \(type.scalarType)",
        remedy: "cast the layer's input to float32 or float64")
    }
    // A rule may be the user's: its shape is checked like any other.
    _ = try Operation.argument(Argument(.parameter, name, type)).resultType([])
    let tensor = argument(.parameter, name, type)
    guard let node = tensor.id else { return tensor }
    let fans = Initializer.fans(of: type.shape)
    parameterIndices[ObjectIdentifier(parameter)] = parameters.count
    parameters.append(
      TracedParameter(
        parameter: parameter, name: label(of: tensor) ?? name, tensor: tensor, node: node, fanIn: fans.in,
        fanOut: fans.out, isTrained: parameter.isTrained && !isFreezing))
    return tensor
  }

  /// Whether a frozen layer is being recorded, which keeps nothing of the batches that it sees.
  var isFrozen: Bool { isFreezing || nesting?.outer.isFrozen ?? false }

  /// Lets the next step find `parameter`, which no optimizer changes, as what `change` makes of it. Where that was asked
  /// before, of that.
  ///
  /// - Parameter tensor: of the parameter.
  func replace(_ parameter: Parameter, _ tensor: Tensor, _ change: (Tensor) -> Tensor) {
    guard nesting == nil else {
      return record(
        GraphError(
          .invalidAttribute, operation: "layer",
          problem: "what is kept from step to step cannot be changed inside a loop or another nested graph",
          remedy: "call the layer outside of it, or freeze it", location: location))
    }
    guard let index = parameterIndices[ObjectIdentifier(parameter)] else { return }
    replacements[index] = change(replacements[index] ?? tensor)
  }
}

// Going on from a rewritten graph.
extension Trace {
  /// Goes on from `graph`, another form of what was recorded so far, with the same arguments.
  ///
  /// Inputs, state and parameters are found again by their names. Tensors that were made before are of the old graph
  /// and must not be used any more.
  /// - Returns: the outputs of `graph`.
  package func resume(from graph: Graph) -> [Tensor] {
    var arguments: [String: Tensor] = [:]
    builder = Builder(graph)
    for id in graph.arguments {
      if case .argument(let argument) = graph[id].operation { arguments[argument.name] = Tensor(self, id) }
    }
    let renewed = { (tensor: Tensor, name: String?) in name.flatMap { arguments[$0] } ?? tensor }
    inputs = inputs.map { renewed($0, argumentNames[$0.id ?? -1]) }
    states = states.map { renewed($0, argumentNames[$0.id ?? -1]) }
    randomness.key = randomness.key.map { renewed($0, argumentNames[$0.id ?? -1]) }
    parameters = parameters.map { old in
      let tensor = renewed(old.tensor, argumentNames[old.node])
      return TracedParameter(
        parameter: old.parameter, name: old.name, tensor: tensor, node: tensor.id ?? old.node,
        fanIn: old.fanIn, fanOut: old.fanOut, isTrained: old.isTrained)
    }
    argumentNames = Dictionary(
      arguments.compactMap { name, tensor in tensor.id.map { ($0, name) } },
      uniquingKeysWith: { first, _ in first })
    return graph.outputs.map { Tensor(self, $0.node) }
  }
}

/// A parameter as a trace knows it.
package struct TracedParameter {
  package let parameter: Parameter
  /// Its path in the model, unique in the trace.
  package let name: String
  package let tensor: Tensor
  package let node: NodeID
  package let fanIn: Int
  package let fanOut: Int
  /// Whether an optimizer changes it.
  package let isTrained: Bool
}
