import Foundation
import Testing

/// A file system of a given size in memory, where the process may mount one.
final class SmallDisk {
  private let folder: Scratch
  private let place: String

  init(bytes: Int) throws {
    folder = try Scratch()
    place = folder.path("disk")
    try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
    guard mount("tmpfs", place, "tmpfs", 0, "size=\(bytes)") == 0 else {
      throw CocoaError(.fileWriteNoPermission)
    }
  }

  deinit { umount2(place, Int32(MNT_DETACH)) }

  func path(_ name: String) -> String { "\(place)/\(name)" }

  static let isAllowed = (try? SmallDisk(bytes: 1 << 16)) != nil
}
