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

extension ProgramMaker {
  /// How the kernel is cut into pieces for the runtime's threads, if it is.
  func partition(_ map: MapKernel) -> MapPartition? { dialect == .tile ? MapPartition(map) : nil }

  /// Makes the function that does one piece of a map.
  func makePiece(_ kernel: Kernel, _ map: MapKernel, _ partition: MapPartition) {
    makePiece(kernel.name + "_piece", index: "piece", calling: kernel.name) { scope, table, piece, scratch in
      let whole = c.integer(map.rows > 1 ? map.rows : map.columns)
      let first = c.declare(.index.constant, scope.unique("first"), piece * partition.extent)
      let end = first + partition.extent
      let last = c.declare(.index.constant, scope.unique("last"), (end < whole).choose(end, whole))
      let arrays = program.parameters(kernel).enumerated().map { table[$0].cast(to: $1.type) }
      if needsTile(map) {
        c.evaluate(.program(kernel.name), arrays + [scratch.cast(to: .char.pointer()), first, last])
      } else {
        c.ignore(scratch)
        c.evaluate(.program(kernel.name), arrays + [first, last])
      }
    }
  }
}

extension EntryMaker {
  /// Makes the call of the runtime's threads for the pieces of a map.
  func runInParallel(
    _ kernel: Kernel, _ function: String, _ map: MapKernel, _ partition: MapPartition, tile: CExpression?
  ) {
    c.block {
      runInParallel(
        function + "_piece", count: partition.count, program.parameterBuffers(kernel).map(array),
        scratch: tile ?? c.integer(0), bytes: tile == nil ? 0 : map.tile.slotBytes * map.tile.slotCount)
    }
  }
}
