import CAdjointRuntime
import Foundation
import Testing

/// The runtime by itself. Its number of threads is one for the process: the tests take turns.
@Suite(.serialized) enum RuntimeTests {}

extension RuntimeTests {
  @Suite struct Threads {
    /// How often each piece ran, and whether its scratch was its own meanwhile. `inner` pieces make one.
    private struct Work {
      var runs: UnsafeMutablePointer<Int32>
      var faults: UnsafeMutablePointer<Int32>
      var scratchBytes: Int
      var inner = 0
    }

    private static let piece: adj_piece = { context, piece, scratch in
      guard let context, let scratch else { return }
      let work = context.assumingMemoryBound(to: Work.self).pointee
      work.runs[piece] += 1
      let bytes = UnsafeMutableRawBufferPointer(start: scratch, count: work.scratchBytes)
      bytes.initializeMemory(as: UInt8.self, repeating: UInt8(truncatingIfNeeded: piece))
      let isOwn = bytes.allSatisfy { $0 == UInt8(truncatingIfNeeded: piece) }
      if !isOwn || Int(bitPattern: scratch) % 64 != 0 { work.faults[piece] += 1 }
    }

    private static let nest: adj_piece = { context, piece, scratch in
      guard let context else { return }
      let work = context.assumingMemoryBound(to: Work.self).pointee
      let first = piece * work.inner
      var part = Work(runs: work.runs + first, faults: work.faults + first, scratchBytes: work.scratchBytes)
      adj_parallel(work.inner, Threads.piece, &part, scratch, work.scratchBytes)
    }

    /// The pieces that did not run once, or whose scratch was not theirs.
    private static func faults(pieces: Int, scratchBytes: Int, inner: Int = 0) -> [Int] {
      let count = pieces * max(inner, 1)
      let runs = UnsafeMutablePointer<Int32>.allocate(capacity: count)
      let faults = UnsafeMutablePointer<Int32>.allocate(capacity: count)
      let scratch = UnsafeMutableRawPointer.allocate(byteCount: scratchBytes + 1, alignment: 64)
      runs.initialize(repeating: 0, count: count)
      faults.initialize(repeating: 0, count: count)
      defer {
        runs.deallocate()
        faults.deallocate()
        scratch.deallocate()
      }
      var work = Work(runs: runs, faults: faults, scratchBytes: scratchBytes, inner: inner)
      adj_parallel(pieces, inner > 0 ? nest : piece, &work, scratch, scratchBytes)
      return (0..<count).filter { runs[$0] != 1 || faults[$0] != 0 }
    }

    @Test func everyPieceRunsOnceAtAnyCount() {
      defer { adj_set_thread_count(1) }
      for count: Int32 in [1, 2, 4, 2, 3, 1] {
        adj_set_thread_count(count)
        #expect(adj_thread_count() == count)
        for pieces in [0, 1, 2, 3, 7, 100, 1000] {
          #expect(Self.faults(pieces: pieces, scratchBytes: 10 * pieces) == [])
        }
      }
    }

    @Test func piecesMayHavePieces() {
      defer { adj_set_thread_count(1) }
      adj_set_thread_count(3)
      for _ in 0..<50 { #expect(Self.faults(pieces: 20, scratchBytes: 500, inner: 7) == []) }
    }

    @Test func severalThreadsOfTheProgramMayCallAtOnce() async {
      defer { adj_set_thread_count(1) }
      await withTaskGroup(of: [Int].self) { group in
        for task in 0..<4 {
          group.addTask {
            var found: [Int] = []
            for turn in 0..<200 {
              if turn % 20 == task { adj_set_thread_count(Int32(1 + turn % 4)) }
              found += Self.faults(pieces: turn % 50, scratchBytes: 10 * turn, inner: turn % 3)
            }
            return found
          }
        }
        for await found in group { #expect(found == []) }
      }
    }

    /// Workers that sleep are woken at once by a job that took long before: of two long pieces each gets one.
    @Test func aLongJobOfTwoPiecesIsShared() {
      defer { adj_set_thread_count(1) }
      adj_set_thread_count(2)
      let threads = UnsafeMutablePointer<pthread_t?>.allocate(capacity: 2)
      threads.initialize(repeating: nil, count: 2)
      defer { threads.deallocate() }
      for _ in 0..<2 {
        // The worker sleeps.
        usleep(20_000)
        let long: adj_piece = { context, piece, _ in
          context?.assumingMemoryBound(to: pthread_t?.self)[piece] = pthread_self()
          usleep(100_000)
        }
        adj_parallel(2, long, threads, nil, 0)
      }
      #expect(threads[0] == pthread_self())
      #expect(threads[1] != nil && threads[1] != threads[0])
    }

    @Test func theCountIsKeptInItsBounds() {
      defer { adj_set_thread_count(1) }
      for (asked, given): (Int32, Int32) in [(0, 1), (-3, 1), (1000, 256)] {
        adj_set_thread_count(asked)
        #expect(adj_thread_count() == given)
      }
    }
  }
}
