/// The cyclic redundancy check of Castagnoli's polynomial, lowest bits first, as iSCSI and TensorFlow's records have it.
///
/// RFC 3720, section 12.1 and appendix B.4.
enum CRC32C {
  static func checksum(_ bytes: some Sequence<UInt8>) -> UInt32 {
    var crc = UInt32.max
    for byte in bytes { crc = crc >> 8 ^ table[Int((crc ^ UInt32(byte)) & 0xFF)] }
    return ~crc
  }

  /// What each value of the lowest byte does to the others.
  private static let table: [UInt32] = (0..<256).map { (byte: UInt32) -> UInt32 in
    var crc = byte
    for _ in 0..<8 { crc = crc & 1 == 0 ? crc >> 1 : crc >> 1 ^ 0x82F6_3B78 }
    return crc
  }
}
