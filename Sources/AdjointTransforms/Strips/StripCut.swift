/// One part of the rows, in strips of equal size: so many in each of so many groups.
struct StripCut {
  let strip: Int
  let groups: Int
  var stripsInGroup = 1

  var rows: Int { strip * groups * stripsInGroup }

  /// How all rows are cut, one part after the other: no strip is larger than those of the first part. Empty where strips are
  /// not worth it.
  static func cuts(ofRows rows: Int, _ bytes: PassBytes, _ limits: StripLimits) -> [StripCut] {
    guard bytes.alive > limits.leastBytes, rows >= 2 * limits.leastRows else { return [] }
    let aRow = max(1, bytes.alive / rows)
    // What each strip adds to the sums costs as much as keeping the values of so many rows would.
    let least = max(limits.leastRows, 4 * bytes.sums / max(1, bytes.traffic / rows))
    let most = max(least, limits.stripBytes / aRow)
    guard 2 * least <= rows else { return [] }
    // A power of two of groups, so that threads get as many each: four, or more where strips would be too large.
    var groups = 1
    while groups * 2 <= limits.mostGroups, rows / (groups * 2) >= least, groups < 4 || rows / groups > most {
      groups *= 2
    }
    let share = rows / groups
    var strip = share
    if share > most {
      let even = rows % groups == 0 ? (most / 2...most).reversed().first { $0 > 0 && share % $0 == 0 } : nil
      strip = even ?? max(1, most / 8 * 8)
    }
    var cuts = [StripCut(strip: strip, groups: groups, stripsInGroup: share / strip)]
    let rest = rows - cuts[0].rows
    if rest >= strip { cuts.append(StripCut(strip: strip, groups: rest / strip)) }
    if rest % strip > 0 { cuts.append(StripCut(strip: rest % strip, groups: 1)) }
    return cuts
  }
}
