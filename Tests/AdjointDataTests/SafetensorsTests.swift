import AdjointArray
import Foundation
import Testing

@testable import AdjointData

private func file(_ bytes: [UInt8]) throws -> SafetensorsFile {
  try SafetensorsFile(bytes, name: "t.safetensors")
}

/// A file of this header and so many zeros of data.
private func safetensors(_ header: String, _ dataSize: Int = 0) -> [UInt8] {
  littleEndian(header.utf8.count, 8) + Array(header.utf8) + [UInt8](repeating: 0, count: dataSize)
}

private func error(_ bytes: [UInt8]) throws -> DataError {
  try #require(throws: DataError.self) { try file(bytes) }
}

/// `"name":{…}` of F32.
private func tensor(_ name: String, _ shape: String, _ begin: Int, _ end: Int) -> String {
  "\"\(name)\":{\"dtype\":\"F32\",\"shape\":\(shape),\"data_offsets\":[\(begin),\(end)]}"
}

@Suite("safetensors files")
struct SafetensorsTests {
  @Test(
    "What the Python package wrote holds what PyTorch says", arguments: [("written", 8), ("tensors", 13)])
  func reference(_ name: String, _ count: Int) throws {
    let file = try SafetensorsFile(path: ReferenceArray.path(name + ".safetensors"))
    let expected = try ReferenceArray.contents(of: name + ".safetensors")
    #expect(expected.count == count)
    #expect(Set(file.tensors.map(\.name)) == Set(expected.map(\.name)))
    for expected in expected { #expect(try expected.matches(file[expected.name]), "\(expected.name)") }
    #expect(file.metadata == (name == "written" ? ["format": "pt"] : ["a": "1", "ü\n": "\""]))
  }

  @Test("What is written is byte for byte what the Python package writes")
  func sameBytes() throws {
    let bytes = try File.read(ReferenceArray.path("written.safetensors"))
    #expect(try file(bytes).bytes(for: "t") == bytes)
  }

  @Test("The files in the package's own tests: no tensors, metadata alone, padding with spaces")
  func published() throws {
    // safetensors/src/tensor.rs, test_empty and test_serialization_forced_alignement.
    let empty: [UInt8] = [8, 0, 0, 0, 0, 0, 0, 0] + Array("{}      ".utf8)
    #expect(try SafetensorsFile([]).bytes(for: "t") == empty)
    #expect(try file(empty).tensors.isEmpty)
    let metadata = [40, 0, 0, 0, 0, 0, 0, 0] + Array("{\"__metadata__\":{\"framework\":\"pt\"}}     ".utf8)
    #expect(try SafetensorsFile([], metadata: ["framework": "pt"]).bytes(for: "t") == metadata)
    #expect(try file(metadata).metadata == ["framework": "pt"])
    let array = try NDArray([0, 1, 2, 3, 4, 5] as [Float], shape: [1, 1, 2, 3])
    let header = Array(
      "{\"attn0\":{\"dtype\":\"F32\",\"shape\":[1,1,2,3],\"data_offsets\":[0,24]}}       ".utf8)
    let data: [UInt8] = [0, 0, 0, 0, 0, 0, 128, 63, 0, 0, 0, 64, 0, 0, 64, 64, 0, 0, 128, 64, 0, 0, 160, 64]
    let padded = [72, 0, 0, 0, 0, 0, 0, 0] + header + data
    #expect(try SafetensorsFile([("attn0", array)]).bytes(for: "t") == padded)
    #expect(try file(padded)["attn0"] == array)
  }

  @Test("Arrays come back from a file, the widest types first and otherwise in order, each element aligned")
  func files() throws {
    let tensors = [
      (name: "flags", array: NDArray([true, false, true])), (name: "b", array: NDArray([1, 2] as [Float])),
      (name: "count", array: NDArray(7 as Int64)), (name: "a", array: NDArray([3] as [Float])),
      (name: "", array: NDArray([0.5] as [Double])), (name: "i", array: NDArray([-1] as [Int32])),
      (name: "none", array: NDArray(zeros: [2, 0])),
      (name: "\u{1}\"\\/\u{1F600}", array: NDArray(1 as Float)),
    ]
    let metadata = ["key": "value", "\t": "\u{7F}\u{0}"]
    try withTemporaryFolder { (folder) throws in
      try SafetensorsFile(tensors, metadata: metadata).write(to: folder + "/t")
      let file = try SafetensorsFile(path: folder + "/t")
      #expect(
        file.tensors.map(\.name) == ["count", "", "b", "a", "none", "\u{1}\"\\/\u{1F600}", "i", "flags"])
      for (name, array) in tensors { #expect(try file[name] == array) }
      #expect(file.metadata == metadata)
      let bytes = try File.read(folder + "/t")
      #expect(bytes[0] % 8 == 0)
      #expect(bytes.suffix(3) == [1, 0, 1])
    }
  }

  @Test("Names that the format cannot hold are refused")
  func names() throws {
    let array = NDArray(1 as Float)
    let error = { (names: [String]) in
      try #require(throws: DataError.self) {
        try SafetensorsFile(names.map { (name: $0, array: array) }).write(
          to: "/nowhere/t")
      }
    }
    #expect(try error(["a", "a"]) == .repeatedArray(file: "/nowhere/t", name: "a"))
    #expect(
      try error(["__metadata__"])
        == .unusableName(
          file: "/nowhere/t", name: "__metadata__", reason: "the format keeps it for metadata"))
  }

  @Test("A tensor that is not there is an error that names a similar one")
  func missing() throws {
    #expect(
      throws: DataError.unknownArray(
        file: "t.safetensors", name: "layer.wieght", names: ["layer.weight"], hint: "layer.weight")
    ) { try file(safetensors("{\(tensor("layer.weight", "[1]", 0, 4))}", 4))["layer.wieght"] }
  }

  @Test("The header in other words: keys in any order, spaces, escapes")
  func otherHeaders() throws {
    let text = """
      { "\\u0061\\u00e9\\uD83D\\uDE00\\n\\/" : { "data_offsets" : [ 4 , 8 ] ,
      \t"shape" : [ ] , "dtype" : "F32" } , "b":{"shape":[1,1],"dtype":"F32","data_offsets":[0,4]},
      "empty":{"dtype":"F64","shape":[3,0],"data_offsets":[4,4]}, "__metadata__":{ } }\r\n
      """
    let file = try file(safetensors(text, 8))
    #expect(file.tensors.map(\.name) == ["b", "empty", "aé😀\n/"])
    #expect(file.tensors.map(\.array.shape) == [[1, 1], [3, 0], []])
  }

  /// What is wrong with a file, and what the error says.
  private static let faults: [(bytes: [UInt8], problem: String)] = [
    ([], "it is empty"),
    ([1, 0, 0], "it ends after 3 bytes"),
    (
      littleEndian(100_000_001, 8),
      "it begins with a length of 100000001, and headers have at most 100000000 bytes"
    ),
    (
      littleEndian(-1, 8),
      "it begins with a length of 18446744073709551615, and headers have at most 100000000 bytes"
    ),
    (littleEndian(3, 8) + Array("{}".utf8), "it ends within its header of 3 bytes"),
    (littleEndian(0, 8), "its header does not begin with '{'"),
    (safetensors(" {}"), "its header does not begin with '{'"),
    (littleEndian(3, 8) + [0x7B, 0xFF, 0x7D], "its header is not UTF-8"),
    (safetensors("{"), "a string is expected (byte 1 of its header)"),
    (safetensors("{\"a"), "a string is never closed (byte 3 of its header)"),
    (safetensors("{\"a\n\":1}"), "there is a control character in a string (byte 4 of its header)"),
    (safetensors("{\"\\x\":1}"), "an escape in a string is unknown (byte 4 of its header)"),
    (safetensors("{\"\\u00g0\":1}"), "an escape in a string is unknown (byte 7 of its header)"),
    (safetensors("{\"\\ud800\":1}"), "there is half a character in a string (byte 9 of its header)"),
    (safetensors("{\"\\ud800\\u0041\":1}"), "there is half a character in a string (byte 14 of its header)"),
    (safetensors("{\"\\udc00\":1}"), "there is half a character in a string (byte 8 of its header)"),
    (safetensors("{\"a\" 1}"), "':' is expected (byte 5 of its header)"),
    (safetensors("{\"a\":1}"), "an object is expected (byte 5 of its header)"),
    (safetensors("{\"a\":{\"x\":1}}"), "'a' has the key 'x' (byte 10 of its header)"),
    (safetensors("{\"a\":{}}"), "'a' lacks a dtype, a shape or two data_offsets (byte 7 of its header)"),
    (safetensors("{\"a\":{\"dtype\":1}}"), "a string is expected (byte 14 of its header)"),
    (safetensors("{\"a\":{\"shape\":1}}"), "an array is expected (byte 14 of its header)"),
    (
      safetensors("{\"a\":{\"shape\":[-1]}}"),
      "a whole number of at least 0 is expected (byte 15 of its header)"
    ),
    (
      safetensors("{\"a\":{\"shape\":[01]}}"),
      "a whole number of at least 0 is expected (byte 15 of its header)"
    ),
    (safetensors("{\"a\":{\"shape\":[1.5]}}"), "',' or ']' is expected (byte 16 of its header)"),
    (
      safetensors("{\"a\":{\"shape\":[1,]}}"),
      "a whole number of at least 0 is expected (byte 17 of its header)"
    ),
    (
      safetensors("{\"a\":{\"shape\":[99999999999999999999]}}"),
      "a number is too large to be counted (byte 15 of its header)"
    ),
    (
      safetensors("{\"a\":{\"shape\":[4294967296,4294967296]}}"),
      "no memory holds an array of its extents [4294967296,4294967296] (byte 37 of its header)"
    ),
    (
      safetensors("{\"a\":{\"shape\":[\([String](repeating: "1", count: 65).joined(separator: ","))]}}"),
      "there are more than 64 numbers (byte 143 of its header)"
    ),
    (
      safetensors("{\"a\":{\"data_offsets\":[0,1,2]}}"),
      "there are more than 2 numbers (byte 26 of its header)"
    ),
    (
      safetensors("{\"a\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[0]}}"),
      "'a' lacks a dtype, a shape or two data_offsets (byte 50 of its header)"
    ),
    (
      safetensors("{\(tensor("a", "[1]", 0, 4)),\(tensor("a", "[1]", 0, 4))}", 4),
      "the key 'a' is there twice (byte 57 of its header)"
    ),
    (
      safetensors("{\(tensor("a", "[1]", 0, 4)),\(tensor("\\u0061", "[1]", 0, 4))}", 4),
      "the key 'a' is there twice (byte 62 of its header)"
    ),
    (
      safetensors("{\"a\":{\"dtype\":\"F32\",\"dtype\":\"F32\"}}"),
      "the key 'dtype' is there twice (byte 27 of its header)"
    ),
    (
      safetensors("{\"__metadata__\":{\"a\":\"1\",\"a\":\"2\"}}"),
      "the key 'a' is there twice (byte 28 of its header)"
    ),
    (safetensors("{\"__metadata__\":{\"a\":1}}"), "a string is expected (byte 21 of its header)"),
    (safetensors("{}x"), "the end is expected (byte 2 of its header)"),
    (safetensors("{}{}"), "the end is expected (byte 2 of its header)"),
    (safetensors("{}", 1), "its tensors have 0 bytes, its data 1"),
    (safetensors("{\(tensor("a", "[1]", 0, 4))}", 3), "its tensors have 4 bytes, its data 3"),
    (safetensors("{\(tensor("a", "[1]", 0, 4))}", 5), "its tensors have 4 bytes, its data 5"),
    (
      safetensors("{\(tensor("a", "[1]", 4, 8))}", 8),
      "the data of 'a' begin at 4, not at 0 where those before end"
    ),
    (
      safetensors("{\(tensor("a", "[1]", 0, 4)),\(tensor("b", "[1]", 8, 12))}", 12),
      "the data of 'b' begin at 8, not at 4 where those before end"
    ),
    (
      safetensors("{\(tensor("a", "[2]", 0, 8)),\(tensor("b", "[1]", 4, 8))}", 8),
      "the data of 'b' begin at 4, not at 8 where those before end"
    ),
    (
      safetensors("{\(tensor("a", "[2]", 0, 4))}", 4),
      "'a', an array [2], has 8 bytes, but its data go from 0 to 4"
    ),
    (
      safetensors(
        "{\(tensor("a", "[0]", 0, 0)),\(tensor("b", "[1]", 0, -1))}".replacing("-1", with: "\(Int.max)"), 4),
      "'b', an array [1], has 4 bytes, but its data go from 0 to \(Int.max)"
    ),
    (
      safetensors("{\(tensor("a", "[1]", 4, 0))}", 4),
      "the data of 'a' begin at 4, not at 0 where those before end"
    ),
  ]

  @Test("What is no safetensors file is said to be none", arguments: faults)
  func malformed(_ bytes: [UInt8], _ problem: String) throws {
    #expect(try error(bytes) == .notSafetensors(file: "t.safetensors", problem: problem))
  }

  @Test("Types that arrays of ours do not hold are refused, with the tensor's name")
  func types() throws {
    for type in ["F8_E4M3", "F8_E5M2", "F4", "C64", "f32", ""] {
      #expect(
        try error(safetensors("{\"a\":{\"dtype\":\"\(type)\",\"shape\":[],\"data_offsets\":[0,1]}}", 1))
          == .unsupportedElement(file: "t.safetensors", found: "'\(type)' (in 'a')"))
    }
    let header = "{\"a\":{\"dtype\":\"U64\",\"shape\":[1],\"data_offsets\":[0,8]}}"
    #expect(
      try error(Array(safetensors(header)) + [UInt8](repeating: 255, count: 8))
        == .unsignedTooLarge(file: "t.safetensors/a", value: .max, index: 0))
  }

  @Test("Brackets within each other any number of times are an error like any other")
  func depth() throws {
    for text in ["{\"a\":", "[", "{\"a\":{\"shape\":["] {
      let header = "{\"a\":{\"shape\":" + String(repeating: text, count: 100_000)
      #expect(try error(safetensors(header)).kind == .notSafetensors)
    }
  }
}
