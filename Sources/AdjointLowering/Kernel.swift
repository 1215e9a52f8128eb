import AdjointArray
import AdjointIR

/// One piece of work: one C function (or, for single numbers, a few statements).
public struct Kernel: Sendable {
  public enum Body: Sendable {
    case map(MapKernel)
    case contraction(Contraction)
    case stripContraction(StripContraction)
    case gatherRows(GatherRows)
    case scatterAddRows(ScatterAddRows)
    case gather(Gather)
    case scatterAdd(ScatterAdd)
    case cumulative(CumulativeKernel)
    case randomBits(RandomBitsKernel)
    case argsort(ArgsortKernel)
    case cholesky(CholeskyKernel)
    case triangularSolve(TriangularSolveKernel)
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
  var count: Int {
    if case .loop(let loop) = body { 1 + loop.body.kernelCount } else { 1 }
  }
}

extension Kernel.Body {
  fileprivate var reads: [BufferID] {
    switch self {
    case .map(let map): map.loads.map(\.buffer)
    case .contraction(let dot): [dot.lhs.buffer, dot.rhs.buffer]
    case .stripContraction(let dot): [dot.lhs.buffer, dot.rhs.buffer]
    case .gatherRows(let gather): [gather.table, gather.indices]
    case .scatterAddRows(let scatter): [scatter.updates, scatter.indices]
    case .gather(let gather): [gather.table, gather.indices]
    case .scatterAdd(let scatter): [scatter.updates, scatter.indices]
    case .cumulative(let cumulative): [cumulative.operand]
    case .randomBits(let draw): [draw.key]
    case .argsort(let sort): [sort.operand]
    case .cholesky(let cholesky): [cholesky.operand]
    case .triangularSolve(let solve): [solve.matrix, solve.rhs]
    case .loop(let loop): loop.reads
    case .fill: []
    }
  }

  fileprivate var writes: [BufferID] {
    switch self {
    case .map(let map): map.stores.map(\.view.buffer) + map.reductions.map(\.destination.buffer)
    case .contraction(let dot): [dot.destination]
    case .stripContraction(let dot): [dot.result.buffer]
    case .gatherRows(let gather): [gather.destination]
    case .scatterAddRows(let scatter): [scatter.destination]
    case .gather(let gather): [gather.destination]
    case .scatterAdd(let scatter): [scatter.destination]
    case .cumulative(let cumulative): [cumulative.destination]
    case .randomBits(let draw): [draw.destination]
    case .argsort(let sort): [sort.destination]
    case .cholesky(let cholesky): [cholesky.destination]
    case .triangularSolve(let solve): [solve.destination]
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
