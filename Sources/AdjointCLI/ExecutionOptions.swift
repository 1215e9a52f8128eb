import Adjoint
import ArgumentParser

/// How trainings are run and told of: the options that all commands share that train.
struct ExecutionOptions: ParsableArguments {
  @Option(help: "What runs the training step.")
  var backend = Backend.tcc

  @Flag(help: "Print the result as one JSON object.")
  var json = false

  @Flag(help: "Show no progress.")
  var quiet = false

  @OptionGroup var memory: MemoryOption
}
