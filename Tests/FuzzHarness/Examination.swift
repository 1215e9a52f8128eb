import Adjoint

/// What becomes of a specimen on some backends.
package struct Examination: Sendable {
  package let backends: [Backend]
  /// Whether the simplified graph is compared with the written one, too.
  package let checksSimplification: Bool

  package init(_ backends: [Backend], checksSimplification: Bool) {
    self.backends = backends
    self.checksSimplification = checksSimplification
  }

  /// What the fuzzer does with a seed: tile C on the best instruction set, for three eighths of the seeds also in strips, and
  /// for an eighth each also on the other instruction sets, as portable C, and the rewriting.
  package init(seed: UInt64) {
    let best = Backend.tiles.suffix(1)
    switch seed % 8 {
    case 1: self.init(Backend.tiles, checksSimplification: false)
    case 3: self.init(best + [.portable], checksSimplification: false)
    case 5: self.init(Array(best), checksSimplification: true)
    case 0, 2, 4: self.init(best + [.strips], checksSimplification: false)
    default: self.init(Array(best), checksSimplification: false)
    }
  }

  package enum Verdict: Sendable {
    case agrees
    case rejected(BoundedRun.Rejection)
    case fails(Failure)
  }

  package struct Failure: Error, Sendable, CustomStringConvertible {
    package enum Kind: Sendable {
      /// The interpreter or the rewriter throws.
      case reference
      case simplification, compilation, execution, difference
    }
    package let kind: Kind
    package let backend: String
    package let message: String

    package init(kind: Kind, backend: String, message: String) {
      self.kind = kind
      self.backend = backend
      self.message = message
    }

    package var description: String { backend.isEmpty ? message : "\(backend): \(message)" }
  }

  package func verdict(on specimen: Specimen) -> Verdict {
    do {
      let reference = try Reference(specimen)
      if checksSimplification, let fault = try Reference.simplificationFault(specimen) {
        return .fails(Failure(kind: .simplification, backend: "simplification", message: fault))
      }
      for backend in backends {
        if let failure = failure(of: backend, reference) { return .fails(failure) }
      }
      return .agrees
    } catch let rejection as BoundedRun.Rejection {
      return .rejected(rejection)
    } catch {
      return .fails(Failure(kind: .reference, backend: "", message: "\(error)"))
    }
  }

  private func failure(of backend: Backend, _ reference: Reference) -> Failure? {
    let executable: Executable
    do {
      executable = try backend.compile(reference.specimen.graph)
    } catch {
      return Failure(kind: .compilation, backend: backend.name, message: "\(error)")
    }
    do {
      let found = try executable(reference.specimen.inputs)
      return reference.fault(found).map { Failure(kind: .difference, backend: backend.name, message: $0) }
    } catch {
      return Failure(kind: .execution, backend: backend.name, message: "\(error)")
    }
  }

  /// The smallest specimen found that fails in the same way.
  package func shrink(_ specimen: Specimen, failing failure: Failure) -> Specimen {
    let own = Examination(
      backends.filter { $0.name == failure.backend }, checksSimplification: failure.kind == .simplification)
    return Shrinker { candidate in
      if case .fails(let found) = own.verdict(on: candidate) { found.kind == failure.kind } else { false }
    }.shrink(specimen)
  }
}
