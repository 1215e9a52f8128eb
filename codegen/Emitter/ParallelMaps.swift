import AdjointLowering

/// How a map is cut into pieces that any thread may do: ranges of its rows, or of the columns of a single row.
struct MapPartition {
  /// How many pieces; it depends on the map alone.
  let count: Int
  /// Rows or columns in a piece, whole tiles; the last one has the rest.
  let extent: Int

  /// The most pieces, and how many operations make one worth while.
  private static let (mostPieces, leastOperations) = (16, 1 << 16)

  /// - Returns: `nil` where the map is too small, or one piece would need another's results.
  init?(_ map: MapKernel) {
    guard map.extents.count <= 2 else { return nil }
    let operations = map.count * (map.instructions.count + map.reductions.count)
    let pieces = min(Self.mostPieces, operations / Self.leastOperations)
    let (whole, tile) = map.rows > 1 ? (map.rows, map.tile.rows) : (map.columns, map.tile.columns)
    guard pieces >= 4, tile * 2 <= whole else { return nil }
    if map.rows > 1 {
      guard map.reductions.allSatisfy({ $0.dimension == map.extents.count - 1 }) else { return nil }
    } else {
      guard map.reductions.isEmpty else { return nil }
    }
    let share = (whole + pieces - 1) / pieces
    extent = (share + tile - 1) / tile * tile
    count = (whole + extent - 1) / extent
  }
}

extension CEmitter {
  /// How the kernel is cut into pieces for the runtime's threads, if it is.
  func partition(_ map: MapKernel) -> MapPartition? { dialect == .tile ? MapPartition(map) : nil }

  /// Writes the function that does one piece of a map.
  func writePiece(
    _ kernel: Kernel, _ map: MapKernel, _ partition: MapPartition, needsTile: Bool, _ writer: inout CWriter
  ) {
    let whole = map.rows > 1 ? map.rows : map.columns
    let declarations = program.parameters(kernel).declarations
    writer.line("static void \(kernel.name)_piece(void *context, long piece, void *scratch)")
    writer.block("") { writer in
      writer.line("void *const *const table = (void *const *)context;")
      writer.line("const long first = piece * \(partition.extent);")
      writer.line(
        "const long last = first + \(partition.extent) < \(whole) ? first + \(partition.extent) : \(whole);")
      var arguments = declarations.enumerated().map { index, declaration in
        let type = declaration[...(declaration.lastIndex(of: "*") ?? declaration.startIndex)]
        return "(\(type))table[\(index)]"
      }
      if needsTile { arguments.append("(char *)scratch") } else { writer.line("(void)scratch;") }
      writer.line("\(kernel.name)(\((arguments + ["first", "last"]).joined(separator: ", ")));")
    }
    writer.line("")
  }

  /// Writes the call of the runtime's threads.
  func writeParallel(
    _ kernel: Kernel, _ function: String, _ map: MapKernel, _ partition: MapPartition, tile: String?,
    _ writer: inout CWriter, _ used: inout UsedFunctions
  ) {
    let call = used.runtime("adj_parallel")
    let arguments = program.parameters(kernel).arguments
    writer.block("") { writer in
      writer.line("void *table[\(arguments.count)];")
      for (index, argument) in arguments.enumerated() {
        writer.line("table[\(index)] = (void *)\(argument);")
      }
      writer.line(
        "\(call)(\(partition.count), \(function)_piece, table, \(tile ?? "0"), \(tile == nil ? 0 : map.tile.slotBytes * map.tile.slotCount));"
      )
    }
  }
}
