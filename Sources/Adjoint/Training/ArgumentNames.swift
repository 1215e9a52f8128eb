// Names in the graphs of a trainer: parameters keep their paths in each, whatever else there is.

/// `name`, with a number where it is taken.
func unique(_ name: String, besides taken: Set<String>) -> String {
  var candidate = name
  var number = 2
  while taken.contains(candidate) {
    candidate = "\(name)_\(number)"
    number += 1
  }
  return candidate
}
