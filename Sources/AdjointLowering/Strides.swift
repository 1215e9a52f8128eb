import AdjointArray

// Arithmetic on strides: what views of contiguous memory exist without copying.

/// The strides with which a strided array can be read under `target`, which has as many elements, or `nil`
/// where that needs a copy (NumPy's rule for a reshape without copying).
func reshapedStrides(_ shape: Shape, _ strides: [Int], to target: Shape) -> [Int]? {
  if target.count == 0 { return target.strides }
  let old = squeezed(shape, strides)
  var result = [Int](repeating: 0, count: target.rank)
  var oldAxis = 0
  var newAxis = 0
  while newAxis < target.rank {
    if target[newAxis] == 1 {
      newAxis += 1
      continue
    }
    // The smallest runs of old and new axes with the same number of elements.
    guard oldAxis < old.extents.count else { return nil }
    var oldEnd = oldAxis + 1
    var newEnd = newAxis + 1
    var oldCount = old.extents[oldAxis]
    var newCount = target[newAxis]
    while oldCount != newCount {
      if oldCount < newCount {
        guard oldEnd < old.extents.count else { return nil }
        oldCount *= old.extents[oldEnd]
        oldEnd += 1
      } else {
        guard newEnd < target.rank else { return nil }
        newCount *= target[newEnd]
        newEnd += 1
      }
    }
    for axis in oldAxis..<(oldEnd - 1)
    where old.strides[axis] != old.strides[axis + 1] * old.extents[axis + 1] {
      return nil
    }
    var step = old.strides[oldEnd - 1]
    for axis in stride(from: newEnd - 1, through: newAxis, by: -1) {
      result[axis] = step
      step *= target[axis]
    }
    oldAxis = oldEnd
    newAxis = newEnd
  }
  return result
}

extension Shape {
  /// The extents without those of 1.
  var squeezed: [Int] { dimensions.contains(1) ? dimensions.filter { $0 != 1 } : dimensions }
}

/// Extents and strides without the axes of extent 1.
func squeezed(_ shape: Shape, _ strides: [Int]) -> (extents: [Int], strides: [Int]) {
  if !shape.dimensions.contains(1) { return (shape.dimensions, strides) }
  let kept = (0..<shape.rank).filter { shape[$0] != 1 }
  return (kept.map { shape[$0] }, kept.map { strides[$0] })
}

/// Joins neighbouring dimensions of an iteration space wherever every access steps through both evenly, and
/// `mayJoin` allows it.
///
/// - Returns: the joined extents and the accesses' strides in them.
func collapsed(
  _ extents: [Int], _ accesses: [[Int]], mayJoin: (_ outer: Int, _ inner: Int) -> Bool
) -> (extents: [Int], accesses: [[Int]], groups: [[Int]]) {
  var groups: [[Int]] = []
  for axis in extents.indices {
    if let last = groups.last?.last, mayJoin(last, axis),
      accesses.allSatisfy({ $0[last] == $0[axis] * extents[axis] })
    {
      groups[groups.count - 1].append(axis)
    } else {
      groups.append([axis])
    }
  }
  return (
    groups.map { $0.reduce(1) { $0 * extents[$1] } },
    accesses.map { strides in groups.map { strides[$0[$0.count - 1]] } },
    groups
  )
}

func rowMajor(_ extents: [Int]) -> [Int] { Shape(extents).strides }
