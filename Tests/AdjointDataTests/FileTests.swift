import Foundation
import Testing

@testable import AdjointData

@Suite("A file is written whole or not at all")
struct FileTests {
  @Test("A name beside another one is shortened between characters", arguments: ["x", "é", "語", "👩"])
  func beside(character: String) {
    let count = 250 / character.utf8.count
    let name = File.name(
      of: File.beside("/tmp/" + String(repeating: character, count: count), suffix: ".interrupted"))
    #expect(name.utf8.count <= 255 && name.utf8.count > 255 - character.utf8.count)
    #expect(name.hasSuffix(character + ".interrupted"))
  }

  @Test("What is written is read back, and nothing else is left in the folder")
  func roundTrip() throws {
    try withTemporaryFolder { (folder) throws in
      let path = folder + "/model"
      let bytes = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 * 7) }
      try File.writeAtomically(bytes, to: path)
      #expect(try File.read(path) == bytes)
      try File.writeAtomically("short", to: path)
      #expect(try String(contentsOfFile: path, encoding: .utf8) == "short")
      try File.writeAtomically([UInt8](), to: path)
      #expect(try File.read(path).isEmpty)
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["model"])
    }
  }

  @Test("The old file's permissions stay, and a link stays a link")
  func permissionsAndLinks() throws {
    try withTemporaryFolder { (folder) throws in
      let (path, link) = (folder + "/model", folder + "/link")
      try File.writeAtomically("old", to: path)
      try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: path)
      try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: "model")
      try File.writeAtomically("new", to: link)
      #expect(try String(contentsOfFile: path, encoding: .utf8) == "new")
      #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link) == "model")
      #expect(
        try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int == 0o640)
    }
  }

  @Test("A name as long as the system allows is no trouble")
  func longName() throws {
    try withTemporaryFolder { (folder) throws in
      let path = folder + "/" + String(repeating: "x", count: 255)
      try File.writeAtomically("a", to: path)
      #expect(try String(contentsOfFile: path, encoding: .utf8) == "a")
    }
  }

  @Test("What a killed writer left goes with the next file, what another one writes stays")
  func abandoned() throws {
    try withTemporaryFolder { (folder) throws in
      let (dead, young) = (folder + "/.adjoint-dead.tmp", folder + "/.adjoint-young.tmp")
      for path in [dead, young] { try Data([1]).write(to: URL(filePath: path)) }
      try FileManager.default.setAttributes(
        [.modificationDate: Date(timeIntervalSinceNow: -60)], ofItemAtPath: dead)
      var file = try AtomicFile(folder + "/model")
      try file.write([2])
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder).count == 2)
      try file.commit()
      #expect(
        try FileManager.default.contentsOfDirectory(atPath: folder).sorted() == [
          ".adjoint-young.tmp", "model",
        ])
    }
  }

  @Test("A file that is not committed leaves the old one, and nothing beside it")
  func uncommitted() throws {
    try withTemporaryFolder { (folder) throws in
      try File.writeAtomically("old", to: folder + "/model")
      do {
        var file = try AtomicFile(folder + "/model")
        try file.write([2])
      }
      #expect(try File.read(folder + "/model") == Array("old".utf8))
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["model"])
    }
  }

  @Test("A path that cannot be written is named with the reason")
  func errors() throws {
    try withTemporaryFolder { (folder) throws in
      #expect(throws: DataError.unwritable(path: folder, reason: "it is a directory")) {
        try File.writeAtomically("x", to: folder)
      }
      let missing = folder + "/none/model"
      #expect(throws: DataError.unwritable(path: missing, reason: "there is no folder \(folder)/none")) {
        try File.writeAtomically("x", to: missing)
      }
      #expect(throws: DataError.self) { try File.writeAtomically("x", to: "") }
      #expect(throws: DataError.self) { try File.writeAtomically("x", to: folder + "/a\0b") }
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
    }
    #if os(Linux)
      #expect(throws: DataError.unwritable(path: "/dev/full", reason: "No space left on device")) {
        try File.writeAtomically("x", to: "/dev/full")
      }
    #endif
  }

  @Test("Where the disk ends in the middle, the old file is untouched and the temporary one is gone")
  func outOfSpace() async {
    // In a process of its own, as the limit on a file's size is the process's.
    await #expect(processExitsWith: .success) {
      try withTemporaryFolder { (folder) throws in
        let path = folder + "/model"
        try File.writeAtomically("old", to: path)
        signal(SIGXFSZ, SIG_IGN)
        var limit = rlimit(rlim_cur: 1000, rlim_max: 1000)
        #if canImport(Glibc)
          #expect(setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit) == 0)
        #else
          #expect(setrlimit(RLIMIT_FSIZE, &limit) == 0)
        #endif
        #expect(throws: DataError.unwritable(path: path, reason: "File too large")) {
          try File.writeAtomically([UInt8](repeating: 1, count: 100_000), to: path)
        }
        #expect(try File.read(path) == Array("old".utf8))
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["model"])
      }
    }
  }
}
