import Adjoint
import Foundation

/// Where an expression is evaluated: a value for each of its variables.
struct Point {
  let variables: [String]
  let values: [Double]

  /// The numbers of `--at`; where there are none, a point at which all outputs of `graph` are finite.
  ///
  /// - Parameter at: parts such as `x=1.5` or `x=1,y=2`.
  init(_ at: [String], of variables: [String], for graph: @autoclosure () throws -> Graph) throws {
    self.variables = variables
    values = try at.isEmpty ? Self.suitable(for: graph(), variables) : Self.numbers(at, of: variables)
  }

  /// `x = 1.5, y = 2`
  var text: String { zip(variables, values).map { "\($0) = \($1)" }.joined(separator: ", ") }

  private static func numbers(_ at: [String], of variables: [String]) throws(UsageError) -> [Double] {
    var values: [String: Double] = [:]
    for part in at.flatMap({ $0.split(separator: ",", omittingEmptySubsequences: false) }) {
      let sides = part.split(separator: "=", omittingEmptySubsequences: false)
        .map { $0.trimmingCharacters(in: .whitespaces) }
      guard sides.count == 2, !sides[0].isEmpty, let value = Double(sides[1]) else {
        throw UsageError("--at has '\(part)'; give a name and a number, as in x=1.5")
      }
      guard variables.contains(sides[0]) else {
        throw UsageError(
          "--at gives a value for '\(sides[0])'; the variables are \(variables.joined(separator: ", "))")
      }
      guard values.updateValue(value, forKey: sides[0]) == nil else {
        throw UsageError("--at gives '\(sides[0])' two values; give one")
      }
    }
    return try variables.map { (name) throws(UsageError) in
      guard let value = values[name] else {
        let example = variables.map { "\($0)=1" }.joined(separator: ",")
        throw UsageError("the variable \(name) has no value; say for example --at \(example)")
      }
      return value
    }
  }

  /// The first of a few ordinary points, the variables a quarter apart, that is in the domain of all outputs.
  private static func suitable(for graph: Graph, _ variables: [String]) throws -> [Double] {
    let interpreter = try Interpreter(graph)
    for first in [1.5, 0.5, -0.5, 2.5, 10, -1.5, 0.05] {
      let values = variables.indices.map { first + 0.25 * Double($0) }
      let results = try interpreter.run(values: values.map { NDArray($0) })
      if results.allSatisfy({ $0.doubles[0].isFinite }) { return values }
    }
    let example = variables.map { "\($0)=1" }.joined(separator: ",")
    throw UsageError("no point was found where all is finite; give one, such as --at \(example)")
  }
}

extension ParsedExpression {
  /// The variables that `--wrt` names, one or several with commas between them; `nil` without the option.
  ///
  /// - Throws: ``UsageError`` where one is no variable of the expression, or where there are none at all.
  func chosenVariables(_ wrt: String?) throws(UsageError) -> [String]? {
    guard !variables.isEmpty else {
      throw UsageError("'\(self)' has no variable to differentiate by; write one, such as x")
    }
    guard let wrt else { return nil }
    return try wrt.split(separator: ",", omittingEmptySubsequences: false).map { (part) throws(UsageError) in
      let name = part.trimmingCharacters(in: .whitespaces)
      guard variables.contains(name) else {
        throw UsageError(
          "--wrt \(wrt): '\(name)' is no variable of '\(self)'; it has \(variables.joined(separator: ", "))")
      }
      return name
    }
  }
}
