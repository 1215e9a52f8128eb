/// An event of a TensorBoard file as the bytes of its record.
///
/// The fields are those of TensorFlow's tensorflow/core/util/event.proto and tensorflow/core/framework/summary.proto, in
/// the encoding of protocol buffers (protobuf.dev/programming-guides/encoding), where zeros are left out. A record is
/// TFRecord's (tensorflow/core/lib/io/record_writer.h): length, its checksum, the event, its checksum.
struct EventRecord {
  enum Content {
    /// `Event.file_version`, the first event of a file.
    case fileVersion
    /// `Event.summary` with one `Summary.Value` of a tag and a simple value.
    case scalar(tag: String, value: Float)
  }

  /// Seconds since 1970.
  let wallTime: Double
  let step: Int64
  let content: Content

  var bytes: [UInt8] {
    let event = event
    var length: [UInt8] = []
    length.append(littleEndian: event.count, 8)
    return length + Self.maskedChecksum(length) + event + Self.maskedChecksum(event)
  }

  private var event: [UInt8] {
    var event = ProtocolBuffer()
    if wallTime.bitPattern != 0 { event.append(1, wallTime.bitPattern) }
    if step != 0 { event.append(2, step) }
    switch content {
    case .fileVersion: event.append(3, "brain.Event:2".utf8)
    case .scalar(let tag, let number):
      var value = ProtocolBuffer()
      if !tag.isEmpty { value.append(1, tag.utf8) }
      // One of several kinds of values, of which also zero says that it is meant.
      value.append(2, number.bitPattern)
      var summary = ProtocolBuffer()
      summary.append(1, value.bytes)
      event.append(5, summary.bytes)
    }
    return event.bytes
  }

  /// A checksum that may stand among data of which a checksum is taken (tensorflow/core/lib/hash/crc32c.h).
  private static func maskedChecksum(_ data: [UInt8]) -> [UInt8] {
    let crc = CRC32C.checksum(data)
    var bytes: [UInt8] = []
    bytes.append(littleEndian: Int((crc >> 15 | crc << 17) &+ 0xA282_EAD8), 4)
    return bytes
  }
}

/// A message of protocol buffers: fields with their numbers and wire types.
private struct ProtocolBuffer {
  private(set) var bytes: [UInt8] = []

  mutating func append(_ field: UInt64, _ fixed: UInt64) {
    append(variable: field << 3 | 1)
    bytes.append(littleEndian: Int(truncatingIfNeeded: fixed), 8)
  }

  mutating func append(_ field: UInt64, _ fixed: UInt32) {
    append(variable: field << 3 | 5)
    bytes.append(littleEndian: Int(fixed), 4)
  }

  mutating func append(_ field: UInt64, _ number: Int64) {
    append(variable: field << 3)
    append(variable: UInt64(bitPattern: number))
  }

  mutating func append(_ field: UInt64, _ content: some Collection<UInt8>) {
    append(variable: field << 3 | 2)
    append(variable: UInt64(content.count))
    bytes += content
  }

  /// Seven bits a byte, the lowest first; the eighth says that more follow.
  private mutating func append(variable number: UInt64) {
    var rest = number
    while rest > 0x7F {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }
}
