import Adjoint
import FuzzHarness
import FuzzSupport
import Testing

/// What compares and shrinks is itself right.
@Suite struct FuzzHarnessTests {
  /// x → y in float32 at 0.3, as the output.
  private func bound(_ measure: BoundedRun.Measure, _ body: (inout Builder, NodeID) throws -> NodeID) throws
    -> Double
  {
    var builder = Builder()
    let x = builder.argument(.input, "x", TensorType(.float32, []))
    let y = try body(&builder, x)
    let run = try BoundedRun(builder.graph(outputs: [Output("y", y)]), [NDArray(Float(0.3))], to: measure)
    return run.bounds[0]?.doubles[0] ?? 0
  }

  @Test func arithmeticIsExactBetweenBackendsAndRoundsAgainstTheRealNumbers() throws {
    let square = { (b: inout Builder, x: NodeID) in try b.binary(.multiply, x, x) }
    #expect(try bound(.backend, square) == 0)
    let rounding = try bound(.realNumbers, square)
    #expect(Double(Float(0.09).ulp) / 2 <= rounding && rounding <= Double(Float(0.09).ulp))
  }

  /// sin(1000·sin(x)) changes by 1000·|cos(1000·sin x)| as much as sin(x), at most.
  @Test func boundsGrowWithTheDerivative() throws {
    let inner = try bound(.backend) { b, x in try b.unary(.sin, x) }
    let outer = try bound(.backend) { b, x in
      let large = try b.binary(.multiply, b.unary(.sin, x), b.constant(1000, like: x))
      return try b.unary(.sin, large)
    }
    #expect(inner > 0)
    #expect(outer > 300 * inner && outer < 1300 * inner)
  }

  /// The factor of a float32 matrix, and a solution with it, are within their bounds of those in float64, and the bounds
  /// are not a thousand times too large.
  @Test func boundsOfLinearAlgebraHoldAndAreNotVague() throws {
    let cases = try OperationCases.linearAlgebra().filter {
      $0.name.contains("float32") && !$0.inputs.values.contains { $0.count == 0 }
    }
    #expect(cases.count > 40)
    for item in cases {
      let graph = item.graph
      let inputs = graph.ordered(item.inputs)
      let run = try BoundedRun(graph, inputs, to: .realNumbers)
      let bound = try #require(run.bounds[0]).doubles
      let wide = inputs.map { $0.converted(to: .float64) }
      let operation = graph[graph.outputs[0].node].operation
      let type = TensorType(.float64, run.values[0].shape)
      let precise = try evaluate(operation, wide, type: type).doubles
      let errors = zip(run.values[0].doubles, precise).map { abs($0 - $1) }
      #expect(zip(errors, bound).allSatisfy { $0 <= $1 }, "\(item.name)")
      // One matrix of one number is a root or a quotient; of larger ones some element is off by more than nothing.
      let (worst, largest) = (errors.max() ?? 0, bound.max() ?? 0)
      #expect(errors.count < 16 || largest < 1000 * worst, "\(item.name): \(largest) for \(worst)")
    }
  }

  @Test func aComparisonOfNumbersThatAreNotSureIsAJump() throws {
    #expect(throws: BoundedRun.Rejection.jump("ge")) {
      try bound(.backend) { b, x in
        let y = try b.unary(.sin, x)
        // Equal to the last bit or not: functions may differ there.
        return try b.cast(
          b.compare(.greaterOrEqual, y, b.binary(.multiply, y, b.constant(1, like: y))), to: .float32)
      }
    }
  }

  @Test(arguments: 0..<50 as Range<UInt64>)
  func aSpecimenIsReadBack(seed: UInt64) throws {
    let specimen = try Specimen(seed: seed)
    let read = try Specimen(text: "# a comment\n" + specimen.text)
    #expect(read.graph == specimen.graph)
    #expect(read.inputs == specimen.inputs)
  }

  /// One output element in the wrong place is a fault wherever its value differs.
  @Test func aSwappedElementIsAFault() throws {
    var (found, swapped) = (0, 0)
    for seed in 0..<100 as Range<UInt64> {
      guard let reference = try? Reference(try Specimen(seed: seed)) else { continue }
      var values = reference.expected
      for index in values.indices where values[index].scalarType == .float32 && values[index].count > 1 {
        let own = values[index].doubles
        guard abs(own[0] - own[1]) > 0.1 else { continue }
        swapped += 1
        values[index].withUnsafeMutableElements(of: Float.self) { $0.swapAt(0, 1) }
        if reference.fault(values) != nil { found += 1 }
        values[index] = reference.expected[index]
      }
      #expect(reference.fault(values) == nil)
    }
    #expect(swapped > 50)
    #expect(found == swapped)
  }

  @Test func whatFailsForOneNodeIsShrunkToIt() throws {
    let shrinker = Shrinker { specimen in
      specimen.graph.nodes.contains { $0.operation == .unary(.tanh) && $0.type.count > 0 }
        && (try? Interpreter(specimen.graph).run(values: specimen.inputs)) != nil
    }
    var count = 0
    for seed in 0..<20 as Range<UInt64> {
      let specimen = try Specimen(seed: seed)
      guard
        try specimen.graph.inliningCalls().nodes.contains(where: {
          $0.operation == .unary(.tanh) && $0.type.count > 0
        })
      else { continue }
      let small = shrinker.shrink(specimen)
      #expect(small.graph.nodes.count <= 4, "seed \(seed): \(small.graph)")
      count += 1
    }
    #expect(count > 5)
  }
}
