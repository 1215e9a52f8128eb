import Adjoint
import AdjointArray
import AdjointIR
import Testing

@Suite("Convolution and pooling")
struct ConvolutionTests {
  /// The cases of Reference/convolutions.json.
  private static let cases = FunctionCase.all.filter { $0.name.hasPrefix("conv") || $0.name.contains("Pool") }

  @Test("Forward mode is the transpose of reverse mode", arguments: cases)
  func transposes(of item: FunctionCase) throws {
    let entry = try item.entry
    for (way, values) in try bothWays(
      item.arrays(),
      { x in
        let y = entry.body(x)[0]
        let seed = wave(y, 1.3)
        let tangents = x.enumerated().map { wave($1, 0.7 + Double($0)) }
        let forward = jvp(of: [y], withRespectTo: x, tangents: tangents)[0]
        let back = zip(vjp(of: [y], withRespectTo: x, cotangents: [seed]), tangents).map { sum($0 * $1) }
        return [sum(forward * seed), back.dropFirst().reduce(back[0], +)]
      })
    {
      #expect(differences(values[0], values[1], 1e-12, floor: 1) == [], "\(way)")
    }
  }

  private func wave(_ x: Tensor, _ frequency: Double) -> Tensor {
    sin(Tensor.iota(x.shape.count, .float64, in: x.trace) * frequency).reshaped(to: x.shape)
  }

  @Test("The first of equal elements gets the derivative of the greatest one, and a NaN shows")
  func ties() throws {
    let x = try NDArray([1.0, 2, 2, 2, .nan, 5, -1, -1], shape: [1, 8, 1])
    for (way, values) in try bothWays(
      [x],
      { x in
        let y = maxPool1d(x[0], size: 2)
        return [y, gradient(of: sum(y), withRespectTo: x[0])]
      })
    {
      #expect(values[0].doubles.map { $0.isNaN ? -99 : $0 } == [2, 2, -99, -1], "\(way)")
      #expect(values[1].doubles == [0, 1, 1, 0, 1, 0, 1, 0], "\(way)")
    }
  }

  @Test("Integers are convolved and pooled, too")
  func integers() throws {
    let x = try NDArray([Int32(3), -7, 2, 9, -4, 1], shape: [1, 6, 1])
    let w = try NDArray([Int32(2), -1], shape: [2, 1, 1])
    for (way, values) in try bothWays(
      [x, w],
      { x in
        [conv1d(x[0], x[1]), maxPool1d(x[0], size: 3, stride: 2, padding: .around(1))]
      })
    {
      #expect(values[0].doubles == [13, -16, -5, 22, -9], "\(way)")
      #expect(values[1].doubles == [3, 9, 9], "\(way)")
    }
  }

  @Test("float32 convolutions of many strips agree with float64")
  func strips() throws {
    let x = try fractions(101, shape: [3, 40, 41, 5])
    let w = try fractions(97, shape: [3, 3, 5, 7])
    func body(_ x: [Tensor]) -> [Tensor] {
      let y = conv2d(x[0], x[1], strides: (1, 2), padding: .same)
      return [y] + gradient(of: sum(square(y)), withRespectTo: x)
    }
    let wide = try bothWays([x, w], body)[0].values
    for (way, values) in try bothWays([x.converted(to: .float32), w.converted(to: .float32)], body) {
      for (found, expected) in zip(values, wide) {
        let scale = expected.doubles.map(Swift.abs).max() ?? 1
        #expect(differences(found, expected, 1e-5, floor: scale) == [], "\(way)")
      }
    }
  }

  /// Numbers of −½ to ½ that repeat after `period`.
  private func fractions(_ period: Int, shape: Shape) throws -> NDArray {
    let numbers = (0..<shape.count).map { (index: Int) -> Double in
      Double(index * 37 % period) / Double(period) - 0.5
    }
    return try NDArray(numbers, shape: shape)
  }

  @Test("A network of convolutions has parameters of the right shapes and fans")
  func layers() throws {
    let trace = Trace()
    let x = trace.input("x", TensorType(.float32, [2, 12, 10, 4]))
    let model = Sequential {
      Conv2D(8, size: (3, 5), strides: (2, 1), padding: .same, groups: 2, activation: .relu)
      MaxPool2D()
      Conv2D(6, size: (2, 2), hasBias: false)
      AveragePool2D(size: (2, 2), strides: (1, 1))
      Flatten()
      Dense(3)
    }
    trace.nameParameters(of: model)
    let y = model(x)
    try trace.check()
    #expect(y.shape == [2, 3])
    #expect(
      trace.parameters.map(\.name) == [
        "conv2D1.weight", "conv2D1.bias", "conv2D2.weight", "dense1.weight", "dense1.bias",
      ])
    #expect(trace.parameters.map(\.tensor.shape) == [[3, 5, 2, 8], [8], [2, 2, 8, 6], [18, 3], [3]])
  }

  private typealias Wrong = FunctionErrorTests.Wrong

  /// Of x [2, 6, 5, 3] and w [3, 3, 2, 4].
  private static let wrong: [Wrong] = [
    Wrong(.shapeMismatch, "x [2,6,5,3] has 3 channels, the kernel [3,3,2,4] is for 2") {
      conv2d($0[0], $0[1])
    },
    Wrong(.shapeMismatch, "x is [2,6,5,3] and the kernel [3,3,2,4]") { conv1d($0[0], $0[1]) },
    Wrong(.shapeMismatch, "3 channels of x [2,6,5,3] and 4 of the kernel [3,3,2,4] are not 2 equal groups") {
      conv2d($0[0], $0[1], groups: 2)
    },
    Wrong(.invalidAttribute, "strides [0, 1], dilations [1, 1], 1 groups") {
      conv2d($0[0], $0[1], strides: (0, 1))
    },
    Wrong(.invalidAttribute, "padding [1] before and [1] behind") {
      conv2d($0[0].sliced(axis: 3, to: 2), $0[1], padding: .around(1))
    },
    Wrong(.shapeMismatch, "a window of 7 elements does not fit axis 2 of [2,6,5,2], 5 with its padding") {
      conv2d($0[0].sliced(axis: 3, to: 2), $0[1], dilations: (1, 3))
    },
    Wrong(.shapeMismatch, "x [2,6,5,3] has 3 channels, the kernel [3,3,2,4] is for 4") {
      convTranspose2d($0[0], $0[1])
    },
    Wrong(.invalidAttribute, "padding [0, 0] and output padding [1, 0] with strides [1, 1]") {
      convTranspose2d($0[0], $0[1].sliced(axis: 3, to: 3), outputPadding: (1, 0))
    },
    Wrong(.shapeMismatch, "a window of 9 elements does not fit axis 1 of [2,6,5,3], 6 with its padding") {
      maxPool2d($0[0], size: (9, 1))
    },
    Wrong(.invalidAttribute, "padding 2 and 0 of windows of 2") {
      averagePool2d($0[0], size: (2, 2), padding: .explicit(before: [2, 0], after: [0, 0]))
    },
    Wrong(.shapeMismatch, "x is [2,6,5,3]") { maxPool1d($0[0], size: 2) },
  ]

  @Test("Wrong calls are errors that name the shapes", arguments: wrong)
  private func errors(_ wrong: Wrong) throws {
    let trace = Trace(at: SourceLocation(file: "Test/Here.swift", line: 7))
    let x = trace.input("x", TensorType(.float32, [2, 6, 5, 3]))
    let w = trace.input("w", TensorType(.float32, [3, 3, 2, 4]))
    #expect(wrong.call([x, w]).isPoisoned)
    let error = try #require(trace.errors.first)
    #expect(error.kind == wrong.kind)
    #expect(error.problem == wrong.problem)
    #expect(error.location?.file.hasSuffix("ConvolutionTests.swift") == true)
  }
}
