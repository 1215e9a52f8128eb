import AdjointArray
import AdjointLowering

extension Program {
  /// For each kernel the name of the C function that does its work. Maps that differ in nothing but the buffers share that
  /// of the first of them: a hundred equal layers are no more C to read and to compile than one, but for the calls.
  func functionNames() -> [String] {
    var known: [MapForm: String] = [:]
    return kernels.map { kernel in
      guard case .map(let map) = kernel.body, !map.isScalar else { return kernel.name }
      let parameters = parameterBuffers(kernel)
      let form = MapForm(
        map: map.anonymous { parameters.firstIndex(of: $0) ?? -1 },
        types: parameters.map { buffers[$0].scalarType })
      if let name = known[form] { return name }
      known[form] = kernel.name
      return kernel.name
    }
  }
}

/// A map on the parameters of its function.
private struct MapForm: Hashable {
  let map: MapKernel
  let types: [ScalarType]

  /// Little of it tells most maps apart.
  func hash(into hasher: inout Hasher) {
    hasher.combine(map.extents)
    hasher.combine(map.loads.count)
    hasher.combine(map.instructions.count)
    hasher.combine(types.count)
  }
}
