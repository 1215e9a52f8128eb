import AdjointIR
import AdjointLowering

/// Gives names inside one C function or block: each once, and none of the buffers that it reads or writes or that
/// the generated code uses itself.
struct LocalNames {
  private var names: NumberedNames

  init(reserved: [String]) { names = NumberedNames(taken: Set(reserved), reserved: Names.reserved) }

  mutating func unique(_ base: String) -> String { names.unique(base) }
}
