import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The system's, which is hidden by `File.write`.
private func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
  write(descriptor, bytes, count)
}

// Opening and writing, whatever kind of file it is and whatever signals the process gets.
extension File {
  /// Whether the program has been told to end: nobody waits for the reader of a pipe any longer then.
  private static let isInterrupted = Atomic<Bool>(false)

  /// May be called from a signal's handler, once it has been called before.
  package static func setInterrupted(_ value: Bool) { isInterrupted.store(value, ordering: .relaxed) }

  /// `open` under a descriptor that is none of the standard ones: where a program was started without them, whatever
  /// it prints would go into the file.
  static func openDescriptor(_ path: String, _ flags: Int32, _ mode: mode_t = 0o666) -> Int32 {
    let descriptor = retrying { open(path, flags | O_CLOEXEC, mode) }
    guard 0...STDERR_FILENO ~= descriptor else { return descriptor }
    let moved = fcntl(descriptor, F_DUPFD_CLOEXEC, STDERR_FILENO + 1)
    let code = errno
    close(descriptor)
    errno = code
    return moved
  }

  /// Opens what is no regular file to write to it. A pipe waits here for its reader, unless the program is to end.
  static func openStream(_ path: String, isPipe: Bool) throws(DataError) -> Int32 {
    while true {
      let descriptor = openDescriptor(path, O_WRONLY | O_NONBLOCK | O_NOCTTY)
      if descriptor >= 0 { return descriptor }
      guard isPipe, errno == ENXIO else { throw .unwritable(path: path, reason: lastError()) }
      if isInterrupted.load(ordering: .relaxed) {
        throw .unwritable(path: path, reason: "nobody reads from this pipe")
      }
      usleep(20_000)
    }
  }

  /// - Returns: whether all was written; `errno` says why not. A signal that a failing write raises ends nothing.
  static func writeAll(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
    withoutSignals {
      bytes.withUnsafeBytes { source in
        var written = 0
        var patience = 20
        while written < source.count {
          let rest = UnsafeRawBufferPointer(rebasing: source[written...])
          let count = retrying { systemWrite(descriptor, rest.baseAddress, rest.count) }
          if count >= 0 {
            written += count
            patience = 20
            continue
          }
          // A pipe whose reader is slow.
          guard errno == EAGAIN else { return false }
          var event = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
          poll(&event, 1, 100)
          if isInterrupted.load(ordering: .relaxed) { patience -= 1 }
          if patience == 0 {
            errno = EINTR
            return false
          }
        }
        return true
      }
    }
  }

  /// Writes to a stream that others may have open, too, such as standard output: it cannot be told not to wait, so that no more
  /// is written at one time than it takes at once.
  ///
  /// - Throws: ``DataError/Kind/unwritable``, also where the program is to end and nobody reads for two seconds.
  package static func write(_ text: String, to descriptor: Int32, named name: String) throws(DataError) {
    let bytes = Array(text.utf8)
    var (written, patience) = (0, 20)
    while written < bytes.count {
      var event = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
      // A closed descriptor is ready to fail.
      if poll(&event, 1, 100) != 1 {
        if isInterrupted.load(ordering: .relaxed) { patience -= 1 }
        if patience == 0 { throw .unwritable(path: name, reason: "nobody reads it") }
        continue
      }
      let end = min(bytes.count, written + 4096)
      let count = bytes[written..<end].withUnsafeBytes { systemWrite(descriptor, $0.baseAddress, $0.count) }
      if count >= 0 {
        written += count
        patience = 20
      } else if errno != EINTR && errno != EAGAIN {
        throw .unwritable(path: name, reason: lastError())
      }
    }
  }

  /// Makes sure that so many bytes can be written to a new file; what it holds is then zeros.
  ///
  /// - Returns: whether they can; `errno` says why not.
  static func reserve(_ count: Int, for descriptor: Int32) -> Bool {
    guard count > 0 else { return true }
    let isDone = withoutSignals {
      // It gives the error and sets no errno.
      var code = posix_fallocate(descriptor, 0, off_t(count))
      while code == EINTR { code = posix_fallocate(descriptor, 0, off_t(count)) }
      errno = code
      return code == 0
    }
    if isDone { return true }
    guard errno == EOPNOTSUPP || errno == EINVAL else { return false }
    var system = statvfs()
    guard fstatvfs(descriptor, &system) == 0, freeBytes(system) < UInt64(count) else { return true }
    errno = ENOSPC
    return false
  }

  /// What a program that is not the superuser's may still write to a file system.
  static func freeBytes(_ system: statvfs) -> UInt64 {
    let (free, overflow) = UInt64(system.f_bavail).multipliedReportingOverflow(by: UInt64(system.f_frsize))
    return overflow ? .max : free
  }

  /// Lets a new name in a folder reach the disk. A file is whole whether or not its name has, so a failure is none.
  static func synchronizeDirectory(_ path: String) {
    let descriptor = openDescriptor(path, O_RDONLY)
    guard descriptor >= 0 else { return }
    fsync(descriptor)
    close(descriptor)
  }

  /// What is in a folder; nothing where it cannot be read.
  static func names(in folder: String) -> [String] {
    guard let entries = opendir(folder) else { return [] }
    defer { closedir(entries) }
    var names: [String] = []
    while let entry = readdir(entries) {
      names.append(
        withUnsafePointer(to: &entry.pointee.d_name) {
          $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        })
    }
    return names
  }

  /// Runs `body` such that a pipe without a reader, or a file beyond the greatest size, is an error of the call and ends no
  /// process: a library cannot decide for its program what these signals do.
  private static func withoutSignals(_ body: () -> Bool) -> Bool {
    #if os(Linux)
      var (signals, before, pending) = (sigset_t(), sigset_t(), sigset_t())
      sigemptyset(&signals)
      sigpending(&pending)
      for number in [SIGPIPE, SIGXFSZ] where sigismember(&pending, number) == 0 {
        sigaddset(&signals, number)
      }
      pthread_sigmask(SIG_BLOCK, &signals, &before)
      let isDone = body()
      let code = errno
      if !isDone {
        var now = timespec()
        while sigtimedwait(&signals, nil, &now) > 0 {}
      }
      pthread_sigmask(SIG_SETMASK, &before, nil)
      errno = code
      return isDone
    #else
      return body()
    #endif
  }

  /// Where a path leads through links, also where there is nothing yet.
  static func followingLinks(_ path: String) -> String {
    var path = path
    for _ in 0..<40 {
      var buffer = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
      let count = readlink(path, &buffer, buffer.count - 1)
      guard count > 0 else { break }
      let link = String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
      path = link.hasPrefix("/") ? link : "\(directory(of: path))/\(link)"
    }
    return path
  }

  /// The folder `run` for `run/`, `run//` and `run/.`, whatever it is a link to.
  package static func withoutTrailingSlashes(_ path: String) -> String {
    var path = path
    while path.utf8.count > 1, path.hasSuffix("/") || path.hasSuffix("/.") { path.removeLast() }
    return path
  }

  /// A path that does not depend on the working directory nor on links, also of what is not there yet.
  package static func absolutePath(_ path: String) -> String {
    var path = withoutTrailingSlashes(path)
    let last = name(of: path)
    if last == "." || last == ".." { return resolvingLinks(path) }
    path = followingLinks(path)
    if !path.hasPrefix("/"), let current = getcwd(nil, 0) {
      path = "\(String(cString: current))/\(path)"
      free(current)
    }
    let name = name(of: path)
    let folder = resolvingLinks(directory(of: path))
    return folder.hasSuffix("/") ? folder + name : "\(folder)/\(name)"
  }

  /// Whether two paths lead to one file, by whatever names.
  package static func isSame(_ first: String, _ second: String) -> Bool {
    var (a, b) = (stat(), stat())
    if stat(first, &a) == 0, stat(second, &b) == 0 { return a.st_dev == b.st_dev && a.st_ino == b.st_ino }
    return absolutePath(first) == absolutePath(second)
  }

  /// Which file has a name: one that replaces it is another.
  package struct Identity: Equatable, Sendable {
    private let device: UInt64
    private let number: UInt64
    private let bytes: Int64
    private let seconds: Int
    private let nanoseconds: Int

    fileprivate init(_ status: stat) {
      (device, number, bytes) = (UInt64(status.st_dev), UInt64(status.st_ino), Int64(status.st_size))
      (seconds, nanoseconds) = (status.st_mtim.tv_sec, status.st_mtim.tv_nsec)
    }
  }

  /// nil where there is no file.
  package static func identity(_ path: String) -> Identity? {
    var status = stat()
    return stat(path, &status) == 0 ? Identity(status) : nil
  }

  /// A path beside `path` whose name ends with `suffix`, shortened where a name could not be so long.
  package static func beside(_ path: String, suffix: String) -> String {
    let path = followingLinks(path)
    let folder = directory(of: path)
    let longest = pathconf(folder, Int32(_PC_NAME_MAX))
    var name = Array(File.name(of: path).utf8)
    let room = max(8, (longest > 0 ? longest : 255) - suffix.utf8.count)
    if name.count > room {
      // Not within a character: its first byte is none of 10xxxxxx.
      var end = room
      while end > 0, name[end] & 0xC0 == 0x80 { end -= 1 }
      name.removeLast(name.count - end)
    }
    let start = path.contains("/") ? (folder == "/" ? "/" : folder + "/") : ""
    return start + String(decoding: name, as: UTF8.self) + suffix
  }
}
