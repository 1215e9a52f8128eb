// swift-tools-version: 6.1
import PackageDescription

// The modules in the order in which data flows through them, and who may import whom.
// `make test` builds with --explicit-target-dependency-import-check error, which is what enforces it.

let strict: [SwiftSetting] = [.enableUpcomingFeature("MemberImportVisibility")]
let argumentParser: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")
let realModule: Target.Dependency = .product(name: "RealModule", package: "swift-numerics")
let yams: Target.Dependency = .product(name: "Yams", package: "Yams")

let package = Package(
  name: "adjoint",
  products: [
    .library(name: "Adjoint", targets: ["Adjoint"]),
    .executable(name: "adjoint", targets: ["AdjointCLI"]),
    .executable(name: "adjoint-journeys", targets: ["Journeys"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-numerics", from: "1.1.1"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
  ],
  targets: [
    // The graph.
    .target(name: "AdjointArray", swiftSettings: strict),
    .target(
      name: "AdjointIR", dependencies: ["AdjointArray", "CAdjointCallStack"], swiftSettings: strict),
    .target(name: "CAdjointCallStack"),
    .target(name: "AdjointTransforms", dependencies: ["AdjointIR", "AdjointArray"], swiftSettings: strict),
    .target(name: "AdjointExpressions", dependencies: ["AdjointIR", "AdjointArray"], swiftSettings: strict),
    .target(
      name: "AdjointInterpreter", dependencies: ["AdjointIR", "AdjointArray", realModule],
      swiftSettings: strict),

    // From graph to code.
    .target(name: "AdjointLowering", dependencies: ["AdjointIR", "AdjointArray"], swiftSettings: strict),
    .target(
      name: "AdjointCodegen",
      dependencies: ["AdjointLowering", "AdjointIR", "AdjointArray", "CAdjointRuntime"],
      path: "codegen/Emitter",
      // Helpers of generated code, as they stand; a program needs no file at run time.
      resources: ["floats", "integers", "elements"].map { .embedInCode("Helpers/\($0).c") },
      swiftSettings: strict),
    .target(
      name: "CAdjointRuntime", path: "codegen/Runtime",
      exclude: [
        "tile.inc", "tile_vectors.inc", "tile_math.inc", "tile_functions.inc", "tile_movement.inc",
        "tile_reductions.inc", "tile_random.inc", "tile_sorting.inc", "tile_updates.inc", "tile_strips.inc",
        "tile_linear_algebra.inc", "bodies", "gemm.inc", "include/adjoint_primitives.def",
      ],
      linkerSettings: [.linkedLibrary("sleef"), .linkedLibrary("m")]),
    .target(name: "AdjointJIT", dependencies: ["CAdjointJIT", "AdjointArray"], swiftSettings: strict),
    // libtcc is linked here: a system-library target's link clause does not reach a C target that
    // includes the header.
    .target(name: "CAdjointJIT", linkerSettings: [.linkedLibrary("tcc"), .linkedLibrary("dl")]),

    // What a user meets.
    .target(name: "AdjointData", dependencies: ["AdjointArray", "CAdjointGzip"], swiftSettings: strict),
    .target(name: "CAdjointGzip", linkerSettings: [.linkedLibrary("z")]),
    .target(name: "AdjointPlots", swiftSettings: strict),
    .target(
      name: "Adjoint",
      dependencies: [
        "AdjointArray", "AdjointIR", "AdjointTransforms", "AdjointExpressions", "AdjointInterpreter",
        "AdjointLowering", "AdjointCodegen", "CAdjointRuntime", "AdjointJIT", "AdjointData",
        "AdjointPlots",
      ], swiftSettings: strict),
    // Options in YAML, apart from the command so that tests and the fuzzer of files read them as it does.
    .target(
      name: "AdjointConfiguration", dependencies: ["Adjoint", argumentParser, yams], swiftSettings: strict),
    .executableTarget(
      name: "AdjointCLI", dependencies: ["Adjoint", "AdjointConfiguration", argumentParser],
      swiftSettings: strict,
      // The table of addresses is filled in as the program starts, and read-only then. Packages that depend on the library do
      // not see this target, so that they may do so in spite of a flag that SwiftPM calls unsafe.
      linkerSettings: [.unsafeFlags(["-Xlinker", "-z", "-Xlinker", "now"], .when(platforms: [.linux]))]),

    // Programs to start from.
    .executableTarget(
      name: "LectureFunction", dependencies: ["Adjoint"], path: "Examples/LectureFunction",
      exclude: ["README.md"], swiftSettings: strict),
    .executableTarget(
      name: "TwoWeightChain", dependencies: ["Adjoint"], path: "Examples/TwoWeightChain",
      exclude: ["README.md", "chain.svg"], swiftSettings: strict),
    .executableTarget(
      name: "BreastCancer", dependencies: ["Adjoint"], path: "Examples/BreastCancer", exclude: ["README.md"],
      swiftSettings: strict),
    .executableTarget(
      name: "ConvolutionalNetwork", dependencies: ["Adjoint"], path: "Examples/ConvolutionalNetwork",
      exclude: ["README.md"], swiftSettings: strict),
    .executableTarget(
      name: "Franke", dependencies: ["Adjoint"], path: "Examples/Franke", exclude: ["README.md"],
      swiftSettings: strict),
    .executableTarget(
      name: "Lorenz", dependencies: ["Adjoint"], path: "Examples/Lorenz",
      exclude: ["README.md", "lorenz.svg"],
      swiftSettings: strict),
    .executableTarget(
      name: "SineLSTM", dependencies: ["Adjoint"], path: "Examples/SineLSTM",
      exclude: ["README.md", "sine.svg"], swiftSettings: strict),
    .executableTarget(
      name: "LeastSquares", dependencies: ["Adjoint"], path: "Examples/LeastSquares", exclude: ["README.md"],
      swiftSettings: strict),
    .executableTarget(
      name: "XOR", dependencies: ["Adjoint"], path: "Examples/XOR", exclude: ["README.md"],
      swiftSettings: strict),

    // What the library must reach on real data (`make journeys`).
    .executableTarget(
      name: "Journeys", dependencies: ["Adjoint", argumentParser], path: "Benchmarks/Journeys",
      exclude: ["sklearn_journeys.py"], swiftSettings: strict),

    // Tests: one target a module, all modules together, and what several share.
    .target(
      name: "FuzzSupport", dependencies: ["AdjointTransforms", "AdjointIR", "AdjointArray"],
      path: "Tests/FuzzSupport", swiftSettings: strict),
    // Compares compiled graphs with interpreted ones, and shrinks what fails; the program runs it on many.
    .target(
      name: "FuzzHarness", dependencies: ["Adjoint", "FuzzSupport"], path: "Tests/FuzzHarness",
      swiftSettings: strict),
    .executableTarget(
      name: "adjoint-fuzz", dependencies: ["Adjoint", "FuzzHarness", argumentParser], path: "Tests/Fuzz",
      swiftSettings: strict),
    // Damages files of all formats and reads them; the program does it a hundred thousand times, or is libFuzzer's target.
    .target(
      name: "FileMutations", dependencies: ["AdjointData"], path: "Tests/FileMutations", swiftSettings: strict
    ),
    .target(
      name: "FileFuzz",
      dependencies: [
        "Adjoint", "AdjointConfiguration", "FileMutations", "CAllocationCounter", argumentParser,
      ],
      path: "Tests/FileFuzz", swiftSettings: strict),
    .executableTarget(
      name: "adjoint-fuzz-files", dependencies: ["FileFuzz", argumentParser], path: "Tests/FuzzFiles",
      swiftSettings: strict),
    // Gives every public function what nobody should; a program of its own, as a trap would end the tests.
    .executableTarget(
      name: "adjoint-extreme-calls", dependencies: ["Adjoint"], path: "Tests/ExtremeCalls",
      swiftSettings: strict),
    .testTarget(
      name: "ExtremeCallsTests", dependencies: ["adjoint-extreme-calls"], swiftSettings: strict),
    // Gives hostile models to the command, in processes of little memory.
    .executableTarget(
      name: "adjoint-attack-models", dependencies: ["AdjointData", "FileMutations", argumentParser],
      path: "Tests/AttackModels", swiftSettings: strict),
    .testTarget(
      name: "FileFuzzTests", dependencies: ["FileFuzz"], swiftSettings: strict),
    .testTarget(
      name: "AdjointIRTests",
      dependencies: ["AdjointIR", "AdjointArray", "CAdjointCallStack", "FuzzSupport"],
      swiftSettings: strict),
    .testTarget(
      name: "AdjointTransformsTests",
      dependencies: ["AdjointTransforms", "AdjointIR", "AdjointArray", "AdjointInterpreter", "FuzzSupport"],
      swiftSettings: strict),
    .testTarget(
      name: "AdjointExpressionsTests", dependencies: ["AdjointExpressions", "AdjointIR", "AdjointArray"],
      swiftSettings: strict),
    .testTarget(
      name: "AdjointInterpreterTests",
      dependencies: ["AdjointInterpreter", "AdjointIR", "AdjointArray"], swiftSettings: strict),
    .testTarget(
      name: "AdjointLoweringTests",
      dependencies: ["AdjointLowering", "AdjointIR", "AdjointArray", "Adjoint", "FuzzSupport"],
      swiftSettings: strict),
    .testTarget(
      name: "AdjointCodegenTests", dependencies: ["Adjoint", "FuzzSupport", "CAdjointRuntime"],
      swiftSettings: strict),
    // A host that the tests start under hard limits, and end while it compiles.
    .executableTarget(
      name: "adjoint-attack", dependencies: ["Adjoint"], path: "Tests/CompilationAttack",
      swiftSettings: strict),
    .testTarget(
      name: "AdjointJITTests", dependencies: ["AdjointJIT", "adjoint-attack"], swiftSettings: strict),
    .testTarget(
      name: "AdjointDataTests", dependencies: ["AdjointData", "AdjointArray", "FileMutations"],
      exclude: ["Reference"],
      swiftSettings: strict),
    .testTarget(
      name: "AdjointPlotsTests", dependencies: ["AdjointPlots"], exclude: ["Reference"], swiftSettings: strict
    ),
    .testTarget(
      name: "AdjointTests",
      dependencies: [
        "Adjoint", "AdjointArray", "AdjointIR", "AdjointTransforms", "AdjointInterpreter",
        "FileMutations",
      ],
      exclude: ["Reference"],
      swiftSettings: strict),
    .testTarget(
      name: "AdjointCLITests", dependencies: ["Adjoint", "AdjointCLI"], exclude: ["Reference"],
      swiftSettings: strict),
    .target(name: "CAllocationCounter", path: "Tests/CAllocationCounter"),
    .testTarget(
      name: "EndToEndTests", dependencies: ["Adjoint", "FuzzSupport", "FuzzHarness", "CAllocationCounter"],
      exclude: ["Regressions", "ThreadSanitizer"],
      swiftSettings: strict),
    .testTarget(name: "JourneysTests", dependencies: ["Adjoint", "Journeys"], swiftSettings: strict),
    .testTarget(
      name: "DocumentationTests", dependencies: ["Adjoint", "AdjointCLI", "AdjointConfiguration"],
      swiftSettings: strict),
  ],
  swiftLanguageModes: [.v6]
)
