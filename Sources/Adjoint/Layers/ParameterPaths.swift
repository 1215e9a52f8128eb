import AdjointIR

/// A model whose parts are better named than by its stored properties.
protocol NamedParts {
  var namedParts: [(name: String, part: Any)] { get }
}

extension Sequential: NamedParts {
  /// `dense1`, `dense2`: each kind of layer counted by itself.
  var namedParts: [(name: String, part: Any)] {
    var counts: [String: Int] = [:]
    return layers.map { layer in
      let kind = typeName((layer as? any LayerWrapper)?.wrapped ?? layer)
      counts[kind, default: 0] += 1
      return ("\(kind)\(counts[kind, default: 0])", layer)
    }
  }
}

extension MLP: NamedParts {
  var namedParts: [(name: String, part: Any)] { layers.namedParts }
}

/// The parameters of `model`, a layer or any value that holds some, by their paths in it: `dense1.weight`,
/// `encoder.query.weight`. In the order of declaration; one that is met twice has its first path; equal paths are
/// numbered.
package func parameterPaths(of model: Any) -> [(path: String, parameter: Parameter)] {
  modelPaths(of: model).parameters
}

/// Its parameters, and its settings likewise: `dropout1.rate`.
func modelPaths(of model: Any) -> (
  parameters: [(path: String, parameter: Parameter)], settings: [(path: String, setting: Setting)]
) {
  var walk = ModelWalk()
  walk.visit(model, path: [])
  return (walk.parameters, walk.settings)
}

private struct ModelWalk {
  var parameters: [(path: String, parameter: Parameter)] = []
  var settings: [(path: String, setting: Setting)] = []
  private var paths = NumberedNames()
  /// Objects that were seen: a cycle of references must end.
  private var objects: Set<ObjectIdentifier> = []

  mutating func visit(_ value: Any, path: [String]) {
    if let parameter = value as? Parameter {
      if let path = unique(path, for: parameter, or: "parameter") { parameters.append((path, parameter)) }
      return
    }
    if let setting = value as? Setting {
      if let path = unique(path, for: setting, or: "setting") { settings.append((path, setting)) }
      return
    }
    if let wrapper = value as? any LayerWrapper { return visit(wrapper.wrapped, path: path) }
    if let model = value as? any NamedParts {
      for (name, part) in model.namedParts { visit(part, path: path + [name]) }
      return
    }
    let mirror = Mirror(reflecting: value)
    if mirror.displayStyle == .class, !objects.insert(ObjectIdentifier(value as AnyObject)).inserted {
      return
    }
    visit(mirror, path)
  }

  private mutating func visit(_ mirror: Mirror, _ path: [String]) {
    if let parent = mirror.superclassMirror { visit(parent, path) }
    switch mirror.displayStyle {
    case .optional:
      for child in mirror.children { visit(child.value, path: path) }
    case .collection:
      // blocks1, blocks2, as in a Sequential.
      let parent = path.dropLast()
      for (index, child) in mirror.children.enumerated() {
        visit(child.value, path: parent + ["\(path.last ?? "part")\(index + 1)"])
      }
    case .dictionary:
      let entries = mirror.children.compactMap { child -> (key: String, value: Any)? in
        let pair = Array(Mirror(reflecting: child.value).children)
        return pair.count == 2 ? (String(describing: pair[0].value), pair[1].value) : nil
      }
      // Not in a dictionary's own order, which changes from run to run.
      for entry in entries.sorted(by: { $0.key < $1.key }) { visit(entry.value, path: path + [entry.key]) }
    default:
      for (index, child) in mirror.children.enumerated() {
        let label = child.label.flatMap { $0.hasPrefix(".") ? nil : $0 } ?? "\(index + 1)"
        visit(child.value, path: path + [label])
      }
    }
  }

  /// A path that no other part has; `nil` where `part` was met before.
  private mutating func unique(_ path: [String], for part: AnyObject, or name: String) -> String? {
    guard objects.insert(ObjectIdentifier(part)).inserted else { return nil }
    return paths.unique(path.isEmpty ? name : path.joined(separator: "."))
  }
}

/// The type's name as a property would be called: `dense`, `mlp`, `layerNorm`.
private func typeName(_ value: Any) -> String {
  let name = String(describing: type(of: value)).prefix { $0 != "<" && $0 != " " && $0 != "(" }
  let capitals = name.prefix { $0.isUppercase }.count
  let lowered = capitals > 1 && capitals < name.count ? capitals - 1 : capitals
  return name.prefix(lowered).lowercased() + name.dropFirst(lowered)
}
