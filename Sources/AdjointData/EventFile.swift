import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// A file of numbers over time, which TensorBoard draws while it is written: `tensorboard --logdir FOLDER`.
///
/// ```swift
/// let events = try EventFile(in: "runs/1")
/// events.add("loss/train", 0.25, step: 1)
/// try events.flush()
/// ```
///
/// Numbers are kept in memory until ``flush()``, which a training run calls after each epoch.
public final class EventFile: Sendable {
  private struct State: ~Copyable {
    var file: AppendedFile
    var pending: [UInt8]
  }

  /// Where the file is: `FOLDER/events.out.tfevents.SECONDS.HOST`, with the seconds since 1970.
  public let path: String
  private let state: Mutex<State>

  /// Makes a file of its own in `folder`, which must exist.
  ///
  /// - Throws: ``DataError/Kind/unwritable``.
  public convenience init(in folder: String) throws(DataError) {
    try self.init(in: folder, host: Self.host, wallTime: Self.now)
  }

  init(in folder: String, host: String, wallTime: Double) throws(DataError) {
    let name = "\(folder)/events.out.tfevents.\(Int64(wallTime)).\(host)"
    var created: AppendedFile? = nil
    var path = name
    // A folder may hold another file of the same second.
    for number in 1...1000 {
      created = try AppendedFile(creating: path)
      if created != nil { break }
      path = "\(name).\(number)"
    }
    guard var file = created.take() else {
      throw .unwritable(path: name, reason: "a thousand files of this second exist")
    }
    try file.append(EventRecord(wallTime: wallTime, step: 0, content: .fileVersion).bytes)
    self.path = file.path
    state = Mutex(State(file: file, pending: []))
  }

  /// Adds one point of the curve `tag`; slashes in tags group curves: `loss/train`.
  ///
  /// - Parameters:
  ///   - value: is written as float32; it may be NaN or infinite, which TensorBoard marks.
  ///   - wallTime: seconds since 1970; now where it is nil.
  public func add(_ tag: String, _ value: Double, step: Int, wallTime: Double? = nil) {
    let content = EventRecord.Content.scalar(tag: tag, value: Float(value))
    let record = EventRecord(wallTime: wallTime ?? Self.now, step: Int64(step), content: content)
    state.withLock { $0.pending += record.bytes }
  }

  /// Writes what was added since the last time, so that TensorBoard sees it.
  ///
  /// - Throws: ``DataError/Kind/unwritable``: the file is as it was, and what was added is kept for another try.
  public func flush() throws(DataError) {
    try state.withLock { (state) throws(DataError) in
      try state.file.append(state.pending)
      state.pending.removeAll(keepingCapacity: true)
    }
  }

  private static var now: Double {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }

  /// The machine's name, as a part of a file's name.
  private static var host: String {
    var name = [CChar](repeating: 0, count: 256)
    guard gethostname(&name, name.count - 1) == 0 else { return "localhost" }
    let letters = name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
    let host = String(decoding: letters, as: UTF8.self).filter { $0 != "/" }
    return host.isEmpty ? "localhost" : host
  }
}
