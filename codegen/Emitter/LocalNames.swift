import AdjointLowering

/// Gives names inside one C function or block: each once, and none of the buffers that it reads or writes or that
/// the generated code uses itself.
struct LocalNames {
  private var taken: Set<String>

  init(reserved: [String]) {
    taken = Set(reserved)
  }

  mutating func unique(_ base: String) -> String {
    var name = base
    var number = 2
    while Names.reserved.contains(name) || !taken.insert(name).inserted {
      name = "\(base)_\(number)"
      number += 1
    }
    return name
  }
}
