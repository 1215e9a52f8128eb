import Adjoint
import AdjointArray
import AdjointIR
import Foundation
import Testing

@Suite("Functions of tensors")
struct FrontEndFunctionTests {
  @Test("The lecture's function and its derivative")
  func lecture() throws {
    let x = NDArray(1.5)
    let results = try evaluate([x]) { x in
      let f = sqrt(x[0] * x[0] + exp(x[0] * x[0]))
      return [f, gradient(of: f, withRespectTo: x[0])]
    }
    let b = exp(2.25)
    #expect(isClose(results[0].doubles, [sqrt(2.25 + b)], 1e-15))
    #expect(isClose(results[1].doubles, [1.5 * (1 + b) / sqrt(2.25 + b)], 1e-14))
  }

  @Test("Equal subexpressions are one node: x² + exp(x²) has four besides its root")
  func sharing() {
    let trace = Trace()
    let x = trace.input("x", TensorType(.float64, .scalar))
    _ = sqrt(x * x + exp(x * x))
    #expect(trace.builder.nodes.map(\.operation.name) == ["input", "mul", "exp", "add", "sqrt"])
  }

  @Test("Numbers stand on either side, in the tensor's type")
  func literals() throws {
    let x = NDArray([1, 2] as [Float])
    #expect(try values(x) { 1 - $0 } == [0, -1])
    #expect(try values(x) { $0 / 2 } == [0.5, 1])
    #expect(try values(x) { 0.1 * $0 } == [Double(Float(0.1)), Double(Float(0.1) * 2)])
    #expect(try values(x) { pow($0, 3) - pow($0, -1) + pow(2, $0) } == [2, 11.5])
    #expect(try values(NDArray([7, -7] as [Int32])) { $0 / 2 } == [3, -3])
    #expect(
      try values(x) {
        var y = $0
        y += 1
        y *= $0
        y -= 0.5
        return -y
      } == [-1.5, -5.5])
  }

  @Test("Comparisons and select")
  func comparisons() throws {
    let x = try doubles([-1, 0, 2], [3])
    #expect(try values(x) { select($0 .> 0, $0, 5) } == [5, 5, 2])
    #expect(try values(x) { $0 .<= 0 } == [1, 1, 0])
    #expect(try values(x) { .!($0 .== 0) .& ($0 .< 2) } == [1, 0, 0])
    #expect(try values(x) { max($0, 0) + min(1, $0) } == [-1, 0, 3])
  }

  @Test("Reductions over some axes, negative ones too, kept or not")
  func reductions() throws {
    let x = try doubles([1, 2, 3, 4, 5, 6], [2, 3])
    #expect(try values(x) { sum($0) } == [21])
    #expect(try values(x) { $0.sum(axes: -1) } == [6, 15])
    #expect(try values(x) { mean($0, axes: 0) } == [2.5, 3.5, 4.5])
    #expect(try values(x) { $0 - mean($0, axes: 1, keepDimensions: true) } == [-1, 0, 1, -1, 0, 1])
    #expect(try values(x) { max($0, axes: 1) - min($0, axes: 1) } == [2, 2])
    #expect(try values(x) { variance($0) }[0] == 35.0 / 12)
    #expect(try values(x) { product($0, axes: 1) } == [6, 120])
  }

  static let productShapes: [([Int], [Int], [Int])] = [
    ([3, 4], [4, 5], [3, 5]), ([4], [4, 5], [5]), ([3, 4], [4], [3]), ([4], [4], []),
    ([2, 3, 4], [4, 5], [2, 3, 5]), ([3, 4], [2, 4, 5], [2, 3, 5]), ([4], [2, 4, 5], [2, 5]),
    ([6, 1, 3, 4], [2, 4, 5], [6, 2, 3, 5]), ([2, 3, 4], [2, 4, 5], [2, 3, 5]),
  ]

  @Test(
    "Matrix products have NumPy's shapes",
    arguments: productShapes)
  func products(left: [Int], right: [Int], expected: [Int]) throws {
    let a = try generic(Shape(left))
    let b = try generic(Shape(right))
    let c = try evaluate([a, b]) { [matmul($0[0], $0[1])] }[0]
    #expect(c.shape == Shape(expected))
    // The last element by hand: the last row of the last matrix by the last column.
    let k = left[left.count - 1]
    let n = right.count == 1 ? 1 : right[right.count - 1]
    let row = a.doubles.suffix(k)
    let column = stride(from: b.count - 1, to: b.count - 1 - k * n, by: -n).map { b.doubles[$0] }.reversed()
    let last = try #require(c.doubles.last)
    #expect(Swift.abs(last - zip(row, column).reduce(0) { $0 + $1.0 * $1.1 }) < 1e-14)
  }

  @Test("Movement")
  func movement() throws {
    let x = try doubles([1, 2, 3, 4, 5, 6], [2, 3])
    #expect(try values(x) { $0.transposed() } == [1, 4, 2, 5, 3, 6])
    #expect(
      try evaluate([x]) { [$0[0].reshaped(to: [3, -1]), $0[0].expandedDimensions(axis: -1)] }.map(\.shape)
        == [[3, 2], [2, 3, 1]])
    #expect(try values(x) { concatenated([$0, -$0[0..<1]], axis: 0) } == [1, 2, 3, 4, 5, 6, -1, -2, -3])
    #expect(try values(x) { stacked($0.split(axis: 1), axis: 0) } == [1, 4, 2, 5, 3, 6])
    #expect(
      try values(x) { $0.sum(axes: 1, keepDimensions: true).squeezed().broadcast(to: [2, 2]) } == [
        6, 15, 6, 15,
      ])
  }

  @Test("Slices, from the end too")
  func slices() throws {
    let x = try doubles([1, 2, 3, 4, 5, 6], [2, 3])
    #expect(try values(x) { $0[-1] } == [4, 5, 6])
    #expect(try values(x) { $0[AxisRange.all, 1...] } == [2, 3, 5, 6])
    #expect(try values(x) { $0[0..<1, ...(-2)] } == [1, 2])
    #expect(try values(x) { $0.sliced(axis: 1, from: 0, by: 2) } == [1, 3, 4, 6])
    #expect(try values(x) { $0.sliced(axis: -1, from: -2, to: -1) } == [2, 5])
    #expect(
      try values(x) {
        let (a, _, c) = $0.unstacked(axis: 1)
        return c - a
      } == [2, 2])
  }

  @Test("One-hot and gathered rows")
  func indices() throws {
    let index = NDArray([2, 0, 5] as [Int32])
    #expect(try values(index) { $0.oneHot(depth: 3) } == [0, 0, 1, 1, 0, 0, 0, 0, 0])
    let table = try doubles([1, 2, 3, 4, 5, 6], [3, 2])
    let rows = try evaluate([table, NDArray([2, 0] as [Int32])]) { [$0[0].gathered(rows: $0[1])] }
    #expect(rows[0].doubles == [5, 6, 1, 2])
  }

  @Test("Smooth functions against their formulas")
  func formulas() throws {
    let points = [-3.0, -0.7, 0, 0.4, 2.5]
    let x = NDArray(points)
    #expect(isClose(try values(x) { softplus($0) }, points.map { log(1 + exp($0)) }, 1e-15))
    #expect(isClose(try values(x) { silu($0) }, points.map { $0 / (1 + exp(-$0)) }, 1e-15))
    #expect(isClose(try values(x) { elu($0) }, points.map { $0 > 0 ? $0 : exp($0) - 1 }, 1e-15))
    #expect(isClose(try values(x) { leakyRelu($0, slope: 0.1) }, points.map { $0 > 0 ? $0 : 0.1 * $0 }, 0))
    let gelu0 = points.map { 0.5 * $0 * (1 + tanh(sqrt(2 / Double.pi) * ($0 + 0.044715 * pow($0, 3)))) }
    #expect(isClose(try values(x) { gelu($0) }, gelu0, 1e-15))
    let sum = points.map { exp($0) }.reduce(0, +)
    #expect(isClose(try values(x) { softmax($0) }, points.map { exp($0) / sum }, 1e-15))
    #expect(isClose(try values(x) { logSoftmax($0) }, points.map { $0 - log(sum) }, 1e-15))
    #expect(isClose(try values(x) { logSumExp($0) }, [log(sum)], 1e-15))
  }

  @Test("Nothing overflows or vanishes far out")
  func farOut() throws {
    let x = NDArray([-700, 700, 1000] as [Double])
    #expect(try values(x) { softplus($0) } == [exp(-700.0), 700, 1000])
    #expect(try values(x) { logSoftmax($0) } == [-1700, -300, 0])
    #expect(try values(x) { logSumExp($0) } == [1000])
    #expect(try values(NDArray([-Double.infinity, -.infinity])) { logSumExp($0) } == [-.infinity])
    for function in [{ elu($0) }, { softplus($0) }] as [(Tensor) -> Tensor] {
      #expect(try values(NDArray([800.0])) { gradient(of: function($0), withRespectTo: $0) } == [1])
    }
  }

  @Test("Derivatives at the kinks are as stated")
  func kinks() throws {
    let zero = NDArray([0.0])
    func slope(_ function: (Tensor) -> Tensor) throws -> Double {
      try values(zero) { gradient(of: function($0), withRespectTo: $0) }[0]
    }
    #expect(try slope { relu($0) } == 0)
    #expect(try slope { abs($0) } == 0)
    #expect(try slope { max($0, 0) } == 0.5)
    #expect(try slope { leakyRelu($0, slope: 0.2) } == 0.2)
    #expect(try slope { elu($0, alpha: 0.3) } == 0.3)
    #expect(try slope { softplus($0) } == 0.5)
    #expect(try slope { stopGradient($0) * $0 + $0 } == 1)
  }

  @Test("softplus″(0) = ¼ and softplus⁗(0) = −⅛: kinks of its parts do not show")
  func higherOrders() throws {
    let orders = try evaluate([NDArray([0.0])]) { x in
      var derivatives = [softplus(x[0])]
      for _ in 0..<4 {
        derivatives.append(gradient(of: derivatives[derivatives.count - 1], withRespectTo: x[0]))
      }
      return derivatives
    }
    #expect(isClose(orders.map { $0.doubles[0] }, [log(2), 0.5, 0.25, 0, -0.125], 1e-14))
  }

  @Test("Derivatives of the output by the inputs, row by row, twice, and by a parameter of their cost")
  func derivativesInACost() throws {
    let xt = try doubles([0.3, 0.5, 1.1, -0.4], [2, 2])
    let results = try evaluate([xt, NDArray(2.0)]) { arguments in
      let (xt, k) = (arguments[0], arguments[1])
      let (x, t) = xt.unstacked(axis: 1)
      let u = sin(k * x) * exp(-t)
      let (ux, ut) = gradient(of: u, withRespectTo: xt).unstacked(axis: 1)
      let (uxx, _) = gradient(of: ux, withRespectTo: xt).unstacked(axis: 1)
      return [ux, ut, uxx, gradient(of: sum(uxx), withRespectTo: k)]
    }
    let rows = [(0.3, 0.5), (1.1, -0.4)]
    #expect(isClose(results[0].doubles, rows.map { 2 * cos(2 * $0.0) * exp(-$0.1) }, 1e-14))
    #expect(isClose(results[1].doubles, rows.map { -sin(2 * $0.0) * exp(-$0.1) }, 1e-14))
    #expect(isClose(results[2].doubles, rows.map { -4 * sin(2 * $0.0) * exp(-$0.1) }, 1e-14))
    let byK = rows.map { (-4 * sin(2 * $0.0) - 4 * $0.0 * cos(2 * $0.0)) * exp(-$0.1) }.reduce(0, +)
    #expect(isClose(results[3].doubles, [byK], 1e-13))
  }

  @Test("Gradients agree with central differences")
  func centralDifferences() throws {
    let bodies: [(String, (Tensor) -> Tensor)] = [
      ("softplus", { softplus($0) }), ("leakyRelu", { leakyRelu($0) }), ("elu", { elu($0, alpha: 0.7) }),
      ("gelu", { gelu($0) }), ("silu", { silu($0) }), ("softmax", { softmax($0) }),
      ("logSoftmax", { logSoftmax($0, axis: 0) }), ("logSumExp", { logSumExp($0, axis: 1) }),
      ("variance", { variance($0, axes: 0) }), ("pow", { pow($0, 3) + pow($0, -2) + pow(square($0), 1.3) }),
      ("matmul", { matmul($0, $0.transposed()) }),
      ("batched", { matmul($0, stacked([$0, $0.transposed()])) }),
      ("slices", { $0[1...] * $0.sliced(axis: 0, from: 0, to: 2) }),
      ("concatenated", { concatenated([$0, square($0)], axis: 1) }),
      ("select", { select($0 .> 0.2, square($0), 3 * $0) }), ("product", { product($0, axes: 0) }),
      ("reshaped", { $0.reshaped(to: [-1]) * $0.transposed().flattened() }),
    ]
    for (name, body) in bodies {
      let error = try gradientError([3, 3], body)
      #expect(error < 1e-6, "\(name): \(error)")
    }
  }

  @Test("Labels and locations: the caller's line, for all nodes of a composition")
  func provenance() throws {
    let trace = Trace(at: SourceLocation(file: "Test/Here.swift", line: 1))
    let x = trace.input("x", TensorType(.float32, [2, 2]))
    let y = gelu(x).labelled("y")
    let here = SourceLocation(file: #fileID, line: #line - 1)
    #expect(trace.label(of: y) == "y")
    let made = trace.builder.nodes.filter { !$0.operation.isArgument && !$0.provenance.locations.isEmpty }
    #expect(made.count >= 6)
    #expect(made.allSatisfy { $0.provenance.locations == [here] })
    let z = y + x
    #expect(trace.builder.nodes[try #require(z.id)].provenance.locations.first?.line == 1)
    trace.withLabel("part") { _ = (z * 3).labelled("z") }
    #expect(trace.builder.nodes.last?.provenance.label == "part_z")
  }
}
