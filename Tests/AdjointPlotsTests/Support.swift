import Foundation
import FoundationXML
import Testing

@testable import AdjointPlots

/// An element of a picture.
struct Element {
  let name: String
  let attributes: [String: String]
  var text = ""

  func number(_ attribute: String) throws -> Double {
    try #require(attributes[attribute].flatMap { Double($0) }, "\(name) has no number \(attribute)")
  }

  /// The points of a path of absolute lines, each `M` a new list.
  func runs() throws -> [[Pixel]] {
    try #require(attributes["d"]).split(separator: "M").map { run in
      try run.replacing("h0", with: "").replacing("Z", with: "").split(separator: "L").map { point in
        let numbers = point.split(separator: " ").compactMap { Double($0) }
        try #require(numbers.count == 2, "\(point)")
        return Pixel(x: numbers[0], y: numbers[1])
      }
    }
  }
}

/// All elements of a picture in their order. Text that is no well-formed XML throws.
func elements(_ svg: String) throws -> [Element] {
  final class Reader: NSObject, XMLParserDelegate {
    var elements: [Element] = []
    var open: [Int] = []

    func parser(
      _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
      attributes: [String: String]
    ) {
      open.append(elements.count)
      elements.append(Element(name: name, attributes: attributes))
    }

    func parser(_ parser: XMLParser, didEndElement: String, namespaceURI: String?, qualifiedName: String?) {
      open.removeLast()
    }

    func parser(_ parser: XMLParser, foundCharacters text: String) {
      for index in open { elements[index].text += text }
    }
  }
  let reader = Reader()
  let parser = XMLParser(data: Data(svg.utf8))
  parser.delegate = reader
  try #require(parser.parse(), "not well-formed: \(parser.parserError.map { "\($0)" } ?? "")")
  return reader.elements
}

/// The texts of a picture.
func texts(_ svg: String) throws -> [String] { try elements(svg).filter { $0.name == "text" }.map(\.text) }

/// Numbers that are the same in every run.
struct Numbers: RandomNumberGenerator {
  private var state: UInt64 = 0x9E37_79B9_7F4A_7C15

  /// Marsaglia, "Xorshift RNGs", 2003.
  mutating func next() -> UInt64 {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return state
  }
}

func isClose(_ a: Double, _ b: Double, _ tolerance: Double = 0.011) -> Bool { abs(a - b) <= tolerance }
