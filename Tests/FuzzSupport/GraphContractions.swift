import AdjointArray
import AdjointIR

// Contractions among the random graph's steps.
extension GraphGenerator {
  /// A contraction of a value with a new array, any of whose axes are batch, contracting or free.
  mutating func dot() throws(GraphError) {
    let type = random.chance(0.15) ? integerType() : scalarType
    let lhs = type.isInteger ? try integer(type) : try float()
    let shape = builder.shape(lhs.id)
    guard shape.rank <= 4 else { return }
    var batch: [Int] = []
    var contracting: [Int] = []
    for axis in 0..<shape.rank {
      switch random.below(4) {
      case 0: batch.append(axis)
      case 1, 2: contracting.append(axis)
      default: break
      }
    }
    // The other operand's axes in any order: each with what it stands for.
    enum Role {
      case batch(Int), contracting(Int)
      case free(Int)
    }
    var roles = batch.map(Role.batch) + contracting.map(Role.contracting)
    for _ in 0..<random.below(3) { roles.append(.free(random.pick([1, 2, 3, 8, 17]))) }
    for index in roles.indices.reversed() { roles.swapAt(index, random.below(index + 1)) }
    if random.chance(0.5) {
      for index in batch.indices.reversed() { batch.swapAt(index, random.below(index + 1)) }
      for index in contracting.indices.reversed() { contracting.swapAt(index, random.below(index + 1)) }
    }
    func place(_ axis: Int, isBatch: Bool) -> Int {
      roles.firstIndex { role in
        switch role {
        case .batch(let own): isBatch && own == axis
        case .contracting(let own): !isBatch && own == axis
        case .free: false
        }
      } ?? 0
    }
    let dimensions = DotDimensions(
      lhsContracting: contracting, rhsContracting: contracting.map { place($0, isBatch: false) },
      lhsBatch: batch, rhsBatch: batch.map { place($0, isBatch: true) })
    let rhsShape = Shape(
      roles.map { role in
        switch role {
        case .batch(let axis), .contracting(let axis): shape[axis]
        case .free(let extent): extent
        }
      })
    let free = roles.indices.filter { if case .free = roles[$0] { true } else { false } }
    guard shape.count * free.map({ rhsShape[$0] }).reduce(1, *) <= 16 * Self.largestCount,
      rhsShape.count <= Self.largestCount
    else { return }
    let rhs = argument(random.chance(0.5) ? .parameter : .input, type, rhsShape)
    let id = try builder.append(.dot(dimensions), [lhs.id, rhs.id])
    guard builder.shape(id).count <= Self.largestCount else { return }
    let terms = contracting.map { shape[$0] }.reduce(1, *)
    if type.isInteger {
      try keep(exact: id)
    } else {
      try keep(id, bound: lhs.bound * rhs.bound * Double(max(1, terms)), isExact: false)
    }
  }
}
