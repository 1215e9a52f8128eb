import Adjoint
import Foundation
import Testing

/// The folder of the instrumented runtime.
private let instrumentedRuntime = ProcessInfo.processInfo.environment["ADJOINT_THREAD_SANITIZER"]

/// Compiled steps are free of data races: their C and the runtime, both instrumented, run on four threads.
///
/// `make thread-sanitizer` builds the runtime so, and says in the environment where it is.
@Suite(.serialized, .enabled(if: instrumentedRuntime != nil, "by make thread-sanitizer"))
struct ThreadSanitizerTests {
  @Test(arguments: [Dialect.tile, .native])
  func stepsHaveNoDataRaces(_ dialect: Dialect) throws {
    for (name, program) in try Self.programs() {
      let text = program.c(dialect, prelude: .table) + Self.sizes(program)
      let mayShare = text.contains("adj_parallel") || text.contains("adj_gemm_")
      #expect(mayShare, "\(name) runs on one thread")
      let run = try Self.run(program, text, as: name + (dialect == .tile ? "_tile" : "_native"))
      #expect(run.status == 0, "\(name): \(run.output)")
    }
  }

  @Test func aRaceIsFound() throws {
    let program = try #require(try Self.programs().first).program
    let text = program.c(.tile, prelude: .table) + Self.sizes(program)
    // Every piece adds to one number.
    let racing = text.replacing(
      "void *scratch)\n{", with: "void *scratch)\n{\n  static volatile int shared;\n  shared++;")
    let run = try Self.run(program, racing, as: "race")
    #expect(run.status != 0)
    #expect(run.output.contains("data race"))
  }

  /// Strips forward and backward, large maps and products, batch norm behind sums, convolution.
  private static func programs() throws -> [(name: String, program: Program)] {
    let inputs = [("x", TensorType(.float32, [512, 700])), ("w", TensorType(.float32, [700, 300]))]
    let wide = try Function(inputs) { (tensors: [Tensor]) -> [Tensor] in
      let y = tanh(matmul(tensors[0], tensors[1]))
      let sum: Tensor = y * y + y
      return [sum, mean(y)] + gradient(of: Adjoint.sum(square(y)), withRespectTo: tensors)
    }
    let image = [("x", TensorType(.float32, [64, 16, 16, 4])), ("w", TensorType(.float32, [3, 3, 4, 8]))]
    let convolution = try Function(image) { (tensors: [Tensor]) -> [Tensor] in
      let y = relu(maxPool2d(conv2d(tensors[0], tensors[1]), size: (2, 2)))
      return gradient(of: Adjoint.sum(square(y)), withRespectTo: tensors)
    }
    return [
      ("physics", try StripAndThreadTests.physicsInformed(2048).compiled().program),
      ("physics64", try StripAndThreadTests.physicsInformed(1000, .float64).compiled().program),
      ("wide", try wide.compiled().executable.program),
      ("convolution", try convolution.compiled().executable.program),
    ]
  }

  /// What the driver must know of a program, as C.
  private static func sizes(_ program: Program) -> String {
    let arguments =
      program.arguments.map(\.type) + program.constants.map { TensorType($0.scalarType, $0.shape) }
    let kinds = arguments.map { type in
      switch type.scalarType {
      case .float32: "f"
      case .float64: "d"
      case .int32, .int64, .bool: "z"
      }
    }
    let list = { (numbers: [Int]) in (numbers + [0]).map(String.init).joined(separator: ", ") }
    let outputs = program.outputs.map { $0.type.byteCount }
    return """

      const long argument_count = \(arguments.count), argument_bytes[] = {\(list(arguments.map(\.byteCount)))};
      const char argument_kinds[] = "\(kinds.joined())";
      const long output_count = \(outputs.count), output_bytes[] = {\(list(outputs))};
      const long arena_bytes = \(program.arenaBytes);
      """ + "\n"
  }

  /// Compiles the program with driver and runtime, and runs it.
  private static func run(_ program: Program, _ text: String, as name: String) throws -> (
    status: Int32, output: String
  ) {
    let runtime = try #require(instrumentedRuntime)
    let folder = URL(filePath: runtime)
    let source = folder.appending(path: "\(name).c")
    try text.write(to: source, atomically: true, encoding: .utf8)
    let driver = URL(filePath: #filePath).deletingLastPathComponent().appending(
      path: "ThreadSanitizer/driver.c")
    let headers = URL(filePath: #filePath).appending(path: "../../../codegen/Runtime/include").standardized
    let (executable, log) = (folder.appending(path: name).path, folder.appending(path: "\(name).log"))
    let compile =
      "'\(runtime)/clang' -O1 -g -w -fsanitize=thread -Dstep=\(program.name) -I'\(headers.path)' '\(source.path)' '\(driver.path)' "
      + "'\(runtime)'/*.o -lsleef -lm -lpthread -o '\(executable)'"
    let status = system("{ \(compile) && '\(executable)'; } > '\(log.path)' 2>&1")
    return (status, try String(contentsOf: log, encoding: .utf8))
  }
}
