import CAdjointRuntime
import Testing

extension RuntimeTests {
  /// The runtime's matrix products have the bits of the loop that defines them (gemm.h), whatever their shape, flags,
  /// leading dimensions, instruction set and number of threads.
  @Suite struct MatrixProducts {
    struct Case: Sendable, CustomTestStringConvertible {
      var (m, n, k) = (0, 0, 0)
      var flags = 0
      var gap = 0

      var testDescription: String { "\(m)x\(n)x\(k), flags \(flags), gap \(gap)" }
      var transposesA: Bool { flags & ADJ_GEMM_TRANSPOSE_A != 0 }
      var transposesB: Bool { flags & ADJ_GEMM_TRANSPOSE_B != 0 }
      var accumulates: Bool { flags & ADJ_GEMM_ACCUMULATE != 0 }
    }

    /// Ragged, degenerate, and beyond a cache block in each direction; large enough for threads.
    static let cases: [Case] = {
      let shapes = [
        (1, 1, 1), (1, 33, 7), (33, 1, 7), (5, 3, 0), (7, 9, 1), (6, 16, 64), (32, 64, 64), (13, 17, 70),
        (64, 10, 31), (10, 64, 31), (3, 200, 40), (200, 3, 40), (97, 101, 103), (128, 128, 128),
        (700, 33, 40),
        (40, 1100, 30), (33, 35, 1050), (350, 50, 90), (250, 128, 70),
      ]
      return shapes.enumerated().flatMap { index, shape in
        (0..<8).map { Case(m: shape.0, n: shape.1, k: shape.2, flags: $0, gap: (index + $0) % 3) }
      }
    }()

    /// The table's function, called by its prototype with untyped pointers.
    private typealias Product =
      @convention(c) (
        Int32, Int, Int, Int, UnsafeRawPointer?, Int, UnsafeRawPointer?, Int, UnsafeMutableRawPointer?, Int,
        UnsafeMutableRawPointer?
      ) -> Void

    /// Numbers whose sums are rounded.
    private func numbers<T: BinaryFloatingPoint>(_ count: Int, seed: Int) -> [T] {
      (0..<count).map { T(($0 &* 7919 &+ seed) % 2003) / 1001 - 1 }
    }

    private func check<T: BinaryFloatingPoint & SIMDScalar>(
      _ c: Case, _ type: T.Type, _ name: String, _ set: adj_isa, fused: Bool
    ) throws {
      let product = unsafeBitCast(try runtimeFunction(name, set), to: Product.self)
      let (m, n, k) = (c.m, c.n, c.k)
      let (lda, ldb, ldc) = ((c.transposesA ? m : k) + c.gap, (c.transposesB ? k : n) + c.gap, n + c.gap)
      let a: [T] = numbers((c.transposesA ? k : m) * lda + 1, seed: 1)
      let b: [T] = numbers((c.transposesB ? n : k) * ldb + 1, seed: 2)
      let before: [T] = numbers(m * ldc, seed: 3)
      var expected = before
      for i in 0..<m {
        for j in 0..<n {
          var sum = c.accumulates ? before[i * ldc + j] : 0
          for p in 0..<k {
            let x = a[c.transposesA ? p * lda + i : i * lda + p]
            let y = b[c.transposesB ? j * ldb + p : p * ldb + j]
            sum = fused ? sum.addingProduct(x, y) : sum + x * y
          }
          expected[i * ldc + j] = sum
        }
      }
      let bytes = adj_gemm_workspace(m, n, k, MemoryLayout<T>.stride)
      let workspace = UnsafeMutableRawPointer.allocate(byteCount: max(bytes, 1), alignment: 64)
      defer { workspace.deallocate() }
      for threads: Int32 in [1, 3] {
        adj_set_thread_count(threads)
        defer { adj_set_thread_count(1) }
        var found = before
        product(Int32(c.flags), m, n, k, a, lda, b, ldb, &found, ldc, workspace)
        let different = found.indices.filter { found[$0] != expected[$0] }
        #expect(different.isEmpty, "\(T.self), \(String(cString: adj_isa_name(set))), \(threads) threads")
      }
    }

    @Test(arguments: cases) func bitsAreThoseOfTheLoop(_ c: Case) throws {
      for value in 0...adj_best_isa().rawValue {
        let set = adj_isa(value)
        #if arch(arm64)
          let fused = true
        #else
          let fused = set != ADJ_ISA_BASELINE
        #endif
        try check(c, Float.self, "adj_gemm_f32", set, fused: fused)
        try check(c, Double.self, "adj_gemm_f64", set, fused: fused)
      }
    }
  }
}
