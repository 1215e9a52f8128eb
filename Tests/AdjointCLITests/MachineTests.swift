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
      for side in sides {
        let least = try #require(side["min_seconds"] as? Double)
        let middle = try #require(side["median_seconds"] as? Double)
        #expect(0 < least && least <= middle)
      }
    }
    #expect((networks[0]["sides"] as? [[String: Any]])?.count == 3)
  }

  @Test func thisMachineIsHealthy() throws {
    let run = try adjoint("doctor")
    #expect(run.status == 0 && !run.output.contains("bad "), "\(run.output)")
    #expect(run.output.contains("compiles and runs code in this process"))
  }
}
