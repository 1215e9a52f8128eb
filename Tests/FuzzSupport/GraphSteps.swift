import AdjointArray
import AdjointIR

// One step of the generator for each family of operations.
extension GraphGenerator {
  private enum Family: CaseIterable {
    case unary, binary, compare, select, cast, reduce, dot, movement, gather, scatter, integer, logic, source
    case loop
    case stopGradient, barrier, call, derivative, cumulative, gatherAlong, scatterAlong, linearAlgebra
    case randomBits, argsort, searchSorted, windows
  }

  mutating func step() throws(GraphError) {
    switch random.pick(Family.allCases) {
    case .unary: try unary(random.pick(UnaryFunction.allCases))
    case .binary: try binary(random.pick(BinaryFunction.allCases))
    case .compare: try compare(random.pick(Comparison.allCases))
    case .select: try select()
    case .cast: try cast()
    case .reduce: try reduce(random.pick(Reduction.allCases))
    case .dot: try dot()
    case .movement: try movement()
    case .gather: try gather()
    case .scatter: try scatter()
    case .integer: try integer()
    case .logic: try logic()
    case .source: try source()
    case .stopGradient:
      guard !options.smooth else { return }
      let value = try float()
      try keep(try builder.append(.stopGradient, [value.id]), bound: value.bound, isExact: value.isExact)
    case .barrier:
      let value = try float()
      try keep(try builder.append(.barrier, [value.id]), bound: value.bound, isExact: value.isExact)
    case .call: if options.calls { try call() }
    case .loop: if options.calls { try loop() }
    case .derivative: if options.calls { try derivative() }
    case .cumulative: try cumulative()
    case .gatherAlong: try gatherAlong()
    case .scatterAlong: try scatterAlong()
    case .linearAlgebra: try linearAlgebra()
    case .randomBits: try randomBits()
    case .argsort: try argsort()
    case .searchSorted: try searchSorted()
    case .windows: try windows()
    }
  }

  private mutating func source() throws(GraphError) {
    switch random.below(3) {
    case 0: floats.append(argument(random.pick([.input, .parameter]), scalarType, shape()))
    case 1: floats.append(argument(.input, scalarType, shape(), isConstant: true))
    default:
      let count = random.pick([0, 1, 16, 17])
      let type = random.pick([.int32, .int64, scalarType])
      let id = try builder.append(.iota(count: count, type), [])
      try keep(any: id, like: Value(id: id, bound: Double(count), isExact: true))
    }
  }
}
