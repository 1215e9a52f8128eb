import AdjointArray
import AdjointIR
import AdjointTransforms
import Testing

/// Where the rules of the phase `stabilize` apply beyond their simplest form, and where they do not.
@Suite struct StabilizeTests {
  private func rules(_ shapes: [Shape], _ body: Body) throws -> Set<String> {
    let traced = try Traced(shapes, body)
    let result = traced.graph([traced.output]).simplification(phases: [.canonicalize, .stabilize])
    #expect(result.unfinished == [])
    let stabilizing = Set(RewriteRule.all.filter { $0.phase == .stabilize }.map(\.name))
    return Set(result.applied.keys).intersection(stabilizing)
  }

  /// What looks like the left side of a rule and is not.
  @Test func nearMissesStay() throws {
    let one: @Sendable (inout Builder, NodeID) throws -> NodeID = { b, x in try b.constant(1, like: x) }
    let bodies: [(String, [Shape], Body)] = [
      // The sign of what the exponential is added to or multiplied with in a sum is not known.
      ("log(eˣ + y)", [[3], [3]], { b, x in try b.unary(.log, b.binary(.add, b.unary(.exp, x[0]), x[1])) }),
      (
        "log(eˣ − 2)", [[3]],
        { b, x in
          try b.unary(.log, b.binary(.subtract, b.unary(.exp, x[0]), b.constant(2, like: x[0])))
        }
      ),
      (
        "log Σ y·eˣ", [[3], [3]],
        { b, x in
          try b.unary(.log, b.reduce(.sum, b.binary(.multiply, x[1], b.unary(.exp, x[0])), axes: [0]))
        }
      ),
      (
        "log(−2·eˣ + eʸ)", [[3], [3]],
        { b, x in
          let negative = try b.binary(.multiply, b.unary(.exp, x[0]), b.constant(-2, like: x[0]))
          return try b.unary(.log, b.binary(.add, negative, b.unary(.exp, x[1])))
        }
      ),
      // One bounded probability and a constant do not meet log 0.
      (
        "log(σ(x) + 1e-7)", [[3]],
        { b, x in
          try b.unary(.log, b.binary(.add, b.unary(.sigmoid, x[0]), b.constant(1e-7, like: x[0])))
        }
      ),
      (
        "log(2 − σ(x))", [[3]],
        { b, x in
          try b.unary(.log, b.binary(.subtract, b.constant(2, like: x[0]), b.unary(.sigmoid, x[0])))
        }
      ),
      (
        "log(1 − tanh(x)·tanh(y))", [[3], [3]],
        { b, x in
          let product = try b.binary(.multiply, b.unary(.tanh, x[0]), b.unary(.tanh, x[1]))
          return try b.unary(.sin, b.binary(.subtract, one(&b, product), product))
        }
      ),
      // Divided by the sums of other rows, or of something else.
      (
        "eᶻ over the sums of its transpose", [[3, 3]],
        { b, x in
          let power = try b.unary(.exp, x[0])
          return try b.binary(.divide, power, b.reduce(.sum, power, axes: [1]))
        }
      ),
      (
        "eᶻ / Σe^y", [[2, 3], [2, 3]],
        { b, x in
          let sum = try b.reduce(.sum, b.unary(.exp, x[1]), axes: [1], keepingDimensions: true)
          return try b.binary(.divide, b.unary(.exp, x[0]), sum)
        }
      ),
      (
        "1 / (2 + eˣ)", [[3]],
        { b, x in
          let sum = try b.binary(.add, b.unary(.exp, x[0]), b.constant(2, like: x[0]))
          return try b.binary(.divide, one(&b, x[0]), sum)
        }
      ),
      (
        "(eˣ − eʸ) / (eˣ + eʸ)", [[3], [3]],
        { b, x in
          let (p, q) = (try b.unary(.exp, x[0]), try b.unary(.exp, x[1]))
          return try b.binary(.divide, b.binary(.subtract, p, q), b.binary(.add, p, q))
        }
      ),
      (
        "(1 + tanh x) / 3", [[3]],
        { b, x in
          let sum = try b.binary(.add, b.unary(.tanh, x[0]), one(&b, x[0]))
          return try b.binary(.divide, sum, b.constant(3, like: sum))
        }
      ),
      (
        "3σ(x) − 1", [[3]],
        { b, x in
          let thrice = try b.binary(.multiply, b.unary(.sigmoid, x[0]), b.constant(3, like: x[0]))
          return try b.binary(.subtract, thrice, one(&b, x[0]))
        }
      ),
      ("eˣ − y", [[3], [3]], { b, x in try b.binary(.subtract, b.unary(.exp, x[0]), x[1]) }),
      // e^−|x| does not overflow.
      (
        "log1p(e^−|x|) and 1 / (1 + e^−|x|)", [[3]],
        { b, x in
          let power = try b.unary(.exp, b.unary(.negate, b.unary(.absolute, x[0])))
          let quotient = try b.binary(
            .divide, one(&b, power), b.binary(.add, power, one(&b, power)))
          return try b.binary(.multiply, b.unary(.log1p, power), quotient)
        }
      ),
    ]
    for (name, shapes, body) in bodies {
      let traced = try Traced(shapes, body)
      let graph = traced.graph([traced.output])
      let canonical = graph.simplified(phases: [.canonicalize])
      #expect(
        ordered(graph.simplified(phases: [.canonicalize, .stabilize])) == ordered(canonical), "\(name)")
    }
  }

  /// The logarithm goes into sums and products, however they are nested, reshaped and repeated.
  @Test func nestedExponentials() throws {
    // log of the mean over both axes, in two steps with kept dimensions, times a weight: Gaussian mixtures.
    let body: Body = { b, x in
      let power = try b.unary(.exp, x[0])
      let rows = try b.reduce(.sum, power, axes: [1], keepingDimensions: true)
      let all = try b.reduce(.sum, b.reshape(rows, to: [2]), axes: [0])
      return try b.unary(.log, b.binary(.divide, all, b.constant(6, like: all)))
    }
    #expect(try rules([[2, 3]], body).isSuperset(of: ["stabilize-log-of-product", "stabilize-log-sum-exp"]))
    let traced = try Traced([[2, 3]], body)
    let stable = traced.graph([traced.output]).simplified()
    let far = try NDArray([1000.0, 1000, 1000, 1000, 1000, 1000], shape: [2, 3])
    #expect(deviation(try values(stable, [far])[0].doubles, [1000]) < 1e-15)
    let near = generic([2, 3])
    let expected = try values(traced.graph([traced.output]), [near])[0].doubles
    #expect(deviation(try values(stable, [near])[0].doubles, expected) < 1e-15)
  }

  /// −∞, as masks put it, takes no part; where all are −∞ the logarithm is −∞, and ∞ stays ∞.
  @Test func infinities() throws {
    let sum = try Traced([[2, 2]]) { b, x in try b.unary(.log, b.reduce(.sum, b.unary(.exp, x[0]), axes: [1]))
    }
    let masked = try NDArray([-Double.infinity, 3, -.infinity, -.infinity], shape: [2, 2])
    #expect(try values(sum.graph([sum.output]).simplified(), [masked])[0] == NDArray([3, -Double.infinity]))
    let infinite = try NDArray([.infinity, 3, -1000, -1000.0], shape: [2, 2])
    let found = try values(sum.graph([sum.output]).simplified(), [infinite])[0].doubles
    #expect(found[0] == .infinity && abs(found[1] + 999.306_852_819_440_1) < 1e-12)
    let pair = try Traced([[3], [3]]) { b, x in
      try b.unary(.log, b.binary(.add, b.unary(.exp, x[0]), b.unary(.exp, x[1])))
    }
    let left = NDArray([-Double.infinity, -.infinity, .infinity])
    let right = NDArray([5, -Double.infinity, 5])
    #expect(
      try values(pair.graph([pair.output]).simplified(), [left, right])[0]
        == NDArray([5, -Double.infinity, .infinity]))
    let softmax = try Traced([[1, 3]]) { b, x in
      let power = try b.unary(.exp, x[0])
      return try b.binary(.divide, power, b.reduce(.sum, power, axes: [1], keepingDimensions: true))
    }
    let logits = try NDArray([-Double.infinity, 1000, 1000], shape: [1, 3])
    #expect(
      try values(softmax.graph([softmax.output]).simplified(), [logits])[0].doubles == [0, 0.5, 0.5])
  }

  /// Rewriting what is rewritten changes nothing, and the cost is linear: a logarithm at each place of a long sum.
  @Test func longSums() throws {
    let traced = try Traced([[200]]) { b, x in
      var sum = try b.unary(.exp, b.reduce(.sum, x[0], axes: [0]))
      var logarithms = sum
      for index in 0..<200 {
        let element = try b.append(
          .slice(Slice(starts: [index], ends: [index + 1], steps: [1])), [x[0]])
        sum = try b.binary(.add, sum, b.unary(.exp, b.reshape(element, to: .scalar)))
        logarithms = try b.binary(.add, logarithms, b.unary(.log, sum))
      }
      return logarithms
    }
    let graph = traced.graph([traced.output])
    let result = graph.simplification()
    #expect(result.unfinished == [])
    #expect(result.graph.nodes.count < 4 * graph.nodes.count)
  }
}
