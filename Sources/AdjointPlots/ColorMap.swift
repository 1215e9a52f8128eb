#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// A colour of the screen: sRGB, each part in 0...255.
struct RGB: Equatable {
  var red: Double
  var green: Double
  var blue: Double

  /// `0x440154`.
  init(_ hexadecimal: UInt32) {
    red = Double(hexadecimal >> 16 & 0xFF)
    green = Double(hexadecimal >> 8 & 0xFF)
    blue = Double(hexadecimal & 0xFF)
  }

  /// `#440154`.
  var hexadecimal: String {
    "#"
      + [red, green, blue].map { part in
        let digits = String(UInt8(max(0, min(255, part.rounded()))), radix: 16, uppercase: true)
        return digits.count == 1 ? "0" + digits : digits
      }.joined()
  }

  /// From black, 0, to white, 1. WCAG 2.1, "relative luminance".
  var luminance: Double {
    let parts = [red, green, blue].map { part in
      part / 255 <= 0.04045 ? part / 255 / 12.92 : pow((part / 255 + 0.055) / 1.055, 2.4)
    }
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]
  }

  /// How far two colours are apart, from 1 to 21. WCAG 2.1, "contrast ratio", asks for 4.5 between text and ground.
  func contrast(to other: RGB) -> Double {
    let (a, b) = (luminance + 0.05, other.luminance + 0.05)
    return max(a, b) / min(a, b)
  }

  /// Black or white, whichever is read better on this colour.
  var ink: RGB {
    let (black, white) = (RGB(0x000000), RGB(0xFFFFFF))
    return contrast(to: black) >= contrast(to: white) ? black : white
  }

  static func between(_ a: RGB, _ b: RGB, _ fraction: Double) -> RGB {
    var result = a
    result.red += (b.red - a.red) * fraction
    result.green += (b.green - a.green) * fraction
    result.blue += (b.blue - a.blue) * fraction
    return result
  }
}

extension HeatMap.Colors {
  /// The colour of a value, from 0, the least, to 1.
  func color(_ fraction: Double) -> RGB {
    let anchors = anchors
    let place = max(0, min(1, fraction)) * Double(anchors.count - 1)
    let index = min(Int(place), anchors.count - 2)
    return .between(RGB(anchors[index]), RGB(anchors[index + 1]), place - Double(index))
  }

  private var anchors: [UInt32] {
    switch self {
    case .viridis:
      // Every fifteenth of the 256 colours: what lies between is at most 5 of 255 off.
      [
        0x440154, 0x481769, 0x472A7A, 0x433D84, 0x3D4E8A, 0x355E8D, 0x2E6D8E, 0x297B8E, 0x23898E, 0x1F978B,
        0x21A585,
        0x2EB37C, 0x46C06F, 0x65CB5E, 0x89D548, 0xB0DD2F, 0xD8E219, 0xFDE725,
      ]
    case .blues:
      // Two tints of the blue of the lines, that blue, and half of it.
      [0xF1F7FC, 0x9CD0F0, 0x3A92CC, 0x0072B2, 0x003959]
    }
  }
}
