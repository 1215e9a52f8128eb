import AdjointLowering

extension CEmitter {
  /// Writes a loop: its body is a function that takes tables of pointers, as the program itself does, and the pointers
  /// move on from run to run.
  func write(_ loop: LoopKernel, _ number: Int, _ writer: inout CWriter) {
    let name = { (buffer: BufferID) in program.buffers[buffer].name }
    let sources = loop.carries.count + loop.stacked.count
    let fixed = loop.invariants + loop.constants
    let slice = loop.isReversed ? "\(loop.length - 1) - run" : "run"
    writer.block("") { writer in
      if sources + fixed.count > 0 { writer.line("void *in[\(sources + fixed.count)];") }
      if loop.carries.count + loop.results.count > 0 {
        writer.line("void *out[\(loop.carries.count + loop.results.count)];")
      }
      writer.line("long run;")
      for (index, buffer) in fixed.enumerated() {
        writer.line("in[\(sources + index)] = (void *)\(name(buffer));")
      }
      for (index, carry) in loop.carries.enumerated() {
        writer.line("out[\(index)] = (void *)\(name(carry.initial));")
      }
      writer.block("for (run = 0; run < \(loop.length); run++)") { writer in
        for (index, carry) in loop.carries.enumerated() {
          // The last run writes to the destination, the one before it to the spare place, and so on.
          let target = alternating(
            name(carry.destination), carry.spare.map(name), isOdd: loop.length % 2 == 0)
          writer.line("in[\(index)] = out[\(index)];")
          writer.line("out[\(index)] = \(target);")
        }
        if loop.stopsEarly {
          writer.line("if (!*(const unsigned char *)in[0])")
          writer.line("  break;")
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
        if loop.body.kernels.contains(where: \.mayFail) {
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
      if loop.stopsEarly {
        // What the loop ended with is brought to where it is wanted.
        writer.block("if (run < \(loop.length))") { writer in
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
