import AdjointArray
import AdjointIR
import Testing

@testable import AdjointInterpreter

@Suite struct MovementTests {
  static let types = ScalarType.allCases

  @Test func transposeIsNumPys() throws {
    // np.arange(24.).reshape(2, 3, 4).transpose(2, 0, 1)
    let found = try value(.transpose([2, 0, 1]), counting([2, 3, 4]))
    #expect(found.shape == [4, 2, 3])
    #expect(
      found.doubles == [
        0, 4, 8, 12, 16, 20, 1, 5, 9, 13, 17, 21, 2, 6, 10, 14, 18, 22, 3, 7, 11, 15, 19, 23,
      ])
  }

  @Test func reshapeKeepsTheOrder() throws {
    let found = try value(.reshape([4, 3]), counting([2, 6]))
    #expect(try found == counting([4, 3]))
  }

  @Test func broadcastRepeatsAlongAxesOfExtentOne() throws {
    // np.broadcast_to([[0.], [1.]], (2, 2, 3))
    let column = try value(.broadcast([2, 2, 3]), counting([2, 1]))
    #expect(column.doubles == [0, 0, 0, 1, 1, 1, 0, 0, 0, 1, 1, 1])
    // np.broadcast_to([0., 1, 2], (2, 3))
    #expect(try value(.broadcast([2, 3]), counting([3])).doubles == [0, 1, 2, 0, 1, 2])
    #expect(try value(.broadcast([3]), NDArray(7.0)).doubles == [7, 7, 7])
    #expect(try value(.broadcast([2]), NDArray(true)).elements() == [true, true])
    #expect(try value(.broadcast([0, 3]), counting([1, 3])).doubles == [])
  }

  @Test(arguments: types)
  func sliceTakesSteps(type: ScalarType) throws {
    // np.arange(24.).reshape(2, 3, 4)[1:2, 0:3:2, 1:4:2]
    let slice = Slice(starts: [1, 0, 1], ends: [2, 3, 4], steps: [1, 2, 2])
    let found = try value(.slice(slice), counting([2, 3, 4]).converted(to: type))
    #expect(found.shape == [1, 2, 2])
    #expect(found.doubles == (type == .bool ? [1, 1, 1, 1] : [13, 15, 21, 23]))
  }

  @Test func anEmptySliceIsEmpty() throws {
    let found = try value(.slice(Slice(starts: [3], ends: [3], steps: [1])), counting([3]))
    #expect(found.shape == [0])
  }

  @Test func padPutsZerosAroundAndBetween() throws {
    let padding = Padding(low: [1, 0], high: [0, 1], interior: [1, 2])
    let found = try value(.pad(padding), counting([2, 2], from: 1))
    #expect(found.shape == [4, 5])
    #expect(found.doubles == [0, 0, 0, 0, 0, 1, 0, 0, 2, 0, 0, 0, 0, 0, 0, 3, 0, 0, 4, 0])
    let empty = try value(.pad(Padding(low: [1], high: [1], interior: [3])), NDArray(zeros: [0], .float64))
    #expect(empty.doubles == [0, 0])
  }

  @Test func concatenateJoinsAlongAnyAxis() throws {
    // np.concatenate([np.arange(4.).reshape(2, 2), np.arange(2.).reshape(2, 1) + 9], axis=1)
    let found = try value(.concatenate(axis: 1), counting([2, 2]), counting([2, 1], from: 9))
    #expect(found.doubles == [0, 1, 9, 2, 3, 10])
    let rows = try value(
      .concatenate(axis: 0), counting([1, 2]), NDArray(zeros: [0, 2], .float64), counting([1, 2], from: 5))
    #expect(rows.shape == [2, 2] && rows.doubles == [0, 1, 5, 6])
  }

  @Test func gatherTakesRows() throws {
    // np.arange(6.).reshape(3, 2)[[[2, 0], [2, 1]]]
    let found = try value(
      .structured(.gatherRows), counting([3, 2]), NDArray([Int32(2), 0, 2, 1], shape: [2, 2]))
    #expect(found.shape == [2, 2, 2])
    #expect(found.doubles == [4, 5, 0, 1, 4, 5, 2, 3])
    #expect(
      try value(.structured(.gatherRows), NDArray([true, false]), NDArray(Int32(1))).elements() == [false])
  }

  @Test func scatterAddsInAscendingOrder() throws {
    // t = np.zeros((3, 2)); np.add.at(t, [2, 0, 2], np.arange(6.).reshape(3, 2))
    let found = try value(
      .structured(.scatterAddRows(rows: 3)), counting([3, 2]), NDArray([Int32(2), 0, 2]))
    #expect(found.doubles == [2, 3, 0, 0, 4, 6])
    // (1e8 + 1) - 1e8 is 0 in float32, (1e8 - 1e8) + 1 would be 1.
    let order = try value(
      .structured(.scatterAddRows(rows: 1)), NDArray([Float(1e8), 1, -1e8]), NDArray([Int32(0), 0, 0]))
    #expect(order.doubles == [0])
  }

  @Test func iotaCounts() throws {
    #expect(try value(.iota(count: 4, .float32)).elements() == [Float(0), 1, 2, 3])
    #expect(try value(.iota(count: 3, .int32)).elements() == [Int32(0), 1, 2])
    #expect(try value(.iota(count: 0, .float64)).count == 0)
  }
}
