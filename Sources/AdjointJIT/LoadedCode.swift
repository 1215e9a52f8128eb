import CAdjointJIT
import Glibc

/// Compiled C, loaded and callable. It never changes; the code is freed with the last reference.
///
/// A pointer into it is valid only while it lives: a caller holds it for the duration of every call.
public final class LoadedCode: @unchecked Sendable {
  enum Storage {
    /// Pages filled by TinyCC.
    case pages(adjoint_jit_code)
    /// A handle from `dlopen`.
    case library(UnsafeMutableRawPointer)
  }

  private let storage: Storage
  private let addresses: [String: UnsafeRawPointer]

  /// The size of the code with its constants, for a shared library that of its file.
  public let byteCount: Int
  /// How long the compiler took, without waiting for other compilations.
  public let compileTime: Duration?

  init(_ storage: Storage, addresses: [String: UnsafeRawPointer], byteCount: Int, compileTime: Duration) {
    self.storage = storage
    self.addresses = addresses
    self.byteCount = byteCount
    self.compileTime = compileTime
  }

  deinit {
    switch storage {
    case .pages(var code): adjoint_jit_release(&code)
    case .library(let handle): dlclose(handle)
    }
  }

  /// The entry point of an exported function.
  ///
  /// - Throws: `missingExport` for a name that was not in `exporting` when the code was compiled.
  public func address(of name: String) throws(CompilationError) -> UnsafeRawPointer {
    guard let address = addresses[name] else { throw .missingExport(name: name) }
    return address
  }
}
