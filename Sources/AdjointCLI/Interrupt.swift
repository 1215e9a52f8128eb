import Adjoint
import ArgumentParser
import Glibc

/// Ctrl-C, and what else ends a program from outside: the first signal ends a training in good order.
///
/// A further Ctrl-C ends the program at once, but not within a second: the end of a terminal, or a supervisor, often sends a
/// signal twice. Only Ctrl-\\ and SIGKILL end it at once in any case.
enum Interrupt {
  /// Cancelled by the first signal from the first use on.
  static let cancellation: Cancellation = {
    // Made before a handler could ask for it.
    let cancellation = installed
    File.setInterrupted(false)
    var signals = sigset_t()
    sigemptyset(&signals)
    for number in numbers {
      // Under nohup the end of a terminal is none of the program's business.
      if number == SIGHUP, isIgnored(number) { continue }
      sigaddset(&signals, number)
      Glibc.signal(number, handler)
    }
    // A thread of Dispatch that starts this program leaves them blocked.
    pthread_sigmask(SIG_UNBLOCK, &signals, nil)
    return cancellation
  }()

  /// From people, supervisors and batch systems; SIGXCPU is a limit of processor time.
  private static let numbers = [
    SIGINT, SIGTERM, SIGHUP, SIGXCPU, SIGUSR1, SIGUSR2, SIGALRM, SIGVTALRM, SIGPROF, SIGPWR,
  ]

  private static let handler: @convention(c) (Int32) -> Void = { number in
    var now = timespec()
    clock_gettime(CLOCK_MONOTONIC, &now)
    let time = Double(now.tv_sec) + Double(now.tv_nsec) * 1e-9
    if Interrupt.received == 0 {
      (Interrupt.received, Interrupt.time) = (number, time)
      File.setInterrupted(true)
      Interrupt.installed.cancel()
    } else if number == SIGINT, time - Interrupt.time > 1 {
      Glibc.signal(SIGINT, SIG_DFL)
      raise(SIGINT)
    }
  }

  private static func isIgnored(_ number: Int32) -> Bool {
    var action = sigaction()
    return sigaction(number, nil, &action) == 0
      && unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self)
        == unsafeBitCast(SIG_IGN, to: Int.self)
  }

  private static let installed = Cancellation()
  /// The first signal and when it came. Written by the handler, and read when the training has ended.
  private nonisolated(unsafe) static var received: Int32 = 0
  private nonisolated(unsafe) static var time = 0.0

  /// Whether a signal has come.
  static var isReceived: Bool { received != 0 }

  /// As shells report a program that ended by that signal.
  static var exitCode: ExitCode { ExitCode(128 + received) }

  /// Ends a command that has not begun its work, in good order: nothing is left that it made.
  static func check() throws { if isReceived { throw exitCode } }
}
