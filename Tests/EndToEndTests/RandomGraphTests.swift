import Adjoint
import FuzzSupport
import Testing

/// Whole graphs made by chance, compiled, against the interpreter.
@Suite struct RandomGraphTests {
  /// A graph, its inputs, what the interpreter gives, and how far compiled code may be from it.
  struct Reference: Sendable {
    let seed: UInt64
    let graph: Graph
    let inputs: [NDArray]
    let expected: [NDArray]
    /// One for each output; 0 means the same numbers.
    let tolerances: [Double]

    /// Graphs with float32 are held to 8 × what rounding to float32 changes + 1e-6 of the largest magnitude;
    /// those of float64 alone to the same change, as much smaller as its epsilon is, + 1e-12.
    ///
    /// - Returns: `nil` where the result jumps under a relative change of the inputs of 1e-6.
    init?(seed: UInt64, _ type: ScalarType) throws {
      let drawn = try RandomGraph.make(seed: seed, options: .init(scalarType: type))
      self.seed = seed
      graph = drawn.graph
      inputs = drawn.graph.ordered(drawn.inputs)
      expected = try Interpreter(graph).run(values: inputs)

      let inlined = try graph.inliningCalls()
      // A float64 graph may go through float32 too.
      let rounds = inlined.nodes.contains { $0.type.scalarType == .float32 }
      let narrowed = try Interpreter(try inlined.converted(from: .float64, to: .float32))
        .run(values: inputs.map { $0.scalarType == .float64 ? $0.converted(to: .float32) : $0 })
      let wide = try inlined.converted(from: .float32, to: .float64)
      let wideInputs = inputs.map { $0.scalarType == .float32 ? $0.converted(to: .float64) : $0 }
      let exact = try Interpreter(wide).run(values: wideInputs)
      let moved = try Interpreter(wide).run(values: wideInputs.map { $0.scaled(by: 1 + 1e-6) })

      var tolerances: [Double] = []
      for (index, value) in expected.enumerated() {
        let scale = max(exact[index].largest, 1e-30)
        let jump = difference(exact[index], moved[index])
        guard value.scalarType.isFloatingPoint else {
          if jump != 0 { return nil }
          tolerances.append(0)
          continue
        }
        // Smooth graphs amplify a change; a thousandfold is a jump.
        if !(jump <= 1e-3 * scale) { return nil }
        if rounds {
          tolerances.append(8 * difference(value, exact[index]) + 1e-6 * scale)
        } else {
          let rounding = difference(value, narrowed[index])
          tolerances.append(8 * rounding * 0x1p-29 + 1e-12 * scale)
        }
      }
      self.tolerances = tolerances
    }

    func fault(_ found: [NDArray]) -> String? {
      for (index, value) in found.enumerated() {
        let error = difference(value, expected[index])
        if !(error <= tolerances[index]) {
          return "output \(graph.outputs[index].name) differs by \(error), more than \(tolerances[index])"
        }
      }
      return nil
    }
  }

  /// References for the first `count` seeds, and how many graphs were rejected.
  static func references(_ count: Int, _ type: ScalarType) throws -> (kept: [Reference], rejected: Int) {
    let kept = try (0..<count).compactMap { try Reference(seed: UInt64($0), type) }
    return (kept, count - kept.count)
  }

  static let float32 = Result { try references(360, .float32) }
  static let float64 = Result { try references(120, .float64) }

  @Test func fewGraphsAreRejectedAndThreeHundredRemain() throws {
    for (result, needed) in [(Self.float32, 300), (Self.float64, 100)] {
      let (kept, rejected) = try result.get()
      print("random graphs: \(kept.count) compared, \(rejected) rejected for a jump")
      #expect(rejected * 5 <= kept.count + rejected)
      #expect(kept.count >= needed)
    }
  }

  @Test(arguments: Backend.tiles + [.portable])
  func compiledGraphsAgreeWithTheInterpreter(backend: Backend) throws {
    for item in try Self.float32.get().kept + Self.float64.get().kept {
      let found = try backend.compile(item.graph)(item.inputs)
      #expect(item.fault(found) == nil, "seed \(item.seed)")
    }
  }

  @Test(arguments: Backend.System.allCases)
  func theyAgreeByTheSystemCompiler(kind: Backend.System) throws {
    let all = try Self.float32.get().kept + Self.float64.get().kept
    let backend = try Backend.system(kind)
    for start in stride(from: 0, to: all.count, by: 20) {
      let items = all[start..<min(start + 20, all.count)]
      let batch = try Batch(items.map { ($0.graph, $0.inputs) })
      for (item, found) in zip(items, try batch.run(on: backend)) {
        #expect(item.fault(found) == nil, "seed \(item.seed)")
      }
    }
  }

  /// Tiles of other sizes cut rows and columns elsewhere; no bit of any element may tell.
  @Test(arguments: Backend.tiles)
  func bitsDoNotDependOnTheTileSize(backend: Backend) throws {
    for item in try Self.float32.get().kept.prefix(100) {
      let expected = try backend.compile(item.graph)(item.inputs)
      for (bytes, elements) in [(1024, 64), (4096, 208), (1 << 22, 1 << 16), (16 * 1024, 40)] {
        var target = Target()
        target.tileBytes = bytes
        target.maximumTileElements = elements
        let found = try backend.compile(item.graph, target: target)(item.inputs)
        #expect(zip(found, expected).allSatisfy(equalBits), "seed \(item.seed), \(elements) elements")
      }
    }
  }

  @Test func manyThreadsWithWorkspacesOfTheirOwnGetTheSameBits() async throws {
    for item in try Self.float32.get().kept.prefix(8) {
      let executable = try Backend.tiles[Backend.tiles.count - 1].compile(item.graph)
      let expected = try executable(item.inputs)
      try await withThrowingTaskGroup(of: Bool.self) { group in
        for _ in 0..<8 {
          group.addTask {
            let workspace = Workspace(for: executable)
            for _ in 0..<50 {
              let found = try executable(item.inputs, workspace: workspace)
              if !zip(found, expected).allSatisfy(equalBits) { return false }
            }
            return true
          }
        }
        for try await isEqual in group { #expect(isEqual, "seed \(item.seed)") }
      }
    }
  }
}

/// The same bytes; a NaN is a NaN.
func equalBits(_ a: NDArray, _ b: NDArray) -> Bool {
  zip(a.doubles, b.doubles).allSatisfy { ($0.isNaN && $1.isNaN) || $0.bitPattern == $1.bitPattern }
}

/// The largest difference of two elements; infinite where only one is a number.
func difference(_ a: NDArray, _ b: NDArray) -> Double {
  zip(a.doubles, b.doubles).reduce(0) { largest, pair in
    let (x, y) = pair
    if x == y || (x.isNaN && y.isNaN) { return largest }
    return x.isFinite && y.isFinite ? max(largest, abs(x - y)) : .infinity
  }
}

extension NDArray {
  /// The largest magnitude among the finite elements.
  var largest: Double { doubles.filter(\.isFinite).reduce(0) { max($0, abs($1)) } }

  /// Every element times `factor`; integers and bools as they are.
  func scaled(by factor: Double) -> NDArray {
    guard scalarType == .float64 else { return self }
    var result = self
    result.withUnsafeMutableElements(of: Double.self) { for i in $0.indices { $0[i] *= factor } }
    return result
  }
}
