import Adjoint
import ArgumentParser

/// `adjoint dump`
struct Dump: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Shows what a model is compiled to, stage by stage.",
    discussion: """
      Of a saved model, of the model that the options make for a CSV file, or of one without data:

        adjoint dump model.adj --stage c
        adjoint dump --data wdbc.csv --target benign --layers 64,32 --stage kernels
        adjoint dump --inputs 30 --outputs 1 --task binary --batch 64 --stage c --dialect portable
      """)

  enum Stage: String, ExpressibleByArgument, CaseIterable {
    case graph, gradient, kernels, c
  }

  enum DialectName: String, ExpressibleByArgument, CaseIterable {
    case tile, portable

    var dialect: Dialect { self == .tile ? .tile : .portable }
  }

  @ArgumentParser.Argument(help: ArgumentHelp("A saved model.", valueName: "model"))
  var saved: String?

  @OptionGroup var model: ModelOptions

  @Option(
    parsing: .unconditional, help: ArgumentHelp("Features, where there is no data.", valueName: "number"))
  var inputs: Int?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Outputs, where there is no data; more than one are classes.", valueName: "number"))
  var outputs: Int?

  @Option(
    help: ArgumentHelp(
      "graph (model and cost), gradient (the whole training step), kernels (schedule and memory), or c.",
      valueName: "stage"))
  var stage = Stage.c

  @Option(
    help: ArgumentHelp(
      "tile (what TinyCC compiles: calls of the runtime) or portable (C99 that needs nothing).",
      valueName: "dialect"))
  var dialect = DialectName.tile

  @Flag(help: "Print the stages graph and gradient for Graphviz: | dot -Tsvg.")
  var dot = false

  @Option(help: ArgumentHelp("Write it there instead of to standard output.", valueName: "file"))
  var out: String?

  func run() throws {
    let recipe = try model.recipe()
    let file = try out.map { try OutputFile($0, inputs: [saved, model.data].compactMap { $0 }) }
    let step = try step(recipe)
    let text = try text(of: step)
    if let file {
      try file.write(text)
      Console.note("\(stage.rawValue) written to \(file.path)")
    } else {
      Console.print(text.hasSuffix("\n") ? String(text.dropLast()) : text)
    }
  }

  private func text(of step: Graph) throws -> String {
    if dot, stage != .graph, stage != .gradient {
      throw UsageError("--dot draws the stages graph and gradient, not \(stage.rawValue); give --stage graph")
    }
    switch stage {
    case .graph:
      let graph = try step.forward().inliningCalls().simplified()
      return dot ? graph.dot() : graph.text()
    case .gradient:
      let graph = try step.inliningCalls().simplified()
      return dot ? graph.dot() : graph.text()
    case .kernels: return try KernelTables(try step.inliningCalls().simplified()).text
    case .c: return try Executable(step).program.c(dialect.dialect)
    }
  }

  // MARK: The step

  private func step(_ recipe: ModelOptions.Recipe) throws -> Graph {
    let ways = [saved != nil, model.data != nil, inputs != nil || outputs != nil]
    guard ways.count(where: { $0 }) == 1 else {
      throw UsageError(
        "what to show is not clear; give one of a saved model, --data with --target, or --inputs with --outputs"
      )
    }
    if let saved {
      if let option = try model.firstChosen() {
        throw UsageError("\(option) has no effect on a saved model, which is as it was trained; leave it out")
      }
      return try TrainedModel(contentsOf: saved).step
    }
    let table = model.data == nil ? try synthetic(recipe) : try model.parts(recipe).train
    let trainer = try recipe.trainer(for: table, backend: .interpreter)
    try trainer.prepare(table)
    return try trainer.graph
  }

  /// One batch of zeros, which is enough to know all shapes.
  private func synthetic(_ recipe: ModelOptions.Recipe) throws -> Table {
    guard let inputs, let outputs, 1...100_000 ~= inputs, 1...100_000 ~= outputs else {
      throw UsageError("--inputs and --outputs go together; give both, each from 1 to 100000")
    }
    let task = model.task?.task ?? (outputs == 1 ? .regression : .multiclass)
    let needed = task == .binary ? 1 : (task == .multiclass ? 2 : 0)
    if task == .binary, outputs != 1 { throw UsageError("--task binary has 1 output, not \(outputs)") }
    if task == .multiclass, outputs < needed {
      throw UsageError("--task multiclass has an output for each class; give --outputs 2 or more")
    }
    let rows = recipe.batch
    let columns = task == .regression ? outputs : 1
    return try Table(
      features: NDArray(zeros: [rows, inputs], .float32), targets: NDArray(zeros: [rows, columns], .float32),
      task: task, classNames: task == .multiclass ? (0..<outputs).map(String.init) : nil)
  }
}

extension Graph {
  /// Model and cost of a training step, without what only the gradient and the updates need.
  func forward() -> Graph {
    Graph(nodes: nodes, outputs: outputs.filter { $0.replaces == nil }).removingDeadNodes(
      keepingArguments: false)
  }
}
