import Adjoint
import AdjointConfiguration
import ArgumentParser
import FileMutations
import Foundation

/// Options as `adjoint train` has them.
private struct Training: ConfigurableCommand {
  @Option var data: String?
  @Option var target: String?
  @Option var layers: String?
  @Option(name: .customLong("learning-rate")) var learningRate: Double?
  @Option var epochs: Int?
  @Option var patience: Int?
  @Flag var resume = false
}

/// And as a command that passes over what is only that one's.
private struct Searching: ConfigurableCommand {
  @Option var data: String?
  @Option var target: String?
  @Option var epochs: Int?
}

extension FileFormat {
  /// Options in YAML, as `adjoint train` and `adjoint grid` take them.
  package static func yaml() -> FileFormat {
    let originals = [
      "data: wdbc.csv\ntarget: benign\nlayers: [64, 32]\nlearning-rate: 1e-3\nresume: true\n",
      "# A comment\nlayers:\n  - 64\n  - 32\nepochs: 50 # so many\npatience: ~\ndata: \"a, b.csv\"\n",
      "{data: 'x.csv', epochs: 10, resume: no}\n", "---\ntarget: |\n  a\n  b\n...\n",
      "epochs: &e 50\npatience: *e\n",
      "!!map\ndata: !!str 5\n? epochs\n: 3\n",
    ].map { Array($0.utf8) }
    return FileFormat(
      // The tree of a text, of which a mark of four numbers and a tag are a part, for each `[`.
      name: "yaml", ratio: 4096,
      damage: { mutator in
        var bytes = originals.randomElement(using: &mutator.generator) ?? []
        mutator.mutate(&bytes)
        return (bytes, mutator.way())
      },
      reading: { way in
        { path in
          let commands: [any ConfigurableCommand.Type] = [Training.self, Searching.self]
          let read = try Configuration(path: path).reading(
            for: commands[way.isMultiple(of: 4) ? 1 : 0], among: commands)
          return { _ = read.arguments.joined() }
        }
      },
      pieces: byteStrings(
        ":", ": ", "- ", "? ", "\n", "\n  ", "\t", "[", "]", "{", "}", "{a: ", "&a ", "*a", "*e", "!!binary ",
        "!<x> ",
        "!!float ", "<<: *e\n", "<<: ", "\"", "'", "\"\\x", "\\ud800", "|\n", ">-\n", "---\n", "...\n",
        "%YAML 9.9\n", "#", "~",
        "null", "epochs: 1\n", "\0", "\u{FEFF}", "\u{85}", "\u{2028}", "? [", "[[[[[[[[", "- - - - ",
        "? ? ? ",
        "&a [*a, *a]\n", "1e999", "0x7fffffffffffffffff", ".inf") + [[0xFF], [0xC3], [0xED, 0xA0, 0x80]],
      originals: originals.map { ($0, [0, 1]) })
  }

  /// Tables of each task, one with words and gaps.
  private static func tables() throws -> [Table] {
    var generator = SeededGenerator(seed: 9)
    let features = try NDArray(
      (0..<24).map { _ in Double.random(in: -1...1, using: &generator) }, shape: [12, 2])
    let plain = try Table.Task.allCases.map { task in
      try Table(
        features: features, targets: NDArray((0..<12).map { Double($0 % (task == .binary ? 2 : 3)) }),
        task: task)
    }
    let text =
      "a,color,y\n"
      + (0..<12).map { "\($0 == 3 ? "" : "\($0)"),\(["red", "blue"][$0 % 2]),\($0 * $0)\n" }.joined()
    let prepared = try Table(
      CSVReader().read(text: text), target: "y", missing: .mean, categories: .words)
    return [plain[0], plain[1].standardized(), plain[2].minMaxScaled(), prepared.standardized()]
  }

  private static func loss(_ task: Table.Task?) -> Loss {
    switch task {
    case .binary: .binaryCrossEntropy
    case .multiclass: .softmaxCrossEntropy
    case .regression, nil: .meanSquaredError
    }
  }

  private static func trainer(for table: Table) throws -> Trainer<MLP> {
    try Trainer(
      MLP([table.featureCount, 3, table.task == .multiclass ? 3 : 1]), loss: loss(table.task),
      optimizer: .adam(),
      batchSize: 5, seed: 2, backend: .interpreter)
  }

  /// Models, most of them with a right checksum, which then predict.
  package static func model() throws -> FileFormat {
    let originals = try tables().map { table in
      let trainer = try trainer(for: table)
      try trainer.fit(table, epochs: 1, progress: .silent)
      let model = try trainer.trained()
      return (parts: ModelParts(try written { try model.save(to: $0) }), table: table)
    }
    return FileFormat(
      // A file of any size makes a graph, which is checked and analysed.
      name: "model", ratio: 4096,
      damage: { mutator in
        let index = Int.random(in: originals.indices, using: &mutator.generator)
        var parts = originals[index].parts
        for _ in 0..<Int.random(in: 1...2, using: &mutator.generator) {
          let section = Int.random(in: parts.sections.indices, using: &mutator.generator)
          if mutator.isOne(in: 2) {
            parts.mutate(section, using: &mutator.generator)
          } else {
            mutator.mutate(&parts.sections[section])
          }
        }
        if mutator.isOne(in: 30) {
          parts.lengths[Int.random(in: 0..<4, using: &mutator.generator)] = mutator.generator.next()
        }
        if mutator.isOne(in: 50) { parts.version = UInt32.random(in: 0...3, using: &mutator.generator) }
        var bytes = parts.bytes
        if mutator.isOne(in: 10) { mutator.mutate(&bytes) }
        return (bytes, UInt8(index))
      },
      reading: { way in
        let table = originals[Int(way) % originals.count].table
        return { path in
          let model = try TrainedModel(contentsOf: path)
          return { _ = try model.predictions(for: table, backend: .interpreter) }
        }
      },
      pieces: jsonPieces
        + byteStrings(
          "%0", "%1", "%99", "float64[", "float32[64,", "int64[", "[]", "graph", "return", "tanh",
          "broadcast", "reduce_sum",
          "reshape", "call", "scan", "(", ")", "=", "4611686018427387904", "281474976710656",
          "\"categories\":[\"a\"],",
          "\"fill\":1e308,", "\"degree\":9", "multiclass", "regression", "\"task\":"),
      file: { content, _ in ModelParts(version: 1, sections: GuidedInput.parts(content, 4)).bytes },
      originals: originals.enumerated().map { index, original in
        (GuidedInput.content(original.parts.sections), [UInt8(index)])
      })
  }

  /// Checkpoints, which a trainer goes on from.
  package static func checkpoint() throws -> FileFormat {
    let originals = try tables().prefix(3).map { table in
      let trainer = try trainer(for: table)
      var file = SafetensorsFile([])
      let bytes = try written { path in
        try trainer.fit(
          table, epochs: 2, stopping: EarlyStopping(patience: 3), checkpointing: Checkpointing(path),
          progress: .silent)
        file = try SafetensorsFile(path: path)
      }
      return (bytes: bytes, file: file, table: table)
    }
    return FileFormat(
      name: "checkpoint", ratio: 256,
      damage: { mutator in
        let index = Int.random(in: originals.indices, using: &mutator.generator)
        let (original, file, _) = originals[index]
        var bytes = original
        switch Int.random(in: 0..<6, using: &mutator.generator) {
        case 0: mutator.mutate(&bytes)
        case 1: changeHeader(of: &bytes, &mutator)
        default:
          // The JSON within the JSON.
          var metadata = file.metadata
          for (key, text) in file.metadata {
            var changed = Array(text.utf8)
            mutator.mutate(&changed)
            metadata[key] = String(decoding: changed, as: UTF8.self)
          }
          var tensors = file.tensors
          if mutator.isOne(in: 8) {
            tensors.remove(at: Int.random(in: tensors.indices, using: &mutator.generator))
          }
          bytes = try SafetensorsFile(tensors, metadata: metadata).bytes(for: "checkpoint")
        }
        return (bytes, UInt8(index))
      },
      reading: { way in
        let table = originals[Int(way) % originals.count].table
        return { path in
          let trainer = try trainer(for: table)
          try trainer.restore(from: path)
          return {
            _ = try trainer.fit(
              table, epochs: trainer.completedEpochs < 3 ? trainer.completedEpochs + 1 : 0,
              stopping: EarlyStopping(patience: 3), progress: .silent)
          }
        }
      },
      pieces: jsonPieces
        + byteStrings(
          "\"epochs\":", "\"updates\":", "\"history\":", "9007199254740993", "4294967296", "\"inf\"",
          "\"nan\""),
      file: { content, _ in safetensorsFile(content) },
      originals: originals.enumerated().map { index, original in
        (safetensorsContent(original.bytes), [UInt8(index)])
      })
  }
}

extension FileFormat {
  /// What a run's folder tells of its epochs.
  package static func metrics() -> FileFormat {
    let line = #"{"cost":0.25,"epoch":1,"learningRate":0.001,"loss":0.25,"metric":0.5,"seconds":0.01}"#
    let originals = [line, "\(line)\n\(line.replacing("1", with: "2"))\n", ""].map { Array($0.utf8) }
    return FileFormat(
      name: "metrics", ratio: 4096,
      damage: { mutator in
        var bytes = originals.randomElement(using: &mutator.generator) ?? []
        mutator.mutate(&bytes)
        return (bytes, 0)
      },
      reading: { _ in
        { path in
          let folder = path + ".run"
          mkdir(folder, 0o700)
          unlink(folder + "/metrics.jsonl")
          link(path, folder + "/metrics.jsonl")
          defer {
            unlink(folder + "/metrics.jsonl")
            rmdir(folder)
          }
          let epochs = try RunFolder.epochs(of: folder)
          return { _ = History(epochs: epochs).lossPlot.svg }
        }
      }, pieces: jsonPieces + byteStrings("\"epoch\":", "1099511627777", "\"loss\":", "\"inf\"", "\"nan\""),
      originals: originals.map { ($0, [0]) })
  }
}
