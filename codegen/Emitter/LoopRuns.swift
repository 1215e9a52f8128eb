import AdjointLowering

extension LoopKernel {
  /// Whether the runs need nothing of each other, so that any thread may do any of them. Those that may fail have a place
  /// each for their status, on the stack.
  var isIndependent: Bool {
    carries.isEmpty && length > 1 && !stopsEarly && (!runsMayFail || length <= 1024)
  }

  /// After so many runs a loop asks whether to end: so seldom that this takes no hundredth of the time, and so often that
  /// nobody waits. What a run reads and writes says how long it is.
  var runsBetweenPolls: Int {
    let bytes = body.kernels.reduce(0) { sum, kernel in
      (kernel.reads + kernel.writes).reduce(sum) { $0 + body.buffers[$1].byteCount }
    }
    return bytes > 1 << 14 ? 1 : 64
  }

  var runsMayFail: Bool { body.kernels.contains(where: \.mayFail) }

  /// The function that does one run of independent ones.
  var pieceName: String { body.name + "_piece" }
}

extension CEmitter {
  /// Whether a loop's runs are pieces of work for the runtime's threads.
  func isParallel(_ loop: LoopKernel) -> Bool { loop.isIndependent && dialect.calls == .runtime }

  /// Writes the function that does one run of a loop, given the tables of pointers of the first.
  func writePiece(_ loop: LoopKernel, _ writer: inout CWriter, _ used: inout UsedFunctions) {
    let poll = polls ? used.runtime("adj_should_stop") : nil
    let sizes = loop.stacked.map(\.sliceBytes) + (loop.invariants + loop.constants).map { _ in 0 }
    let slice = loop.isReversed ? "(\(loop.length - 1) - run)" : "run"
    let place = { (index: Int, bytes: Int) in
      bytes == 0 ? "table[\(index)]" : "(char *)table[\(index)] + \(slice) * \(bytes)"
    }
    writer.comment(["Run number `run`; any thread may do it."])
    writer.line("static void \(loop.pieceName)(void *context, long run, void *scratch)")
    writer.block("") { writer in
      writer.line("void *const *const table = (void *const *)context;")
      if !sizes.isEmpty { writer.line("void *in[\(sizes.count)];") }
      if !loop.results.isEmpty { writer.line("void *out[\(loop.results.count)];") }
      for (index, size) in sizes.enumerated() { writer.line("in[\(index)] = \(place(index, size));") }
      for (index, result) in loop.results.enumerated() {
        writer.line("out[\(index)] = \(place(sizes.count + index, result.sliceBytes));")
      }
      let call =
        "\(loop.body.name)(\(sizes.isEmpty ? "0" : "in"), \(loop.results.isEmpty ? "0" : "out"), (char *)scratch);"
      if loop.runsMayFail {
        writer.line(
          "((int *)table[\(sizes.count + loop.results.count)])[run] = \(poll.map { "\($0)() ? 0 : " } ?? "")\(call)"
        )
      } else {
        if (sizes + loop.results.map(\.sliceBytes)).allSatisfy({ $0 == 0 }) { writer.line("(void)run;") }
        if let poll { writer.line("if (\(poll)()) return;") }
        writer.line(call)
      }
    }
    writer.line("")
  }

  /// Writes the call of the runtime's threads.
  func writeParallel(_ loop: LoopKernel, _ writer: inout CWriter, _ used: inout UsedFunctions) {
    let buffers = loop.stacked.map(\.buffer) + loop.invariants + loop.constants + loop.results.map(\.buffer)
    let places = buffers.map { program.buffers[$0].name } + (loop.runsMayFail ? ["failures"] : [])
    let call = used.runtime("adj_parallel")
    writer.block("") { writer in
      writer.line("void *table[\(max(1, places.count))];")
      if loop.runsMayFail {
        writer.line("int failures[\(loop.length)];")
        writer.line("long run;")
      }
      for (index, place) in places.enumerated() { writer.line("table[\(index)] = (void *)\(place);") }
      writer.line(
        "\(call)(\(loop.length), \(loop.pieceName), table, arena + \(program.memory.workspaceOffset), \(loop.body.arenaBytes));"
      )
      if loop.runsMayFail {
        // The first one counts, whatever the order of the runs.
        writer.line("for (run = 0; run < \(loop.length); run++)")
        writer.line("  if (failures[run] && !status)")
        writer.line("    status = failures[run];")
      }
    }
  }

  /// Writes a loop: its body is a function that takes tables of pointers, as the program itself does, and the pointers
  /// move on from run to run.
  func write(_ loop: LoopKernel, _ number: Int, _ writer: inout CWriter, _ used: inout UsedFunctions) {
    let stop =
      polls && loop.length > loop.runsBetweenPolls ? used.runtime("adj_should_stop") : nil
    let name = { (buffer: BufferID) in program.buffers[buffer].name }
    let sources = loop.carries.count + loop.stacked.count
    let fixed = loop.invariants + loop.constants
    let slice = loop.isReversed ? "\(loop.length - 1) - run" : "run"
    writer.block("") { writer in
      if sources + fixed.count > 0 { writer.line("void *in[\(sources + fixed.count)];") }
      if loop.carries.count + loop.results.count > 0 {
        writer.line("void *out[\(loop.carries.count + loop.results.count)];")
      }
      let isPolledInside = stop != nil && loop.runsBetweenPolls > 1
      writer.line(isPolledInside ? "long run = 0, end;" : "long run;")
      if loop.stopsEarly { writer.line("int done = 0;") }
      for (index, buffer) in fixed.enumerated() {
        writer.line("in[\(sources + index)] = (void *)\(name(buffer));")
      }
      for (index, carry) in loop.carries.enumerated() {
        writer.line("out[\(index)] = (void *)\(name(carry.initial));")
      }
      // Whoever lets a run end throws its results away.
      let poll = stop.map { " && !\($0)()" } ?? ""
      let count = loop.runsBetweenPolls
      if isPolledInside {
        writer.open("while (run < \(loop.length)\(loop.stopsEarly ? " && !done" : "")\(poll))")
      }
      let head =
        isPolledInside
        ? "for (end = run < \(loop.length - count) ? run + \(count) : \(loop.length); run < end; run++)"
        : "for (run = 0; run < \(loop.length)\(poll); run++)"
      writer.block(head) { writer in
        for (index, carry) in loop.carries.enumerated() {
          // The last run writes to the destination, the one before it to the spare place, and so on.
          let target = alternating(
            name(carry.destination), carry.spare.map(name), isOdd: loop.length % 2 == 0)
          writer.line("in[\(index)] = out[\(index)];")
          writer.line("out[\(index)] = \(target);")
        }
        if loop.stopsEarly {
          writer.block("if (!*(const unsigned char *)in[0])") { writer in
            writer.line("done = 1;")
            writer.line("break;")
          }
        }
        for (index, stack) in loop.stacked.enumerated() {
          writer.line(
            "in[\(loop.carries.count + index)] = \(place(name(stack.buffer), slice, stack.sliceBytes));")
        }
        for (index, stack) in loop.results.enumerated() {
          writer.line(
            "out[\(loop.carries.count + index)] = \(place(name(stack.buffer), slice, stack.sliceBytes));")
        }
        let call =
          "\(loop.body.name)(\(sources + fixed.count > 0 ? "in" : "0"), \(loop.carries.count + loop.results.count > 0 ? "out" : "0"), arena + \(program.memory.workspaceOffset))"
        if loop.runsMayFail {
          // The numbers of the body's kernels follow on the loop's own.
          writer.block("") { writer in
            writer.line("const int failure = \(call);")
            writer.line("if (failure && !status)")
            writer.line("  status = failure;")
          }
        } else {
          writer.line("\(call);")
        }
      }
      if isPolledInside { writer.close() }
      if loop.stopsEarly {
        // What the loop ended with is brought to where it is wanted.
        writer.block("if (done)") { writer in
          for (index, carry) in loop.carries.enumerated() {
            writer.block("if (in[\(index)] != (void *)\(name(carry.destination)))") { writer in
              writer.line("const char *const from = (const char *)in[\(index)];")
              writer.line("char *const to = (char *)\(name(carry.destination));")
              writer.line("long i;")
              writer.line("for (i = 0; i < \(carry.byteCount); i++) to[i] = from[i];")
            }
          }
        }
      }
    }
  }

  private func alternating(_ destination: String, _ spare: String?, isOdd: Bool) -> String {
    guard let spare else { return "(void *)\(destination)" }
    let (odd, even) = isOdd ? (destination, spare) : (spare, destination)
    return "run & 1 ? (void *)\(odd) : (void *)\(even)"
  }

  private func place(_ name: String, _ slice: String, _ bytes: Int) -> String {
    bytes == 0 ? "(void *)\(name)" : "(void *)((char *)\(name) + (\(slice)) * \(bytes))"
  }
}
