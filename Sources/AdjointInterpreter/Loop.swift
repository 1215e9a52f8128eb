import AdjointArray
import AdjointIR

/// Runs the body of a scan once for each step.
struct Loop: Sendable {
  let scan: Scan
  private let body: Interpreter

  /// - Throws: ``GraphError`` where the body is malformed.
  init(_ scan: Scan) throws(GraphError) {
    self.scan = scan
    body = try Interpreter(scan.body)
  }

  /// What a run takes beside the loop's results: its arguments, its values, and what it gives.
  var bytesOfRun: Int {
    let ends = scan.body.arguments + scan.body.outputs.map(\.node)
    return ends.reduce(body.peakBytes) { saturatingSum($0, scan.body[$1].type.byteCount) }
  }

  /// All results.
  func run(
    _ operands: [NDArray], until isStopped: () -> Bool = { false }
  ) throws(InterpreterError) -> [NDArray] {
    var carries = Array(operands.prefix(scan.carryCount))
    var stacks = scan.stackedResults.map { result in
      let type = scan.type(ofResult: result)
      return NDArray(zeros: type.shape, type.scalarType)
    }
    for run in 0..<scan.length {
      if isStopped() { break }
      if scan.stopsEarly, stacks.isEmpty, carries[0].doubles == [0] { break }
      let step = scan.isReversed ? scan.length - 1 - run : run
      var arguments = carries
      for position in scan.stackedOperands { arguments.append(operands[position].element(step)) }
      arguments += operands[scan.invariantOperands]
      let results = try body.runUnasked(values: arguments, until: isStopped)
      carries = Array(results.prefix(scan.carryCount))
      for (index, value) in results.dropFirst(scan.carryCount).enumerated() {
        stacks[index].setElement(step, to: value)
      }
    }
    return carries + stacks
  }
}

extension NDArray {
  /// What lies at `index` along axis 0.
  fileprivate func element(_ index: Int) -> NDArray {
    var result = NDArray(zeros: Shape(Array(shape.dimensions.dropFirst())), scalarType)
    let size = result.count * scalarType.byteSize
    withUnsafeBytes { source in
      result.withUnsafeMutableBytes { target in
        target.copyMemory(
          from: UnsafeRawBufferPointer(rebasing: source[(index * size)..<((index + 1) * size)]))
      }
    }
    return result
  }

  fileprivate mutating func setElement(_ index: Int, to value: NDArray) {
    let size = value.count * scalarType.byteSize
    withUnsafeMutableBytes { target in
      value.withUnsafeBytes { source in
        UnsafeMutableRawBufferPointer(rebasing: target[(index * size)..<((index + 1) * size)])
          .copyMemory(from: UnsafeRawBufferPointer(rebasing: source[..<size]))
      }
    }
  }
}
