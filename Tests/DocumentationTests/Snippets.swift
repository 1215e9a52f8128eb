import Adjoint
import Testing

/// The Swift of README.md, word for word: each block of the page is a region here, from `// snippet: NAME` to
/// `// end`. What follows a region checks what the reader is told it does.
///
/// A region begins right after the opening line of a `@Test` function, so that it runs. Files are named from the
/// package's folder, in which the tests run. Nothing but Adjoint is imported for them.
@Suite("The snippets of the README compile and run")
struct Snippets {
  @Test("the lecture's function") func functionDerivative() throws {
    // snippet: function derivative
    let f = try Function(.float64) { x in sqrt(x * x + exp(x * x)) }
    let df = try f.derivative().compiled()
    print(try df(1.5), df.flops)
    print(df.source)
    // end

    // f′(x) = x (1 + exp(x²)) / √(x² + exp(x²)), computed with 40 decimal digits.
    let expected = 4.591777475070349134
    #expect(abs(try df(1.5) - expected) <= 1e-14 * expected)
    #expect(df.flops > 0)
    #expect(df.source.contains("double"))
  }

  @Test("a network, trained") func trainedNetwork() throws {
    // snippet: trained network
    let data = try Table(csv: "Examples/Data/wdbc.csv", target: "benign")
      .standardized().split(test: 0.2, seed: 42)
    let model = Sequential {
      Dense(64, activation: .relu)
      Dense(32, activation: .relu)
      Dense(1)
    }
    let trainer = try Trainer(
      model, loss: .binaryCrossEntropy, regularization: .l2(1e-4),
      optimizer: .adam(learningRate: 1e-3), batchSize: 64, seed: 42)
    let history = try trainer.fit(data.train, epochs: 50, validation: data.test)
    print(try trainer.source)
    // end

    #expect(history.epochs.count == 50)
    let accuracy = try #require(history.last?.validationMetric)
    #expect(accuracy >= 0.96)
    #expect(try trainer.source.contains("float"))
  }
}
