import Adjoint
import AdjointArray
import AdjointIR
import AdjointLowering
import FuzzSupport

/// A graph written with the builder, lowered.
func lowered(
  _ body: (inout Builder) throws -> [Output], target: Target = Target()
) throws -> Program {
  var builder = Builder()
  let outputs = try body(&builder)
  return try builder.graph(outputs: outputs).lowered(target: target) { _, _, _, _ in 1024 }
}

/// Random graphs without nested calls, lowered.
func randomPrograms(_ count: Int) throws -> [(seed: UInt64, graph: Graph, program: Program)] {
  try (0..<UInt64(count)).map { seed in
    let graph = try RandomGraph.make(seed: seed).graph.inliningCalls()
    return (seed, graph, try graph.lowered { m, n, k, size in (m + n) * k * size })
  }
}

extension Program {
  var maps: [MapKernel] {
    kernels.compactMap { if case .map(let map) = $0.body { map } else { nil } }
  }

  var contractions: [Contraction] {
    kernels.compactMap { if case .contraction(let dot) = $0.body { dot } else { nil } }
  }

  func buffer(_ name: String) -> BufferID? { buffers.firstIndex { $0.name == name } }
}

extension Builder {
  mutating func input(_ name: String, _ shape: Shape) -> NodeID {
    argument(.input, name, TensorType(.float32, shape))
  }

  mutating func parameter(_ name: String, _ shape: Shape) -> NodeID {
    argument(.parameter, name, TensorType(.float32, shape))
  }
}
