"""Ten steps of each optimizer in NumPy, float64, written down from the papers and PyTorch's documentation.

    python optimizers.py > optimizers.txt

The parameter begins at [1, -2, 0.5]; its gradient at step t = 1, 2, ... is p * p + t. Each line: a name, then p after ten
steps.
"""
import numpy as np


def run(name, update, steps=10):
    p, state = np.array([1.0, -2.0, 0.5]), {}
    for t in range(1, steps + 1):
        p = update(p, p * p + t, t, state)
    print(name, *(repr(float(x)) for x in p))


def get(state, key):
    return state.get(key, np.zeros(3))


def sgd(p, g, t, s):
    return p - 0.001 * g


def momentum(p, g, t, s):
    s["v"] = 0.9 * get(s, "v") + g
    return p - 0.001 * s["v"]


def nesterov(p, g, t, s):
    s["v"] = 0.9 * get(s, "v") + g
    return p - 0.001 * (g + 0.9 * s["v"])


def adagrad(p, g, t, s, inside=False):
    s["G"] = get(s, "G") + g**2
    return p - 0.1 * g / (np.sqrt(s["G"] + 1e-3) if inside else np.sqrt(s["G"]) + 1e-3)


def rmsprop(p, g, t, s, inside=False, centered=False, mu=0.0):
    s["v"] = 0.9 * get(s, "v") + (1 - 0.9) * g**2
    spread = s["v"]
    if centered:
        s["a"] = 0.9 * get(s, "a") + (1 - 0.9) * g
        spread = spread - s["a"] ** 2
    step = g / (np.sqrt(spread + 1e-3) if inside else np.sqrt(spread) + 1e-3)
    if mu:
        s["b"] = step = mu * get(s, "b") + step
    return p - 0.01 * step


def adadelta(p, g, t, s):
    s["v"] = 0.9 * get(s, "v") + (1 - 0.9) * g**2
    d = np.sqrt(get(s, "u") + 1e-6) / np.sqrt(s["v"] + 1e-6) * g
    s["u"] = 0.9 * get(s, "u") + (1 - 0.9) * d**2
    return p - d


def adam(p, g, t, s, inside=False, maximum=False, decay=0.0):
    p = p - 0.1 * decay * p
    s["m"] = 0.9 * get(s, "m") + (1 - 0.9) * g
    s["v"] = 0.999 * get(s, "v") + (1 - 0.999) * g**2
    s["w"] = np.maximum(get(s, "w"), s["v"]) if maximum else s["v"]
    m, v = s["m"] / (1 - 0.9**t), s["w"] / (1 - 0.999**t)
    return p - 0.1 * m / (np.sqrt(v + 1e-3) if inside else np.sqrt(v) + 1e-3)


def lion(p, g, t, s, decay=0.0):
    p = p - 0.01 * decay * p
    direction = np.sign(0.9 * get(s, "m") + (1 - 0.9) * (g - 5))
    s["m"] = 0.99 * get(s, "m") + (1 - 0.99) * (g - 5)
    return p - 0.01 * direction


run("sgd", sgd)
run("momentum", momentum)
run("nesterov", nesterov)
run("adagrad", adagrad)
run("adagrad-inside", lambda p, g, t, s: adagrad(p, g, t, s, inside=True))
run("rmsprop", rmsprop)
run("rmsprop-inside", lambda p, g, t, s: rmsprop(p, g, t, s, inside=True))
run("rmsprop-centered", lambda p, g, t, s: rmsprop(p, g, t, s, centered=True))
run("rmsprop-momentum", lambda p, g, t, s: rmsprop(p, g, t, s, mu=0.9))
run("rmsprop-centered-momentum", lambda p, g, t, s: rmsprop(p, g, t, s, centered=True, mu=0.9))
run("adadelta", adadelta)
run("adam", adam)
run("adam-inside", lambda p, g, t, s: adam(p, g, t, s, inside=True))
run("amsgrad", lambda p, g, t, s: adam(p, 10 * g / t**2, t, s, maximum=True))
run("adamw", lambda p, g, t, s: adam(p, g, t, s, decay=0.3))
run("adamw-undecayed", adam)
run("lion", lambda p, g, t, s: lion(p, g, t, s, decay=0.3))
run("lion-undecayed", lion)
