/// A layer whose parameters stay as they are, and which does as in evaluation where it keeps statistics. They are saved, and
/// called, as those of the layer itself.
public struct Frozen<Base: Layer>: Layer, LayerWrapper {
  public let base: Base

  public func callAsFunction(_ x: Tensor) -> Tensor { x.trace.freezing { base(x) } }

  var wrapped: any Layer { base }
}

extension Layer {
  /// The layer with its parameters left as they are: for a part of a network that was trained before.
  ///
  /// A parameter that is shared with a layer that is not frozen is trained if that layer is called first.
  public func frozen() -> Frozen<Self> { Frozen(base: self) }
}

/// A layer that adds nothing to the names of what is in it.
protocol LayerWrapper {
  var wrapped: any Layer { get }
}
