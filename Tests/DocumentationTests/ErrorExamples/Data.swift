import Adjoint

extension ErrorExample {
  static let data: [ErrorExample] = [
    ErrorExample("unreadable") {
      // snippet: unreadable
      _ = try Table(csv: "nowhere.csv", target: "y")
      // end
    },
    ErrorExample("unwritable") {
      throw DataError.unwritable(path: "models/wine.adj", reason: "No such file or directory")
    },
    ErrorExample("in-use") {
      throw DataError.inUse(
        path: "runs/wine", holder: "process 4711 (adjoint) on babbage since 2026-11-30 14:02:51 UTC")
    },
    ErrorExample("not-utf8") {
      throw DataError.notUTF8(file: "t.csv", line: 3)
    },
    ErrorExample("empty-file") {
      // snippet: empty-file
      _ = try Table(CSVReader().read(text: "", name: "t.csv"), target: "y")
      // end
    },
    ErrorExample("no-rows") {
      // snippet: no-rows
      _ = try Table(CSVReader().read(text: "x,y\n", name: "t.csv"), target: "y")
      // end
    },
    ErrorExample("duplicate-column") {
      // snippet: duplicate-column
      _ = try Table(CSVReader().read(text: "x,x,y\n1,2,3\n", name: "t.csv"), target: "y")
      // end
    },
    ErrorExample("ragged-row") {
      // snippet: ragged-row
      _ = try Table(CSVReader().read(text: "x,y\n1,2\n3\n", name: "t.csv"), target: "y")
      // end
    },
    ErrorExample("row-too-long") {
      throw DataError.rowTooLong(file: "t.csv", line: 1, limit: "67108864 bytes")
    },
    ErrorExample("unterminated-quote") {
      // snippet: unterminated-quote
      _ = try Table(CSVReader().read(text: "x,y\n\"1,2\n", name: "t.csv"), target: "y")
      // end
    },
    ErrorExample("text-after-quote") {
      // snippet: text-after-quote
      _ = try Table(CSVReader().read(text: "x,y\n\"1\"0,2\n", name: "t.csv"), target: "y")
      // end
    },
    ErrorExample("not-idx") {
      throw DataError.notIDX(file: "digits.csv", problem: "it begins with 112 48")
    },
    ErrorExample("wrong-byte-count") {
      throw DataError.wrongByteCount(
        file: "images-idx3-ubyte", shape: [60000, 28, 28], expected: 47_040_016, found: "9912422")
    },
    ErrorExample("not-images") {
      throw DataError.notImages(file: "labels-idx1-ubyte", found: "[60000] of unsigned byte (0x08)")
    },
    ErrorExample("corrupt-gzip") {
      throw DataError.corruptGzip(file: "images-idx3-ubyte.gz", reason: "it ends too early")
    },
    ErrorExample("not-npy") {
      // snippet: not-npy
      _ = try NDArray(npy: "Examples/Data/wdbc.csv")
      // end
    },
    ErrorExample("not-npz") {
      // snippet: not-npz
      _ = try NPZFile(path: "Examples/Data/wdbc.csv")
      // end
    },
    ErrorExample("not-safetensors") {
      throw DataError.notSafetensors(
        file: "model.safetensors", problem: "its tensors have 439608320 bytes, its data 131072000")
    },
    ErrorExample("unsupported-element") {
      throw DataError.unsupportedElement(file: "signal.npy", found: "'<c16' (complex numbers)")
    },
    ErrorExample("unsigned-too-large") {
      throw DataError.unsignedTooLarge(file: "hashes.npy", value: 18_446_744_073_709_551_615, index: 3)
    },
    ErrorExample("unknown-array") {
      // snippet: unknown-array
      let file = NPZFile([("layer1.weight", NDArray(zeros: [2, 2])), ("layer1.bias", NDArray(zeros: [2]))])
      _ = try file["layer1.wieght"]
      // end
    },
    ErrorExample("repeated-array") {
      // snippet: repeated-array
      let file = SafetensorsFile([("weight", NDArray(zeros: [2, 2])), ("weight", NDArray(zeros: [2]))])
      try file.write(to: "model.safetensors")
      // end
    },
    ErrorExample("unusable-name") {
      // snippet: unusable-name
      try SafetensorsFile([("__metadata__", NDArray(zeros: [2]))]).write(to: "model.safetensors")
      // end
    },
    ErrorExample("unknown-column") {
      // snippet: unknown-column
      _ = try Table(CSVReader().read(text: "size,price\n1,2\n", name: "t.csv"), target: "prize")
      // end
    },
    ErrorExample("unnamed-column") {
      // snippet: unnamed-column
      _ = try Table(CSVReader().read(text: ",x,y\n0,1,2\n", name: "t.csv"), target: "y")
      // end
    },
    ErrorExample("no-features") {
      // snippet: no-features
      _ = try Table(CSVReader().read(text: "y\n1\n", name: "t.csv"), target: "y")
      // end
    },
    ErrorExample("repeated-feature") {
      // snippet: repeated-feature
      _ = try Table(CSVReader().read(text: "x,y\n1,2\n", name: "t.csv"), features: ["x", "x"], target: "y")
      // end
    },
    ErrorExample("target-among-features") {
      // snippet: target-among-features
      _ = try Table(CSVReader().read(text: "x,y\n1,2\n", name: "t.csv"), features: ["x", "y"], target: "y")
      // end
    },
    ErrorExample("empty-column") {
      // snippet: empty-column
      _ = try Table(
        CSVReader().read(text: "x,z,y\n1,,0\n2,NA,1\n", name: "t.csv"), target: "y", missing: .mean)
      // end
    },
    ErrorExample("too-many-features") {
      // snippet: too-many-features
      _ = try Table(features: NDArray(zeros: [3, 100])).polynomial(degree: 5)
      // end
    },
    ErrorExample("bad-encoding") {
      // snippet: bad-encoding
      _ = try Table(features: NDArray(zeros: [3, 2])).polynomial(degree: 0)
      // end
    },
    ErrorExample("text-value") {
      // snippet: text-value
      _ = try Table(CSVReader().read(text: "x,colour,y\n1,2,0\n2,red,1\n", name: "t.csv"), target: "y")
      // end
    },
    ErrorExample("missing-value") {
      // snippet: missing-value
      _ = try Table(CSVReader().read(text: "x,y\n1,0\n,1\n", name: "t.csv"), target: "y")
      // end
    },
    ErrorExample("non-finite-value") {
      // snippet: non-finite-value
      _ = try Table(CSVReader().read(text: "x,y\n1,0\n1e999,1\n", name: "t.csv"), target: "y")
      // end
    },
    ErrorExample("unclear-target") {
      // snippet: unclear-target
      _ = try Table(
        CSVReader().read(text: "x,y\n1,9007199254740993\n2,5\n3,8\n", name: "t.csv"), target: "y")
      // end
    },
    ErrorExample("text-target") {
      // snippet: text-target
      _ = try Table(CSVReader().read(text: "x,y\n1,0.5\n2,1.5\n3,l.5\n", name: "t.csv"), target: "y")
      // end
    },
    ErrorExample("unknown-class") {
      // snippet: unknown-class
      _ = try Table(
        CSVReader().read(text: "x,y\n1,a\n2,c\n", name: "t.csv"), features: ["x"], target: "y",
        classNames: ["a", "b"])
      // end
    },
    ErrorExample("unknown-category") {
      // snippet: unknown-category
      let trained = try Table(
        CSVReader().read(text: "colour,y\nred,0\nblue,1\n", name: "t.csv"), target: "y", categories: .words)
      _ = try Table(CSVReader().read(text: "colour\npink\n", name: "new.csv"), encoding: trained.encoding)
      // end
    },
    ErrorExample("wrong-class-count") {
      // snippet: wrong-class-count
      _ = try Table(CSVReader().read(text: "x,y\n1,a\n2,b\n3,c\n", name: "t.csv"), target: "y", task: .binary)
      // end
    },
    ErrorExample("no-target") {
      // snippet: no-target
      _ = try Table(features: NDArray(zeros: [3, 2])).targets()
      // end
    },
    ErrorExample("one-class") {
      // snippet: one-class
      _ = try ROCCurve(scores: [0.2, 0.9], isPositive: [true, true])
      // end
    },
    ErrorExample("wrong-shape") {
      // snippet: wrong-shape
      _ = try Table(features: NDArray(zeros: [3, 2]), targets: NDArray(zeros: [2]))
      // end
    },
    ErrorExample("row-out-of-range") {
      // snippet: row-out-of-range
      _ = try Table(features: NDArray(zeros: [3, 2])).rows([0, 3])
      // end
    },
    ErrorExample("bad-split") {
      // snippet: bad-split
      _ = try Table(features: NDArray(zeros: [3, 2])).split(test: 1, seed: 0)
      // end
    },
    ErrorExample("bad-folds") {
      // snippet: bad-folds
      _ = try Table(features: NDArray(zeros: [4, 2])).folds(5, seed: 0)
      // end
    },
    ErrorExample("no-rows-out-of-bag") {
      // snippet: no-rows-out-of-bag
      _ = try Table(features: NDArray(zeros: [1, 2])).bootstrap(seed: 0)
      // end
    },
    ErrorExample("not-classification") {
      // snippet: not-classification
      _ = try Table(features: NDArray(zeros: [4, 2])).split(test: 0.5, seed: 0, stratified: true)
      // end
    },
    ErrorExample("feature-mismatch") {
      // snippet: feature-mismatch
      let known = try Table(features: NDArray(zeros: [3, 1]), featureNames: ["age"])
      let scaling = try FeatureScaling(featureNames: ["size"], offsets: [0], divisors: [1])
      _ = try known.scaled(by: scaling)
      // end
    },
    ErrorExample("bad-scaling") {
      // snippet: bad-scaling
      _ = try FeatureScaling(featureNames: ["size"], offsets: [], divisors: [1])
      // end
    },
  ]
}
