import AdjointArray
import AdjointIR

/// A vector for each word of a vocabulary: the rows of a table that is trained.
///
/// Of indices `[…]` in 0..<words it makes `[…, width]`. They are int32, and the vectors then float32; or whole numbers of a
/// floating-point type, as the features of a ``Table`` are, and the vectors have that type. The table `[words, width]`
/// starts normally distributed.
public struct Embedding: Layer {
  public let table: Parameter
  public let words: Int
  public let width: Int
  private let location: SourceLocation

  /// - Parameter initializer: how the table starts.
  public init(
    _ words: Int, width: Int, initializer: Initializer = .normal(), file: String = #fileID, line: Int = #line
  ) {
    self.words = words
    self.width = width
    location = SourceLocation(file: file, line: line)
    table = Parameter([words, width], initializer: initializer)
  }

  public func callAsFunction(_ x: Tensor) -> Tensor {
    let name = x.trace.path(of: table)?.layerName ?? "embedding"
    return x.trace.within(.layer(name)) {
      x.trace.at(location) {
        let isNumber = x.scalarType.isFloatingPoint
        let model = isNumber ? x : Tensor.constant(0, .float32, in: x.trace)
        let rows = table.tensor(for: model, name: name + ".table", at: nil)
        return embedding(isNumber ? x.cast(to: .int32) : x, table: rows).labelled(name.cName + "_a")
      }
    }
  }
}
