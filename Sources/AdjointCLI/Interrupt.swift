import Adjoint
import Glibc

/// Ctrl-C: the first one ends a training in good order, a second one the program.
enum Interrupt {
  /// Cancelled by SIGINT from the first use on.
  static let cancellation: Cancellation = {
    // Made before the handler could ask for it.
    let cancellation = installed
    signal(SIGINT) { _ in
      Interrupt.installed.cancel()
      signal(SIGINT, SIG_DFL)
    }
    return cancellation
  }()

  private static let installed = Cancellation()
}
