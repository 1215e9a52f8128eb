import AdjointPlots

extension History {
  /// Loss over the epochs, on training rows and on validation rows where there are any, as a picture.
  public var lossPlot: LinePlot { LinePlot(losses: [("", self)]) }
}

extension LinePlot {
  /// The losses of several trainings, each called by its name.
  public init(losses runs: [(name: String, history: History)]) {
    var series: [Series] = []
    var markers: [Marker] = []
    var values: [Double] = []
    for (index, run) in runs.enumerated() {
      let epochs = run.history.epochs
      let name = { (part: String) in run.name.isEmpty ? part : runs.count == 1 ? part : "\(run.name), \(part)"
      }
      let color = Color.cycle[index % Color.cycle.count]
      let validation = epochs.compactMap { epoch in epoch.validationLoss.map { (Double(epoch.epoch), $0) } }
      values += epochs.map(\.loss) + validation.map(\.1)
      series.append(
        Series(name("training"), epochs.map { (Double($0.epoch), $0.loss) }, color: color))
      if !validation.isEmpty {
        // Of one run two colours, of several a pair of lines of one colour each.
        series.append(
          runs.count == 1
            ? Series(name("validation"), validation, color: Color.cycle[1])
            : Series(name("validation"), validation, style: .dashedLine, color: color))
      }
      if runs.count == 1, let best = validation.min(by: { $0.1 < $1.1 }) {
        markers.append(Marker("least: epoch \(Int(best.0))", at: best.0))
      }
    }
    // Losses that fall by more than a power of ten are seen by their logarithms.
    let positive = values.filter { $0 > 0 && $0.isFinite }
    let isWide =
      positive.count == values.count && (positive.max() ?? 1) > 10 * (positive.min() ?? 1)
    self.init(
      runs.count == 1 ? runs[0].name : "Losses", x: Axis("epoch"),
      y: Axis(isWide ? "loss (logarithmic)" : "loss", isLogarithmic: isWide), series: series, markers: markers
    )
  }
}
