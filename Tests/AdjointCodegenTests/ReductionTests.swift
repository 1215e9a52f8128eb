import CAdjointRuntime
import Testing

extension RuntimeTests {
  /// The runtime's sums, products, greatest and least elements of tiles.
  @Suite struct Reductions {
    private typealias Columns =
      @convention(c) (
        Int, Int, UnsafeMutableRawPointer?, Int, UnsafeRawPointer?, Int, Int32
      ) -> Void
    private typealias ColumnsOfProducts =
      @convention(c) (
        Int, Int, UnsafeMutableRawPointer?, Int, UnsafeRawPointer?, Int, UnsafeRawPointer?, Int, Int32
      ) -> Void
    private typealias RowsOfProducts =
      @convention(c) (
        Int, Int, UnsafeMutableRawPointer?, UnsafeRawPointer?, Int, UnsafeRawPointer?, Int, Int32
      ) -> Void
    private typealias LanesOfProducts =
      @convention(c) (Int, UnsafeMutableRawPointer?, UnsafeRawPointer?, UnsafeRawPointer?, Int32) -> Void

    /// Numbers whose sums are rounded, both zeros and a NaN among them.
    private func numbers<T: BinaryFloatingPoint>(_ count: Int, seed: Int) -> [T] {
      (0..<count).map { index in
        switch (index &+ seed) % 23 {
        case 3: -0.0
        case 7: 0
        case 11 where seed == 5: .nan
        default: T((index &* 7919 &+ seed) % 2003) / 1001 - 1
        }
      }
    }

    private func same<T: BinaryFloatingPoint>(_ a: T, _ b: T) -> Bool {
      a == b && a.sign == b.sign || a.isNaN && b.isNaN
    }

    /// A row in 16 lanes, which are combined by halves.
    private func reduced<T>(_ row: [T], from identity: T, _ step: (T, T) -> T) -> T {
      var lanes = [T](repeating: identity, count: 16)
      for (index, element) in row.enumerated() { lanes[index % 16] = step(lanes[index % 16], element) }
      while lanes.count > 1 {
        let half = lanes.count / 2
        lanes = (0..<half).map { step(lanes[$0], lanes[half + $0]) }
      }
      return lanes[0]
    }

    private func checkColumns<T: BinaryFloatingPoint & SIMDScalar>(
      _ type: T.Type, _ suffix: String, _ set: adj_isa
    ) throws {
      let greater: (T, T) -> T = { x, y in x.isNaN || x > y ? x : y }
      let less: (T, T) -> T = { x, y in x.isNaN || x < y ? x : y }
      let reductions: [(name: String, identity: T, step: (T, T) -> T)] = [
        ("sum", 0, +), ("prod", 1, *), ("max", -.infinity, greater), ("min", .infinity, less),
      ]
      for (name, identity, step) in reductions {
        let reduce = unsafeBitCast(
          try runtimeFunction("adj_\(name)_cols_\(suffix)", set), to: Columns.self)
        // With gaps between the rows, and between what comes out.
        for (columns, gap, place) in [2, 3, 4, 7, 8, 16, 37].flatMap({ [($0, 0, 1), ($0, 3, 1), ($0, 0, 2)] })
        {
          for rows in [1, 15, 16, 17, 50] {
            let stride = columns + gap
            let a: [T] = numbers(rows * stride, seed: 5)
            var found = [T](repeating: 99, count: rows * place + 1)
            reduce(rows, columns, &found, place, a, stride, 0)
            for row in 0..<rows {
              let expected = reduced(
                Array(a[(row * stride)..<(row * stride + columns)]), from: identity, step)
              #expect(
                same(found[row * place], expected),
                "\(name) \(rows) x \(columns) + \(gap), row \(row), \(set)")
            }
            #expect(found[rows * place] == 99)
          }
        }
      }
    }

    @Test func rowsAreReducedInSixteenLanesWhateverTheirNumber() throws {
      for set in instructionSets {
        try checkColumns(Float.self, "f32", set)
        try checkColumns(Double.self, "f64", set)
      }
    }

    /// Each operand full, a row for all, a number for each row, or one number.
    private func checkProducts<T: BinaryFloatingPoint & SIMDScalar>(
      _ type: T.Type, _ suffix: String, _ set: adj_isa
    )
      throws
    {
      let (rowSums, columnSums, lanesOf) = (
        unsafeBitCast(try runtimeFunction("adj_sum_mul_cols_\(suffix)", set), to: ColumnsOfProducts.self),
        unsafeBitCast(try runtimeFunction("adj_sum_mul_rows_\(suffix)", set), to: RowsOfProducts.self),
        unsafeBitCast(try runtimeFunction("adj_sum_mul_lanes_\(suffix)", set), to: LanesOfProducts.self)
      )
      for (rows, columns) in [(1, 1), (3, 2), (5, 16), (4, 33), (2, 64), (7, 100)] {
        let forms = [(columns + 1, 0), (0, 0), (1, 1), (0, 1)]
        for (aForm, bForm) in forms.flatMap({ a in forms.map { (a, $0) } }) {
          let (a, b): ([T], [T]) = (numbers(1000, seed: 1), numbers(1000, seed: 2))
          let element = { (values: [T], form: (stride: Int, isColumn: Int), i: Int, j: Int) -> T in
            values[i * form.stride + (form.isColumn == 1 ? 0 : j)]
          }
          let products = (0..<rows).map { i in
            (0..<columns).map { element(a, aForm, i, $0) * element(b, bForm, i, $0) }
          }
          let bits = Int32(aForm.1 | bForm.1 << 1)
          let what: Comment = "\(rows) x \(columns), \(aForm), \(bForm), \(set)"

          var found = [T](repeating: 99, count: rows + 1)
          rowSums(rows, columns, &found, 1, a, aForm.0, b, bForm.0, bits)
          for (row, sum) in zip(products, found) { #expect(same(sum, reduced(row, from: 0, +)), what) }
          #expect(found[rows] == 99)

          let before: [T] = numbers(columns + 1, seed: 4)
          var sums = before
          columnSums(rows, columns, &sums, a, aForm.0, b, bForm.0, bits)
          for j in 0..<columns {
            #expect(same(sums[j], products.reduce(before[j]) { $0 + $1[j] }), what)
          }
          #expect(same(sums[columns], before[columns]))

          let start: [T] = numbers(16, seed: 4)
          var lanes = start
          lanesOf(columns, &lanes, a, b, bits)
          var expected = start
          for (j, product) in products[0].enumerated() { expected[j % 16] += product }
          for (lane, sum) in zip(lanes, expected) { #expect(same(lane, sum), what) }
        }
      }
    }

    @Test func productsAreRoundedBeforeTheyAreSummed() throws {
      for set in instructionSets {
        try checkProducts(Float.self, "f32", set)
        try checkProducts(Double.self, "f64", set)
      }
    }
  }
}
