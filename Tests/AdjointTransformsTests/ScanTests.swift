import AdjointArray
import AdjointIR
import AdjointInterpreter
import AdjointTransforms
import Testing

/// h' = tanh(h·u + x·w), c' = c·cos(h) + x: two carries of vectors, a stacked operand and two invariants; kept are
/// h·h' and sin(x).
private func cell(_ length: Int, isReversed: Bool, memory: Scan.Memory) throws -> Scan {
  var body = Builder()
  let vector = TensorType(.float64, [3])
  let h = body.argument(.input, "h", vector)
  let c = body.argument(.input, "c", vector)
  let x = body.argument(.input, "x", vector)
  let u = body.argument(.input, "u", TensorType(.float64, [3, 3]))
  let w = body.argument(.input, "w", TensorType(.float64, []))
  let product = try body.append(.dot(DotDimensions(lhsContracting: [0], rhsContracting: [0])), [h, u])
  let next = try body.unary(.tanh, body.binary(.add, product, body.binary(.multiply, x, w)))
  let sum = try body.binary(.add, body.binary(.multiply, c, body.unary(.cos, h)), x)
  let kept = try body.binary(.multiply, h, next)
  let sine = try body.unary(.sin, x)
  return Scan(
    body.graph(
      outputs: [
        Output("h", next), Output("c", sum), Output("y", kept), Output("s", sine),
      ]),
    carries: 2, stacked: 1, length: length, isReversed: isReversed, memory: memory)
}

private func cellInputs(_ length: Int) -> [NDArray] {
  [
    generic([3]), generic([3], seed: 2), generic([length, 3], seed: 3), generic([3, 3], -0.7, 0.8, seed: 4),
    generic([], seed: 5),
  ]
}

/// The derivatives of loops, by central differences and by writing them out.
@Suite struct ScanTests {
  @Test(arguments: [0, 1, 2, 5], Scan.Memory.allCases)
  func eachResultHasItsDerivatives(_ length: Int, _ memory: Scan.Memory) throws {
    for isReversed in [false, true] {
      let scan = try cell(length, isReversed: isReversed, memory: memory)
      for result in 0..<4 where length > 0 || result < 2 {
        let error = try gradientError(cellInputs(length)) { b, x in
          try b.append(.scan(scan, result: result), x)
        }
        #expect(error < 1e-6, "result \(result)")
      }
    }
  }

  @Test(arguments: Scan.Memory.allCases)
  func resultsTogetherHaveTheirDerivatives(_ memory: Scan.Memory) throws {
    let scan = try cell(4, isReversed: false, memory: memory)
    let error = try gradientError(cellInputs(4)) { b, x in
      let results = try (0..<4).map { try b.append(.scan(scan, result: $0), x) }
      let last = try b.binary(.multiply, results[0], results[1])
      let kept = try b.binary(.add, results[2], b.binary(.multiply, results[3], results[3]))
      return try b.binary(.multiply, last, b.reduce(.sum, kept, axes: [0]))
    }
    #expect(error < 1e-6)
  }

  @Test(arguments: Scan.Memory.allCases)
  func derivativesHaveDerivatives(_ memory: Scan.Memory) throws {
    let scan = try cell(3, isReversed: true, memory: memory)
    let error = try gradientError(cellInputs(3)) { b, x in
      let last = try b.append(.scan(scan, result: 0), x)
      let loss = try b.reduce(.sum, b.binary(.multiply, last, last), axes: [0])
      let gradients = try b.gradient(of: loss, withRespectTo: [x[0], x[3], x[4]])
      let first = try b.reduce(.sum, gradients[1], axes: [0])
      return try b.binary(.multiply, b.binary(.add, first, gradients[0]), gradients[2])
    }
    #expect(error < 1e-6)
  }

  @Test func segmentsChangeNothing() throws {
    for (length, isReversed) in [(12, false), (13, true), (7, false)] {
      let scan = try cell(length, isReversed: isReversed, memory: .values)
      for segment in [1, 3, 4, 20] {
        let traced = try Traced(cellInputs(length).map(\.shape)) { b, x in
          let whole = try b.scan(scan, x)
          let cut = try b.scan(scan, x, segment: segment)
          var parts: [NodeID] = []
          for (a, c) in zip(whole, cut) {
            #expect(b.type(a) == b.type(c))
            parts.append(try b.reshape(b.binary(.subtract, a, c), to: [b.shape(a).count]))
          }
          return try b.append(.concatenate(axis: 0), parts)
        }
        let graph = traced.graph([traced.output])
        try graph.verify()
        #expect(try values(graph, cellInputs(length))[0].doubles.allSatisfy { $0 == 0 })
      }
    }
    let scan = try cell(7, isReversed: false, memory: .values)
    let error = try gradientError(cellInputs(7)) { b, x in try b.scan(scan, x, segment: 3)[2] }
    #expect(error < 1e-6)
  }

  @Test(arguments: [2, 9])
  func aLoopEqualsItsRunsWrittenOut(_ length: Int) throws {
    let scan = try cell(length, isReversed: false, memory: .values)
    let traced = try Traced(cellInputs(length).map(\.shape)) { b, x in
      var (h, c) = (x[0], x[1])
      for step in 0..<length {
        let row = Slice(starts: [step, 0], ends: [step + 1, 3], steps: [1, 1])
        let slice = try b.reshape(b.append(.slice(row), [x[2]]), to: [3])
        let product = try b.append(.dot(DotDimensions(lhsContracting: [0], rhsContracting: [0])), [h, x[3]])
        let next = try b.unary(.tanh, b.binary(.add, product, b.binary(.multiply, slice, x[4])))
        c = try b.binary(.add, b.binary(.multiply, c, b.unary(.cos, h)), slice)
        h = next
      }
      let loops = try (0..<2).map { try b.append(.scan(scan, result: $0), x) }
      return try b.append(
        .concatenate(axis: 0),
        [b.binary(.subtract, h, loops[0]), b.binary(.subtract, c, loops[1])])
    }
    let difference = try values(traced.graph([traced.output]), cellInputs(length))[0].doubles
    #expect(difference == [Double](repeating: 0, count: 6))
    // A short loop is written out, a long one stays.
    let inlined = try traced.graph([traced.output]).inliningCalls()
    try inlined.verify(stage: .lowerable)
    #expect(inlined.scanCalls().count == (length == 2 ? 0 : 1))
    #expect(try values(inlined, cellInputs(length))[0].doubles == difference)
  }

  /// The forward loop, which keeps what the backward loop reads, takes the place of the one that was there.
  @Test func aGradientIsTwoLoops() throws {
    let scan = try cell(40, isReversed: false, memory: .values)
    var traced = try Traced(cellInputs(40).map(\.shape)) { b, x in
      let last = try b.append(.scan(scan, result: 0), x)
      return try b.reduce(
        .sum, b.binary(.multiply, last, b.reduce(.sum, b.append(.scan(scan, result: 2), x), axes: [0])),
        axes: [0])
    }
    let gradients = try traced.builder.gradient(of: traced.output, withRespectTo: traced.inputs)
    let graph = traced.graph([traced.output] + gradients)
    let tidy = graph.simplified()
    try tidy.verify()
    #expect(tidy.scanCalls().count == 2)
    let (before, after) = (try values(graph, cellInputs(40)), try values(tidy, cellInputs(40)))
    for (a, b) in zip(before, after) { #expect(deviation(a.doubles, b.doubles) < 1e-13) }
    // c is in no result that is asked for: its loop does not hand it on.
    for ids in tidy.scanCalls().values {
      guard case .scan(let loop, _) = tidy[ids[0]].operation else { continue }
      #expect(!loop.isReversed ? loop.carryCount == 1 : loop.carryCount == 3)
    }
  }

  @Test func whatNobodyNeedsIsLeftOut() throws {
    let scan = try cell(5, isReversed: false, memory: .values)
    #expect(scan.neededOutputs(for: [3]) == [3])
    #expect(scan.neededOutputs(for: [1]) == [0, 1])
    let (pruned, operands, results) = scan.pruned(for: [3])
    #expect(operands == [2] && results == [3])
    #expect(pruned.carryCount == 0 && pruned.stackedCount == 1 && pruned.body.arguments.count == 1)
    // sin of three numbers, five times; for h' a product of 18 operations, 3 + 3 + 3 more.
    #expect(scan.flops(of: [3]) == 15)
    #expect(scan.flops(of: [0]) == 5 * (18 + 9))
  }

  @Test func rowsOfALoopAreIndependent() throws {
    // Rows of h in axis 0; each run multiplies by a matrix.
    var body = Builder()
    let h = body.argument(.input, "h", TensorType(.float64, [4, 3]))
    let u = body.argument(.input, "u", TensorType(.float64, [3, 3]))
    let next = try body.unary(.tanh, body.append(.dot(.matmul(rank: 2)), [h, u]))
    let scan = Scan(
      body.graph(outputs: [Output("h", next), Output("y", next)]), carries: 1, stacked: 0, length: 6)
    var traced = try Traced([[4, 3], [3, 3]]) { b, x in try b.append(.scan(scan, result: 0), x) }
    _ = try traced.builder.gradient(of: traced.output, withRespectTo: traced.inputs[0])
    // The invariant is everybody's.
    #expect(throws: GraphError.self) {
      _ = try traced.builder.gradient(of: traced.output, withRespectTo: traced.inputs[1])
    }
    // Along the runs rows meet.
    var running = try Traced([[6, 3]]) { b, x in
      var body = Builder()
      let c = body.argument(.input, "c", TensorType(.float64, [3]))
      let s = body.argument(.input, "s", TensorType(.float64, [3]))
      let sum = try body.binary(.add, c, s)
      let scan = Scan(
        body.graph(outputs: [Output("c", sum), Output("y", sum)]), carries: 1, stacked: 1, length: 6)
      let zero = try b.broadcast(b.constant(Literal(0.0)), to: [3])
      return try b.append(.scan(scan, result: 1), [zero, x[0]])
    }
    #expect(throws: GraphError.self) {
      _ = try running.builder.gradient(of: running.output, withRespectTo: running.inputs[0])
    }
  }
}
