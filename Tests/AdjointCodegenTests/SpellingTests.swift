import AdjointArray
import AdjointLowering
import FuzzSupport
import Testing

@testable import Adjoint
@testable import AdjointCodegen

/// One tree, in the words of any dialect.
@Suite struct SpellingTests {
  /// A machine with an address space for arrays, and a barrier between what stores and what reads.
  private static let device: Spelling = {
    var result = Spelling.machine
    (result.memory, result.barrier, result.unique) = ("GLOBAL", "BARRIER();", "restrict")
    (result.index, result.elements[.bool]) = ("int", "bool")
    return result
  }()

  private func network(_ name: String = "step") throws -> Program {
    try graph { b in
      let x = b.argument(.input, "x", TensorType(.float32, [32, 40]))
      let z = try b.binary(.multiply, x, x)
      let y = try b.unary(.tanh, z)
      let w = try b.select(try b.compare(.greater, y, z), y, z)
      return [Output("w", w), Output("s", try b.reduce(.sum, w, axes: [0]))]
    }.program(name)
  }

  @Test(
    "A dialect that only spells differently is another table, and a compiler that knows its words takes it")
  func anotherTable() throws {
    let text = try network().c(.native, .table, Self.device, locations: false, polls: false)
    let head = try #require(text.split(separator: "\n").first { $0.contains("static void map_") })
    #expect(
      head.contains("const GLOBAL float *restrict x") || head.contains("GLOBAL const float *restrict x"))
    #expect(text.contains("  BARRIER();\n"))
    #expect(text.contains("for (int ") && !text.contains("for (long "))
    let words = "#include <stdbool.h>\n#define GLOBAL\n#define BARRIER() (void)0\n"
    #expect(throws: Never.self) {
      try strictCompiler().compile(
        words + text, exporting: ["step"], symbols: InstructionSet.baseline.symbols)
    }
  }

  @Test("The portable text needs no width of long, and no name of ours")
  func portable() throws {
    let text = try network().c(.portable)
    #expect(text.contains("#include <stdint.h>") && text.contains("int64_t"))
    #expect(!text.contains("long") && !text.contains("adj_") && !text.contains("unsigned char"))
  }

  @Test("Each spelling computes the same bits")
  func sameBits() throws {
    for seed in 0..<20 as Range<UInt64> {
      let random = try RandomGraph.make(seed: seed)
      let machine = try Executable(random.graph, dialect: .portable)
      let portable = try Executable(
        random.graph, dialect: .portable, toolchain: .system(try strictCompiler()))
      #expect(!machine.source.contains("int64_t") && portable.source.contains("stdint.h"))
      let names = machine.program.arguments.map(\.name)
      let inputs = names.compactMap { random.inputs[$0] }
      let (a, b) = (try machine(inputs), try portable(inputs))
      #expect(a == b, "seed \(seed)")
    }
  }

  private let tree = CTree()

  private func text(_ expression: CExpression, _ spelling: Spelling = .machine) -> String {
    CPrinter.text(expression, spelling)
  }

  @Test("Parentheses stand where C, or a reader, needs them")
  func parentheses() {
    let (a, b, c) = (tree.name("a"), tree.name("b"), tree.name("c"))
    let product = { (x: CExpression, y: CExpression) in x.infix(.multiply, y) }
    #expect(text(product(a + b, c)) == "(a + b) * c")
    #expect(text(a + product(b, c)) == "a + b * c")
    #expect(text(a - (b - c)) == "a - (b - c)")
    #expect(text(a - b - c) == "a - b - c")
    #expect(text(a + (b + c)) == "a + (b + c)")
    #expect(text(a + (b + c), .mathematics) == "a + b + c")
    #expect(text(a.prefix(.negate).prefix(.negate)) == "-(-a)")
    #expect(text((a < b).choose(a, (b < c).choose(b, c))) == "a < b ? a : (b < c ? b : c)")
    #expect(text((!a).infix(.compareBools(.equal), b)) == "(!a) == b")
    #expect(text((a < b).infix(.both, b < c)) == "(a < b) & (b < c)")
    #expect(text((a < b).infix(.both, b < c), .mathematics) == "a < b and b < c")
    #expect(text((a + b).cast(to: .element(.float32))) == "(float)(a + b)")
    #expect(text((a + 4)[b]) == "(a + 4)[b]")
  }

  @Test("Positions are simplified")
  func positions() {
    let (i, j) = (tree.name("i"), tree.name("j"))
    #expect(text(i * 1 + j * 0 + 0) == "i")
    #expect(text(i * 12 + j + 3) == "i * 12 + j + 3")
    #expect(text(tree.integer(2) * 3 + 4 - tree.integer(10)) == "0")
  }

  @Test("Types are written as C has them")
  func types() {
    let x = tree.name("x")
    let table = CType.address.constant
    #expect(text(x.cast(to: table.pointer())) == "(void *const *)x")
    #expect(text(x.cast(to: .element(.int64).constant.pointer()), .portable) == "(const int64_t *)x")
    #expect(text(x.cast(to: .unsigned(.int32)), .portable) == "(uint32_t)x")
    #expect(text(x.cast(to: .address)) == "(void *)x")
  }

  @Test("What the user named keeps its name; ours make way", arguments: [Dialect.tile, .native, .portable])
  func names(_ dialect: Dialect) throws {
    let labels = ["i", "rows", "tile", "arena", "arguments", "status", "table", "step"]
    let found = try graph { b in
      try labels.map { label in
        let x = b.argument(.input, label, TensorType(.float32, [2, 3, 700]))
        let y = try b.unary(.exp, try b.binary(.multiply, x, x))
        return Output("of_" + label, try b.reduce(.sum, y, axes: [2]))
      }
    }
    let text = try found.program("step").c(dialect)
    for label in labels { #expect(text.contains("float *const \(label) = "), "\(label)") }
    let inputs = labels.map { _ in NDArray(repeating: Literal(Float(0.5)), shape: [2, 3, 700]) }
    let expected = try Interpreter(found).run(values: inputs)
    let toolchain = dialect == .native ? Toolchain.system(try strictCompiler()) : .tinyCC
    let values = try Executable(found, name: "step", dialect: dialect, toolchain: toolchain)(inputs)
    for (value, expected) in zip(values, expected) {
      #expect(zip(value.doubles, expected.doubles).allSatisfy { abs($0 - $1) <= 1e-5 * $1 })
    }
  }
}
