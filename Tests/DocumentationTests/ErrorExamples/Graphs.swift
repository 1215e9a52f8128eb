import Adjoint

extension ErrorExample {
  static let graphs: [ErrorExample] = [
    ErrorExample("shape-mismatch") {
      // snippet: shape-mismatch
      _ = try Function([("x", TensorType(.float32, [64, 30])), ("y", TensorType(.float32, [64]))]) { inputs in
        let (x, y) = (inputs[0], inputs[1])
        return [x + y]
      }
      // end
    },
    ErrorExample("type-mismatch") {
      // snippet: type-mismatch
      _ = try Function([("n", TensorType(.int32, [3]))]) { inputs in
        [exp(inputs[0])]
      }
      // end
    },
    ErrorExample("axis-out-of-range") {
      // snippet: axis-out-of-range
      _ = try Function([("x", TensorType(.float32, [64, 30]))]) { inputs in
        [sum(inputs[0], axes: 2)]
      }
      // end
    },
    ErrorExample("invalid-attribute") {
      // snippet: invalid-attribute
      let f = try Function(.float64) { x in exp(x) }
      _ = try f.derivative(withRespectTo: 1)
      // end
    },
    ErrorExample("foreign-tensor") {
      // snippet: foreign-tensor
      var kept: [Tensor] = []
      _ = try Function(.float64) { x in
        kept = [x]
        return x
      }
      _ = try Function(.float64) { x in x * kept[0] }
      // end
    },
    ErrorExample("not-differentiable") {
      // snippet: not-differentiable
      let f = try Function([("x", TensorType(.float64, [3]))]) { inputs in [inputs[0] * sum(inputs[0])] }
      _ = try f.derivative()
      // end
    },
    ErrorExample("malformed-graph") {
      // snippet: malformed-graph
      let graph = try Graph(
        parsing: """
          graph {
            %0 = input "x" : float32[]
            %1 = exp(%0) : float32[]
            %2 = exp(%0) : float32[]
            return "y" = %2
          }
          """)
      try graph.verify()
      // end
    },
    ErrorExample("graph-text") {
      // snippet: graph-text
      _ = try Graph(parsing: "graph { %0 = sine() : float32[] }")
      // end
    },
  ]
}
