import Adjoint
import AdjointArray
import Testing

@testable import AdjointCodegen

@Suite("Helpers that portable C brings with it")
struct HelperTests {
  private static let numbers = ScalarType.allCases.filter(\.isNumeric)

  /// What the capitals stand for, as macros.
  private func definitions(_ type: ScalarType) -> String {
    let isFloat = type.isFloatingPoint
    let mark = type == .float32 ? "f" : ""
    let sum = isFloat ? "(a) + (b)" : "(TYPE)((UNSIGNED)(a) + (UNSIGNED)(b))"
    return """
      #include <math.h>
      #define TYPE \(Spelling.machine.elements[type] ?? "")
      #define UNSIGNED unsigned \(isFloat ? "" : "TYPE")
      #define INDEX long
      #define I32 int
      #define I64 long
      #define U32 unsigned
      #define U64 unsigned long
      #define ZERO \(isFloat ? "0.0\(mark)" : "0")
      #define ONE \(isFloat ? "1.0\(mark)" : "1")
      #define EXP exp\(mark)
      #define FABS fabs\(mark)
      #define SQRT sqrt\(mark)
      #define LEAST (-2147483647 - 1)
      #define GREATEST 2147483647
      #define POWER_F32 2147483648.0f
      #define POWER_F64 2147483648.0
      #define SUM(a, b) (\(sum))
      #define PRODUCT(a, b) (\(sum.replacing("+", with: "*")))
      #define GREATER(x, y) ((x) > (y))
      #define WORDS 1
      #define VALUE (TYPE)(int)x[j]

      """
  }

  @Test("The files compile as they stand, for each type", arguments: numbers)
  func files(_ type: ScalarType) throws {
    let own = type.isFloatingPoint ? PackageResources.floats_c : PackageResources.integers_c
    let files = [own, PackageResources.elements_c].map { String(decoding: $0, as: UTF8.self) }
    let source = definitions(type) + files.joined(separator: "\n") + "int f(int x) { return x; }\n"
    var compiler = try strictCompiler()
    compiler.flags += ["-Wno-unused-function", "-Wno-type-limits"]
    #expect(throws: Never.self) { try compiler.compile(source, exporting: ["f"]) }
  }

  @Test("No capital is left, and each comes behind what it calls", arguments: numbers)
  func expanded(_ type: ScalarType) throws {
    let names = StructuredOperation.Name.allCases.map { CFunction.helper($0.rawValue, type) }
    let known = names.filter { helper($0) != nil }
    #expect(known.count == names.count - (type.isFloatingPoint ? 0 : 2))
    var printed: Set<CFunction> = []
    for helper in Helpers.ordered(Set(known), .machine) {
      let words = Set(helper.text.split { !($0.isLetter || $0.isNumber || $0 == "_") }.map(String.init))
      #expect(words.filter { $0.count > 1 && $0.allSatisfy { $0.isUppercase || $0 == "_" } }.isEmpty)
      #expect(!helper.text.contains("SUFFIX") && helper.helpers.allSatisfy(printed.contains))
      printed.insert(helper.function)
    }
    #expect(printed == Set(known + [.helper("argsort_before", type)]))
    #expect(helper(.helper("nothing", type)) == nil && helper(.program("sign")) == nil)
    #expect(helper(.helper("sigmoid", .float32))?.library == ["expf", "fabsf"])
    #expect(helper(.helper("cholesky", .float64))?.library == ["sqrt"])
  }

  private func helper(_ function: CFunction, _ spelling: Spelling = .machine) -> Helpers? {
    Helpers(function, spelling)
  }

  @Test("Sums of integers wrap, and nothing but their operands is in them, in the words of each spelling")
  func sums() throws {
    let sum = CFunction.helper("cumsum", .int64)
    let (text, portable) = (try #require(helper(sum)).text, try #require(helper(sum, .portable)).text)
    #expect(text.contains("y[i] = (long)((unsigned long)y[i - step] + (unsigned long)x[i]);"))
    #expect(portable.contains("y[i] = (int64_t)((uint64_t)y[i - step] + (uint64_t)x[i]);"))
    let product = try #require(helper(.helper("cumprod", .float32)))
    #expect(product.text.contains("y[i] = y[i - step] * x[i];"))
  }
}
