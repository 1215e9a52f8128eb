import Adjoint
import Foundation

private func array(_ shape: Shape = [4, 2]) throws -> NDArray {
  try NDArray([Double](repeating: 1.5, count: shape.count), shape: shape)
}

/// Nobody finds a file there, and nothing is written.
private func nowhere(_ name: String) -> String { "/nowhere/" + name }

var dataCalls: [ExtremeCall] {
  [
    .doubles("Literal.init(_:as:)") { v in for type in ScalarType.allCases { _ = Literal(v, as: type) } },
    .ints("Literal.init(integer:as:)") { n in
      for type in ScalarType.allCases { _ = Literal(integer: Int64(n), as: type) }
    },
    .doubles("Literal.init(_:)") { v in _ = (Literal(v), Literal(Float(v))) },
    .ints("Literal.init(scalarType:bits:)") { n in
      for type in ScalarType.allCases {
        _ = Literal(scalarType: type, bits: UInt64(bitPattern: Int64(n))).doubleValue
      }
    },
    .shapes("Shape.broadcastStrides(to:)") { s in
      _ = s.broadcastStrides(to: s)
      _ = Shape([1]).broadcastStrides(to: s)
    },
    .ints("Shape.reducing(_:keepingDimensions:)") { n in
      _ = Shape([2, 3]).reducing([n], keepingDimensions: false)
    },
    .ints("EventFile.add(_:_:step:wallTime:)") { n in
      let folder = FileManager.default.temporaryDirectory.appending(path: "adjoint-test-\(UUID())").path
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      defer { try? FileManager.default.removeItem(atPath: folder) }
      let file = try EventFile(in: folder)
      for value in [.nan, .infinity, 1e308] { file.add("a\0", value, step: n, wallTime: value) }
    },
    .ints("Table.bootstrap(seed:)") { n in _ = try smallTable().bootstrap(seed: UInt64(bitPattern: Int64(n)))
    },
    .strings("TrainedModel.save(to:)") { s in
      let trainer = try Trainer(Dense(1), loss: .meanSquaredError, optimizer: .adam(), batchSize: 2)
      try trainer.fit(smallTable(), epochs: 1, progress: .silent)
      try trainer.trained().save(to: nowhere(s))
    },
    .doubles("Literal.isNumber(_:)") { _ = Literal($0).isNumber($0) },
    .doubles("Int32.init(saturating:)") { _ = Int32(saturating: $0) },
    .doubles("Int64.init(saturating:)") { _ = Int64(saturating: $0) },
    .shapes("NDArray.init(_:shape:)") { _ = try NDArray([1.0, 2.0], shape: $0) },
    .shapes("NDArray.reshaped(to:)") { _ = try array().reshaped(to: $0).description },
    .shapes("Shape.init(_:)") { _ = $0.description },
    .shapes("Shape.broadcast(with:)") { _ = $0.broadcast(with: [2, 3]) },
    .ints("CSVDocument.subscript(row:)") { _ = try CSVReader().read(text: "a\n1\n")[row: $0] },
    .strings("CSVReader.read(path:)") { _ = try CSVReader().read(path: nowhere($0)) },
    .strings("CSVReader.rows(path:)") { _ = try CSVReader().rows(path: nowhere($0)) },
    .strings("CSVReader.read(text:name:)") { _ = try CSVReader().read(text: $0, name: $0) },
    .ints("ConfusionMatrix.init(predicted:actual:classNames:)") {
      _ = try ConfusionMatrix(predicted: [$0], actual: [0], classNames: ["a", "b"])
    },
    .strings("ConfusionMatrix.init(predicted:actual:classNames:)") {
      _ = try ConfusionMatrix(predicted: [$0], actual: ["a"]).description
    },
    .ints("DataError.init(column:)") {
      _ = DataError.Place(file: nil, line: $0, column: "").description
    },
    .strings("EventFile.init(in:)") { _ = try EventFile(in: nowhere($0)) },
    .strings("FeatureEncoding.init(name:categories:fill:)") { s in
      _ = try FeatureEncoding(columns: [.init(name: s, categories: [s, s]), .init(name: s)])
    },
    .doubles("FeatureEncoding.init(name:categories:fill:)") {
      _ = try FeatureEncoding(columns: [.init(name: "a", fill: $0)])
    },
    .strings("FeatureEncoding.init(features:)") { _ = try FeatureEncoding(features: [$0]) },
    .doubles("FeatureScaling.init(_:featureNames:offsets:divisors:)") {
      _ = try FeatureScaling(featureNames: ["a", "b"], offsets: [$0, $0], divisors: [$0, $0])(array())
    },
    .shapes("FeatureScaling.callAsFunction(_:)") { s in
      guard s.dimensions.allSatisfy({ 0...2 ~= $0 }), s.rank < 10 else { return }
      _ = try FeatureScaling(featureNames: ["a"], offsets: [0], divisors: [1])(NDArray(zeros: s))
    },
    .strings("NDArray.init(idx:)") { _ = try NDArray(idx: nowhere($0)) },
    .strings("NDArray.init(imagesIDX:)") { _ = try NDArray(imagesIDX: nowhere($0)) },
    .strings("NDArray.init(npy:)") { _ = try NDArray(npy: nowhere($0)) },
    .strings("NDArray.write(npy:)") { try array().write(npy: nowhere($0)) },
    .strings("NPZFile.init(_:)") { s in _ = try NPZFile([(s, array()), (s, array())]) },
    .strings("NPZFile.init(path:)") { _ = try NPZFile(path: nowhere($0)) },
    .strings("NPZFile.subscript(name:)") { _ = try NPZFile([("a", array())])[$0] },
    .strings("NPZFile.write(to:compressed:)") { try NPZFile([("a", array())]).write(to: nowhere($0)) },
    .strings("SafetensorsFile.init(_:metadata:)") { s in
      _ = try SafetensorsFile([(s, array())], metadata: [s: s])
    },
    .strings("SafetensorsFile.init(path:)") { _ = try SafetensorsFile(path: nowhere($0)) },
    .strings("SafetensorsFile.subscript(name:)") { _ = try SafetensorsFile([("a", array())])[$0] },
    .strings("SafetensorsFile.write(to:)") { try SafetensorsFile([("a", array())]).write(to: nowhere($0)) },
    .ints("PolynomialFeatures.init(degree:interactionOnly:)") {
      _ = try PolynomialFeatures(degree: $0)(array())
    },
    .strings("PolynomialFeatures.featureNames(of:)") {
      _ = try PolynomialFeatures(degree: 2).featureNames(of: [$0, $0])
    },
    .shapes("PolynomialFeatures.callAsFunction(_:)") { s in
      guard s.dimensions.allSatisfy({ 0...2 ~= $0 }), s.rank < 10 else { return }
      _ = try PolynomialFeatures(degree: 3)(NDArray(zeros: s))
    },
    .doubles("ROCCurve.init(scores:isPositive:)") {
      _ = try ROCCurve(scores: [$0, 1, $0], isPositive: [true, false, true])
    },
    .ints("ROCCurve.macroAverageArea(scores:classes:)") {
      _ = try ROCCurve.macroAverageArea(scores: array(), classes: [$0, 0, 1, 1])
    },
    .ints("topKAccuracy(scores:classes:k:)") {
      _ = try topKAccuracy(scores: array(), classes: [0, 0, 1, 1], k: $0)
    },
    .doubles("RegressionScores.init(predictions:targets:)") {
      _ = try RegressionScores(predictions: [$0, 1], targets: [$0, 2])
    },
    .ints("Table.polynomial(degree:interactionOnly:)") { _ = try smallTable().polynomial(degree: $0) },
    .ints("Table.rows(_:)") { _ = try smallTable().rows([0, $0]) },
    .ints("Table.subscript(range:)") { n in _ = try smallTable()[min(n, 0)..<max(n, 0)] },
    .shapes("Table.init(features:targets:featureNames:targetName:task:classNames:)") { s in
      guard s.dimensions.allSatisfy({ 0...2 ~= $0 }), s.rank < 10 else { return }
      _ = try Table(features: NDArray(zeros: s), targets: NDArray(zeros: s))
    },
    .doubles("Table.init(features:targets:featureNames:targetName:task:classNames:)") { v in
      for task in [nil, .regression, .binary, .multiclass] as [Table.Task?] {
        _ = try? Table(features: array(), targets: NDArray([v, v, 0, 1]), task: task).description
      }
      _ = try Table(features: NDArray([v, v], shape: [2, 1]), targets: NDArray([v, -v])).standardized()
        .features(as: .float32)
    },
    .ints("Table.init(features:targets:featureNames:targetName:task:classNames:)") { n in
      for task in [nil, .regression, .binary, .multiclass] as [Table.Task?] {
        _ = try? Table(features: array(), targets: NDArray([Int64(n), 0, 0, 1]), task: task).targets()
      }
    },
    .ints("Table.init(rows:featureNames:targetName:task:_:)") { n in
      struct Enough: Error {}
      _ = try Table(rows: n) { row in
        if row > 10 { throw Enough() }
        return ([1], [2])
      }
    },
    .strings("Table.init(_:target:task:labels:missing:categories:)") { s in
      let document = try CSVReader().read(text: "a,y\n1,\"\(s.filter { $0 != "\"" })\"\n2,1\n3,0\n")
      for task in [nil, .regression, .binary, .multiclass] as [Table.Task?] {
        _ = try? Table(document, target: "y", task: task)
      }
      _ = try Table(document, target: s)
    },
    .doubles("Table.init(_:target:task:labels:missing:categories:)") { v in
      let document = try CSVReader().read(text: "a,y\n,1\n2,\(v)\n3,0\n")
      _ = try Table(document, target: "y", missing: .constant(v)).description
    },
    .strings("Table.init(_:features:target:task:classNames:labels:missing:categories:)") { s in
      _ = try Table(
        CSVReader().read(text: "a,y\n1,2\n"), features: [s], target: s, task: .multiclass,
        classNames: [s, s],
        categories: .columns([s]))
    },
    .strings("Table.init(_:encoding:target:task:classNames:labels:unseen:)") { s in
      _ = try Table(
        CSVReader().read(text: "a,y\n1,2\n"), encoding: FeatureEncoding(features: ["a"]), target: "y",
        task: .multiclass,
        classNames: [s, s])
    },
    .strings("Table.init(csv:target:task:labels:missing:categories:separator:)") {
      _ = try Table(csv: nowhere($0), target: "y")
    },
    .strings("Table.init(csv:features:target:task:classNames:labels:missing:categories:separator:)") {
      _ = try Table(csv: nowhere($0), features: ["a"])
    },
    .strings("Table.init(csv:encoding:target:task:classNames:labels:unseen:separator:)") {
      _ = try Table(csv: nowhere($0), encoding: FeatureEncoding(features: ["a"]))
    },
    .ints("CSVTables.init(_:rows:encoding:target:task:classNames:labels:unseen:separator:)") {
      _ = try CSVTables(nowhere("x"), rows: $0, encoding: FeatureEncoding(features: ["a"]))
    },
    .doubles("Table.split(test:seed:stratified:)") { _ = try smallTable().split(test: $0, seed: .max) },
    .ints("Table.folds(_:seed:stratified:)") { _ = try smallTable().folds($0, seed: .max) },

    // Pictures.
    .doubles(
      "HeatMap.init(_:values:rowLabels:columnLabels:rowTitle:columnTitle:valueTitle:range:isLogarithmic:colors:best:texts:)"
    ) { v in
      for isLogarithmic in [false, true] {
        _ = HeatMap(values: [[v, 1], [2, -v], [v]], isLogarithmic: isLogarithmic, best: .greatest).svg
      }
      if v.isFinite { _ = HeatMap(values: [[v, 1]], range: min(v, 0)...max(v, 0)).svg }
    },
    .strings(
      "HeatMap.init(_:values:rowLabels:columnLabels:rowTitle:columnTitle:valueTitle:range:isLogarithmic:colors:best:texts:)"
    ) {
      _ = HeatMap($0, values: [[1, 2]], rowLabels: [$0], columnLabels: [$0], texts: [[$0]]).svg
    },
    .doubles(
      "HeatMap.init(_:values:rows:columns:rowTitle:columnTitle:valueTitle:range:isLogarithmic:colors:best:)"
    ) {
      _ = HeatMap(values: [[$0, 1]], rows: [$0], columns: [$0, -$0]).svg
    },
    .ints("HeatMap.confusion(_:classes:title:)") {
      _ = HeatMap.confusion([[$0, 1], [$0, $0]], classes: ["a"]).svg
    },
    .ints("LinePlot.init(_:x:y:series:markers:hasEqualScales:width:height:)") { n in
      _ = LinePlot(series: [.init("a", [1, 2])], width: n, height: n).svg
    },
    .doubles("LinePlot.init(_:x:y:series:markers:hasEqualScales:width:height:)") { v in
      for isLogarithmic in [false, true] {
        let axis = LinePlot.Axis("a", isLogarithmic: isLogarithmic)
        _ = LinePlot(x: axis, y: axis, series: [.init("a", [v, 1, -v])], hasEqualScales: true).svg
        _ = LinePlot(x: axis, y: axis, series: [.init("a", [(v, v), (v + 1, v)])]).svg
      }
    },
    .doubles("LinePlot.init(_:isLogarithmic:range:)") { v in
      guard !v.isNaN else { return }
      for isLogarithmic in [false, true] {
        let axis = LinePlot.Axis("a", isLogarithmic: isLogarithmic, range: min(v, 0)...max(v, 0))
        _ = LinePlot(x: axis, y: axis, series: [.init("a", [v, 1, -v])]).svg
      }
    },
    .doubles("LinePlot.init(x:y:spread:)") {
      _ = LinePlot(series: [.init("a", points: [.init(x: $0, y: $0, spread: $0)])]).svg
    },
    .doubles("LinePlot.init(_:points:style:color:lineWidth:)") {
      _ = LinePlot(series: [.init("a", points: [.init(x: 0, y: 0)], lineWidth: $0)]).svg
    },
    .ints("LinePlot.init(_:_:spread:from:style:color:lineWidth:)") {
      _ = LinePlot(series: [.init("a", [1, 2, 3], from: $0)]).svg
    },
    .doubles("LinePlot.init(_:_:style:color:lineWidth:)") {
      _ = LinePlot(series: [.init("a", [($0, $0)])]).svg
    },
    .doubles("LinePlot.init(_:at:)") {
      _ = LinePlot(series: [.init("a", [1, 2])], markers: [.init("m", at: $0)]).svg
    },
  ]
}
