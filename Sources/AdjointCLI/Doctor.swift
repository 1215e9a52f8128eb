import Adjoint
import ArgumentParser

/// `adjoint doctor`
struct Doctor: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Says whether this machine can compile and run models, and how well.",
    discussion:
      "The exit code is 1 where something would make results wrong or keep models from being compiled.")

  @Flag(help: "Print the result as one JSON object.")
  var json = false

  func run() throws {
    let report = try DoctorReport()
    try Console.print(json ? try Console.json(report) : report.text)
    if !report.isHealthy { throw ExitCode(1) }
  }
}

/// What `doctor` says.
struct DoctorReport: Encodable {
  enum Verdict: String, Encodable {
    case ok, note, bad
  }
  struct Finding: Encodable {
    let subject: String
    let verdict: Verdict
    let detail: String
  }
  let findings: [Finding]
  let isHealthy: Bool

  init() throws {
    let machine = try Machine.current()
    var findings = [
      Finding(subject: "processor", verdict: .ok, detail: "\(machine.processor), \(machine.cores) cores"),
      Self.instructionSet(try InstructionSet.selected()),
    ]
    findings.append(contentsOf: [Self.build, Self.compilation, Self.speed(try InstructionSet.selected())])
    findings += TinyCC.probe().map(Self.finding)
    findings += ["cc", "clang", "gcc"].map(Self.compiler)
    findings += [Self.native, Self.cache]
    self.findings = findings
    isHealthy = !findings.contains { $0.verdict == .bad }
  }

  var text: String {
    var table = TextTable(nil, [.left, .left, .left])
    for finding in findings { table.row(finding.verdict.rawValue, finding.subject, finding.detail) }
    return table.text
  }

  private static func instructionSet(_ selected: InstructionSet) -> Finding {
    let best = InstructionSet.best
    return Finding(
      subject: "instruction set", verdict: selected == best ? .ok : .note,
      detail: selected == best
        ? best.rawValue : "\(selected.rawValue) by ADJOINT_ISA; this processor goes up to \(best.rawValue)")
  }

  private static var build: Finding {
    #if DEBUG
      Finding(
        subject: "build", verdict: .note,
        detail: "debug: the runtime is not optimised, and several times slower; build with -c release")
    #else
      Finding(subject: "build", verdict: .ok, detail: "release")
    #endif
  }

  /// Whether C becomes code that may run.
  private static var compilation: Finding {
    do {
      let function = try Function(.float64) { x in x * x }
      let compiled = try function.compiled()
      let isRight = try compiled(3) == 9
      return Finding(
        subject: "TinyCC", verdict: isRight ? .ok : .bad,
        detail: isRight ? "compiles and runs code in this process" : "its code computes 3 * 3 wrongly")
    } catch {
      return Finding(subject: "TinyCC", verdict: .bad, detail: "\(error)")
    }
  }

  /// The speed of a matrix product, which tells an optimised runtime from another.
  private static func speed(_ set: InstructionSet) -> Finding {
    let subject = "matrix products"
    do {
      let size = 256
      let type = TensorType(.float32, [size, size])
      let product = try Function([("a", type), ("b", type)]) { [matmul($0[0], $0[1])] }.compiled()
      let matrix = NDArray(repeating: Literal(Float(0.5)), shape: type.shape)
      var best = Double.infinity
      for _ in 0..<10 {
        let time = try ContinuousClock().measure { _ = try product(matrix, matrix) }
        best = min(best, time.inSeconds)
      }
      let rate = 2 * Double(size * size * size) / best / 1e9
      // An optimised build has several times these, another less than half.
      let least: Double = set == .baseline ? 4 : 10
      return Finding(
        subject: subject, verdict: rate >= least ? .ok : .note,
        detail: "\(Format.number(rate, digits: 3)) GFLOP/s in float32, one thread"
          + (rate >= least ? "" : "; is the machine busy, or the runtime not optimised?"))
    } catch {
      return Finding(subject: subject, verdict: .bad, detail: "\(error)")
    }
  }

  private static func finding(_ probe: Probe) -> Finding {
    let detail =
      switch probe.finding {
      case .absent: "absent"
      case .present: "present; " + (probe.avoidance ?? "generated C relies on its absence")
      case .inconclusive(let error): "cannot be looked for: \(error)"
      }
    return Finding(
      subject: "fault: " + probe.name, verdict: probe.isHarmless ? .ok : .bad, detail: detail)
  }

  private static func compiler(_ name: String) -> Finding {
    do {
      return Finding(subject: "compiler \(name)", verdict: .ok, detail: try SystemCompiler.find(name).path)
    } catch {
      return Finding(
        subject: "compiler \(name)", verdict: .note, detail: "not found; only the native backend needs one")
    }
  }

  /// Whether the system's compiler makes code that can be loaded.
  private static var native: Finding {
    let subject = "native backend"
    do {
      var compiler = try SystemCompiler.optimizing()
      compiler.cache = nil
      let function = try Function(.float64) { x in x * x }
      let executable = try function.compiled(by: .system(compiler)).executable
      let time = executable.times.compile.inSeconds
      return Finding(
        subject: subject, verdict: .ok, detail: "compiles by \(compiler.path) in \(Format.time(time))")
    } catch {
      return Finding(subject: subject, verdict: .note, detail: "\(error)")
    }
  }

  private static var cache: Finding {
    let detail = CompilationCache.standard().map {
      "in \($0.directory), up to \($0.maximumBytes >> 20) MiB; ADJOINT_CACHE names another folder, or says off"
    }
    return Finding(
      subject: "native code", verdict: .ok, detail: detail.map { "kept " + $0 } ?? "nothing is kept")
  }
}
