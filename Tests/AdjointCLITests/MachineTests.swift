import Foundation
import Testing

/// `adjoint bench` and `adjoint doctor`.
@Suite struct MachineTests {
  @Test func interpretedAndCompiledStepsAgree() throws {
    let run = try adjoint("bench", "--quick", "--json")
    #expect(run.status == 0, "\(run.errors)")
    let networks = try #require(try run.json()["networks"] as? [[String: Any]])
    #expect(networks.count == 4)
    for network in networks {
      #expect(network["agrees"] as? Bool == true)
      #expect(try #require(network["cost_difference"] as? Double) <= 1e-5)
      let sides = try #require(network["sides"] as? [[String: Any]])
      #expect(
        sides.map { $0["name"] as? String } == [
          "interpreter", "TinyCC, portable C", "TinyCC, tile C", "native",
        ])
      for side in sides {
        let least = try #require(side["min_seconds"] as? Double)
        let middle = try #require(side["median_seconds"] as? Double)
        #expect(0 < least && least <= middle)
      }
    }
  }

  /// Counts, not times: nothing that is made for a layer grows with the number of layers.
  @Test func deeperNetworksCostTheSameForEachLayer() throws {
    let run = try adjoint("bench", "--compile-time", "--quick", "--json")
    #expect(run.status == 0, "\(run.errors)")
    let report = try run.json()
    for (list, sizes) in [("networks", [10, 100, 1000]), ("chains", [100, 1000, 10_000])] {
      let rows = try #require(report[list] as? [[String: Any]])
      #expect(rows.map { $0["size"] as? Int } == sizes)
      let nodes = try rows.map { try #require($0["nodes"] as? Int) }
      let each = (nodes[1] - nodes[0]) / (sizes[1] - sizes[0])
      #expect(each > 0 && nodes[2] - nodes[1] == each * (sizes[2] - sizes[1]))
      let kernels = try rows.map { try #require($0["kernels"] as? Int) }
      #expect(kernels[0] > 0 && kernels[2] <= 10 * kernels[1] && kernels[1] <= 10 * kernels[0])
      #expect(rows.allSatisfy { ($0["compile"] as? [Any])?.count == 6 })
    }
  }

  @Test func thisMachineIsHealthy() throws {
    let run = try adjoint("doctor")
    #expect(run.status == 0 && !run.output.contains("bad "), "\(run.output)")
    #expect(run.output.contains("compiles and runs code in this process"))
    #expect(run.output.contains("native backend"))
    let kept = try adjoint("doctor", environment: ["ADJOINT_CACHE": "/nowhere/adjoint"]).output
    #expect(kept.contains("/nowhere/adjoint"))
    #expect(try adjoint("doctor", environment: ["ADJOINT_CACHE": "off"]).output.contains("nothing is kept"))
  }
}
