import AdjointArray
import AdjointIR

extension Optimizer {
  /// What a step does with one parameter.
  ///
  /// It is no closure by itself: one that is looked up in a dictionary and put back has a thunk more around it each time,
  /// so that the thousandth parameter's update would go through thousands.
  package struct Rule {
    fileprivate typealias Update = (_ parameter: Tensor, _ gradient: Tensor, _ state: [Tensor]) -> (
      parameter: Tensor, state: [Tensor]
    )
    fileprivate let update: Update

    /// The next values of a parameter and of its state (as many as ``slots``), given its gradient.
    package func callAsFunction(_ parameter: Tensor, _ gradient: Tensor, _ state: [Tensor]) -> (
      parameter: Tensor, state: [Tensor]
    ) {
      update(parameter, gradient, state)
    }
  }

  /// The rule for parameters of the scalar type of `parameter`. What it needs of hyper-parameters is recorded here,
  /// once for all of them: computed in float64, then cast.
  ///
  /// - Parameters:
  ///   - hyperparameters: those of ``hyperparameters`` and `step`, which is 1 at the first step; float64 scalars.
  ///   - decays: whether weight decay applies, where the optimizer has any.
  ///   - location: the user's line that asks for it, if it is not that of the trace.
  package func rule(
    like parameter: Tensor, hyperparameters: [String: Tensor], decays: Bool = true,
    at location: SourceLocation? = nil
  ) -> Rule {
    let trace = parameter.trace
    let update = trace.at(location) {
      let numbers = Numbers(like: parameter, hyperparameters: hyperparameters)
      return self.update(numbers, decays: decays)
    }
    return Rule { parameter, gradient, state in trace.at(location) { update(parameter, gradient, state) } }
  }

  /// Hyper-parameters, and what is computed of them, as scalars of the parameters' type.
  private struct Numbers {
    let like: Tensor
    let hyperparameters: [String: Tensor]

    init(like: Tensor, hyperparameters: [String: Tensor]) {
      self.like = like
      self.hyperparameters = hyperparameters
    }

    /// In float64.
    func exact(_ name: String) -> Tensor { hyperparameters.tensor(name, like: like) }
    func typed(_ value: Tensor) -> Tensor { value.cast(to: like.scalarType) }
    func callAsFunction(_ name: String) -> Tensor { typed(exact(name)) }

    /// `number` and 1 − `number`: the weights of a running mean.
    func weights(_ name: String) -> (old: Tensor, new: Tensor) {
      (self(name), typed(1 - exact(name)).labelled("one_minus_" + name))
    }
  }

  private func update(_ number: Numbers, decays: Bool) -> Rule.Update {
    let rate = number("learningRate")
    switch kind {
    // L-BFGS has no rule of a parameter's own: the trainer asks for gradients alone.
    case .gradientDescent, .lbfgs:
      return { parameter, gradient, _ in (parameter - rate * gradient, []) }
    case .momentum:
      let momentum = number("momentum")
      return { parameter, gradient, state in
        let velocity = momentum * state[0] + gradient
        return (parameter - rate * velocity, [velocity])
      }
    case .nesterov:
      let momentum = number("momentum")
      return { parameter, gradient, state in
        let velocity = momentum * state[0] + gradient
        return (parameter - rate * (gradient + momentum * velocity), [velocity])
      }
    case .adaGrad(let place):
      let epsilon = number("epsilon")
      return { parameter, gradient, state in
        let squares = state[0] + square(gradient)
        return (parameter - rate * (gradient / place.root(squares, epsilon)), [squares])
      }
    case .rmsProp(let place, let isCentered, let hasMomentum):
      let (old, new) = number.weights("decay")
      let epsilon = number("epsilon")
      let momentum = hasMomentum ? number("momentum") : nil
      return { parameter, gradient, state in
        var next = [old * state[0] + new * square(gradient)]
        var spread = next[0]
        if isCentered {
          next.append(old * state[1] + new * gradient)
          // The two running means are rounded by themselves: of a constant gradient no negative number is left.
          spread = max(spread - square(next[1]), 0)
        }
        var step = gradient / place.root(spread, epsilon)
        if let momentum, let velocity = state.last {
          step = momentum * velocity + step
          next.append(step)
        }
        return (parameter - rate * step, next)
      }
    case .adaDelta:
      let (old, new) = number.weights("decay")
      let epsilon = number("epsilon")
      return { parameter, gradient, state in
        let squares = old * state[0] + new * square(gradient)
        let step = sqrt(state[1] + epsilon) / sqrt(squares + epsilon) * gradient
        return (parameter - rate * step, [squares, old * state[1] + new * square(step)])
      }
    case .adam(let place):
      return adam(number, place)
    case .amsGrad:
      return adam(number)
    case .adamW:
      guard decays else { return adam(number) }
      let kept = number.typed(1 - number.exact("learningRate") * number.exact("weightDecay"))
      return adam(number, keeping: kept)
    case .lion:
      let (old, new) = number.weights("beta1")
      let (oldMean, newMean) = number.weights("beta2")
      let kept = decays ? number.typed(1 - number.exact("learningRate") * number.exact("weightDecay")) : nil
      return { parameter, gradient, state in
        let direction = sign(old * state[0] + new * gradient)
        let decayed = kept.map { $0 * parameter } ?? parameter
        return (decayed - rate * direction, [oldMean * state[0] + newMean * gradient])
      }
    }
  }

  /// Adam's step from `kept` times the parameter; with a third piece of state, from the largest variance so far.
  private func adam(_ number: Numbers, _ place: Epsilon = .outsideRoot, keeping kept: Tensor? = nil)
    -> Rule.Update
  {
    let (decay1, rest1) = number.weights("beta1")
    let (decay2, rest2) = number.weights("beta2")
    let step = number.exact("step")
    // Numerator and denominator times √(1 − β₂ᵗ), so that the corrections are scalars (section 2 of the paper).
    let squaredCorrection = 1 - pow(number.exact("beta2"), step)
    let correction = sqrt(squaredCorrection)
    let scaledRate = number.typed(
      number.exact("learningRate") * correction / (1 - pow(number.exact("beta1"), step))
    ).labelled("scaledRate")
    let epsilon = number.typed(
      number.exact("epsilon") * (place == .insideRoot ? squaredCorrection : correction)
    ).labelled("scaledEpsilon")
    return { parameter, gradient, state in
      let mean = decay1 * state[0] + rest1 * gradient
      let variance = decay2 * state[1] + rest2 * square(gradient)
      var next = [mean, variance]
      if state.count > 2 { next.append(max(state[2], variance)) }
      let root = place.root(next[next.count - 1], epsilon)
      let decayed = kept.map { $0 * parameter } ?? parameter
      return (decayed - scaledRate * (mean / root), next)
    }
  }
}

extension Optimizer.Epsilon {
  /// The denominator for the mean of squares `squares`.
  fileprivate func root(_ squares: Tensor, _ epsilon: Tensor) -> Tensor {
    switch self {
    case .outsideRoot: sqrt(squares) + epsilon
    case .insideRoot: sqrt(squares + epsilon)
    }
  }
}
