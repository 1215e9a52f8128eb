import AdjointArray
import AdjointIR

// The keys of random numbers. A draw depends on a key, int64[2], and on its stream, a number that each draw of a trace
// has of its own. Without a key of the user's own it takes that of its trace, an argument of the recorded graph: so
// other numbers never ask for another graph.

/// What a trace knows of random numbers.
struct Randomness {
  /// Whether the trace is run in training; of the outermost trace.
  var isTraining = true
  /// The number of the next draw; of the outermost trace.
  var nextStream = 0
  /// The key of the outermost trace, once it was asked for.
  var key: Tensor?
  /// A key of the nested trace's own, for a body that is run more than once and draws anew each time.
  var ownKey: Tensor?
  /// Whether anything was drawn with it.
  var usesOwnKey = false
}

extension Trace {
  static let keyType = TensorType(.int64, [2])

  /// Whether what is recorded is for training, or for a function. It is not where a ``Trainer`` or a ``TrainedModel``
  /// evaluates a model or predicts with it.
  public var isTraining: Bool { outermost.randomness.isTraining }

  /// The key, int64[2], of all random numbers that are drawn without a key of one's own.
  ///
  /// In a step of training it is the seed and the number of the step, counted over all calls of `fit`; in a ``Function``
  /// the `seed` of the call, and 0.
  public func randomKey(file: String = #fileID, line: Int = #line) -> Tensor {
    randomKey(at: SourceLocation(file: file, line: line))
  }

  func randomKey(at location: SourceLocation?) -> Tensor {
    if let key = randomness.ownKey {
      randomness.usesOwnKey = true
      return key
    }
    if isFinished {
      return Trace.strayPoison(
        GraphError(
          .foreignTensor, operation: "random_key", problem: "it is asked for in a trace that has ended",
          remedy: "make it within the closure that uses it", location: location))
    }
    if let outer = nesting?.outer {
      let key = node(of: outer.randomKey(at: location), operation: "random_key", at: location)
      return key.map { Tensor(self, $0) } ?? Tensor(poisoned: Trace.keyType, in: self)
    }
    if let key = randomness.key { return key }
    let key = input("random_key", Trace.keyType)
    randomness.key = key
    return key
  }

  /// What the argument for the key is called, where anything is drawn with it.
  var randomKeyName: String? { randomness.key.flatMap { label(of: $0) } }

  /// A number for one draw that no other draw has, here or in a trace around or within this one.
  func nextStream() -> Int {
    let trace = outermost
    defer { trace.randomness.nextStream += 1 }
    return trace.randomness.nextStream
  }

  private var outermost: Trace {
    var trace = self
    while let outer = trace.nesting?.outer { trace = outer }
    return trace
  }
}

extension Tensor {
  /// The key of a seed, to draw other numbers than those of the trace's key.
  public static func randomKey(
    seed: UInt64, in trace: Trace, file: String = #fileID, line: Int = #line
  ) -> Tensor {
    constant(.randomKey(seed: seed, step: 0), in: trace, file: file, line: line)
  }
}

/// A key, int64[2], made of another one and of an integer `number`: that of an iteration, or of a part of a model. Of
/// several numbers `[n]` it is a key for each, `[n, 2]`.
///
/// Equal numbers give equal keys. What is drawn with others has nothing to do with each other.
public func foldIn(_ key: Tensor, _ number: Tensor, file: String = #fileID, line: Int = #line) -> Tensor {
  Tensor.record("fold_in", [key, number], at: SourceLocation(file: file, line: line)) {
    builder, ids throws(GraphError) in
    let shape = builder.shape(ids[1])
    guard shape.rank <= 1, builder.scalarType(ids[1]).isInteger else {
      throw GraphError(
        .typeMismatch, operation: "fold_in", problem: "the number is \(builder.type(ids[1]))",
        remedy: "give int32 or int64, a scalar or a vector")
    }
    // A stream that no draw has.
    let bits = RandomBits(TensorType(.int64, [1]), stream: Int(UInt32.max))
    let first = try builder.append(.structured(.randomBits(bits)), [ids[0]])
    let columns = Shape(shape.dimensions + [1])
    let second = try builder.reshape(builder.cast(ids[1], to: .int64), to: columns)
    return try builder.append(
      .concatenate(axis: shape.rank), [builder.broadcast(first, to: columns), second])
  }
}

extension NDArray {
  /// The value of a key.
  static func randomKey(seed: UInt64, step: Int) -> NDArray {
    NDArray([Int64(bitPattern: seed), Int64(step)])
  }
}
