import AdjointArray
import CAdjointCallStack
import Testing

@testable import AdjointIR

@Suite struct LineTableTests {
  /// As llvm-symbolizer 14 and GNU addr2line 2.40 print them.
  @Test func whatTheToolsPrintIsRead() {
    let text = """
      0x2462
      /home/me/my (own) model/main.swift:16
      0x0000000000001eb4
      /<compiler-generated>:0
      Lib.swift.o:?
      /home/me/inner.swift:3 (discriminator 2)
      /home/me/outer.swift:22
      0x10
      ??:0

      """
    #expect(
      LineTable.parse(text) == [
        [SourceLocation(file: "/home/me/my (own) model/main.swift", line: 16)],
        [
          SourceLocation(file: "/home/me/inner.swift", line: 3),
          SourceLocation(file: "/home/me/outer.swift", line: 22),
        ], [],
      ])
    #expect(LineTable.parse("a tool that says something else: 5").isEmpty)
  }

  @Test func addressesThatAreNoCodeHaveNoLine() {
    #expect(LineTable.firstLine(of: [1, 2, .max], near: nil) == nil)
  }

  @Test func withoutALineTheNamedCallStands() throws {
    var error = GraphError(
      .shapeMismatch, operation: "add", problem: "shapes [2] and [3] differ", remedy: "make them equal",
      operands: [
        GraphError.Operand(
          TensorType(.float32, [2]),
          Provenance(labels: ["x"], locations: [SourceLocation(file: "M/f.swift", line: 3)])
        )
      ], location: SourceLocation(file: "M/f.swift", line: 9))
    error.callSite = CallSite(adjoint_call_stack())
    error.operands[0] = GraphError.Operand(
      error.operands[0].type,
      {
        var provenance = error.operands[0].provenance
        provenance.callSite = CallSite(adjoint_call_stack())
        return provenance
      }())
    #expect(
      error.message
        == "in the call at M/f.swift:9: add: shapes [2] and [3] differ "
        + "[x: float32[2] (from the call at M/f.swift:3)]; make them equal")
  }

  @Test func theStackEndsWithinTheThread() {
    // Deeper than what is kept, so that all of it is used.
    func deep(_ depth: Int) -> CallSite { depth == 0 ? .here() : deeper(depth) }
    @inline(never) func deeper(_ depth: Int) -> CallSite {
      let site = deep(depth - 1)
      #expect(site == CallSite.none)
      return site
    }
    let addresses = deep(20).addresses
    #expect(addresses.count == Int(ADJOINT_CALL_STACK_DEPTH))
    #expect(CallSite.none.addresses.isEmpty)
  }
}
