import AdjointArray
import AdjointIR

/// One piece of work: one C function (or, for single numbers, a few statements).
public struct Kernel: Sendable {
  public enum Body: Sendable {
    case map(MapKernel)
    case contraction(Contraction)
    case stripContraction(StripContraction)
    case call(LibraryCall)
    case loop(LoopKernel)
    case fill(Fill)
  }
  /// A C identifier, unique in the program.
  public let name: String
  public let body: Body
  /// The union of the provenance of the nodes it computes.
  public let provenance: Provenance
  public let flops: Int
  /// The buffers that it reads and writes, each once, ascending.
  public let reads, writes: [BufferID]

  init(name: String, body: Body, provenance: Provenance, flops: Int) {
    self.name = name
    self.body = body
    self.provenance = provenance
    self.flops = flops
    reads = distinct(body.reads)
    writes = distinct(body.writes)
  }

  /// Itself, and the kernels of its body where it is a loop.
  package var count: Int {
    if case .loop(let loop) = body { 1 + loop.body.kernelCount } else { 1 }
  }
}

extension Kernel.Body {
  fileprivate var reads: [BufferID] {
    switch self {
    case .map(let map): map.loads.map(\.buffer)
    case .contraction(let dot): [dot.lhs.buffer, dot.rhs.buffer]
    case .stripContraction(let dot): [dot.lhs.buffer, dot.rhs.buffer]
    case .call(let call): call.reads
    case .loop(let loop): loop.reads
    case .fill: []
    }
  }

  fileprivate var writes: [BufferID] {
    switch self {
    case .map(let map): map.stores.map(\.view.buffer) + map.reductions.map(\.destination.buffer)
    case .contraction(let dot): [dot.destination]
    case .stripContraction(let dot): [dot.result.buffer]
    case .call(let call): [call.destination]
    case .loop(let loop): loop.writes
    case .fill(let fill): [fill.destination]
    }
  }
}

/// Each once, ascending.
private func distinct(_ buffers: [BufferID]) -> [BufferID] {
  if buffers.count < 2 { return buffers }
  var result: [BufferID] = []
  for buffer in buffers.sorted() where buffer != result.last { result.append(buffer) }
  return result
}
