import AdjointArray
import AdjointData
import FileMutations
import Foundation

/// Numbers at the limits of their types, as lengths in binary files.
private let numbers: [[UInt8]] = [
  [0xFF, 0xFF], [0xFF, 0xFF, 0xFF, 0xFF], [0, 0, 0, 0x80], [0x80, 0, 0, 0],
  [UInt8](repeating: 0xFF, count: 8), [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F],
]

/// Files in the repository.
func repositoryFile(_ path: String) -> URL {
  URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..").appending(path: path)
    .standardized
}

extension FileFormat {
  /// Arrays of each type in several shapes.
  private static func arrays() -> [NDArray] {
    var generator = SeededGenerator(seed: 1)
    let types: [ScalarType] = [.float32, .float64, .int32, .int64, .bool]
    let shapes: [Shape] = [[], [3], [2, 3], [0, 2], [1, 2, 2, 3]]
    return types.flatMap { type in
      shapes.map { shape in
        var array = NDArray(zeros: shape, type)
        array.withUnsafeMutableBytes { bytes in
          for index in bytes.indices { bytes[index] = UInt8(truncatingIfNeeded: generator.next()) & 1 }
        }
        return array
      }
    }
  }

  private static func choice<T>(_ list: [T], _ mutator: inout FileMutator) -> T {
    list[Int.random(in: list.indices, using: &mutator.generator)]
  }

  /// The file that `write` writes.
  static func written(_ write: (String) throws -> Void) throws -> [UInt8] {
    let path = temporaryFolder.appending(path: "adjoint-\(UUID().uuidString)").path
    defer { unlink(path) }
    try write(path)
    return try File.read(path)
  }

  /// The arrays of a file whose format is told by its first bytes, as rows of a table where they can be.
  ///
  /// - Throws: ``DataError``; also where it is told to be another thing, as the command line reads CSV then.
  private static func contents(of path: String) throws -> [NDArray] {
    guard let file = try ArrayFile(path: path) else {
      throw DataError.unreadable(path: path, reason: "it is no file of arrays; give one")
    }
    let stored: [StoredArray] =
      switch try file.contents() {
      case .one(let array): [array]
      case .several(let file): try file.arrays.map { try file.stored($0.name) }
      }
    guard !stored.isEmpty else { throw DataError.unreadable(path: path, reason: "it is empty; give arrays") }
    if stored[0].array.shape.rank > 1 { _ = try Table(features: stored[0], targets: stored.last) }
    return stored.map(\.array)
  }

  private static func npyFiles() throws -> [[UInt8]] {
    let fixture = repositoryFile("Tests/AdjointDataTests/Reference/npy.txt")
    let others = try String(contentsOf: fixture, encoding: .utf8).split(separator: "\n").compactMap {
      $0.split(separator: "\t", omittingEmptySubsequences: false).last.flatMap {
        Data(base64Encoded: String($0))
      }
    }
    return try arrays().map { array in try written { try array.write(npy: $0) } } + others.map(Array.init)
  }

  private static let npyPieces =
    byteStrings(
      "99", "(", ")", "'", ",", "True", "<i8", ">f2", "|O", "9999999999999999", "281474976710656,", "}", "-",
      "(0, 9223372036854775807, 9223372036854775807)", "4294967296, 4294967296,", "'shape': ", "\0", "\u{e9}")
    + numbers

  package static func npy() throws -> FileFormat {
    let originals = try npyFiles()
    return FileFormat(
      name: "npy", ratio: 8,
      damage: { mutator in
        var bytes = choice(originals, &mutator)
        mutator.mutate(&bytes)
        return (bytes, mutator.way())
      },
      reading: { way in
        { path in
          let array = try way.isMultiple(of: 2) ? contents(of: path)[0] : NDArray(npy: path)
          return { _ = array.doubles }
        }
      }, pieces: npyPieces, originals: originals.map { ($0, [0, 1]) })
  }

  package static func npz() throws -> FileFormat {
    let inner = try npyFiles()
    let files = try ["arrays", "compressed", "streamed", "wide"].map {
      try File.read(repositoryFile("Tests/AdjointDataTests/Reference/\($0).npz").path)
    }
    let signatures: [[UInt8]] = [[3, 4], [1, 2], [5, 6], [6, 6], [6, 7]].map { [0x50, 0x4B] + $0 }
    return FileFormat(
      name: "npz", ratio: 4 * 1032,
      damage: { mutator in
        var bytes: [UInt8]
        if mutator.isOne(in: 2) {
          // An archive that is whole, with damaged files.
          var writer = ZipWriter(limit: mutator.isOne(in: 4) ? 0 : 1 << 32)
          for index in 0..<Int.random(in: 1...3, using: &mutator.generator) {
            var content = choice(inner, &mutator)
            mutator.mutate(&content)
            writer.append(
              "x\(mutator.isOne(in: 8) ? 0 : index).npy", content, compressed: mutator.isOne(in: 2))
          }
          bytes = writer.finished()
        } else {
          bytes = choice(files, &mutator)
          mutator.mutate(&bytes)
        }
        return (bytes, mutator.way())
      },
      reading: { way in
        { path in
          let arrays =
            try way.isMultiple(of: 2) ? contents(of: path) : NPZFile(path: path).arrays.map(\.array)
          return { for array in arrays { _ = array.doubles } }
        }
      }, pieces: npyPieces + signatures,
      file: { content, way in
        guard way.isPacked else { return content }
        var writer = ZipWriter()
        for (index, part) in GuidedInput.parts(content, 3).enumerated() {
          writer.append("x\(index).npy", part, compressed: way & 2 != 0)
        }
        return writer.finished()
      },
      originals: files.map { ($0, [0, 1]) }
        + stride(from: 0, to: inner.count, by: 3).map { first in
          (GuidedInput.content(Array(inner[first..<min(inner.count, first + 3)])), [0x80, 0x83])
        })
  }

  package static func idx() throws -> FileFormat {
    let originals: [[UInt8]] = [0x08, 0x09, 0x0B, 0x0C, 0x0D, 0x0E].flatMap { (type: UInt8) -> [[UInt8]] in
      let size = [0x0B: 2, 0x0C: 4, 0x0D: 4, 0x0E: 8][type] ?? 1
      return [[], [3], [2, 3], [2, 4, 4], [2, 2, 2, 3], [0, 3]].map { (extents: [UInt8]) -> [UInt8] in
        let count = extents.reduce(1) { $0 * Int($1) }
        return [0, 0, type, UInt8(extents.count)] + extents.flatMap { [0, 0, 0, $0] }
          + (0..<count * size).map { UInt8(truncatingIfNeeded: $0) }
      }
    }
    return FileFormat(
      name: "idx", ratio: 4 * 1032,
      damage: { mutator in
        var bytes = choice(originals, &mutator)
        mutator.mutate(&bytes)
        return (compressed(bytes, &mutator), mutator.way())
      },
      reading: { way in
        { path in
          let array =
            switch way % 3 {
            case 0: try NDArray(idx: path)
            case 1: try contents(of: path)[0]
            default: try NDArray(imagesIDX: path)
            }
          return { _ = array.doubles }
        }
      }, pieces: numbers + [[0, 0, 8, 3], [0, 0, 0, 0], [0, 1, 0, 0]], file: gzippedFile,
      originals: originals.map { ($0, [0, 1, 2, 0x80]) })
  }

  package static func safetensors() throws -> FileFormat {
    let all = arrays().enumerated().map { (name: "a\($0.offset)", array: $0.element) }
    let files =
      try ["written", "tensors"].map {
        try File.read(repositoryFile("Tests/AdjointDataTests/Reference/\($0).safetensors").path)
      } + [written { try SafetensorsFile(Array(all.prefix(4)), metadata: ["format": "pt"]).write(to: $0) }]
    return FileFormat(
      name: "safetensors", ratio: 64,
      damage: { mutator in
        var bytes = choice(files, &mutator)
        if mutator.isOne(in: 3) {
          mutator.mutate(&bytes)
        } else {
          changeHeader(of: &bytes, &mutator)
        }
        return (bytes, mutator.way())
      },
      reading: { _ in
        { path in
          let tensors = try SafetensorsFile(path: path).tensors
          return { for (_, array) in tensors { _ = array.doubles } }
        }
      }, pieces: jsonPieces + numbers,
      file: { content, way in way.isPacked ? safetensorsFile(content) : content },
      originals: files.map { ($0, [0]) } + files.map { (safetensorsContent($0), [0x80]) })
  }

  static let jsonPieces = byteStrings(
    "99", "\"", "\\u", "\\ud800", "\\u0000", "\\n", "[", "]", "{", "}", ",", ":", "F64", "BOOL", "I8",
    "9999999999999999", "9223372036854775807", "-", "-1", "1e400", "0.5", "null", "true", " ", "\n",
    "{\"a\":", "[[", "\"a\":0,", "\u{2028}", "\u{1F469}\u{200D}", "inf", "nan")

  /// The JSON of a safetensors file, and the rest.
  private static func safetensorsParts(_ bytes: [UInt8]) -> [[UInt8]] {
    let length = bytes[0..<8].reversed().reduce(0) { $0 << 8 | Int($1) }
    return [Array(bytes[8..<(8 + length)]), Array(bytes[(8 + length)...])]
  }

  /// A safetensors file of these parts, with the right length.
  private static func safetensorsFile(of parts: [[UInt8]]) -> [UInt8] {
    withUnsafeBytes(of: UInt64(parts[0].count).littleEndian) { Array($0) } + parts.joined()
  }

  static func safetensorsContent(_ bytes: [UInt8]) -> [UInt8] { GuidedInput.content(safetensorsParts(bytes)) }

  static func safetensorsFile(_ content: [UInt8]) -> [UInt8] {
    safetensorsFile(of: GuidedInput.parts(content, 2))
  }

  /// Changes the JSON of a safetensors file, and its length with it.
  static func changeHeader(of bytes: inout [UInt8], _ mutator: inout FileMutator) {
    var parts = safetensorsParts(bytes)
    mutator.mutate(&parts[0])
    bytes = safetensorsFile(of: parts)
  }

  private static func gzippedFile(_ content: [UInt8], _ way: UInt8) -> [UInt8] {
    way.isPacked ? gzipped(content) : content
  }

  /// In two of four cases as gzip makes it, the rest as it is; of those in one damaged once more.
  private static func compressed(_ bytes: [UInt8], _ mutator: inout FileMutator) -> [UInt8] {
    guard mutator.isOne(in: 2) else { return bytes }
    var result = gzipped(bytes)
    if mutator.isOne(in: 4) { result += gzipped([]) }
    if mutator.isOne(in: 3) { mutator.mutate(&result) }
    return result
  }

  /// RFC 1952.
  private static func gzipped(_ bytes: [UInt8]) -> [UInt8] {
    let length = { (value: Int, count: Int) in
      (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }
    // What does not become shorter goes into stored blocks.
    let stored = stride(from: 0, to: max(1, bytes.count), by: 0xFFFF).flatMap { start -> [UInt8] in
      let block = bytes[start..<min(bytes.count, start + 0xFFFF)]
      return [start + 0xFFFF >= bytes.count ? 1 : 0] + length(block.count, 2) + length(~block.count, 2)
        + block
    }
    return [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3] + (Deflate.compress(bytes) ?? stored)
      + length(Int(Deflate.checksum(bytes[...])), 4) + length(bytes.count, 4)
  }

  // MARK: - CSV

  private static let csvPieces = byteStrings(
    ",", ";", "\t", "\"", "\"\"", "\n", "\r", "\r\n", "\n\n", " ", "NaN", "inf", "-", "1e999", "1e-999",
    "99999999999999999999999", "0x10", "?", "NA", "\u{FEFF}", "\u{e9}", "e\u{301}", "\u{1F469}\u{200D}", "\0",
    "\u{2028}", "\u{85}", "red", "blue", "a", "y", "\"a\nb\"", ",,,,", "1,2,3,4\n", "0,red,1,b\n")

  /// With words, gaps and quotes, and some that users begin with. The last column is y.
  private static func csvFiles() throws -> [[UInt8]] {
    let texts = [
      "a,b,y\n1,2,0\n3,4,1\n5,6,0\n7,8.5,1\n",
      "a,color,b,y\n1,red,2,u\n2,blue,,v\n,red,3,u\n4,green,1,v\n",
      "\"a\",\"b \"\"q\"\"\",\"y\"\r\n\"1\",\"2,5\",\"x\ny\"\r\n1,2,z\r\n",
      "a;b;y\n1;2;3\n4;5;6\n", "a\tb\ty\n1\t2\t3\n", "y\n1\n2\n\n", "\u{FEFF}a,y\n1,2", "a,y\n",
    ]
    let examples = try ["iris", "wine", "diabetes"].map { name in
      let text = try String(contentsOf: repositoryFile("Examples/Data/\(name).csv"), encoding: .utf8)
      let lines = text.split(separator: "\n").prefix(12)
      let names: [Substring] = lines[0].split(separator: ",").dropLast() + ["y"]
      return names.joined(separator: ",") + "\n" + lines.dropFirst().joined(separator: "\n")
    }
    return (texts + examples).map { Array($0.utf8) }
  }

  private static func reading(_ way: UInt8) throws -> Reading {
    // One of some combinations.
    var mutator = FileMutator(seed: UInt64(way & 0x7F), pieces: [])
    let target = "y"
    let separator = choice([CSVReader.Separator.comma, .comma, .comma, .semicolon, .tab], &mutator)
    let missing = choice([MissingValues.error, .dropRow, .mean, .median, .constant(0)], &mutator)
    let categories = choice([Categories.none, .words, .words, .columns(["a"])], &mutator)
    let task = choice([nil, nil, Table.Task.regression, .binary, .multiclass], &mutator)
    let use = { (table: Table) throws in
      _ = table.features()
      _ = table.standardized().features(as: .float64)
      if table.targetName != nil { _ = try table.targets() }
      if table.count > 1 { _ = try table.split(test: 0.5, seed: 1) }
      _ = table.description
    }
    switch Int.random(in: 0..<4, using: &mutator.generator) {
    case 0:
      return { path in
        let document = try CSVReader(separator: separator).read(path: path)
        return { for row in 0..<document.rowCount { _ = try document[row: row] } }
      }
    case 1:
      return { path in
        let rows = try CSVReader(separator: separator).rows(path: path)
        while try rows.next() != nil {}
        return {}
      }
    case 2:
      let encoding = try FeatureEncoding(features: ["a"])
      let unseen = choice([UnseenCategories.error, .zeros], &mutator)
      return { path in
        let tables = try CSVTables(
          path, rows: 2, encoding: encoding, target: target, unseen: unseen, separator: separator)
        var all: [Table] = []
        while let table = try tables.next() { all.append(table) }
        return { try all.prefix(4).forEach(use) }
      }
    default:
      return { path in
        let table = try Table(
          csv: path, target: target, task: task, missing: missing, categories: categories,
          separator: separator)
        return { try use(table) }
      }
    }
  }

  package static func csv() throws -> FileFormat {
    let originals = try csvFiles()
    return FileFormat(
      // Of two bytes, `1,`, a number of eight becomes, kept in an array that grows by doubling.
      name: "csv", ratio: 64 * 1032,
      damage: { mutator in
        var bytes = choice(originals, &mutator)
        mutator.mutate(&bytes)
        return (compressed(bytes, &mutator), mutator.way())
      }, reading: reading,
      pieces: csvPieces + [[0xFF], [0xC3], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80]], file: gzippedFile,
      originals: originals.map { ($0, [0, 5, 10, 15, 20, 25, 0x80]) })
  }
}
