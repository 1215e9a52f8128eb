import Adjoint

extension ErrorExample {
  static let arrays: [ErrorExample] = [
    ErrorExample("invalid-shape") {
      // snippet: invalid-shape
      _ = try NDArray([1.0, 2.0], shape: [-1])
      // end
    },
    ErrorExample("element-count") {
      // snippet: element-count
      _ = try NDArray([1.0, 2.0, 3.0], shape: [2, 2])
      // end
    },
    ErrorExample("element-type") {
      // snippet: element-type
      _ = try NDArray([1.0, 2.0]).elements(as: Float.self)
      // end
    },
  ]
}
