import Adjoint
import Foundation
import Testing

/// `adjoint dump`
@Suite struct DumpTests {
  private func dump(_ arguments: String...) throws -> String {
    let run = try adjoint(["dump"] + arguments)
    #expect(run.status == 0 && run.errors.isEmpty, "\(run.errors)")
    return run.output
  }

  @Test func graphsReadBack() throws {
    let options = ["--inputs", "3", "--outputs", "2", "--batch", "4", "--layers", "5"]
    let forward = try Graph(parsing: try adjoint(["dump", "--stage", "graph"] + options).output)
    #expect(forward.outputs.map(\.name) == ["cost", "loss", "metric"])
    #expect(forward.arguments(of: .parameter).map(\.argument.name).count == 4)
    #expect(forward.arguments(of: .state).isEmpty)
    let step = try Graph(parsing: try adjoint(["dump", "--stage", "gradient"] + options).output)
    // Adam keeps two arrays for each of the four parameters.
    #expect(step.arguments(of: .state).count == 8)
    #expect(step.outputs.count { $0.replaces != nil } == 12)
  }

  @Test func cInBothDialects() throws {
    let options = ["--inputs", "30", "--outputs", "1", "--task", "binary", "--layers", "64", "--stage", "c"]
    let tile = try adjoint(["dump"] + options)
    #expect(tile.output.contains("adj_gemm_f32(") && !tile.output.contains("#include"))
    let portable = try adjoint(["dump", "--dialect", "portable"] + options)
    #expect(portable.output.contains("#include <math.h>") && !portable.output.contains("adj_"))
  }

  @Test func portableCCompilesWithTheSystemsCompiler() throws {
    let c = try dump(
      "--inputs", "4", "--outputs", "3", "--batch", "5", "--layers", "6", "--dialect", "portable")
    let code = try SystemCompiler.find().compile(c, exporting: ["step"], flags: ["-Wall", "-Werror"])
    #expect(code.byteCount > 0)
  }

  @Test func kernelsShowTheirShapes() throws {
    let text = try dump(
      "--inputs", "3", "--outputs", "1", "--batch", "4", "--layers", "none", "--stage", "kernels")
    // x·w [4,3]·[3,1] and its derivative by w, 2·m·n·k FLOPs each.
    #expect(text.contains("4x1, k 3") && text.contains("3x1, k 4, Aᵀ"))
    #expect(text.contains("arena: ") && text.contains("lower bound"))
    // Forward, each + − × ÷ of an element one: x·w 24 and + b 4; z − t 4, its square 4, their mean 3 + 1.
    #expect(text.contains("forward 40 FLOPs, backward 35, update 58, whole step 133"))
  }

  @Test func whatToShowMustBeClear() throws {
    for arguments in [
      ["dump"], ["dump", "--inputs", "3"], ["dump", "m.adj", "--inputs", "3", "--outputs", "1"],
    ] {
      let run = try adjoint(arguments)
      #expect(run.status == 64 && run.output.isEmpty && run.errorLines.count == 1, "\(run.errors)")
    }
  }

  @Test func filesAreWritten() throws {
    let scratch = try Scratch()
    let run = try adjoint("dump", "--inputs", "3", "--outputs", "1", "--out", scratch.path("step.c"))
    #expect(run.status == 0 && run.output.isEmpty)
    #expect(try String(contentsOfFile: scratch.path("step.c"), encoding: .utf8).contains("int step("))
    #expect(try scratch.names == ["step.c"])
  }
}
