// An LSTM that has seen a sine, and goes on with it by itself. `SineLSTM [--epochs N] [--svg FILE]`
import Adjoint
import Foundation

/// The value behind a flag.
func option(_ name: String) -> String? {
  let arguments = CommandLine.arguments
  return arguments.firstIndex(of: name).flatMap { $0 + 1 < arguments.count ? arguments[$0 + 1] : nil }
}

struct Predictor: Layer {
  let memory = Recurrent(.lstm, units: 32)
  let output = Dense(1)
  func callAsFunction(_ x: Tensor) -> Tensor { output(memory(x)) }
}

let epochs = option("--epochs").flatMap { Int($0) } ?? 60
let window = 25
let known = 400
let further = 200
let wave = { (k: Int) in sin(0.12 * Double(k)) }

// Windows of 25 values, and the value that follows.
let count = known - window
let x = try NDArray(
  (0..<count).flatMap { start in (0..<window).map { Float(wave(start + $0)) } }, shape: [count, window, 1])
let y = try NDArray((0..<count).map { Float(wave($0 + window)) }, shape: [count, 1])

let trainer = try Trainer(Predictor(), optimizer: .adam(learningRate: 5e-3), batchSize: 25, seed: 1) {
  model, batch in mean(square(model(batch["x"]) - batch["y"]))
}
let clock = ContinuousClock()
var costs: [Double] = []
let time = try clock.measure {
  costs = try trainer.fit(["x": x, "y": y], epochs: epochs, progress: .silent).epochs.map(\.cost)
}
print("\(epochs) epochs of \(count) windows: \(time)")
print(
  "mean square error: \(String(format: "%.1e", costs.last ?? .nan)) after \(String(format: "%.1e", costs.first ?? .nan))"
)

// It goes on: what it says joins the window, from then on: a loop in the graph, and within it the network's own.
let weights = trainer.parameters
let names = ["memory.weight", "memory.recurrentWeight", "memory.bias", "output.weight", "output.bias"]
let given = names.compactMap { name in weights[name].map { (name: name, array: $0) } }
guard given.count == names.count else {
  print("error: the model has \(weights.keys.sorted()), not \(names)")
  exit(1)
}
let goOn = try Function(
  given.map { ($0.name, TensorType($0.array.scalarType, $0.array.shape)) } + [
    ("seen", TensorType(.float32, [window, 1]))
  ]
) { a in
  let own = RecurrentWeights(input: a[0], recurrent: a[1], bias: a[2])
  let path = scan([a[5]], length: further) { carries, _ in
    let (_, state) = lstm(carries[0], weights: own)
    let value = matmul(state.hidden, a[3]) + a[4]
    return ([concatenated([carries[0][1...], value.expandedDimensions(axis: 0)], axis: 0)], [value])
  }
  return [path.outputs[0].flattened()]
}.compiled()
let seen = try NDArray((0..<window).map { Float(wave(known - window + $0)) }, shape: [window, 1])
let said = try goOn.executable(given.map(\.array) + [seen])[0].doubles
let truth = (0..<further).map { wave(known + $0) }
let errors = zip(said, truth).map { abs($0 - $1) }
let perPeriod = Int((2 * Double.pi / 0.12).rounded())
print(
  "goes on for \(further) values (\(further / perPeriod) periods): greatest error of the first period "
    + String(format: "%.3f", errors.prefix(perPeriod).max() ?? .nan)
    + String(format: ", of all %.3f", errors.max() ?? .nan))
if let file = option("--svg") {
  let plot = LinePlot(
    x: .init("value"), y: .init("sin(0.12 k)"),
    series: [
      .init("sine", (-50..<further).map { wave(known + $0) }, from: known - 50, color: .gray, lineWidth: 4),
      .init("network", said, from: known, color: .vermillion),
    ], markers: [.init("from here on by itself", at: Double(known - 1))], height: 300)
  try Data(plot.svg.utf8).write(to: URL(filePath: file))
  print("drawn: \(file)")
}
