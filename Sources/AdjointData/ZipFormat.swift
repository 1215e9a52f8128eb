/// The numbers that zip archives are made of.
///
/// PKWARE, APPNOTE.TXT, .ZIP File Format Specification, version 6.3.10; sections 4.3.7 (local header), 4.3.12 (central
/// header), 4.3.14 to 4.3.16 (ends) and 4.5.3 (sizes beyond 32 bits).
enum ZipFormat {
  static let localHeader: UInt64 = 0x0403_4B50
  static let centralHeader: UInt64 = 0x0201_4B50
  static let end: UInt64 = 0x0605_4B50
  static let wideEnd: UInt64 = 0x0606_4B50
  static let wideEndLocator: UInt64 = 0x0706_4B50

  static let localHeaderSize = 30
  static let centralHeaderSize = 46
  static let endSize = 22
  static let wideEndSize = 56
  static let wideEndLocatorSize = 20

  static let stored: UInt64 = 0
  static let deflated: UInt64 = 8
  static let isEncrypted: UInt64 = 0x0001
  static let isNameUTF8: UInt64 = 0x0800

  /// The extra field with the sizes and the offset that 32 bits do not hold.
  static let wideField: UInt64 = 0x0001
  /// The version that reads such fields.
  static let wideVersion = 45

  /// What stands in place of such sizes, and of such numbers of entries.
  static let wide: UInt64 = 0xFFFF_FFFF
  static let wideCount: UInt64 = 0xFFFF

  /// What an archive begins with, with files in it or without.
  static let beginnings = [Array("PK\u{3}\u{4}".utf8), Array("PK\u{5}\u{6}".utf8)]
}
