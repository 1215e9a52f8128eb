import Glibc

/// The permissions of the page at an address as the kernel prints them, such as `r-xp`, or nil where nothing is
/// mapped or `/proc` cannot be read.
package func pagePermissions(at address: UnsafeRawPointer) -> String? {
  guard let file = fopen("/proc/self/maps", "re") else { return nil }
  defer { fclose(file) }
  var line: UnsafeMutablePointer<CChar>?
  var capacity = 0
  defer { free(line) }
  let wanted = UInt(bitPattern: address)
  while getline(&line, &capacity, file) > 0, let text = line {
    // START-END PERMISSIONS ..., the bounds in hexadecimal.
    let fields = String(cString: text).split(separator: " ", maxSplits: 2)
    let bounds = fields.first?.split(separator: "-").compactMap { UInt($0, radix: 16) } ?? []
    guard fields.count > 1, bounds.count == 2 else { continue }
    if bounds[0] <= wanted && wanted < bounds[1] { return String(fields[1]) }
  }
  return nil
}
