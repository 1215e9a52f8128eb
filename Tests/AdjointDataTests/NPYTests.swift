import AdjointArray
import Foundation
import Testing

@testable import AdjointData

/// A file of this header, version 1.0, and these elements.
private func npy(_ header: String, _ elements: [UInt8] = []) -> [UInt8] {
  [0x93] + Array("NUMPY".utf8) + [1, 0] + littleEndian(header.utf8.count, 2) + Array(header.utf8) + elements
}

private func header(_ shape: String, type: String = "'<f4'", order: String = "False") -> String {
  "{'descr': \(type), 'fortran_order': \(order), 'shape': \(shape), }\n"
}

private func array(_ bytes: [UInt8]) throws -> NDArray { try NPYFile(bytes[...], name: "t.npy").array }

private func error(_ bytes: [UInt8]) throws -> DataError {
  try #require(throws: DataError.self) { try array(bytes) }
}

@Suite("NumPy's .npy files")
struct NPYTests {
  @Test("What NumPy wrote holds what NumPy says, in every type, version and order")
  func reference() throws {
    let files = try ReferenceArray.npyFiles().filter { $0.array.type != "refused" }
    #expect(files.count == 50)
    for (expected, bytes) in files {
      #expect(try expected.matches(array(bytes)), "\(expected.name)")
    }
  }

  @Test("What is written is byte for byte what NumPy writes")
  func sameBytes() throws {
    let files = try ReferenceArray.npyFiles().filter { $0.array.name.hasPrefix("save") }
    #expect(files.count == 23)
    for (expected, bytes) in files {
      #expect(try NPYFile.bytes(of: array(bytes)) == bytes, "\(expected.name)")
    }
  }

  @Test("What has no numbers or booleans is refused by the name that NumPy gives it")
  func refused() throws {
    let found: [String: String] = [
      "objects": "'|O' (Python objects)", "structures": "a list of fields (structures)",
      "complex": "'<c8' (complex numbers)", "text": "'<U2' (text)", "bytes": "'|S2' (text)",
      "dates": "'<M8[D]' (dates)", "void": "'|V3' (structures)", "long double": "'<f16'",
      "names beyond Latin-1": "a list of fields (structures)",
    ]
    let files = try ReferenceArray.npyFiles().filter { $0.array.type == "refused" }
    #expect(files.count == found.count + 1)
    for (file, bytes) in files {
      if let text = found[file.name] {
        #expect(try error(bytes) == .unsupportedElement(file: "t.npy", found: text))
      } else {
        #expect(try error(bytes) == .unsignedTooLarge(file: "t.npy", value: 1 << 63, index: 1))
      }
    }
  }

  @Test("Headers in other words: keys in any order, double quotes, no spaces, Python 2's long integers")
  func otherHeaders() throws {
    let expected = NDArray([1, 2] as [Int32])
    for text in [
      "{\"shape\":(2,),\"fortran_order\":True,\"descr\":\"<i4\"}",
      "{'shape':(2L,),'descr':'<i4','fortran_order':False}",
      " { 'descr' : '<i4' , 'fortran_order' : False , 'shape' : ( 2 , ) , } \n\n",
    ] {
      #expect(try array(npy(text, [1, 0, 0, 0, 2, 0, 0, 0])) == expected, "\(text)")
    }
    #expect(try array(npy(header("(1, 1)", type: "'<u1'"), [7])) == NDArray([7] as [Int32], shape: [1, 1]))
  }

  @Test("An array comes back from a file, which is replaced")
  func files() throws {
    try withTemporaryFolder { (folder) throws in
      let path = folder + "/x.npy"
      for array in [NDArray([1.5, -2] as [Float]), NDArray(3 as Int64), NDArray(zeros: [2, 0], .bool)] {
        try array.write(npy: path)
        #expect(try NDArray(npy: path) == array)
      }
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["x.npy"])
      #expect(
        throws: DataError.unwritable(path: folder + "/a/x.npy", reason: "there is no folder \(folder)/a")
      ) { try NDArray(1 as Float).write(npy: folder + "/a/x.npy") }
    }
    #expect(throws: DataError.unreadable(path: "nowhere.npy", reason: "No such file or directory")) {
      try NDArray(npy: "nowhere.npy")
    }
  }

  /// What is wrong with a file, and what the error says.
  private static let faults: [(bytes: [UInt8], problem: String)] = [
    ([], "it is empty"),
    (Array("x,y\n1,2\n".utf8), "it does not begin with 93 NUMPY"),
    (NPYHeader.magic, "it ends after 6 bytes"),
    (NPYHeader.magic + [1], "it ends after 7 bytes"),
    (NPYHeader.magic + [4, 0, 0, 0], "version 4.0 is none of 1.0, 2.0 and 3.0"),
    (NPYHeader.magic + [1, 1, 0, 0], "version 1.1 is none of 1.0, 2.0 and 3.0"),
    (NPYHeader.magic + [1, 0, 9], "it ends within its header"),
    (NPYHeader.magic + [1, 0, 9, 0, 0], "it ends within its header"),
    (NPYHeader.magic + [2, 0, 255, 255, 255, 255, 123], "it ends within its header"),
    (npy(""), "its header is no dictionary of descr, fortran_order and shape"),
    (npy("[1]"), "its header is no dictionary of descr, fortran_order and shape"),
    (npy("{'descr"), "its header is no dictionary of descr, fortran_order and shape"),
    (npy("{'descr' '<f4'}"), "its header is no dictionary of descr, fortran_order and shape"),
    (npy("{'descr': '<f4' 'shape': (1,)}"), "its header is no dictionary of descr, fortran_order and shape"),
    (npy("{}"), "its header lacks the key 'descr'"),
    (npy("{'descr': '<f4', 'shape': (1,)}"), "its header lacks the key 'fortran_order'"),
    (npy("{'descr': '<f4', 'descr': '<f4'}"), "its header has the key 'descr' twice"),
    (npy("{'order': 'C'}"), "its header has the key 'order'"),
    (npy(header("(1,)") + "x"), "its header goes on behind its dictionary"),
    (npy(header("(1,)", order: "1")), "its fortran_order is neither True nor False"),
    (npy(header("(1)")), "its shape is not a tuple"),
    (npy(header("[1]")), "its header is no dictionary of descr, fortran_order and shape"),
    (npy(header("(-1,)")), "an extent is no whole number of at least 0"),
    (npy(header("(1.5,)")), "its header is no dictionary of descr, fortran_order and shape"),
    (npy(header("(,)")), "an extent is no whole number of at least 0"),
    (npy(header("(99999999999999999999,)")), "an extent is too large to be counted"),
    (
      npy(header("(\(Int.max), \(Int.max))")),
      "no memory holds an array of its extents [\(Int.max),\(Int.max)]"
    ),
    // A product that wraps around to 0, and one that an extent of 0 hides.
    (
      npy(header("(\(1 << 32), \(1 << 32))")),
      "no memory holds an array of its extents [4294967296,4294967296]"
    ),
    (npy(header("(0, \(1 << 62), 8)")), "no memory holds an array of its extents [0,4611686018427387904,8]"),
    (npy(header("(" + String(repeating: "1, ", count: 65) + ")")), "its shape has more than 64 extents"),
  ]

  @Test("What is no .npy file is said to be none", arguments: faults)
  func malformed(_ bytes: [UInt8], _ problem: String) throws {
    #expect(try error(bytes) == .notNPY(file: "t.npy", problem: problem))
  }

  @Test("Types that are half right are named as the file has them")
  func types() throws {
    for type in ["", "<", "f4", "|f4", "=f4", "<f3", "<i4 ", ">b8", "<f4\n<f8"] {
      let found = "'\(type.replacing("\n", with: " "))'"
      #expect(
        try error(npy(header("(1,)", type: "'\(type)'"), [0, 0, 0, 0]))
          == .unsupportedElement(file: "t.npy", found: found))
    }
  }

  @Test("A file of another size than its shape says is an error, wherever it is cut")
  func sizes() throws {
    let whole = NPYFile.bytes(of: try NDArray([1, 2, 3, 4, 5, 6] as [Float], shape: [2, 3]))
    #expect(whole.count == 152)
    for count in 128..<whole.count {
      #expect(
        try error(Array(whole.prefix(count)))
          == .wrongByteCount(file: "t.npy", shape: [2, 3], expected: 152, found: "\(count)"))
    }
    for count in 0..<128 { #expect(try error(Array(whole.prefix(count))).kind == .notNPY) }
    #expect(
      try error(whole + [0]) == .wrongByteCount(file: "t.npy", shape: [2, 3], expected: 152, found: "153"))
    // An extent of 2⁴⁸ in 88 bytes takes no memory.
    let lie = npy(header("(\(1 << 48),)", type: "'<f8'"))
    #expect(try error(lie).kind == .wrongByteCount)
  }
}
