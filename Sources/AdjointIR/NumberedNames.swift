/// Names of which each is given once: `z`, then `z_2`, `z_3`.
package struct NumberedNames {
  private var taken: Set<String>
  /// Names that are never given; shared by many, so they are not copied.
  private let reserved: Set<String>
  /// The number to try next for a name that is taken: a thousand values of one name take no thousand steps each.
  private var nextNumber: [String: Int] = [:]

  package init(taken: Set<String> = [], reserved: Set<String> = []) {
    (self.taken, self.reserved) = (taken, reserved)
  }

  /// Lets nobody else have `name`.
  package mutating func take(_ name: String) { taken.insert(name) }

  /// `name`, with a number behind it where it is taken.
  package mutating func unique(_ name: String) -> String {
    if insert(name) { return name }
    var number = nextNumber[name] ?? 2
    while !insert("\(name)_\(number)") { number += 1 }
    nextNumber[name] = number + 1
    return "\(name)_\(number)"
  }

  private mutating func insert(_ name: String) -> Bool {
    !reserved.contains(name) && taken.insert(name).inserted
  }
}
