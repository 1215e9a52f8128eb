import AdjointArray
import AdjointIR
import AdjointLowering

// The runs of a loop, one after the other or in any order.

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

  /// Of run number `run`, which slice.
  fileprivate func slice(_ run: CExpression) -> CExpression {
    isReversed ? run.tree.integer(length - 1) - run : run
  }
}

extension ProgramMaker {
  /// Whether a loop's runs are pieces of work for the runtime's threads.
  func isParallel(_ loop: LoopKernel) -> Bool { loop.isIndependent && dialect.calls == .runtime }

  /// Makes the function that does one run of a loop, given the tables of pointers of the first.
  func makePiece(_ loop: LoopKernel) {
    let sizes = loop.stacked.map(\.sliceBytes) + (loop.invariants + loop.constants).map { _ in 0 }
    c.comment(["Run number `run`; any thread may do it."])
    makePiece(loop.pieceName, index: "run", calling: loop.body.name) { scope, table, run, scratch in
      let place = { (index: Int, bytes: Int) in
        let start = table[index]
        return bytes == 0 ? start : start.cast(to: .char.pointer()) + loop.slice(run) * bytes
      }
      func pointers(_ name: String, _ sizes: [Int], from first: Int) -> CExpression {
        guard !sizes.isEmpty else { return c.integer(0) }
        let array = c.declareArray(.address, scope.unique(name), sizes.count)
        for (index, size) in sizes.enumerated() { c.assign(array[index], place(first + index, size)) }
        return array
      }
      let results = loop.results.map(\.sliceBytes)
      let tables = [
        pointers("in", sizes, from: 0), pointers("out", results, from: sizes.count),
      ]
      let call = c.call(.program(loop.body.name), tables + [scratch.cast(to: .char.pointer())])
      let poll = polls ? c.call(.runtime("should_stop"), []) : nil
      if loop.runsMayFail {
        let failures = table[sizes.count + loop.results.count].cast(to: .int.pointer())
        c.assign(failures[run], poll.map { $0.choose(c.integer(0), call) } ?? call)
      } else {
        if (sizes + results).allSatisfy({ $0 == 0 }) { c.ignore(run) }
        if let poll { c.ifTrue(poll) { c.append(.leave(nil)) } }
        c.evaluate(call)
      }
    }
  }

  /// Makes a function for the runtime's threads, which hand over a table of pointers, the number of a piece, and memory.
  func makePiece(
    _ name: String, index: String, calling function: String,
    _ body: (_ scope: CScope, _ table: CExpression, _ index: CExpression, _ scratch: CExpression) -> Void
  ) {
    let scope = CScope(taken: [function])
    let names = ["context", index, "scratch"].map(scope.unique)
    let types = [CType.void.pointer(), .index, .void.pointer()]
    c.function(.void, name, zip(types, names).map { CParameter(type: $0, name: $1) }) {
      let type = CType.address.constant
      let context = c.name(names[0]).cast(to: type.pointer())
      let table = c.declare(type.pointer(.fixed), scope.unique("table"), context)
      body(scope, table, c.name(names[1]), c.name(names[2]))
    }
  }
}

extension EntryMaker {
  /// Makes the call of the runtime's threads for the runs of a loop.
  func runInParallel(_ loop: LoopKernel) {
    let buffers = loop.stacked.map(\.buffer) + loop.invariants + loop.constants + loop.results.map(\.buffer)
    c.block {
      let failures = loop.runsMayFail ? scope.unique("failures") : nil
      if let failures { c.declareArray(.int, failures, loop.length) }
      runInParallel(
        loop.pieceName, count: loop.length, buffers.map(array) + (failures.map { [c.name($0)] } ?? []),
        scratch: arena + program.memory.workspaceOffset, bytes: loop.body.arenaBytes)
      if let failures {
        // The first one counts, whatever the order of the runs.
        let run = scope.unique("run")
        c.loop(run, from: c.integer(0), to: c.integer(loop.length)) {
          let failure = c.name(failures)[c.name(run)]
          c.ifTrue(failure && !status) { c.assign(status, failure) }
        }
      }
    }
  }

  /// Makes the call of the runtime's threads for pieces that take a table of `places`.
  func runInParallel(
    _ piece: String, count: Int, _ places: [CExpression], scratch: CExpression, bytes: Int
  ) {
    let table = c.declareArray(.address, scope.unique("table"), max(1, places.count))
    for (index, place) in places.enumerated() { c.assign(table[index], place.cast(to: .address)) }
    c.evaluate(
      .runtime("parallel"), [c.integer(count), c.name(piece), table, scratch, c.integer(bytes)])
  }

  /// Makes a loop: its body is a function that takes tables of pointers, as the program itself does, and the pointers
  /// move on from run to run.
  func run(_ loop: LoopKernel) {
    c.block {
      let sources = loop.carries.count + loop.stacked.count
      let fixed = loop.invariants + loop.constants
      let table = { (name: String, count: Int) in
        count == 0 ? c.integer(0) : c.declareArray(.address, scope.unique(name), count)
      }
      let inputs = table("in", sources + fixed.count)
      let outputs = table("out", loop.carries.count + loop.results.count)
      let done = loop.stopsEarly ? c.declare(.int, scope.unique("done"), c.integer(0)) : nil
      for (index, buffer) in fixed.enumerated() {
        c.assign(inputs[sources + index], array(buffer).cast(to: .address))
      }
      for (index, carry) in loop.carries.enumerated() {
        c.assign(outputs[index], array(carry.initial).cast(to: .address))
      }
      repeatRuns(loop, done) { run in
        hand(loop.carries, from: outputs, to: inputs, run, of: loop.length)
        if let done {
          // The first carry is the condition.
          c.ifTrue(!inputs[0].cast(to: .element(.bool).constant.pointer()).prefix(.dereference)) {
            c.assign(done, c.integer(1))
            c.append(.leaveLoop)
          }
        }
        for (index, stack) in loop.stacked.enumerated() {
          c.assign(inputs[loop.carries.count + index], place(stack, loop.slice(run)))
        }
        for (index, stack) in loop.results.enumerated() {
          c.assign(outputs[loop.carries.count + index], place(stack, loop.slice(run)))
        }
        call(loop, inputs, outputs)
      }
      if let done { c.ifTrue(done) { bringHome(loop.carries, inputs) } }
    }
  }

  /// Makes the loop over runs, which now and then asks whether to end: whoever lets a run end throws its results away.
  private func repeatRuns(_ loop: LoopKernel, _ done: CExpression?, _ body: (CExpression) -> Void) {
    let name = scope.unique("run")
    let (run, length) = (c.name(name), c.integer(loop.length))
    let between = loop.runsBetweenPolls
    guard maker.polls, loop.length > between else {
      return c.loop(name, from: c.integer(0), to: length) { body(run) }
    }
    let goesOn = !c.call(.runtime("should_stop"), [])
    if between == 1 {
      return c.loop(name, from: c.integer(0), while: run < length && goesOn) { body(run) }
    }
    c.declare(.index, name, c.integer(0))
    let unfinished = done.map { run < length && !$0 } ?? (run < length)
    c.loop(while: unfinished && goesOn) {
      let isWhole = run < c.integer(loop.length - between)
      let end = c.declare(.index.constant, scope.unique("end"), isWhole.choose(run + between, length))
      c.loop(name, from: nil, while: run < end) { body(run) }
    }
  }

  /// Makes what a run hands to the next one: its results are read, and the last run writes to the destination, the one before it
  /// to the spare place, and so on.
  private func hand(
    _ carries: [LoopKernel.Carry], from outputs: CExpression, to inputs: CExpression, _ run: CExpression,
    of length: Int
  ) {
    for (index, carry) in carries.enumerated() {
      c.assign(inputs[index], outputs[index])
      let destination = array(carry.destination).cast(to: .address)
      guard let spare = carry.spare.map({ array($0).cast(to: .address) }) else {
        c.assign(outputs[index], destination)
        continue
      }
      let (odd, even) = length % 2 == 0 ? (destination, spare) : (spare, destination)
      let isOdd = run.infix(.remainder, c.integer(2))
      c.assign(outputs[index], isOdd.choose(odd, even))
    }
  }

  private func call(_ loop: LoopKernel, _ inputs: CExpression, _ outputs: CExpression) {
    let call = c.call(
      .program(loop.body.name), [inputs, outputs, arena + program.memory.workspaceOffset])
    guard loop.runsMayFail else { return c.evaluate(call) }
    // The numbers of the body's kernels follow on the loop's own.
    let failure = c.declare(.int.constant, scope.unique("failure"), call)
    c.ifTrue(failure && !status) { c.assign(status, failure) }
  }

  /// Makes the copy of what a loop ended with to where it is wanted.
  private func bringHome(_ carries: [LoopKernel.Carry], _ inputs: CExpression) {
    for (index, carry) in carries.enumerated() {
      let destination = array(carry.destination)
      let isElsewhere = inputs[index].infix(.compare(.notEqual), destination.cast(to: .address))
      c.ifTrue(isElsewhere) {
        let byte = CType.char.pointer()
        let from = c.declare(
          .char.constant.pointer(.fixed), scope.unique("from"),
          inputs[index].cast(to: .char.constant.pointer()))
        let to = c.declare(.char.pointer(.fixed), scope.unique("to"), destination.cast(to: byte))
        let axis = AxisLoop("i", extent: carry.byteCount, scope)
        let place = axis.index(in: c)
        axis.make(in: c) { c.assign(to[place], from[place]) }
      }
    }
  }

  private func place(_ stack: LoopKernel.Stack, _ slice: CExpression) -> CExpression {
    let start = array(stack.buffer)
    if stack.sliceBytes == 0 { return start.cast(to: .address) }
    return (start.cast(to: .char.pointer()) + slice * stack.sliceBytes).cast(to: .address)
  }
}
