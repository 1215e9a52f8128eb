import Adjoint
import FuzzHarness
import Foundation

/// Examines seeds and writes down what fails.
struct FuzzRun: Sendable {
  /// The folder for failures.
  let failures: String

  struct Block: Sendable {
    let seeds: Range<UInt64>
    let job: Int
    var tally = FuzzState.Tally()
  }

  func examine(_ seeds: Range<UInt64>, job: Int) -> Block {
    var block = Block(seeds: seeds, job: job)
    for seed in seeds {
      CrashReport.note(seed, job: job)
      block.tally.count += 1
      do {
        let specimen = try Specimen(seed: seed)
        let examination = Examination(seed: seed)
        switch examination.verdict(on: specimen) {
        case .agrees: break
        case .rejected: block.tally.rejected += 1
        case .fails(let failure):
          block.tally.failures += 1
          report(seed, failure, examination.shrink(specimen, failing: failure))
        }
      } catch {
        block.tally.failures += 1
        say("seed \(seed): the generator made a graph that is none: \(error)")
      }
    }
    CrashReport.note(.max, job: job)
    return block
  }

  /// The graphs of `seeds` that are not rejected, in one translation unit.
  func examineBySystemCompiler(_ seeds: [UInt64]) -> FuzzState.Tally {
    var tally = FuzzState.Tally()
    do {
      let backends = try FuzzHarness.Backend.System.allCases.map { try FuzzHarness.Backend.system($0) }
      let references = seeds.compactMap { seed in
        (try? Reference(try Specimen(seed: seed))).map { (seed, $0) }
      }
      tally.sampled = references.count
      let batch = try Batch(references.map { ($1.specimen.graph, $1.specimen.inputs) })
      for backend in backends {
        for ((seed, reference), found) in zip(references, try batch.run(on: backend)) {
          guard let fault = reference.fault(found) else { continue }
          tally.failures += 1
          // Not shrunk: each attempt would be a start of the compiler.
          report(
            seed, Examination.Failure(kind: .difference, backend: backend.name, message: fault),
            reference.specimen)
        }
      }
    } catch {
      tally.failures += 1
      say("seeds \(seeds.first ?? 0)...\(seeds.last ?? 0) by the system's compiler: \(error)")
    }
    return tally
  }

  private func report(_ seed: UInt64, _ failure: Examination.Failure, _ shrunk: Specimen) {
    let text =
      "# seed \(seed), \(failure)\n".split(separator: "\n").joined(separator: "\n# ") + "\n" + shrunk.text
    say("FAILURE, \(text)")
    do {
      try FileManager.default.createDirectory(atPath: failures, withIntermediateDirectories: true)
      try text.write(toFile: "\(failures)/seed\(seed).txt", atomically: true, encoding: .utf8)
    } catch {
      say("\(failures): \(error)")
    }
  }
}
