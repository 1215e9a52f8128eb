import AdjointArray
import AdjointIR

extension ForwardRule {
  func scan(_ scan: Scan, _ result: Int, _ builder: inout Builder) throws(GraphError) -> NodeID? {
    throw GraphError(.notDifferentiable, operation: "scan", problem: "TODO", remedy: "TODO")
  }
}
