import Adjoint
import AdjointArray
import AdjointIR
import AdjointInterpreter
import Testing

@Suite("All functions of tensors, interpreted and compiled")
struct FunctionValueTests {
  @Test("Every entry of the table has cases, and every case an entry")
  func complete() {
    #expect(FunctionCase.all.count > 400)
    #expect(FunctionCase.all.count { $0.gradients != nil } > 80)
    #expect(Set(FunctionCase.all.map(\.name)) == Set(TableEntry.table.map(\.name)))
  }

  @Test(
    "They give what NumPy, SciPy, mpmath and PyTorch give, in type, shape and value",
    arguments: FunctionCase.all)
  func values(of item: FunctionCase) throws {
    let expected = try item.outputs.map { try $0.array() }
    for (way, found) in try bothWays(item.arrays(), item.entry.body) {
      #expect(found.map(\.scalarType) == expected.map(\.scalarType), "\(way)")
      for (index, pair) in zip(found, expected).enumerated() {
        #expect(
          differences(pair.0, pair.1, item.tolerance, floor: item.floor) == [], "\(way), result \(index)")
      }
    }
  }

  @Test(
    "First and second derivatives agree with central differences of what they are derivatives of",
    arguments: FunctionCase.all.filter(\.smooth), [1, 2])
  func gradients(of item: FunctionCase, order: Int) throws {
    let entry = try item.entry
    let point = try item.arrays()
    let targets = point.indices.filter { point[$0].scalarType == .float64 }
    let cost = { (x: [Tensor]) in
      let value = weightedSum(entry.body(x))
      return order == 1 ? value : weightedSum(gradient(of: value, withRespectTo: targets.map { x[$0] }))
    }
    let found = try bothWays(point) { x in gradient(of: cost(x), withRespectTo: targets.map { x[$0] }) }
    let types = point.enumerated().map { ("x\($0)", TensorType($1.scalarType, $1.shape)) }
    let interpreter = try Interpreter(Function(types) { [cost($0)] }.graph)
    for (number, target) in targets.enumerated() {
      var expected: [Double] = []
      for index in 0..<point[target].count {
        let step = 1e-5
        let sides = try [step, -step].map { delta in
          var elements = point[target].doubles
          elements[index] += delta
          var shifted = point
          shifted[target] = try NDArray(elements, shape: point[target].shape)
          return try interpreter.run(values: shifted)[0].doubles[0]
        }
        expected.append((sides[0] - sides[1]) / (2 * step))
      }
      let slopes = try NDArray(expected, shape: point[target].shape)
      for (way, values) in found {
        let scale = max(1, expected.map(Swift.abs).max() ?? 1)
        #expect(differences(values[number], slopes, 1e-6, floor: scale) == [], "\(way), by input \(target)")
      }
    }
  }

  @Test(
    "Derivatives by all arguments are PyTorch's", arguments: FunctionCase.all.filter { $0.gradients != nil })
  func reverseMode(of item: FunctionCase) throws {
    let entry = try item.entry
    let point = try item.arrays()
    let expected = try #require(item.gradients).map { try $0.array() }
    let found = try bothWays(point) { x in
      gradient(of: weightedSum(entry.body(x)), withRespectTo: x.filter(\.scalarType.isFloatingPoint))
    }
    for (way, values) in found {
      #expect(values.count == expected.count)
      for (number, pair) in zip(values, expected).enumerated() {
        let scale = pair.1.doubles.map(Swift.abs).max() ?? 0
        #expect(
          differences(pair.0, pair.1, 10 * item.tolerance, floor: Swift.max(1, scale)) == [],
          "\(way), by number \(number)")
      }
    }
  }

  @Test(
    "Derivatives of activations are mpmath's far out too, where nothing may overflow or vanish",
    arguments: FunctionCase.all.filter { $0.slope != nil })
  func slopes(of item: FunctionCase) throws {
    let entry = try item.entry
    let expected = try #require(item.slope).array()
    let found = try bothWays(item.arrays()) { x in [gradient(of: sum(entry.body(x)[0]), withRespectTo: x[0])]
    }
    for (way, values) in found {
      #expect(differences(values[0], expected, item.tolerance, floor: item.slopeFloor ?? 0) == [], "\(way)")
    }
  }

  @Test("In float32 activations and their derivatives are right up to ±80", arguments: TableEntry.activations)
  func singlePrecision(of entry: TableEntry) throws {
    for item in FunctionCase.all where item.name == entry.name && item.slope != nil {
      let x = try item.arrays()[0].doubles
      let values = try item.outputs[0].array().doubles
      let slopes = try #require(item.slope).array().doubles
      let kept = x.indices.filter { x[$0].magnitude <= 80 }
      let single = { (values: [Double]) in NDArray(kept.map { Float(values[$0]) }) }
      let found = try bothWays([single(x)]) { x in
        let y = entry.body(x)[0]
        return [y, gradient(of: sum(y), withRespectTo: x[0])]
      }
      for (way, results) in found {
        #expect(results.map(\.scalarType) == [.float32, .float32])
        #expect(differences(results[0], single(values), 2e-5, floor: 1e-36) == [], "\(way), value")
        #expect(
          differences(results[1], single(slopes), 1e-4, floor: max(1e-36, item.slopeFloor ?? 0)) == [],
          "\(way), derivative")
      }
    }
  }
}

/// A scalar in which every element of the floating-point tensors has a weight of its own.
private func weightedSum(_ results: [Tensor]) -> Tensor {
  let parts = results.filter(\.scalarType.isFloatingPoint).enumerated().map { index, y in
    let flat = y.flattened()
    return sum(flat * (0.3 + 0.1 * Double(index) + 0.05 * Tensor.iota(flat.count, .float64, in: y.trace)))
  }
  return parts.dropFirst().reduce(parts[0], +)
}
