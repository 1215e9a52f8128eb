import AdjointArray

// The loops take plain buffers: inside the closures of `withUnsafeElements` the function to be applied would be
// a captured closure, called for every element. An array's storage never moves, so a buffer stays good for as
// long as the array is kept alive and not written through another copy: hence `withExtendedLifetime` after each
// loop.

extension NDArray {
  /// - Precondition: `T.scalarType == scalarType`.
  func buffer<T: Scalar>(of type: T.Type) -> UnsafeBufferPointer<T> {
    withUnsafeElements(of: type) { $0 }
  }

  /// - Precondition: `T.scalarType == scalarType`.
  mutating func mutableBuffer<T: Scalar>(of type: T.Type) -> UnsafeMutableBufferPointer<T> {
    withUnsafeMutableElements(of: type) { $0 }
  }
}
