import Adjoint
import FileMutations
import Foundation

/// A law that does not hold of what was read.
private struct BrokenLaw: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}

extension FileFormat {
  private static func text(
    _ name: String, _ originals: [String], pieces: [[UInt8]],
    read: @escaping (String) throws -> () throws -> Void
  ) -> FileFormat {
    let originals = originals.map { Array($0.utf8) }
    return FileFormat(
      name: name, ratio: 4096, isText: true,
      damage: { mutator in
        var bytes = originals.randomElement(using: &mutator.generator) ?? []
        mutator.mutate(&bytes)
        return (bytes, 0)
      },
      reading: { _ in { path in try read(String(decoding: File.read(path), as: UTF8.self)) } },
      pieces: pieces,
      originals: originals.map { ($0, [0]) })
  }

  // MARK: - Graphs

  /// Graphs as text: what is read prints as text of the same graph, keeps the rules when it is simplified, runs, and compiles.
  package static func graph() throws -> FileFormat {
    let folder = repositoryFile("Tests/EndToEndTests/Regressions")
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter {
      $0.hasSuffix(".txt")
    }
    let texts = try files.sorted().map {
      // A graph, and its arguments as another one.
      let text = try String(contentsOf: folder.appending(path: $0), encoding: .utf8)
      return text.split(separator: "\n").filter { !$0.hasPrefix("#") }.joined(separator: "\n")
        .components(separatedBy: "\n}\ngraph")[0] + "\n}\n"
    }
    return text("graph", texts + [loop], pieces: operationNames + graphPieces) { text in
      let graph = try Graph(parsing: text)
      return {
        guard try Graph(parsing: graph.text()) == graph else {
          throw BrokenLaw("the text is another graph's")
        }
        try graph.verify()
        _ = (graph.flops, graph.flopsAsWritten)
        guard graph.nodes.count <= 300, work(of: graph) <= 1e5 else { return }
        let simplified = graph.simplified()
        do { try simplified.verify() } catch {
          throw BrokenLaw("simplified, it breaks a rule: \(error)")
        }
        let values = graph.arguments.map { NDArray(zeros: graph[$0].type.shape, graph[$0].type.scalarType) }
        let results = try Interpreter(graph).run(values: values)
        for (output, result) in zip(graph.outputs, results)
        where TensorType(result.scalarType, result.shape) != graph[output.node].type {
          throw BrokenLaw("'\(output.name)' is \(result.scalarType)\(result.shape)")
        }
        let program = try Executable(graph).program
        for dialect in [Dialect.native, .portable] where program.c(dialect).isEmpty {
          throw BrokenLaw("it becomes no C")
        }
      }
    }
  }

  /// About how many elements are computed or read.
  private static func work(of graph: Graph) -> Double {
    graph.nodes.reduce(0) { sum, node in
      let operands = node.operands.map { Double(graph[$0].type.count) }
      let all = Double(node.type.count) + operands.reduce(0, +)
      switch node.operation {
      case .dot, .structured(.triangularSolve), .windows, .addWindows:
        return sum + all + operands.reduce(1, *)
      case .structured(.cholesky): return sum + all * all
      case .call(let callee, _): return sum + all + callee.graphs.reduce(0) { $0 + work(of: $1) }
      case .scan(let scan, _): return sum + all + Double(scan.length) * (1 + work(of: scan.body))
      default: return sum + all
      }
    }
  }

  private static let operationNames =
    (UnaryFunction.allCases.map(Operation.unary) + BinaryFunction.allCases.map(Operation.binary)
    + Comparison.allCases.map(Operation.compare) + Reduction.allCases.map { .reduce($0, axes: []) })
    .map { Array($0.name.utf8) } + StructuredOperation.Name.allCases.map { Array($0.rawValue.utf8) }
    + byteStrings(
      "input \"x\"", "parameter \"w\"", "state \"s\"", "constant 1", "data [1, 2]", "iota", "select", "cast",
      "dot", "reshape", "transpose", "broadcast", "slice", "flip", "pad", "concatenate", "windows",
      "add_windows", "stop_gradient", "barrier", "call", "scan")

  private static let graphPieces = byteStrings(
    "%0", "%1", "%2", "%99", "float64[", "float32[2,3]", "int64[", "int32[", "bool[", "[]", "graph {",
    "return",
    "replaces", "vjp graph {", "recomputed graph {", "{axes: [0]}", "{axes: [1, 0]}", "{axis: 0}", "(%0, %1)",
    "=",
    "{carries: 1, stacked: 0, length: 3, result: 0}", "{lhs: [1], rhs: [0]}", "reversed: 1", "early: 1",
    "recomputed: 1",
    "{starts: [0], ends: [1], steps: [1]}", "{low: [0], high: [1], interior: [0]}",
    "{axes: [0], sizes: [2], strides: [1], dilations: [1]}", "extents: [", "extent: ", "rows: ",
    "stream: [0, 0]",
    "descending: 1", "lower: 1", "transposed: 1", "9223372036854775807", "-9223372036854775808",
    "4611686018427387904",
    "281474976710656", "4294967296", "-1", "nan(0x7fc00000)", "inf", "0x1p-1074", "1e999",
    "@ \"z\" main.swift:12", "\\u{1F469}",
    "layer \"a\"", "#", "\"", "\\")

  private static let loop = """
    graph {
      %0 = input "x" : float64[3,2]
      %1 = constant 0 : float64[]
      %2 = broadcast(%1) : float64[2]
      %3 = scan(%2, %0) {carries: 1, stacked: 1, length: 3, result: 0} graph {
        %0 = input "carry" : float64[2]
        %1 = input "slice" : float64[2]
        %2 = add(%0, %1) : float64[2]
        return "carry" = %2
      } : float64[2]
      %4 = call(%3) {result: 0} graph {
        %0 = input "y" : float64[2]
        %1 = tanh(%0) : float64[2]
        return "z" = %1
      } : float64[2]
      return "sum" = %4
    }
    """

  // MARK: - Expressions

  /// Expressions: what is read prints as text of the same value, and has derivatives.
  package static func expression() -> FileFormat {
    let texts = [
      "sqrt(x^2 + exp(x^2))", "-x**2 * (y - 1.5e-3) / pi", "max(x, min(y, 2)) + pow(x, 3)^-2",
      "sin(cos(tan(x)))",
      "x^0.5 - y^-0.5 + 2^x^y", "log(1 + e^-x)", "atan2(y, x) + hypot(x, y)", "sec(x)*csc(y) - cot(x_1)",
      "nan + inf - 1e308",
      "1/(1 + exp(-x))",
    ]
    let names = UnaryFunction.allCases.map(\.rawValue) + BinaryFunction.allCases.map(\.rawValue)
    let pieces =
      names.map { Array("\($0)(".utf8) }
      + byteStrings(
        "ln(", "arcsin(", "square(", "reciprocal(", "sec(", "pow(", "(", ")", ",", "^", "**", "*", "/", "+",
        "-", "x", "y", "pi",
        "e", "inf", "nan", "64", "65", "-64", "0.5", "-0.5", "1e308", "1e-400", "1e999", "0", "((((((((",
        "--------", "^^", "x^2^",
        "\u{3c0}", "\u{2212}", "\u{d7}", "\u{1F469}\u{200D}", "\n", "\t", "\0", "_", ".")
    return text("expression", texts, pieces: pieces) { text in
      let expression = try ParsedExpression(text)
      return {
        let graph = try expression.graph()
        try graph.verify()
        guard graph.nodes.count <= 200, expression.variables.count <= 8 else { return }
        let value = graph.outputs[0].node
        let point = Dictionary(
          uniqueKeysWithValues: graph.arguments(of: .input).enumerated().map { index, input in
            (input.argument.name, NDArray(0.75 - 0.5 * Double(index)))
          })
        let printed = graph.expression(of: value)
        if !printed.contains("\n") {
          let again = try read(printed)
          let known = Set(again.arguments(of: .input).map(\.argument.name))
          let (a, b) = (try run(graph, point), try run(again, point.filter { known.contains($0.key) }))
          guard a.bitPattern == b.bitPattern || a.isNaN && b.isNaN else {
            throw BrokenLaw("it is \(a), and \(b) when it is printed as \(printed)")
          }
          let twice = again.expression(of: again.outputs[0].node)
          guard twice == printed else { throw BrokenLaw("it prints as \(printed), and that as \(twice)") }
        }
        var builder = Builder(graph)
        let derivatives = try builder.gradient(
          of: value, withRespectTo: graph.arguments(of: .input).map(\.id))
        let gradient = builder.graph(outputs: derivatives.enumerated().map { Output("d\($0)", $1) })
        let simplified = gradient.simplified(phases: RewritePhase.standard.union([.algebra]))
        do { try simplified.verify() } catch {
          throw BrokenLaw("its derivative breaks a rule: \(error)")
        }
        for output in simplified.outputs {
          for style in ExpressionStyle.allCases { _ = simplified.expression(of: output.node, style: style) }
        }
      }
    }
  }

  private static func read(_ printed: String) throws -> Graph {
    do { return try ParsedExpression(printed).graph() } catch {
      throw BrokenLaw("it prints as \(printed), which is refused: \(error)")
    }
  }

  private static func run(_ graph: Graph, _ point: [String: NDArray]) throws -> Double {
    let inputs = graph.arguments(of: .input).map(\.argument.name)
    return try Interpreter(graph).run(values: inputs.compactMap { point[$0] })[0].doubles[0]
  }
}
