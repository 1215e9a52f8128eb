// Names in the graphs of a trainer: parameters keep their paths in each, whatever else there is.

/// What the argument for the array `name` is called: as the array, with a number where a parameter of `model` has
/// that path.
func argumentName(_ name: String, besides model: some Layer) -> String {
  unique(name, besides: Set(parameterPaths(of: model).map(\.path)))
}

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
