import Adjoint
import AdjointArray
import AdjointIR
import AdjointLowering
import Testing

@Suite("Windows are never in memory but in strips")
struct WindowTests {
  /// A convolution of [16,30,30,4] by [3,3,4,8] with both gradients of the sum of its squares.
  private func convolution(_ strides: [Int]) throws -> Program {
    try lowered { builder in
      let x = builder.parameter("x", [16, 30, 30, 4])
      let w = builder.parameter("w", [3, 3, 4, 8])
      let laid = try builder.append(
        .windows(Windows(axes: [1, 2], sizes: [3, 3], strides: strides)), [x])
      let ordered = try builder.transpose(laid, [0, 1, 2, 4, 5, 3])
      let y = try builder.append(
        .dot(DotDimensions(lhsContracting: [3, 4, 5], rhsContracting: [0, 1, 2])), [ordered, w])
      let cost = try builder.reduce(.sum, builder.binary(.multiply, y, y), axes: [0, 1, 2, 3])
      let gradients = try builder.vjp(
        of: [cost], withRespectTo: [x, w], cotangents: [builder.constant(1, like: cost)])
      return [Output("dx", gradients[0]), Output("dw", gradients[1])]
    }
  }

  @Test(arguments: [[1, 1], [2, 2], [4, 3]])
  func aConvolutionAndItsGradientsHoldNoMoreWindowsThanAStrip(_ strides: [Int]) throws {
    let program = try convolution(strides)
    let dots = program.kernels.compactMap {
      if case .stripContraction(let dot) = $0.body { dot } else { nil }
    }
    // The value, the gradient by the kernel, and that by the image.
    #expect(dots.count == 3)
    #expect(program.contractions.isEmpty)
    for dot in dots {
      let bytes = dot.stripBytes
      #expect(bytes.lhs + bytes.rhs + bytes.result > 0)
      #expect(max(bytes.lhs, bytes.rhs, bytes.result) <= program.target.stripBytes)
      #expect(dot.block.m > 0 && dot.block.n > 0 && dot.block.k > 0)
    }
    // Nothing between kernels is larger than the image or the result.
    let image = 16 * 30 * 30 * 4 * 4
    let result = program.memory.placements.map(\.byteCount).max() ?? 0
    #expect(result <= max(image, 2 * image))
    let windows = dots.map { $0.m * $0.k * 4 }.max() ?? 0
    #expect(strides != [1, 1] || result < windows)
    #expect(program.memory.workspaceBytes < windows)
  }

  @Test func stripsAreAsLargeAsTheTargetAllows() throws {
    for (m, n, k) in [(100_000, 8, 72), (9, 8, 1_000_000), (100_000, 8, 100_000), (5, 3, 7)] {
      var target = Target()
      target.stripBytes = 4096
      let program = try lowered(
        { builder in
          let x = builder.input("x", [m + k - 1])
          let laid = try builder.append(.windows(Windows(axes: [0], sizes: [k])), [x])
          let turned = try builder.append(.flip([0]), [laid])
          let w = builder.input("w", [k, n])
          return [
            Output(
              "y",
              try builder.append(
                .dot(DotDimensions(lhsContracting: [1], rhsContracting: [0])), [turned, w]))
          ]
        }, target: target)
      for case .stripContraction(let dot) in program.kernels.map(\.body) {
        #expect(dot.stripBytes.lhs <= 4096)
        #expect(dot.block.m <= m && dot.block.k <= k && dot.block.n == n)
        #expect(dot.block.m == m || dot.block.k == k || dot.stripBytes.lhs > 2048)
      }
      #expect(program.kernels.contains { if case .stripContraction = $0.body { true } else { false } })
    }
  }

  /// Few elements of a window make a chain of slices, which is one kernel with what follows; many are combined in memory.
  @Test(arguments: [2, 9])
  func aReductionOfWindowsCopiesNone(_ size: Int) throws {
    let program = try lowered { builder in
      let x = builder.input("x", [4, 40, 40, 8])
      let laid = try builder.append(.windows(Windows(axes: [1, 2], sizes: [size, size])), [x])
      let most = try builder.reduce(.maximum, laid, axes: [4, 5])
      return [Output("y", try builder.unary(.relu, most))]
    }
    #expect(program.memory.placements.allSatisfy { $0.byteCount <= 4 * 40 * 40 * 8 * 4 })
    #expect(program.kernels.count == (size == 2 ? 1 : 3))
  }
}
