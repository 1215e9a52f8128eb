#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// What the system says of memory. Where it says nothing, there are no bounds.
enum SystemMemory {
  /// For each bound that there is, how many bytes it leaves.
  static func left() -> [(bytes: Int, bound: MemoryError.Bound)] {
    var result: [(bytes: Int, bound: MemoryError.Bound)] = []
    #if os(Linux)
      let used = pages()
      if let limit = softLimit(of: addressSpace) { result.append((limit - used.size, .addressSpace)) }
      if let limit = softLimit(of: dataSize) { result.append((limit - used.data, .dataSize)) }
      for group in ControlGroup.all { if let left = group.left { result.append((left, .container)) } }
      if let kibibytes = ProcessFile("/proc/meminfo")?.number(behind: "MemAvailable:") {
        result.append((kibibytes << 10, .machine))
      }
    #endif
    return result
  }

  /// The bytes that belong to this process alone and are in memory.
  static func inUse() -> Int {
    let used = pages()
    return max(0, used.resident - used.shared)
  }

  /// Whether the process may have so many bytes more: address space, that is, which need not be in memory.
  static func gives(_ byteCount: Int) -> Bool {
    guard byteCount > 0 else { return true }
    let memory = mmap(nil, byteCount, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    guard memory != MAP_FAILED else { return false }
    munmap(memory, byteCount)
    return true
  }

  static func allocated(_ byteCount: Int, alignment: Int) -> UnsafeMutableRawPointer? {
    var memory: UnsafeMutableRawPointer?
    return posix_memalign(&memory, alignment, byteCount) == 0 ? memory : nil
  }

  static func free(_ memory: UnsafeMutableRawPointer) {
    #if canImport(Glibc)
      Glibc.free(memory)
    #elseif canImport(Musl)
      Musl.free(memory)
    #elseif canImport(Darwin)
      Darwin.free(memory)
    #endif
  }

  /// Of this process, in bytes: its address space, what of it is in memory, what of that is a file's, and what is its own to
  /// write, in memory or not.
  private static func pages() -> (size: Int, resident: Int, shared: Int, data: Int) {
    // proc(5): size resident shared text lib data dt, in pages.
    guard let numbers = ProcessFile("/proc/self/statm")?.numbers, numbers.count >= 6 else {
      return (0, 0, 0, 0)
    }
    let page = Int(getpagesize())
    return (numbers[0] * page, numbers[1] * page, numbers[2] * page, numbers[5] * page)
  }

  #if os(Linux)
    /// `RLIMIT_DATA` and `RLIMIT_AS`, which C libraries import under different types.
    private static let (dataSize, addressSpace): (Int32, Int32) = (2, 9)

    private static func softLimit(of resource: Int32) -> Int? {
      var limits = rlimit()
      guard getrlimit(resource, &limits) == 0 else { return nil }
      return Int(exactly: limits.rlim_cur)
    }
  #endif
}

/// A control group that bounds the memory of this process, and of others in it.
struct ControlGroup {
  private let limit: String
  private let usage: String
  private let statistics: String
  /// Of the page cache, which goes where memory is needed.
  private let cached: [StaticString]

  /// Those that say anything, of version 1 or 2: the process's own and the ones around it.
  static let all = groups(
    listed: ProcessFile("/proc/self/cgroup")?.text ?? "", mounted: "/sys/fs/cgroup")

  /// - Parameters:
  ///   - text: the list of a process's groups.
  ///   - root: where they are mounted.
  static func groups(listed text: String, mounted root: String) -> [ControlGroup] {
    var result: [ControlGroup] = []
    for line in text.split(separator: "\n") {
      // cgroups(7): hierarchy-ID:controller-list:cgroup-path.
      let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard parts.count == 3 else { continue }
      let isSecond = parts[0] == "0" && parts[1].isEmpty
      guard isSecond || parts[1].split(separator: ",").contains("memory") else { continue }
      let mounts = isSecond ? [root, root + "/unified"] : [root + "/memory"]
      // In a container the path may be that outside, and only the mount's root be there.
      var path = parts[2].split(separator: "/")
      while true {
        for mount in mounts {
          let group = ControlGroup(([mount] + path.map(String.init)).joined(separator: "/"), isSecond)
          if ProcessFile(group.limit) != nil { result.append(group) }
        }
        if path.popLast() == nil { break }
      }
    }
    return result
  }

  private init(_ folder: String, _ isSecond: Bool) {
    limit = folder + (isSecond ? "/memory.max" : "/memory.limit_in_bytes")
    usage = folder + (isSecond ? "/memory.current" : "/memory.usage_in_bytes")
    statistics = folder + "/memory.stat"
    cached = isSecond ? ["inactive_file ", "active_file "] : ["total_inactive_file ", "total_active_file "]
  }

  /// `nil` where there is no limit.
  var left: Int? {
    // "max", or more than there can be, is none.
    guard let most = ProcessFile(limit)?.numbers.first, most < 1 << 60,
      let used = ProcessFile(usage)?.numbers.first
    else { return nil }
    let file = ProcessFile(statistics)
    return most - used + cached.reduce(0) { $0 + (file?.number(behind: $1) ?? 0) }
  }
}

/// One of the small texts by which the kernel tells of itself.
private struct ProcessFile {
  private var bytes: [UInt8] = []

  init?(_ path: String) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    withUnsafeTemporaryAllocation(byteCount: 1 << 12, alignment: 1) { buffer in
      // More than any of them has.
      while bytes.count < 1 << 16 {
        let got = read(descriptor, buffer.baseAddress, buffer.count)
        if got <= 0 { break }
        bytes.append(contentsOf: UnsafeMutableRawBufferPointer(rebasing: buffer[..<got]))
      }
    }
  }

  var text: String { String(decoding: bytes, as: UTF8.self) }

  /// The numbers of a file that has no more.
  var numbers: [Int] {
    var (result, position) = ([Int](), 0)
    while let number = nextNumber(&position) { result.append(number) }
    return result
  }

  /// The number in the line that begins with `name`.
  func number(behind name: StaticString) -> Int? {
    let name = UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)
    var start = 0
    while start < bytes.count {
      var position = start
      while position < bytes.count, position - start < name.count, bytes[position] == name[position - start] {
        position += 1
      }
      if position - start == name.count { return nextNumber(&position) }
      while position < bytes.count, bytes[position] != UInt8(ascii: "\n") { position += 1 }
      start = position + 1
    }
    return nil
  }

  /// The digits behind the spaces at `position`; `nil` where there are none, or too many.
  private func nextNumber(_ position: inout Int) -> Int? {
    while position < bytes.count,
      bytes[position] == UInt8(ascii: " ") || bytes[position] == UInt8(ascii: "\n")
    {
      position += 1
    }
    let start = position
    var value = 0
    while position < bytes.count, case let digit = Int(bytes[position]) - 48, 0...9 ~= digit {
      guard value < Int.max / 16 else { return nil }
      value = 10 * value + digit
      position += 1
    }
    return position == start ? nil : value
  }
}
