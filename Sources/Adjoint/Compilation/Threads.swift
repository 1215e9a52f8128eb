import AdjointArray
import CAdjointRuntime
import Foundation

/// The threads among which compiled code shares its work: strips of a batch, and panels of large matrix products.
///
/// They belong to the process. What is computed does not depend on how many there are, down to the last bit.
public enum Threads {
  /// How many there are, the one that calls among them: from 1 to 256. At first what the environment variable
  /// `ADJOINT_THREADS` says, else as many as the process may run at once.
  public static var count: Int {
    get {
      try? start()
      return Int(adj_thread_count())
    }
    set {
      try? start()
      adj_set_thread_count(Int32(clamping: newValue))
    }
  }

  /// The most that there can be.
  public static let most = 256

  private static let started: Result<Void, ThreadCountError> = Result { () throws(ThreadCountError) in
    adj_set_thread_count(Int32(clamping: try selected()))
  }

  /// Applies the environment, once.
  ///
  /// - Throws: ``ThreadCountError`` where `ADJOINT_THREADS` is no such number.
  static func start() throws(ThreadCountError) { try started.get() }

  /// What `ADJOINT_THREADS` says, else as many processors as the process may use.
  ///
  /// - Throws: ``ThreadCountError`` where it is no number from 1 to ``most``.
  public static func selected(environment: [String: String] = ProcessInfo.processInfo.environment)
    throws(ThreadCountError) -> Int
  {
    guard let text = environment["ADJOINT_THREADS"], !text.isEmpty else {
      return Int(adj_available_processors())
    }
    guard let count = Int(text), (1...most).contains(count) else { throw ThreadCountError(text: text) }
    return count
  }
}

/// `ADJOINT_THREADS` is no number of threads.
public struct ThreadCountError: DocumentedError, Hashable {
  let text: String

  public enum Kind: String, CaseIterable, Sendable { case invalidThreadCount }

  public var kind: Kind { .invalidThreadCount }
  public var message: String {
    "ADJOINT_THREADS=\(text) is no number of threads; give one from 1 to \(Threads.most)"
  }
}
