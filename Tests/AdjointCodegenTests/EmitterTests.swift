import Adjoint
import FuzzSupport
import Testing

/// What the C looks like.
@Suite struct EmitterTests {
  @Test func theSameGraphGivesTheSameC() throws {
    for seed in 0..<60 as Range<UInt64> {
      let texts = try (0..<2).map { _ in
        let program = try RandomGraph.make(seed: seed).graph.program()
        return program.c(.tile) + program.c(.portable)
      }
      #expect(texts[0] == texts[1], "seed \(seed)")
    }
  }

  @Test func linesFitThePage() throws {
    for seed in 0..<60 as Range<UInt64> {
      let program = try RandomGraph.make(seed: seed).graph.program()
      for dialect in [Dialect.tile, .portable] {
        for line in program.c(dialect).split(separator: "\n") {
          #expect(line.count <= 110, "seed \(seed)")
        }
      }
    }
  }

  @Test func locationsAreLeftOutOnRequest() throws {
    let found = try graph { b in
      b.provenance = Provenance(labels: ["y"], locations: [SourceLocation(file: "Model/Here.swift", line: 3)])
      let x = b.argument(.input, "x", TensorType(.float32, [64]))
      return [Output("y", try b.unary(.exp, x))]
    }.program()
    #expect(found.c(.tile).contains("Model/Here.swift:3"))
    #expect(!found.c(.tile, locations: false).contains("Here"))
  }

  /// A file's name comes from whoever wrote a model.
  @Test(arguments: [
    "a*/b.swift", "/*.swift", "*//**/.swift", "zero\0.swift", "line\n#error.swift", "*\\\n/.swift",
    "\r\u{85}\u{1B}[2J",
    "\u{202E}tfiws", "\u{2066}\u{2028}", "??/\n", "\u{1F469}\u{200D}\u{1F52C}.swift", "\u{7F}",
  ])
  func noFileNameBreaksAComment(name: String) throws {
    let program = try graph { b in
      b.provenance = Provenance(labels: [name], locations: [SourceLocation(file: name, line: 3)])
      let x = b.argument(.input, name, TensorType(.float32, [64]))
      return [Output(name, try b.unary(.exp, x))]
    }
    for dialect in [Dialect.tile, .native, .portable] {
      let source = try Executable(program, dialect: dialect).source
      let isStrange = { (scalar: Unicode.Scalar) in
        scalar != "\n" && scalar.properties.generalCategory == .control
          || [0x2028, 0x202E, 0x2066].contains(scalar.value)
      }
      #expect(!source.unicodeScalars.contains(where: isStrange))
      #expect(!source.contains("\n#error"))
    }
    let executable = try Executable(program)
    #expect(try executable([NDArray(zeros: [64], .float32)])[0] == NDArray([Float](repeating: 1, count: 64)))
  }

  /// TinyCC gives up at 255 levels, and a user's chain may be any length.
  @Test func expressionsAreBoundedInDepth() throws {
    let chain = try graph { b in
      let x = b.argument(.input, "x", TensorType(.float32, [40]))
      var y = x
      // Right operands, so that nothing is evaluated before the innermost.
      for _ in 0..<1000 { y = try b.binary(.subtract, x, y) }
      return [Output("y", y)]
    }
    let input = NDArray((0..<40).map { Float($0) })
    let expected = try Interpreter(chain).run(values: [input])[0]
    for dialect in [Dialect.tile, .portable] {
      let executable = try Executable(chain, dialect: dialect)
      #expect(try executable([input])[0] == expected)
      let depth = executable.source.split(separator: "\n").map(nesting).max() ?? 0
      #expect(depth <= 64)
    }
  }

  /// Names that C, its library, or the generated code itself has taken.
  @Test func noLabelBreaksTheC() throws {
    let labels = [
      "for", "double", "exp", "expf", "floor", "NAN", "unix", "arena", "tile", "i", "j", "i0", "b0", "status",
      "total", "lanes", "rows", "max_f32", "relu_f32", "matmul_f32", "step", "map_y", "adj_exp_f32", "1x", "",
      "_x", "größe", "a.b", "a_b", "*/ int x; /*", "main",
    ]
    let found = try graph { b in
      var sum = b.constant(Literal(Float(0)))
      for label in labels {
        let x = b.argument(.input, label, TensorType(.float32, [2, 3, 40]))
        let turned = try b.transpose(x, [1, 0, 2])
        let y = try b.unary(.relu, try b.unary(.exp, turned))
        b.label(y, label)
        let largest = try b.reduce(.maximum, try b.binary(.maximum, y, turned), axes: [2])
        sum = try b.binary(.add, sum, try b.reduce(.sum, largest, axes: [0, 1]))
      }
      return [Output("y", sum)]
    }
    let inputs = found.arguments.map { _ in NDArray(repeating: Literal(Float(0.5)), shape: [2, 3, 40]) }
    let expected = try Interpreter(found).run(values: inputs)[0].doubles[0]
    for (dialect, toolchain) in [
      (Dialect.tile, Toolchain.tinyCC), (.portable, .tinyCC), (.portable, .system(try strictCompiler())),
    ] {
      let value = try Executable(found, dialect: dialect, toolchain: toolchain)(inputs)[0].doubles[0]
      #expect(abs(value - expected) <= 1e-5 * expected)
    }
  }

  /// Native loops are cut at functions: a value on one side may be stored, summed or read on the other.
  @Test func valuesOutliveTheLoopThatComputesThem() throws {
    let found = try graph { b in
      let x = b.argument(.input, "x", TensorType(.float32, [50, 70]))
      let z = try b.binary(.multiply, x, x)
      let w = try b.binary(.add, z, x)
      let e = try b.unary(.exp, w)
      let t = try b.unary(.tanh, try b.binary(.subtract, e, z))
      return [
        Output("z", z), Output("w", w), Output("t", t), Output("s", try b.reduce(.sum, z, axes: [1])),
        Output("r", try b.reduce(.sum, t, axes: [0])), Output("m", try b.reduce(.maximum, x, axes: [1])),
        Output("u", try b.binary(.add, try b.unary(.sigmoid, t), try b.binary(.divide, w, e))),
      ]
    }
    let x = try NDArray((0..<3500).map { Float($0 % 83) / 40 - 1 }, shape: [50, 70])
    for bytes in [256, 24 * 1024] {
      var target = Target()
      target.tileBytes = bytes
      let expected = try Executable(found, dialect: .tile, target: target)([x])
      for toolchain in [Toolchain.tinyCC, .system(try strictCompiler()), try .native()] {
        let values = try Executable(found, dialect: .native, toolchain: toolchain, target: target)([x])
        #expect(values == expected)
      }
    }
  }

  @Test func onlyWhatIsUsedIsDeclared() throws {
    let text = try graph { b in
      let x = b.argument(.input, "x", TensorType(.float32, [64]))
      return [Output("y", try b.unary(.tanh, x))]
    }.program().c(.tile)
    let declared = text.split(separator: "\n").filter { $0.hasPrefix("void adj_") }
    #expect(declared.count == 1)
    #expect(declared.first?.hasPrefix("void adj_tanh_f32(long rows, long cols, float *out") == true)
  }

  /// The deepest nesting of parentheses in a line.
  private func nesting(_ line: Substring) -> Int {
    var (depth, deepest) = (0, 0)
    for character in line.utf8 {
      if character == UInt8(ascii: "(") { depth += 1 }
      if character == UInt8(ascii: ")") { depth -= 1 }
      deepest = max(deepest, depth)
    }
    return deepest
  }
}
