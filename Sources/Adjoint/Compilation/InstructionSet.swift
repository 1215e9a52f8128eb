import AdjointArray
import AdjointJIT
import CAdjointRuntime
import Foundation

/// The instruction sets for which the runtime's primitives exist.
public enum InstructionSet: String, CaseIterable, Sendable, Comparable {
  case baseline, avx2, avx512

  /// The best that this processor has.
  public static var best: InstructionSet { InstructionSet(adj_best_isa()) }

  /// The one that compiled code uses: the best, or what the environment variable `ADJOINT_ISA` names.
  ///
  /// - Throws: ``InstructionSetError`` where the variable names none, or one that this processor lacks.
  public static func selected(
    environment: [String: String] = ProcessInfo.processInfo.environment
  ) throws(InstructionSetError) -> InstructionSet {
    guard let name = environment["ADJOINT_ISA"], !name.isEmpty else { return best }
    guard let set = InstructionSet(rawValue: name) else { throw .unknown(name) }
    guard set <= best else { throw .unavailable(set, best: best) }
    return set
  }

  public static func < (a: InstructionSet, b: InstructionSet) -> Bool { a.c.rawValue < b.c.rawValue }

  /// What generated C may call, at this instruction set's addresses.
  var symbols: [CSymbol] {
    var count = 0
    guard let table = adj_symbols(c, &count) else { return [] }
    return UnsafeBufferPointer(start: table, count: count).map {
      CSymbol(name: String(cString: $0.name), address: $0.address)
    }
  }

  /// What tells a compiler of the system to use it.
  var compilerFlags: [String] {
    switch self {
    case .baseline: []
    case .avx2: ["-mavx2", "-mfma"]
    case .avx512: ["-mavx2", "-mfma", "-mavx512f", "-mavx512dq", "-mavx512bw", "-mavx512vl"]
    }
  }

  private var c: adj_isa {
    switch self {
    case .baseline: ADJ_ISA_BASELINE
    case .avx2: ADJ_ISA_AVX2
    case .avx512: ADJ_ISA_AVX512
    }
  }

  private init(_ isa: adj_isa) {
    self = isa == ADJ_ISA_AVX512 ? .avx512 : (isa == ADJ_ISA_AVX2 ? .avx2 : .baseline)
  }
}

/// What is wrong with the instruction set that was asked for.
public enum InstructionSetError: DocumentedError, Hashable {
  case unknown(String)
  case unavailable(InstructionSet, best: InstructionSet)

  public enum Kind: String, CaseIterable, Sendable {
    case unknownInstructionSet, unavailableInstructionSet
  }

  public var kind: Kind {
    switch self {
    case .unknown: .unknownInstructionSet
    case .unavailable: .unavailableInstructionSet
    }
  }

  public var message: String {
    switch self {
    case .unknown(let name):
      "ADJOINT_ISA=\(name) is no instruction set; use baseline, avx2 or avx512"
    case .unavailable(let set, let best):
      "ADJOINT_ISA=\(set.rawValue): this processor goes up to \(best.rawValue); use that or a lower one"
    }
  }
}
