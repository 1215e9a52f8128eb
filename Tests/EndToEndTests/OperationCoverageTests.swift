import Adjoint
import struct Foundation.URL
import FuzzSupport
import Testing

/// No operation without a description and a case of its own. (`GradientTests` does not compile without its derivative.)
@Suite struct OperationCoverageTests {
  /// One of each kind; a new case of `Operation` does not compile until it stands here.
  private static func isListed(_ operation: Operation) -> Bool {
    switch operation {
    case .argument, .constant, .data, .iota, .unary, .binary, .compare, .select, .cast, .reduce,
      .structured, .dot, .reshape, .transpose, .broadcast, .slice, .flip, .pad, .concatenate, .windows,
      .addWindows, .scan, .stopGradient, .barrier, .call:
      names.contains(operation.name)
    }
  }

  private static let names: Set<String> = Set(
    Argument.Kind.allCases.map(\.rawValue) + UnaryFunction.allCases.map(\.rawValue)
      + BinaryFunction.allCases.map(\.rawValue) + Comparison.allCases.map(\.rawValue)
      + Reduction.allCases.map { "reduce_" + $0.rawValue }
      + StructuredOperation.Name.allCases.map(\.rawValue) + [
        "constant", "data", "iota", "select", "cast", "dot", "reshape", "transpose", "broadcast", "slice",
        "flip", "pad", "concatenate", "stop_gradient", "barrier", "call", "windows", "add_windows", "scan",
      ])

  private func page() throws -> String {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    return try String(contentsOf: root.appending(path: "docs/operations.md"), encoding: .utf8)
  }

  @Test func eachHasARowInTheDocumentationAndEachRowIsOne() throws {
    let rows = try page().split(separator: "\n").compactMap { line in
      line.hasPrefix("| `") ? line.dropFirst(3).prefix { $0 != "`" } : nil
    }
    #expect(Set(rows.map(String.init)) == Self.names)
    #expect(rows.count == Self.names.count)
  }

  @Test func eachIsTestedAlone() throws {
    let cases = try OperationCases.all()
    let tested = Set(cases.flatMap { $0.graph.nodes.map(\.operation.name) })
    // Parameters, state, barriers and calls are in the random graphs.
    #expect(Self.names.subtracting(tested).isSubset(of: ["parameter", "state", "barrier", "call"]))
    let drawn = try (0..<200 as Range<UInt64>).map { try RandomGraph.make(seed: $0).graph }
    let random = Set(drawn.flatMap { $0.nodes.map(\.operation.name) })
    #expect(random.isSuperset(of: ["parameter", "state", "barrier", "call"]))
    #expect(cases.allSatisfy { $0.graph.nodes.allSatisfy { Self.isListed($0.operation) } })
  }
}
