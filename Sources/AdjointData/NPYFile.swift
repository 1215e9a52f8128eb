import AdjointArray

/// A file of one array in NumPy's format, as `numpy.save` writes it: a header and the elements.
struct NPYFile {
  let array: NDArray

  init(path: String) throws(DataError) {
    try self.init(FileBytes(path, expandsGzip: false), name: path)
  }

  /// Reads the header, and then no more than it says.
  init(_ file: FileBytes, name: String) throws(DataError) {
    let text = try NPYHeader.text(startingWith: file.peek(NPYHeader.longestStart)[...], name)
    let header = try NPYHeader(
      file.peek(min(text.upperBound, NPYHeader.longestStart + NPYHeader.longestText))[...], name: name)
    let bytes = try file.all(header.fileSize, shape: header.shape)
    try self.init(bytes[...], header, name: name)
  }

  /// - Parameter name: what errors call the file.
  init(_ bytes: ArraySlice<UInt8>, name: String) throws(DataError) {
    let header = try NPYHeader(bytes, name: name)
    // Memory for what is there, not for what a header says.
    guard bytes.count == header.fileSize else {
      throw .wrongByteCount(
        file: name, shape: header.shape, expected: header.fileSize, found: "\(bytes.count)")
    }
    try self.init(bytes, header, name: name)
  }

  /// - Precondition: there are as many bytes as the header says.
  private init(_ bytes: ArraySlice<UInt8>, _ header: NPYHeader, name: String) throws(DataError) {
    // In Fortran's order the array is that of the reversed shape, transposed.
    let shape = header.isFortranOrder ? Shape(header.shape.dimensions.reversed()) : header.shape
    let stored = try NDArray(
      bytes.dropFirst(header.size), of: header.element, shape: shape, isBigEndian: header.isBigEndian,
      file: name)
    array = header.isFortranOrder ? try stored.reversingAxes(name) : stored
  }

  /// The file of `array`, byte for byte as `numpy.save` writes it.
  static func bytes(of array: NDArray) -> [UInt8] {
    var result = NPYHeader.bytes(StoredElement(array.scalarType), array.shape)
    result.reserveCapacity(result.count + array.byteCount)
    result.append(elementsOf: array)
    return result
  }
}

extension NDArray {
  /// The array in a file in NumPy's format `.npy`, as `numpy.save` writes it, in any version and order of bytes and axes.
  ///
  /// - Returns: the elements in the narrowest type that holds them: whole numbers of 8 and 16 bits as int32, uint32 and
  ///   uint64 as int64, float16 as float32, all others as they are.
  /// - Throws: ``DataError`` where the file cannot be read, is no `.npy` file, has more or fewer bytes than it says, has
  ///   elements that are neither real numbers nor booleans, or a uint64 that int64 does not hold.
  public init(npy path: String) throws(DataError) { self = try NPYFile(path: path).array }

  /// Writes the array to a file that `numpy.load` reads; what was there before is replaced once all is written.
  ///
  /// - Throws: ``DataError/Kind/unwritable``.
  public func write(npy path: String) throws(DataError) {
    try File.writeAtomically(NPYFile.bytes(of: self), to: path)
  }

  /// The transposed array: the last axis first.
  ///
  /// - Parameter file: what errors call the file.
  fileprivate func reversingAxes(_ file: String) throws(DataError) -> NDArray {
    switch scalarType {
    case .float32: try reversingAxes(of: Float.self, file)
    case .float64: try reversingAxes(of: Double.self, file)
    case .int32: try reversingAxes(of: Int32.self, file)
    case .int64: try reversingAxes(of: Int64.self, file)
    case .bool: try reversingAxes(of: Bool.self, file)
    }
  }

  private func reversingAxes<T: Scalar>(of type: T.Type, _ file: String) throws(DataError) -> NDArray {
    guard shape.rank > 1 else { return self }
    let target = Shape(shape.dimensions.reversed())
    var result = try NDArray.zeros(target, scalarType, readFrom: file)
    guard count > 0 else { return result }
    let strides = Array(shape.strides.reversed())
    result.withUnsafeMutableElements(of: T.self) { elements in
      withUnsafeElements(of: T.self) { source in
        var position = [Int](repeating: 0, count: target.rank)
        var offset = 0
        for index in elements.indices {
          elements[index] = source[offset]
          // To the next element in row-major order: the last axes that are at their end start again.
          var axis = target.rank - 1
          while axis >= 0 {
            position[axis] += 1
            offset += strides[axis]
            if position[axis] < target[axis] { break }
            offset -= position[axis] * strides[axis]
            position[axis] = 0
            axis -= 1
          }
        }
      }
    }
    return result
  }
}
