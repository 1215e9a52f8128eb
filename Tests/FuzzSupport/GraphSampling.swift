import AdjointArray
import AdjointIR

// Random bits and orders in random graphs.
extension GraphGenerator {
  mutating func randomBits() throws(GraphError) {
    let seed = Int64(random.below(1000))
    let key = builder.data(
      OperationCases.array(.int64, [2]) { Literal($0 == 0 ? seed : Int64(1)) })
    let type = random.pick([.int32, .int64, scalarType])
    let bits = RandomBits(TensorType(type, shape()), stream: random.below(4))
    let id = try builder.append(.structured(.randomBits(bits)), [key])
    try keep(any: id, like: Value(id: id, bound: 1, isExact: true))
  }

  /// The places of values that are exact among others in order.
  mutating func searchSorted() throws(GraphError) {
    let type = integerType()
    let isInteger = random.chance(0.3)
    guard let x = isInteger ? try integer(type) : try exactFloat(),
      let values = isInteger ? try integer(type) : try exactFloat()
    else { return }
    let count = builder.shape(x.id).count
    let row = try builder.reshape(x.id, to: [count])
    let order = try builder.append(.structured(.argsort(axis: 0, isDescending: false)), [row])
    let sorted = try builder.append(.structured(.gather(axis: 0)), [row, order])
    let searched = try builder.reshape(values.id, to: [builder.shape(values.id).count])
    try keep(
      exact: try builder.append(
        .structured(.searchSorted(isRight: random.chance(0.5))), [sorted, searched]))
  }

  /// The order of values that are exact, and the values in that order.
  mutating func argsort() throws(GraphError) {
    let found = random.chance(0.3) ? try integer(integerType()) : try exactFloat()
    guard let value = found, builder.shape(value.id).rank > 0 else { return }
    let axis = random.below(builder.shape(value.id).rank)
    let order = Operation.structured(.argsort(axis: axis, isDescending: random.chance(0.5)))
    let indices = try builder.append(order, [value.id])
    try keep(exact: indices)
    let sorted = try builder.append(.structured(.gather(axis: axis)), [value.id, indices])
    // A table without elements along the axis has no indices, either.
    try keep(any: sorted, like: value)
  }
}
