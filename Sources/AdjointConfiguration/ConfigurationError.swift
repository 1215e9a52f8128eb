import Adjoint

/// What is wrong with a file of options: what, where, and what would be right.
package enum ConfigurationError: DocumentedError {
  case malformed(place: String, problem: String, remedy: String)
  /// There is no such option of `command`, or of any.
  case unknownOption(place: String, name: String, of: String? = nil, remedy: String)

  package enum Kind: String, CaseIterable { case malformedConfiguration, unknownOption }

  package var kind: Kind {
    switch self {
    case .malformed: .malformedConfiguration
    case .unknownOption: .unknownOption
    }
  }

  package var message: String {
    switch self {
    case .malformed(let place, let problem, let remedy): "\(place): \(problem); \(remedy)"
    case .unknownOption(let place, let name, let command, let remedy):
      "\(place): there is no option \(quoted(name))\(command.map { " of adjoint \($0)" } ?? ""); \(remedy)"
    }
  }
}
