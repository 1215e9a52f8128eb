import Glibc

/// A few lines of C that come out wrong where TinyCC has a certain fault.
struct KnownFault {
  enum Expectation {
    /// The function `probe` passes this check.
    case right((UnsafeRawPointer) -> Bool)
    /// The C is not accepted.
    case rejected
  }

  var name: String
  var avoidance: String?
  var source: String
  var symbols: [CSymbol] = []
  var expectation: Expectation

  func look() -> Probe.Finding {
    do {
      let code = try TinyCC.compile(source, exporting: ["probe"], symbols: symbols)
      let address = try code.address(of: "probe")
      return withExtendedLifetime(code) {
        switch expectation {
        case .right(let check): check(address) ? .absent : .present
        case .rejected: .present
        }
      }
    } catch {
      if case (.rejected, .invalidSource) = (expectation, error) { return .absent }
      return .inconclusive(error)
    }
  }
}

private typealias Integers = @convention(c) (Int32, Int32) -> Int32
private typealias Floats = @convention(c) (Float, Float) -> Int32
private typealias Doubles = @convention(c) (Double, Double) -> Int32
private typealias Constants =
  @convention(c) (UnsafeMutablePointer<Float>, UnsafeMutablePointer<Double>) -> Void
private typealias OneFloat = @convention(c) (Float) -> Float

/// A variable of the host. It is never freed: probes may run at the same time.
private nonisolated(unsafe) let hostConstant: UnsafePointer<Float> = {
  let pointer = UnsafeMutablePointer<Float>.allocate(capacity: 1)
  pointer.initialize(to: 3)
  return UnsafePointer(pointer)
}()

/// Each comparison once plainly and once negated: of NaN and a number only != and the negations hold.
private func comparisons(of type: String) -> String {
  let operators = ["<", "<=", ">", ">=", "==", "!="]
  let lines = operators.enumerated().map { index, comparison in
    "  if (a \(comparison) b) r |= \(1 << index);\n  if (!(a \(comparison) b)) r |= \(64 << index);\n"
  }
  return "int probe(\(type) a, \(type) b) {\n  int r = 0;\n\(lines.joined())  return r;\n}\n"
}
private let unorderedMask: Int32 = 1 << 5 | 0b011111 << 6

extension TinyCC {
  /// The faults that were found in Debian's TinyCC of 2020-08-14, and what generated code relies on besides.
  static var knownFaults: [KnownFault] {
    [
      KnownFault(
        name: "code vanishes after a condition that is 0 in both arms",
        avoidance: "constants are folded and dead selections removed before C is printed",
        source: "int probe(int g, int h) { int r = h; r = ((g ? 0 : 0) ? 8 : 9); return r + h; }",
        expectation: .right {
          let probe = unsafeBitCast($0, to: Integers.self)
          return probe(0, 100) == 109 && probe(1, 200) == 209
        }),
      KnownFault(
        name: "(unsigned)(a && b) stays signed",
        avoidance: "results of && and || are never cast",
        source: "int probe(int a, int b) { return (unsigned)(a && b) - 2 > 0; }",
        expectation: .right { unsafeBitCast($0, to: Integers.self)(1, 1) == 1 }),
      KnownFault(
        name: "vector_size is ignored",
        avoidance: "vector types are used only in the runtime, which is compiled ahead of time",
        source: """
          typedef float vector __attribute__((vector_size(16)));
          int probe(int a, int b) { return sizeof(vector); }
          """,
        expectation: .right { unsafeBitCast($0, to: Integers.self)(0, 0) == 16 }),
      KnownFault(
        name: "a host variable as right operand is read from the wrong place",
        avoidance: "data is passed as a pointer argument, symbols are functions",
        source: "extern const float constant; float probe(float x) { return x + constant; }",
        symbols: [CSymbol(name: "constant", address: UnsafeRawPointer(hostConstant))],
        expectation: .right { unsafeBitCast($0, to: OneFloat.self)(4) == 7 }),
      KnownFault(
        name: "float NaN compares wrongly", source: comparisons(of: "float"),
        expectation: .right {
          let probe = unsafeBitCast($0, to: Floats.self)
          return probe(.nan, 1) == unorderedMask && probe(1, .nan) == unorderedMask
        }),
      KnownFault(
        name: "double NaN compares wrongly", source: comparisons(of: "double"),
        expectation: .right {
          let probe = unsafeBitCast($0, to: Doubles.self)
          return probe(.nan, 1) == unorderedMask && probe(1, .nan) == unorderedMask
        }),
      KnownFault(
        name: "hexadecimal constants lose bits",
        source: """
          void probe(float *x, double *y) { *x = 0x1.921fb6p+1f; *y = -0x1.5bf0a8b145769p+1; }
          """,
        expectation: .right {
          var x: Float = 0
          var y: Double = 0
          unsafeBitCast($0, to: Constants.self)(&x, &y)
          return x.bitPattern == 0x4049_0fdb && y.bitPattern == 0xc005_bf0a_8b14_5769
        }),
      KnownFault(
        name: "a call without a prototype is accepted",
        source: "int probe(int a, int b) { return undeclared(a, b); }", expectation: .rejected),
      KnownFault(
        name: "code pages are writable", source: "int probe(int a, int b) { return a; }",
        expectation: .right { pagePermissions(at: $0)?.hasPrefix("r-x") == true }),
    ]
  }
}
