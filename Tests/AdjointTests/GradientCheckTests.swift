import Adjoint
import Foundation
import Testing

@Suite("Gradient check")
struct GradientCheckTests {
  /// Σ sin(w)·e^v + w₀², by a matrix and a row.
  static func function(_ type: ScalarType = .float64) throws -> Function {
    try Function([("w", TensorType(type, [2, 3])), ("v", TensorType(type, [3]))]) {
      [sum(sin($0[0]) * exp($0[1])) + sum(square($0[0]))]
    }
  }
  static let w = [0.3, -1.2, 2.5, 0.01, 4, -0.7]
  static let v = [0.5, -2, 1.1]

  static func inputs(_ type: ScalarType = .float64) throws -> [NDArray] {
    [try NDArray(w, shape: [2, 3]).converted(to: type), NDArray(v).converted(to: type)]
  }
  /// By hand: cos(w)·e^v + 2w, and the column sums of sin(w)·e^v.
  static func byHand() throws -> [NDArray] {
    let byW = w.indices.map { cos(w[$0]) * exp(v[$0 % 3]) + 2 * w[$0] }
    let byV = v.indices.map { (sin(w[$0]) + sin(w[$0 + 3])) * exp(v[$0]) }
    return [try NDArray(byW, shape: [2, 3]), NDArray(byV)]
  }

  @Test(
    "What reverse mode gives agrees with differences in every entry",
    arguments: [
      ScalarType.float32, .float64,
    ])
  func right(type: ScalarType) throws {
    let report = try checkGradient(of: Self.function(type), at: Self.inputs(type))
    #expect(report.isRight)
    #expect(report.entries.count == 9)
    #expect(report.entries.allSatisfy { $0.verdict == .agrees && $0.tolerance < 1e-5 })
    #expect(Set(report.entries.map(\.name)).isSuperset(of: ["w[0, 0]", "w[1, 2]", "v[2]"]))
    // What it was compared with is the mathematics, and not the same computation again.
    if type == .float64 {
      let byHand = try Self.byHand()
      for entry in report.entries {
        let index = try #require(entry.index)
        let expected =
          entry.argument == "w"
          ? byHand[0].doubles[index[0] * 3 + index[1]] : byHand[1].doubles[index[0]]
        #expect(abs(entry.expected - expected) <= entry.tolerance)
        #expect(abs(entry.found - expected) <= 1e-14 * max(1, abs(expected)))
      }
    }
  }

  @Test("A derivative that is cut off differs, by the entries that it misses")
  func wrongGradient() throws {
    let x = NDArray([1.5, 0, -2])
    let f = try Function([("x", TensorType(.float64, [3]))]) { [sum($0[0] * stopGradient($0[0]))] }
    let report = try checkGradient(of: f, at: [x])
    #expect(!report.isRight)
    // d Σx² = 2x, of which reverse mode is let see x; at 0 both are 0.
    #expect(
      report.failures.map(\.name) == ["x[2]", "x[0]"] || report.failures.map(\.name) == ["x[0]", "x[2]"])
    #expect(report.failures.allSatisfy { abs($0.expected - 2 * $0.found) < 1e-6 && $0.verdict == .differs })
    #expect(report.entries.last?.name == "x[1]")
    let along = try checkGradient(of: f, at: [x], by: .projections(4, seed: 7))
    #expect(along.failures.count == 4)
    #expect(Set(along.failures.map(\.name)).contains("x along direction 3"))
  }

  @Test("Derivatives of one's own: right ones pass as arrays, as a closure and as a function")
  func ownDerivatives() throws {
    let f = try Self.function()
    let inputs = try Self.inputs()
    let arrays = try checkGradient(of: f, at: inputs, given: Self.byHand())
    #expect(arrays.isRight && arrays.entries.count == 9 && arrays.reference == "reverse mode")
    #expect(try checkGradient(of: f, at: inputs) { _ in try Self.byHand() }.isRight)
    let traced = try Function([("w", TensorType(.float64, [2, 3])), ("v", TensorType(.float64, [3]))]) {
      [cos($0[0]) * exp($0[1]) + 2 * $0[0], sum(sin($0[0]), axes: 0) * exp($0[1])]
    }
    #expect(try checkGradient(of: f, at: inputs, given: traced).isRight)
    let single = try Self.byHand().map { $0.converted(to: .float32) }
    #expect(try checkGradient(of: f, at: inputs, given: single).isRight)
  }

  @Test("A wrong sign, a wrong place and a wrong factor are found, and named")
  func wrongDerivatives() throws {
    let f = try Self.function()
    let (byW, byV) = (try Self.byHand()[0].doubles, try Self.byHand()[1])
    func failures(_ values: [Double]) throws -> [String] {
      let report = try checkGradient(
        of: f, at: Self.inputs(), given: [NDArray(values, shape: [2, 3]), byV])
      #expect(report.entries.prefix(report.failures.count).allSatisfy { $0.verdict == .differs })
      return report.failures.map(\.name)
    }
    var sign = byW
    sign[4].negate()
    #expect(try failures(sign) == ["w[1, 1]"])
    var swapped = byW
    swapped.swapAt(0, 5)
    #expect(try failures(swapped).sorted() == ["w[0, 0]", "w[1, 2]"])
    #expect(try failures(byW.map { 2 * $0 }).count == 6)
    var worse = byW
    worse[1] += 1e-3
    worse[3] += 1
    #expect(try failures(worse) == ["w[1, 0]", "w[0, 1]"])
  }

  @Test("Kinks are reported as such: relu and |x| at 0, and equal numbers of which one is the greatest")
  func kinks() throws {
    let vector = [("x", TensorType(.float64, [3]))]
    let functions = [
      try Function(vector) { [sum(relu($0[0]))] }, try Function(vector) { [sum(abs($0[0]))] },
    ]
    for (f, left) in zip(functions, [0.0, -1]) {
      let report = try checkGradient(of: f, at: [NDArray([0.0, 1, -1e-6])])
      #expect(report.isRight)
      #expect(report.entries.map(\.verdict) == [.kink, .agrees, .agrees])
      #expect(report.entries[0].name == "x[0]")
      let sides = try #require(report.entries[0].oneSided)
      #expect(abs(sides.left - left) < 1e-6 && abs(sides.right - 1) < 1e-6)
    }
    let ties = try checkGradient(
      of: Function(vector) { [max($0[0])] }, at: [NDArray([2.0, 2, 1])])
    #expect(ties.entries.map(\.verdict) == [.kink, .kink, .agrees])
    // One's own choice at a kink may be another one, if it lies between the slopes; 1.5 does not.
    for (choice, verdict) in [(1.0, GradientReport.Verdict.kink), (1.5, .differs)] {
      let report = try checkGradient(
        of: functions[0], at: [NDArray([0.0, 1, 2])], given: [NDArray([choice, 1, 1])])
      #expect(report.entries[0].verdict == verdict)
    }
  }

  @Test("NaN and infinity are no derivatives; close to the edge of its domain a function still has them")
  func edges() throws {
    let f = try Function(.float64) { log($0) }
    #expect(try checkGradient(of: f, at: [NDArray(1e-5)]).isRight)
    let outside = try checkGradient(of: f, at: [NDArray(-1.0)])
    #expect(outside.entries.map(\.verdict) == [.notFinite] && !outside.isRight)
    let root = try checkGradient(of: Function(.float64) { sqrt($0) }, at: [NDArray(0.0)])
    #expect(root.entries.map(\.verdict) == [.notFinite])
    let own = try checkGradient(of: f, at: [NDArray(2.0)], given: [NDArray(Double.nan)])
    #expect(own.entries.map(\.verdict) == [.notFinite])
  }

  @Test("A derivative that drowns in rounding is undecided, and not right by luck")
  func undecided() throws {
    let f = try Function(.float64) { x in 1e12 + sin(x) }
    #expect(try checkGradient(of: f, at: [NDArray(0.5)]).entries.map(\.verdict) == [.undecided])
    let constant = try Function(.float64) { x in 0 * x + 3 }
    #expect(try checkGradient(of: constant, at: [NDArray(0.5)]).entries.map(\.verdict) == [.agrees])
  }

  @Test("Large arguments are checked along directions, the same for the same seed; indices stay as they are")
  func projections() throws {
    let f = try Function([
      ("table", TensorType(.float32, [500, 10])), ("rows", TensorType(.int32, [4])),
    ]) { [mean(square(tanh($0[0].gathered(rows: $0[1]))))] }
    let table = try NDArray((0..<5000).map { Float(sin(Double($0))) }, shape: [500, 10])
    let inputs = [table, NDArray([3, 3, 0, 499] as [Int32])]
    let report = try checkGradient(of: f, at: inputs)
    #expect(report.isRight && report.entries.count == 32)
    #expect(report.entries.allSatisfy { $0.argument == "table" && $0.index == nil && $0.verdict == .agrees })
    let again = try checkGradient(of: f, at: inputs)
    #expect(report.entries.map(\.found) == again.entries.map(\.found))
    let other = try checkGradient(of: f, at: inputs, by: .projections(32, seed: 1))
    #expect(report.entries.map(\.found) != other.entries.map(\.found))
  }

  @Test("A model's cost, by its parameters, with the penalty")
  func trainer() throws {
    let table = try Table(
      features: NDArray((0..<24).map { sin(Double($0)) }, shape: [8, 3]),
      targets: NDArray((0..<8).map { cos(Double($0)) }, shape: [8, 1]), task: .regression)
    let trainer = try Trainer(
      MLP([3, 4, 1], activation: .tanh), loss: .meanSquaredError, regularization: .l2(0.1),
      optimizer: .adam(), batchSize: 4)
    let report = try trainer.checkGradient(table)
    #expect(report.isRight)
    #expect(report.entries.count == 3 * 4 + 4 + 4 + 1)
    #expect(Set(report.entries.map(\.argument)) == Set(trainer.parameters.keys))
    let physics = try Trainer(MLP([2, 4, 1], activation: .tanh), optimizer: .adam()) { u, batch in
      let x = batch["x"]
      return mean(square(gradient(of: u(x), withRespectTo: x)))
    }
    let points = try NDArray([0.1, 0.2, 0.3, 0.4], shape: [2, 2])
    #expect(try physics.checkGradient(["x": points], by: .projections(8)).isRight)
    let broken = try Trainer(Dense(1), optimizer: .sgd(learningRate: 1)) { model, batch in
      let y = model(batch["x"])
      return mean(y * stopGradient(y))
    }
    #expect(try broken.checkGradient(["x": points]).failures.count == 3)
  }

  @Test("What is given wrong is named")
  func errors() throws {
    let f = try Self.function()
    let inputs = try Self.inputs()
    #expect(throws: ExecutionError.argumentCount(expected: 2, found: 1)) {
      try checkGradient(of: f, at: [inputs[0]])
    }
    #expect(
      throws: ExecutionError.argumentMismatch(
        name: "v", expected: TensorType(.float64, [3]), found: TensorType(.float64, [2, 3]))
    ) { try checkGradient(of: f, at: [inputs[0], inputs[0]]) }
    #expect(throws: GradientCheckError.derivativeCount(expected: ["w", "v"], found: 1)) {
      try checkGradient(of: f, at: inputs, given: [inputs[0]])
    }
    #expect(throws: GradientCheckError.derivativeMismatch(name: "v", expected: [3], found: [2, 3])) {
      try checkGradient(of: f, at: inputs, given: [inputs[0], inputs[0]])
    }
    let two = try Function([("x", TensorType(.float64, [2]))]) { [$0[0], $0[0]] }
    let error = #expect(throws: GraphError.self) { try checkGradient(of: two, at: [NDArray([1.0, 2])]) }
    #expect(error?.kind == .notDifferentiable)
    #expect(error?.problem == "the function gives float64[2], float64[2]")
  }

  @Test("The report as a table and as JSON: the worst first")
  func printed() throws {
    var own = try Self.byHand()
    own[1] = NDArray([own[1].doubles[0], 7, own[1].doubles[2]])
    let report = try checkGradient(of: Self.function(), at: Self.inputs(), given: own)
    let lines = report.description.split(separator: "\n").map(String.init)
    #expect(lines[0] == "Gradient against reverse mode: 1 DIFFERS, 8 agrees")
    #expect(lines[1].hasPrefix("derivative by"))
    #expect(lines[2].hasPrefix("v[1]") && lines[2].hasSuffix("DIFFERS") && lines[2].contains(" 7 "))
    #expect(report.text(limit: 3).hasSuffix("and 6 more"))
    let json = try JSONSerialization.jsonObject(with: JSONEncoder().encode(report)) as? [String: Any]
    let first = try #require((json?["entries"] as? [[String: Any]])?.first)
    #expect(first["argument"] as? String == "v" && first["index"] as? [Int] == [1])
    #expect(first["verdict"] as? String == "differs" && first["found"] as? Double == 7)
  }
}
