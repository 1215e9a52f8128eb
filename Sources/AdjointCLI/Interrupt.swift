import Adjoint
import ArgumentParser
import Glibc

/// Ctrl-C, and what systems send to end a program: the first signal ends a training in good order, a second one the program.
enum Interrupt {
  /// Cancelled by the first signal from the first use on.
  static let cancellation: Cancellation = {
    // Made before a handler could ask for it.
    let cancellation = installed
    var signals = sigset_t()
    sigemptyset(&signals)
    for number in [SIGINT, SIGTERM, SIGHUP] {
      // Under nohup the end of a terminal is none of the program's business.
      if number == SIGHUP, isIgnored(number) { continue }
      sigaddset(&signals, number)
      Glibc.signal(number) { number in
        Interrupt.received = number
        Interrupt.installed.cancel()
        Glibc.signal(number, SIG_DFL)
      }
    }
    // A thread of Dispatch that starts this program leaves them blocked.
    pthread_sigmask(SIG_UNBLOCK, &signals, nil)
    return cancellation
  }()

  private static func isIgnored(_ number: Int32) -> Bool {
    var action = sigaction()
    return sigaction(number, nil, &action) == 0
      && unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self)
        == unsafeBitCast(SIG_IGN, to: Int.self)
  }

  private static let installed = Cancellation()
  /// Written by the handler once, and read when the training has ended.
  private nonisolated(unsafe) static var received = SIGINT

  /// As shells report a program that ended by that signal.
  static var exitCode: ExitCode { ExitCode(128 + received) }
}
