import AdjointArray
import AdjointIR
import AdjointTransforms
import Testing

/// Random graphs and their derivatives, on inputs with zeros of both signs, infinities and NaN.
@Suite struct RandomGraphTests {
  /// The generator of Steele, Lea & Flood (SplitMix64, OOPSLA 2014).
  struct Random: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
      state &+= 0x9E37_79B9_7F4A_7C15
      var z = state
      z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
      z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
      return z ^ (z >> 31)
    }
  }

  static func graph(seed: UInt64, size: Int) throws -> Traced {
    var random = Random(state: seed)
    return try Traced([[2, 3], [3], []]) { b, x in
      var pool = x
      for number in [0.0, -0.0, 1, -1, 2, 0.5, 3] { pool.append(b.constant(Literal(number))) }
      for _ in 0..<size {
        guard let a = pool.randomElement(using: &random), let c = pool.randomElement(using: &random),
          let d = pool.randomElement(using: &random)
        else { continue }
        switch Int.random(in: 0..<10, using: &random) {
        case 0, 1:
          let functions = UnaryFunction.allCases.filter { $0 != .not }
          guard let function = functions.randomElement(using: &random) else { continue }
          pool.append(try b.unary(function, a))
        case 2, 3, 4:
          let functions: [BinaryFunction] = [.add, .subtract, .multiply, .divide, .maximum, .minimum]
          guard let function = functions.randomElement(using: &random),
            b.shape(a).broadcast(with: b.shape(c)) != nil
          else { continue }
          pool.append(try b.binary(function, a, c))
        case 5:
          pool.append(try b.unary(.negate, a))
        case 6:
          guard let shape = b.shape(a).broadcast(with: b.shape(c)),
            shape.broadcast(with: b.shape(d)) != nil
          else { continue }
          pool.append(try b.select(b.compare(.less, a, c), c, d))
        case 7:
          guard b.shape(a).rank > 0,
            let reduction = Reduction.allCases.filter({ $0.domain.contains(.float64) }).randomElement(
              using: &random)
          else {
            continue
          }
          pool.append(try b.reduce(reduction, a, axes: [0], keepingDimensions: Bool.random(using: &random)))
        case 8:
          guard let shape = b.shape(a).broadcast(with: [2, 3]), shape == [2, 3] else { continue }
          pool.append(try b.broadcast(a, to: shape))
        default:
          guard b.shape(a).rank == 2 else { continue }
          let turned = try b.transpose(a, [1, 0])
          pool.append(try b.reshape(turned, to: b.shape(a)))
        }
      }
      // One scalar that needs everything.
      var sum = b.constant(Literal(0.25))
      for id in pool {
        sum = try b.binary(.add, sum, b.reduce(.sum, id, axes: Array(0..<b.shape(id).rank)))
      }
      return sum
    }
  }

  private func same(_ a: [NDArray], _ b: [NDArray]) -> Bool {
    zip(a, b).allSatisfy { pair in
      zip(pair.0.doubles, pair.1.doubles).allSatisfy {
        $0.bitPattern == $1.bitPattern || ($0.isNaN && $1.isNaN)
      }
    }
  }

  @Test(arguments: 0..<200)
  func canonicalFormsHaveTheSameBits(_ seed: Int) throws {
    var traced = try Self.graph(seed: UInt64(seed), size: 25)
    let pool = traced.builder.nodes.indices.filter { traced.builder.scalarType($0) == .float64 }
    let d = try traced.builder.gradient(of: traced.output, withRespectTo: traced.inputs)
    let graph = traced.graph(pool + d)
    let result = graph.simplification(phases: [.canonicalize])
    #expect(result.unfinished == [])
    #expect(result.graph.flops <= graph.flops)
    #expect(graph.simplification(phases: Set(RewritePhase.allCases)).unfinished == [])
    let special = [0, -0.0, 1, -1, .infinity, -.infinity, .nan, 0.3, 2, -700, 800]
    var random = Random(state: UInt64(seed) &+ 1000)
    for _ in 0..<3 {
      let inputs = traced.inputs.map { id in
        var array = NDArray(zeros: traced.builder.shape(id), .float64)
        let isCalm = Bool.random(using: &random)
        array.withUnsafeMutableElements(of: Double.self) { elements in
          for i in elements.indices {
            elements[i] =
              isCalm
              ? Double.random(in: -2...2, using: &random) : special[Int.random(in: 0..<11, using: &random)]
          }
        }
        return array
      }
      #expect(same(try values(graph, inputs), try values(result.graph, inputs)))
    }
  }
}
