import AdjointArray
import Testing

@testable import AdjointData

@Suite("Elements as they lie in files")
struct StoredElementTests {
  private func array(
    _ bytes: [UInt8], _ element: StoredElement, isBigEndian: Bool = false
  ) throws -> NDArray {
    try NDArray(
      bytes[...], of: element, shape: [bytes.count / element.byteSize], isBigEndian: isBigEndian, file: "t")
  }

  #if !(os(macOS) && arch(x86_64))
    @Test("All 63,490 numbers of 16 bits are those that Swift's Float16 gives, and the others NaN")
    func halves() {
      for bits in UInt16.min...UInt16.max {
        let (value, expected) = (Float(half: bits), Float(Float16(bitPattern: bits)))
        if expected.isNaN {
          #expect(value.isNaN)
        } else {
          #expect(value.bitPattern == expected.bitPattern)
        }
      }
    }
  #endif

  @Test("bfloat16 is the upper half of a float32")
  func bfloat16() throws {
    let values: [Float] = [1, -2.5, 0x1p-133, 0x1.FEp127, .infinity, -0.0]
    let bytes = values.flatMap { littleEndian(Int($0.bitPattern >> 16), 2) }
    #expect(try array(bytes, .bfloat16) == NDArray(values))
    #expect(try array([0xC0, 0x7F], .bfloat16).doubles[0].isNaN)
  }

  @Test("Either order of bytes")
  func byteOrder() throws {
    #expect(try array([1, 2, 3, 4], .int32) == NDArray([0x0403_0201] as [Int32]))
    #expect(try array([1, 2, 3, 4], .int32, isBigEndian: true) == NDArray([0x0102_0304] as [Int32]))
    #expect(try array([0xFF, 0xFE], .int16, isBigEndian: true) == NDArray([-2] as [Int32]))
    #expect(try array([0xFF, 0xFF, 0xFF, 0xFF], .uint32) == NDArray([4_294_967_295] as [Int64]))
  }

  @Test("Any bits but 0 are true, and stored as 1")
  func booleans() throws {
    #expect(try array([0, 1, 2, 255], .bool) == NDArray([false, true, true, true]))
  }

  @Test("An unsigned integer that int64 does not hold is an error, which says where")
  func unsigned() throws {
    let largest = littleEndian(.max, 8)
    #expect(try array(largest, .uint64) == NDArray([.max] as [Int64]))
    #expect(throws: DataError.unsignedTooLarge(file: "t", value: 1 << 63, index: 1)) {
      try array(largest + littleEndian(.min, 8), .uint64)
    }
  }
}
