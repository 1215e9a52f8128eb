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
    case summary, graph, gradient, kernels, c
  }

  enum DialectName: String, ExpressibleByArgument, CaseIterable {
    case tile, native, portable

    var dialect: Dialect {
      switch self {
      case .tile: .tile
      case .native: .native
      case .portable: .portable
      }
    }
  }

  @ArgumentParser.Argument(help: ArgumentHelp("A saved model.", valueName: "model"))
  var saved: String?

  @OptionGroup var source: StepSource

  @Option(
    help: ArgumentHelp(
      "summary (layers, shapes, parameters, FLOPs), graph (model and cost), gradient (the whole training step), kernels (schedule and memory), or c.",
      valueName: "stage"))
  var stage = Stage.c

  @Option(
    help: ArgumentHelp(
      "tile (what TinyCC compiles: calls of the runtime), native (what the system's compiler does: loops, and calls for the rest) or portable (C99 that needs nothing).",
      valueName: "dialect"))
  var dialect = DialectName.tile

  @Flag(help: "Print the stages graph and gradient for Graphviz: | dot -Tsvg.")
  var dot = false

  @Option(help: ArgumentHelp("Write it there instead of to standard output.", valueName: "file"))
  var out: String?

  @OptionGroup var memory: MemoryOption

  func run() throws {
    try memory.apply()
    let file = try out.map { try OutputFile($0, inputs: [saved].compactMap { $0 } + source.model.inputFiles) }
    let text = try text(of: source.step(saved: saved))
    if let file {
      try file.write(text)
      Console.note("\(stage.rawValue) written to \(file.path)")
    } else {
      try Console.print(text.hasSuffix("\n") ? String(text.dropLast()) : text)
    }
  }

  private func text(of step: Graph) throws -> String {
    if dot, stage != .graph, stage != .gradient {
      throw UsageError("--dot draws the stages graph and gradient, not \(stage.rawValue); give --stage graph")
    }
    switch stage {
    case .summary: return try ModelSummary(step).description
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
}

extension Graph {
  /// Model and cost of a training step, without what only the gradient and the updates need.
  func forward() -> Graph {
    Graph(nodes: nodes, outputs: outputs.filter { $0.replaces == nil }).removingDeadNodes(
      keepingArguments: false)
  }
}
