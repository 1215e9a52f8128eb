import Adjoint
import ArgumentParser
import Glibc

/// Ctrl-C, and what systems send to end a program: the first signal ends a training in good order, a second one the program.
enum Interrupt {
  /// Cancelled by the first signal from the first use on.
  static let cancellation: Cancellation = {
    // Made before a handler could ask for it.
    let cancellation = installed
    for number in [SIGINT, SIGTERM, SIGHUP] {
      Glibc.signal(number) { number in
        Interrupt.received = number
        Interrupt.installed.cancel()
        Glibc.signal(number, SIG_DFL)
      }
    }
    return cancellation
  }()

  private static let installed = Cancellation()
  /// Written by the handler once, and read when the training has ended.
  private nonisolated(unsafe) static var received = SIGINT

  /// As shells report a program that ended by that signal.
  static var exitCode: ExitCode { ExitCode(128 + received) }
}
