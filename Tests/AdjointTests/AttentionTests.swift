import Adjoint
import AdjointArray
import AdjointIR
import AdjointLowering
import AdjointTransforms
import Foundation
import Testing

/// Layers x + attention(x, x, x) on `[length, 8]`: the sum of the last one's squares, and its gradient.
private func stack(_ layers: Int, length: Int, checkpoint: Bool) throws -> Function {
  try Function([("x", TensorType(.float32, [length, 8]))]) { x in
    let last = (0..<layers).reduce(x[0]) { x, _ in
      x + attention(x, x, x, isCausal: true, checkpoint: checkpoint)
    }
    let cost = sum(square(last))
    return [cost, gradient(of: cost, withRespectTo: x[0])]
  }
}

/// Attention of one head by its formula, and its derivatives for the cotangent 1, in float64 and element by element.
private func byFormula(_ q: [[Double]], _ k: [[Double]], _ v: [[Double]], scale: Double) -> (
  value: [[Double]], gradients: [[[Double]]]
) {
  let dot = { (a: [Double], b: [Double]) in zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
  let zeros = { (x: [[Double]]) in x.map { $0.map { _ in 0.0 } } }
  var (value, dq, dk, dv) = (q.map { _ in v[0].map { _ in 0.0 } }, zeros(q), zeros(k), zeros(v))
  for i in q.indices {
    let scores = k.map { scale * dot(q[i], $0) }
    let greatest = scores.max() ?? 0
    let exponentials = scores.map { exp($0 - greatest) }
    let weights = exponentials.map { $0 / exponentials.reduce(0, +) }
    let gains = v.map { $0.reduce(0, +) }
    let mean = dot(weights, gains)
    for j in k.indices {
      for c in v[0].indices {
        value[i][c] += weights[j] * v[j][c]
        dv[j][c] += weights[j]
      }
      let slope = scale * weights[j] * (gains[j] - mean)
      for c in q[0].indices {
        dq[i][c] += slope * k[j][c]
        dk[j][c] += slope * q[i][c]
      }
    }
  }
  return (value, [dq, dk, dv])
}

private func matrix(_ rows: [[Double]], _ type: ScalarType) throws -> NDArray {
  try NDArray(rows.flatMap(\.self), shape: [rows.count, rows[0].count]).converted(to: type)
}

@Suite("Attention")
struct AttentionTests {
  /// Buffers of at least `bytes` that are written before the cost is known and read after it.
  private func kept(_ program: Program, bytes: Int) throws -> Int {
    let cost = try #require(
      program.kernels.firstIndex { kernel in
        kernel.writes.contains { program.buffers[$0].storage == .output(0) }
      })
    #expect(program.kernels.count > cost + 1)
    return program.memory.placements.count {
      $0.byteCount >= bytes && $0.firstKernel <= cost && $0.lastKernel > cost
    }
  }

  @Test("In a checkpoint no matrix of scores lives from the forward to the backward pass")
  func checkpointedMemory() throws {
    let (length, layers) = (96, 3)
    // One byte for each score is a mask.
    let mask = length * length
    let program = { (checkpoint: Bool) in
      try stack(layers, length: length, checkpoint: checkpoint).compiled().executable.program
    }
    let (plain, checkpointed) = (try program(false), try program(true))
    #expect(try kept(plain, bytes: mask) >= layers)
    #expect(try kept(checkpointed, bytes: mask) == 0)
    // The backward pass of a layer needs weights, their cotangents and those of the scores, of one layer at a time.
    let most = (plain.memory.lowerBoundBytes, checkpointed.memory.lowerBoundBytes)
    #expect(most.1 < 4 * 4 * mask && most.1 < most.0, "\(most)")
  }

  @Test("In a checkpoint it has the same bits, but for the order in which cotangents are added up")
  func checkpointedBits() throws {
    let x = try NDArray(generic([24, 8]).doubles, shape: [24, 8]).converted(to: .float32)
    let results = try [false, true].map { checkpoint in
      try stack(3, length: 24, checkpoint: checkpoint).compiled().executable([x])
    }
    #expect(results[0][0] == results[1][0])
    let scale = results[0][1].doubles.map(Swift.abs).max() ?? 0
    #expect(differences(results[0][1], results[1][1], 1e-6, floor: scale) == [])
  }

  @Test("With scores up to ±10⁴ and ties values and derivatives are those of the formula, in both precisions")
  func largeScores() throws {
    // Whole numbers, whose scores are exact in float32.
    let q = [[100, -3], [-100, 1], [0, 0], [1, 2]].map { $0.map(Double.init) }
    let k = [[100, 0], [99, 1], [-100, 7], [100, 0], [0, 5]].map { $0.map(Double.init) }
    let v = [[1, 2, 3], [-1, 4, 0], [2, 2, 2], [0.5, -3, 1], [7, 0, -2]]
    let (value, gradients) = byFormula(q, k, v, scale: 1)
    for type in [ScalarType.float32, .float64] {
      for checkpoint in [false, true] {
        let inputs = try [matrix(q, type), matrix(k, type), matrix(v, type)]
        let found = try bothWays(inputs) { x in
          let y = attention(x[0], x[1], x[2], scale: 1, checkpoint: checkpoint)
          return [y] + gradient(of: sum(y), withRespectTo: x)
        }
        for (way, results) in found {
          for (result, expected) in zip(results, [value] + gradients) {
            let tolerance = type == .float32 ? 1e-5 : 1e-14
            let expected = try matrix(expected, .float64)
            let scale = max(1, expected.doubles.map(Swift.abs).max() ?? 0)
            #expect(differences(result, expected, tolerance, floor: scale) == [], "\(type), \(way)")
          }
        }
      }
    }
  }

  @Test("A query that may see no key gives 0 and has the derivative 0; other queries do not notice")
  func noKey() throws {
    let x = try generic([3, 4])
    for isNumber in [false, true] {
      let found = try bothWays([x]) { x in
        let isSeen = Tensor.constant(
          try NDArray([true, true, false, false, false, false, false, true, true], shape: [3, 3]),
          in: x[0].trace)
        let mask = isNumber ? select(isSeen, 0, Tensor.constant(-.infinity, like: x[0])) : isSeen
        let y = attention(x[0], x[0], x[0], mask: mask)
        let alone = attention(x[0][0..<1], x[0][0..<2], x[0][0..<2])
        return [y, alone, gradient(of: sum(square(y)), withRespectTo: x[0])]
      }
      for (way, results) in found {
        let y = results[0].doubles
        #expect(Array(y[4..<8]) == [0, 0, 0, 0], "\(way)")
        #expect(isClose(Array(y[0..<4]), results[1].doubles, 1e-15))
        #expect(results[2].doubles.allSatisfy { $0.isFinite }, "\(way)")
      }
    }
    let nothing = try bothWays([NDArray(zeros: [0, 2]), generic([3, 2]).converted(to: .float32)]) { x in
      [attention(x[1], x[0], x[0])]
    }
    for (way, results) in nothing { #expect(results == [NDArray(zeros: [3, 2])], "\(way)") }
  }

  @Test("Rows of a batch stay independent, and forward mode is the transpose of reverse mode")
  func transforms() throws {
    let x = try generic([2, 3, 2])
    let t = try NDArray(generic([12]).doubles.map { 1 - $0 * $0 }, shape: [2, 3, 2])
    let body = { (x: Tensor) in attention(x, x * 2, sin(x), isCausal: true) }
    for (way, results) in try bothWays(
      [x, t],
      { x in
        let y = body(x[0])
        return [
          sum(jvp(of: y, withRespectTo: x[0], tangent: x[1]) * cos(y)),
          sum(x[1] * vjp(of: y, withRespectTo: x[0], cotangent: cos(y))),
          gradient(of: y, withRespectTo: x[0]) - gradient(of: sum(y), withRespectTo: x[0]),
        ]
      })
    {
      #expect(isClose(results[0].doubles, results[1].doubles, 1e-13), "\(way)")
      #expect(results[2].doubles.allSatisfy { $0 == 0 }, "\(way)")
    }
  }

  @Test("What does not fit is said once, with the shapes, at the caller's line")
  func errors() throws {
    let problem = { (shapes: [Shape], type: ScalarType, mask: (Shape, ScalarType)?) throws -> GraphError in
      let trace = Trace()
      let x = shapes.enumerated().map { trace.input("x\($0)", TensorType(type, $1)) }
      let mask = mask.map { trace.input("mask", TensorType($0.1, $0.0)) }
      let y = attention(x[0], x[1], x[2], mask: mask)
      #expect(y.isPoisoned)
      #expect(trace.errors.count == 1)
      let error = try #require(trace.errors.first)
      #expect(error.operation == "attention" && error.location?.file == #fileID)
      return error
    }
    #expect(
      try problem([[3, 2], [4, 3], [4, 2]], .float32, nil).remedy == "queries and keys need one width")
    #expect(try problem([[3, 2], [4, 2], [5, 2]], .float32, nil).remedy == "give one value for each key")
    #expect(
      try problem([[2], [4, 2], [4, 2]], .float32, nil).remedy == "give […, t, d], […, s, d] and […, s, v]")
    #expect(
      try problem([[2, 3, 2], [3, 4, 2], [4, 2]], .float32, nil).problem.hasPrefix(
        "queries [2,3,2], keys [3,4,2]"))
    #expect(try problem([[3, 2], [4, 2], [4, 2]], .int32, nil).kind == .typeMismatch)
    #expect(
      try problem([[3, 2], [4, 2], [4, 2]], .float32, ([3, 4], .int32)).problem == "a mask of int32")
    #expect(
      try problem([[3, 2], [4, 2], [4, 2]], .float32, ([2, 3, 4], .bool)).problem
        == "the mask bool[2,3,4] is not broadcast to the scores [3,4]")
  }

  @Test("Several heads: what does not divide is an error, and PyTorch's packed weights are the separate ones")
  func heads() throws {
    let trace = Trace()
    let (x, w, o) = (
      trace.input("x", TensorType(.float32, [2, 3, 4])), trace.input("w", TensorType(.float32, [4, 12])),
      trace.input("o", TensorType(.float32, [4, 4]))
    )
    let weights = AttentionWeights(packed: w, output: o)
    #expect(multiHeadAttention(x, heads: 2, weights: weights).shape == [2, 3, 4])
    #expect(trace.errors.isEmpty)
    #expect(multiHeadAttention(x, heads: 3, weights: weights).isPoisoned)
    #expect(trace.errors.map(\.problem) == ["a width of 4 does not divide among 3 heads"])
    #expect(multiHeadAttention(x, heads: 0, weights: weights).isPoisoned)
    #expect(trace.errors.count == 2)
    let uneven = AttentionWeights(packed: trace.input("u", TensorType(.float32, [4, 11])), output: o)
    #expect(multiHeadAttention(x, heads: 2, weights: uneven).isPoisoned)
    #expect(trace.errors.map(\.operation).last == "split")
  }
}
