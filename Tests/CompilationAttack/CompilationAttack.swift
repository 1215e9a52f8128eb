import Adjoint
import Glibc

/// A program that has others compile for it, as hosts do, under whatever limits it is started.
///
///     adjoint-attack tiny COUNT         compile COUNT texts and functions by TinyCC, and run them
///     adjoint-attack system COMPILER    compile one text by this compiler of the system
///
/// It says `started` first. Its exit status is 0 where all that was compiled is right and all that was not has an error of
/// one line, which it prints; and 2 where something is wrong.
@main struct CompilationAttack {
  static func main() {
    // Without asking for memory: where there is none, this says that the program had started.
    let greeting: StaticString = "started\n"
    _ = Glibc.write(STDOUT_FILENO, greeting.utf8Start, greeting.utf8CodeUnitCount)
    let arguments = CommandLine.arguments
    switch arguments.dropFirst().first {
    case "tiny": tiny(count: Int(arguments.last ?? "") ?? 1)
    case "system": system(SystemCompiler(path: arguments.last ?? ""))
    default: exit(64)
    }
  }

  /// Texts that are short and long, right and wrong, and functions by turns.
  private static func tiny(count: Int) {
    var counts = (compiled: 0, refused: 0)
    var last = ""
    for number in 0..<count {
      do {
        switch number % 16 == 15 ? -1 : number % 4 {
        case -1: check(try chain(of: 2_000) > 0)
        case 0: check(try value(of: text(number, functions: 1)) == Double(2 + number))
        case 1: check(try value(of: text(number, functions: 200)) == Double(2 + number))
        case 2:
          check(try Function(.float64) { x in x * x + Double(number) }.compiled()(2) == Double(4 + number))
        default:
          _ = try value(of: "double f(double x) { return y; }")
          check(false)
        }
        counts.compiled += 1
      } catch CompilationError.invalidSource(_, "'y' undeclared", _) {
        counts.compiled += 1
      } catch {
        last = "\(error)"
        check(!last.contains("\n"))
        counts.refused += 1
      }
    }
    print("\(counts.compiled) compiled, \(counts.refused) refused \(last)")
  }

  private static func text(_ number: Int, functions: Int) -> String {
    (1..<functions).map { "double f\($0)(double x) { return x * \($0) + x / (x + \($0)); }\n" }.joined()
      + "double f(double x) { return x + \(number); }\n"
  }

  /// A function of many operations, each of which reads the one before, and its derivative, at 1.
  private static func chain(of operations: Int) throws -> Double {
    let function = try Function(.float64) { x in (0..<operations).reduce(x) { y, _ in y / (1 + y) } }
    return try function.derivative().compiled()(1)
  }

  private static func value(of source: String) throws -> Double {
    let code = try TinyCC.compile(source, exporting: ["f"])
    let function = unsafeBitCast(
      try code.address(of: "f"), to: (@convention(c) (Double) -> Double).self)
    return withExtendedLifetime(code) { function(2) }
  }

  private static func system(_ compiler: SystemCompiler) {
    // Who starts this from a thread of Dispatch leaves them blocked.
    var signals = sigset_t()
    sigemptyset(&signals)
    pthread_sigmask(SIG_SETMASK, &signals, nil)
    do {
      _ = try compiler.compile("double f(double x) { return x; }\n", exporting: ["f"])
      print("compiled")
    } catch {
      print("\(error)")
    }
  }

  private static func check(_ isRight: Bool) {
    if !isRight { exit(2) }
  }
}
