import AdjointArray
import AdjointIR

extension TilePlan {
  /// Gives each value of the body a place, then makes the tile as large as the places allow.
  init(
    extents: [Int], loads: [View], instructions: [Instruction], stores: [Store],
    reductions: [ReductionStore], target: Target
  ) {
    let reads = Self.readCounts(instructions, stores, reductions)
    let parts = Self.parts(instructions, reads)
    let sums = Self.sumsOfProducts(instructions, reductions, reads)
    // The last instruction whose primitive reads each value; those that are reduced or copied live to the end.
    let end = instructions.count
    var lastUse = Array(instructions.indices)
    var lastLoad = [Int](repeating: -1, count: loads.count)
    // What the primitive of an instruction reads; that of a part reads nothing, as there is none.
    let read = instructions.indices.map { index -> [Instruction.Operand] in
      if parts[index] != nil { return [] }
      return instructions[index].operands.flatMap { operand in
        if case .value(let value) = operand, parts[value] != nil { return instructions[value].operands }
        return [operand]
      }
    }
    for index in instructions.indices {
      for operand in read[index] {
        switch operand {
        case .value(let value): lastUse[value] = index
        case .load(let load): lastLoad[load] = index
        case .literal: break
        }
      }
    }
    for reduction in reductions {
      switch reduction.value {
      case .value(let value): lastUse[value] = end
      case .load(let load): lastLoad[load] = end
      case .literal: break
      }
    }

    // A value goes straight to memory where nobody still wants what is there, and columns are contiguous.
    var directStore: [Int: Int] = [:]
    var copied: [Int] = []
    for (index, store) in stores.enumerated() {
      guard case .value(let value) = store.value else { continue }
      let isOverwritten = loads.indices.contains {
        loads[$0].buffer == store.view.buffer && lastLoad[$0] > value
      }
      let isContiguous = store.view.strides.last == 1 || extents.last == 1
      if directStore[value] == nil, !isOverwritten, isContiguous {
        directStore[value] = index
      } else {
        copied.append(index)
        lastUse[value] = end
      }
    }

    var places: [Place] = []
    var free: [Int] = []
    var count = 0
    var elementBytes = 1
    for (index, instruction) in instructions.enumerated() {
      let dying = Set(read[index]).compactMap { operand -> Int? in
        guard case .value(let value) = operand, lastUse[value] == index, case .slot(let slot) = places[value]
        else { return nil }
        return slot
      }.sorted()
      // A primitive may write where it reads only element for element: if the sizes are equal.
      let sameSize = read[index].allSatisfy { operand in
        guard case .value(let value) = operand else { return true }
        return instructions[value].type.byteSize == instruction.type.byteSize
      }
      if sameSize { free = (free + dying).sorted(by: >) }
      if let store = directStore[index] {
        places.append(.store(store))
      } else if let sum = sums[index] {
        places.append(.sum(sum))
      } else if let reader = parts[index] {
        places.append(.part(of: reader))
      } else {
        let slot = free.popLast() ?? count
        if slot == count { count += 1 }
        places.append(.slot(slot))
        elementBytes = max(elementBytes, instruction.type.byteSize)
      }
      if !sameSize { free = (free + dying).sorted(by: >) }
      if lastUse[index] == index, case .slot(let slot) = places[index] {
        free = (free + [slot]).sorted(by: >)
      }
    }

    let streams = count + loads.count { $0.strides.last != 0 } + stores.count
    let fitting = target.tileBytes / (max(4, elementBytes) * max(1, streams)) / 16 * 16
    // Whole registers, so that the lanes of a reduction that goes on in the next tile do not shift.
    let elements = max(16, min(target.maximumTileElements, max(64, fitting)) / 16 * 16)
    let allColumns = max(1, extents[extents.count - 1])
    let allRows = extents.count > 1 ? max(1, extents[extents.count - 2]) : 1
    if allColumns > elements {
      rows = 1
      let pieces = (allColumns + elements - 1) / elements
      columns = min(elements, ((allColumns + pieces - 1) / pieces + 15) / 16 * 16)
    } else {
      columns = allColumns
      rows = min(allRows, max(1, elements / allColumns))
    }
    slotBytes = (rows * columns * elementBytes + 63) / 64 * 64
    slotCount = count
    self.places = places
    copiedStores = copied
  }

  /// The instructions that primitives of others compute, too, by who reads them: x + y of a relu, x > 0 of a choice between
  /// a number and 0.
  private static func parts(_ instructions: [Instruction], _ reads: [Int]) -> [Int: Int] {
    var result: [Int: Int] = [:]
    for (index, instruction) in instructions.enumerated() where instruction.type.isFloatingPoint {
      guard case .value(let value)? = instruction.operands.first else { continue }
      let zero = Instruction.Operand.literal(Literal(0, as: instruction.type))
      let part = instructions[value]
      switch (part.code, instruction.code) {
      case (.binary(.add), .unary(.relu)): break
      case (.compare(.greater, instruction.type), .select)
      where part.operands[1] == zero && instruction.operands[2] == zero: break
      default: continue
      }
      if reads[value] == 1 { result[value] = index }
    }
    return result
  }

  /// The sums of products that nobody else reads: reductions by their product's instruction. Not storing the product saves a
  /// pass over the tile, and has the same bits, as it rounds all the same.
  private static func sumsOfProducts(
    _ instructions: [Instruction], _ reductions: [ReductionStore], _ reads: [Int]
  ) -> [Int: Int] {
    var result: [Int: Int] = [:]
    for (index, reduction) in reductions.enumerated() where reduction.reduction == .sum {
      guard case .value(let value) = reduction.value, instructions[value].code == .binary(.multiply),
        reduction.type.isFloatingPoint
      else { continue }
      if reads[value] == 1 { result[value] = index }
    }
    return result
  }

  /// How often each instruction's value is read.
  private static func readCounts(
    _ instructions: [Instruction], _ stores: [Store], _ reductions: [ReductionStore]
  ) -> [Int] {
    var counts = [Int](repeating: 0, count: instructions.count)
    for operand in instructions.flatMap(\.operands) + stores.map(\.value) + reductions.map(\.value) {
      if case .value(let value) = operand { counts[value] += 1 }
    }
    return counts
  }
}
