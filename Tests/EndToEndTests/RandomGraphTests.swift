import Adjoint
import FuzzHarness
import Testing

/// Whole graphs made by chance, compiled, against the interpreter: what `make fuzz` does with more of them.
@Suite struct RandomGraphTests {
  /// Those of the seeds 0..<2000 that can be compared.
  static let references = Task.detached { try await references(of: 0..<2000) }

  /// In the order of the seeds, made on all processors.
  private static func references(of seeds: Range<UInt64>) async throws -> [(
    seed: UInt64, reference: Reference
  )] {
    let found = try await concurrently(Array(seeds)) { seed -> (UInt64, Reference)? in
      do {
        return (seed, try Reference(try Specimen(seed: seed)))
      } catch is BoundedRun.Rejection {
        return nil
      }
    }
    return found.compactMap { $0 }
  }

  @Test func fewGraphsAreRejected() async throws {
    let kept = try await Self.references.value
    print("random graphs: \(kept.count) of 2000 compared")
    #expect(kept.count >= 1900)
    for type in [ScalarType.float32, .float64] {
      let count = kept.count { $0.reference.expected.contains { $0.scalarType == type } }
      #expect(count > 600, "\(type)")
    }
  }

  @Test(arguments: Backend.tiles + [.portable])
  func compiledGraphsAgreeWithTheInterpreter(backend: Backend) async throws {
    let faults = try await concurrently(try await Self.references.value) { seed, reference in
      reference.fault(try backend.compile(reference.specimen.graph)(reference.specimen.inputs))
        .map { "seed \(seed): \($0)" }
    }
    #expect(faults.count >= 1900)
    #expect(faults.compactMap { $0 } == [])
  }

  @Test func simplifiedGraphsAgreeWithWrittenOnes() async throws {
    let kept = try await Self.references.value
    let faults = try await concurrently(Array(kept.prefix(500))) { seed, reference in
      try Reference.simplificationFault(reference.specimen).map { "seed \(seed): \($0)" }
    }
    #expect(faults.compactMap { $0 } == [])
  }

  @Test(arguments: Backend.System.allCases)
  func theyAgreeByTheSystemCompiler(kind: Backend.System) async throws {
    let items = Array(try await Self.references.value.prefix(200))
    let batch = try Batch(items.map { ($0.reference.specimen.graph, $0.reference.specimen.inputs) })
    for (item, found) in zip(items, try batch.run(on: try .system(kind))) {
      #expect(item.reference.fault(found) == nil, "seed \(item.seed)")
    }
  }

  /// Loops give the bits of tiles: they differ in where values lie, not in how they are computed.
  @Test(arguments: InstructionSet.allCases.filter { $0 <= .best })
  func nativeBitsAreThoseOfTiles(set: InstructionSet) async throws {
    let items = Array(try await Self.references.value.prefix(250))
    // With all optimisations only some, as they take long.
    for (part, optimizes) in [(items[..<200], false), (items[200...], true)] {
      let batch = try Batch(part.map { ($0.reference.specimen.graph, $0.reference.specimen.inputs) })
      let tile = try #require(Backend.tiles.first { $0.instructionSet == set })
      let pairs = zip(try batch.run(on: tile), try batch.run(on: .native(set, optimizes: optimizes)))
      for (item, (expected, found)) in zip(part, pairs) {
        #expect(zip(found, expected).allSatisfy(equalBits), "seed \(item.seed)")
      }
    }
  }

  /// Tiles of other sizes cut rows and columns elsewhere; no bit of any element may tell.
  @Test(arguments: Backend.tiles)
  func bitsDoNotDependOnTheTileSize(backend: Backend) async throws {
    let items = Array(try await Self.references.value.prefix(150))
    let faults = try await concurrently(items) { seed, reference -> String? in
      let (graph, inputs) = (reference.specimen.graph, reference.specimen.inputs)
      let expected = try backend.compile(graph)(inputs)
      for (bytes, elements) in [(1024, 64), (4096, 208), (1 << 22, 1 << 16), (16 * 1024, 40)] {
        var target = Target()
        target.tileBytes = bytes
        target.maximumTileElements = elements
        let found = try backend.compile(graph, target: target)(inputs)
        if !zip(found, expected).allSatisfy(equalBits) { return "seed \(seed), \(elements) elements" }
      }
      return nil
    }
    #expect(faults.compactMap { $0 } == [])
  }

  @Test func manyThreadsWithWorkspacesOfTheirOwnGetTheSameBits() async throws {
    for (seed, reference) in try await Self.references.value.prefix(8) {
      let inputs = reference.specimen.inputs
      let executable = try Backend.tiles[Backend.tiles.count - 1].compile(reference.specimen.graph)
      let expected = try executable(inputs)
      let areEqual = try await concurrently(Array(0..<8)) { _ in
        let workspace = Workspace(for: executable)
        return try (0..<50).allSatisfy { _ in
          zip(try executable(inputs, workspace: workspace), expected).allSatisfy(equalBits)
        }
      }
      #expect(areEqual.allSatisfy { $0 }, "seed \(seed)")
    }
  }
}

/// `body` of each element, on all processors, in their order.
func concurrently<T: Sendable, R: Sendable>(
  _ elements: [T], _ body: @escaping @Sendable (T) throws -> R
) async throws -> [R] {
  try await withThrowingTaskGroup(of: (Int, R).self) { group in
    for (index, element) in elements.enumerated() { group.addTask { (index, try body(element)) } }
    var results: [(Int, R)] = []
    for try await result in group { results.append(result) }
    return results.sorted { $0.0 < $1.0 }.map(\.1)
  }
}

/// The same bytes; a NaN is a NaN.
func equalBits(_ a: NDArray, _ b: NDArray) -> Bool {
  a == b
    || zip(a.doubles, b.doubles).allSatisfy { ($0.isNaN && $1.isNaN) || $0.bitPattern == $1.bitPattern }
}

/// The trainer has one, too.
typealias Backend = FuzzHarness.Backend
