import Foundation
import Testing

/// Every option of every command is given what it does not expect. A new option is among them without being named here.
@Suite("Options with extreme values")
struct ExtremeOptionTests {
  private static let values = [
    "-1", "0", "1", "9223372036854775807", "4611686018427387904", "-9223372036854775808",
    "18446744073709551615",
    "nan", "inf", "-inf", "1e21", "1e308", "-1e308", "1e-320", "", " ", "-", "--", "-x", "1,,2", "0x10",
    "é\u{301}\u{1}",
    String(repeating: "9", count: 100_000), String(repeating: "(", count: 100_000),
    String(repeating: "1,", count: 50_000),
  ]

  /// All of them by `make attack-options`; otherwise some of each option's, others for each option.
  private static func values(_ index: Int) -> [String] {
    if ProcessInfo.processInfo.environment["ADJOINT_ATTACK_OPTIONS"] != nil { return values }
    return [values[index % values.count], values[(index * 7 + 3) % values.count]]
  }

  @Test(
    "end with 0, 1, 64 or, where they run on, an interruption; a mistake is one line",
    arguments: try CommandOptions.all())
  func extremes(_ command: CommandOptions) throws {
    let runner = try OptionRunner()
    var tried = 0
    for (index, option) in command.options.enumerated() {
      for value in Self.values(index) {
        let run = try runner.run(command.command, option, value)
        tried += 1
        let place = "adjoint \(command.command) --\(option) '\(value.prefix(40))': \(run.errors.prefix(300))"
        if run.wasInterrupted {
          // What trains answers; what measures need not, and is killed.
          #expect(
            run.exited
              ? [0, 1, 130].contains(run.status)
              : command.command == "bench" && [SIGINT, SIGKILL].contains(run.status),
            "\(place)")
          continue
        }
        #expect(run.exited && [0, 1, 64].contains(run.status), "\(run.status) \(place)")
        let errors = run.errors.split(separator: "\n").filter { !$0.hasPrefix("note: ") }
        #expect(run.status == 0 || errors.count == 1, "\(place)")
        #expect(
          run.status == 0 || errors.allSatisfy { $0.hasPrefix("error: ") && $0.utf8.count < 2000 }, "\(place)"
        )
      }
    }
    #expect(tried >= command.options.count)
  }

  @Test(
    "A value may begin with a minus: what is wrong with it is said, and not that there is none",
    arguments: try CommandOptions.all())
  func minus(_ command: CommandOptions) throws {
    let runner = try OptionRunner()
    for option in command.options {
      for value in ["-1", "-x"] {
        let run = try runner.run(command.command, option, value)
        let place = "adjoint \(command.command) --\(option) \(value): \(run.errors)"
        #expect(run.exited, "\(place)")
        #expect(!run.errors.lowercased().contains("missing value"), "\(place)")
        #expect(!run.errors.lowercased().contains("unknown option"), "\(place)")
        if run.status == 64, !run.errors.isEmpty {
          #expect(run.errors.contains("--" + option) || run.errors.contains("'\(value)'"), "\(place)")
        }
      }
    }
  }

  @Test("An option behind another one is no value")
  func lackingValues() throws {
    for option in ["--layers", "--epochs", "--categories", "--missing"] {
      let run = try adjoint("train", "--data", "x.csv", option, "--target", "y")
      #expect(
        run.status == 64 && run.errors.lowercased().contains("missing value for '\(option)"), "\(run.errors)")
    }
  }

  @Test("Expressions may begin with a minus, also behind options")
  func expressions() throws {
    for arguments in [
      ["-x^2"], ["-x^2", "--at", "x=-1"], ["--at", "x=-1", "-x^2"], ["--wrt", "x", "-x^2"],
    ] {
      let run = try adjoint(["diff"] + arguments)
      #expect(run.status == 0 && run.output.contains("-x - x"), "\(arguments) \(run.errors)")
    }
    let point = try adjoint("diff", "x^2", "--at", "-3")
    #expect(point.status == 64 && point.errors.contains("'-3'"), "\(point.errors)")
  }
}
