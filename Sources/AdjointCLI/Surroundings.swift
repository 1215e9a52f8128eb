import Glibc

/// What a process may find around it when it starts.
enum Surroundings {
  /// Takes care that results are never lost to a closed stream.
  static func settle() {
    // Else the first files that are opened would get these numbers, and be printed into. What stands for them fails: nobody
    // takes a result for written.
    for descriptor in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] where fcntl(descriptor, F_GETFD) < 0 {
      _ = open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY)
    }
    // A reader that goes, and a file that may not grow, are errors of the write: the training behind them is saved.
    for number in [SIGPIPE, SIGXFSZ] { signal(number, SIG_IGN) }
    // Swift's report of a crash takes it for one, and goes on; who starts this program from a thread of Dispatch blocks it.
    signal(SIGQUIT, SIG_DFL)
    var quit = sigset_t()
    sigemptyset(&quit)
    sigaddset(&quit, SIGQUIT)
    pthread_sigmask(SIG_UNBLOCK, &quit, nil)
  }
}
