import AdjointArray
import AdjointIR
import AdjointTransforms

/// What each rule of the phase `schedule` does.
let scheduleFacts: [RewriteFact] = [
  RewriteFact("dot-over-one", [[4, 1], [1, 3]]) { b, x in
    try b.append(.dot(.matmul(rank: 2)), [x[0], x[1]])
  } becomes: { b, x in
    let (left, right) = (try b.broadcast(x[0], to: [4, 3]), try b.broadcast(x[1], to: [4, 3]))
    return try b.binary(.multiply, left, right)
  },
  RewriteFact("dot-with-vector", [[4, 3], [3, 1]]) { b, x in
    try b.append(.dot(.matmul(rank: 2)), [b.unary(.tanh, x[0]), x[1]])
  } becomes: { b, x in
    let terms = try b.binary(
      .multiply, b.unary(.tanh, x[0]), b.broadcast(b.reshape(x[1], to: [3]), to: [4, 3]))
    return try b.reshape(b.reduce(.sum, terms, axes: [1]), to: [4, 1])
  },
  RewriteFact("dot-of-equal-rows", [[3], [3, 2]]) { b, x in
    try b.append(.dot(.matmul(rank: 2)), [b.broadcast(x[0], to: [4, 3]), x[1]])
  } becomes: { b, x in
    let one = try b.append(.dot(.matmul(rank: 2)), [b.broadcast(x[0], to: [1, 3]), x[1]])
    return try b.broadcast(one, to: [4, 2])
  },
  RewriteFact("pad-of-equal-rows", [[2]]) { b, x in
    try b.append(
      .pad(Padding(low: [0, 1], high: [0, 0], interior: [0, 0])), [b.broadcast(x[0], to: [4, 2])])
  } becomes: { b, x in
    let one = try b.append(
      .pad(Padding(low: [0, 1], high: [0, 0], interior: [0, 0])), [b.broadcast(x[0], to: [1, 2])])
    return try b.broadcast(one, to: [4, 3])
  },
  RewriteFact("double", [[3]]) { b, x in
    let product = try b.unary(.exp, x[0])
    return try b.binary(.add, product, product)
  } becomes: { b, x in
    try b.binary(.multiply, b.unary(.exp, x[0]), b.constant(2, like: x[0]))
  },
  RewriteFact("negate-last", [[3], [3], [3]]) { b, x in
    try b.binary(.add, x[0], b.binary(.multiply, b.unary(.negate, x[1]), x[2]))
  } becomes: { b, x in
    try b.binary(.subtract, x[0], b.binary(.multiply, x[1], x[2]))
  },
  RewriteFact("negate-result", [[3, 2]]) { b, x in
    try b.reduce(.sum, b.unary(.negate, b.unary(.exp, x[0])), axes: [0])
  } becomes: { b, x in
    try b.unary(.negate, b.reduce(.sum, b.unary(.exp, x[0]), axes: [0]))
  },
]
