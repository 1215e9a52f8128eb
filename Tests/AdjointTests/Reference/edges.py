"""Makes the tables of values at the edges of functions with mpmath 1.3, at 60 digits:

    python3 edges.py

Each line of a table: a name, the point, and at that point the value and the first two derivatives of the function,
each correctly rounded to float64. Points are given exactly; those that float32 holds serve both types.
"""

import os
from mpmath import mp, mpf, inf, exp, log, tanh, sqrt, pi, diff, isnan, isinf

mp.dps = 60
MAX32, MAX64 = mpf(2) ** 128 - mpf(2) ** 104, mpf(2) ** 1024 - mpf(2) ** 971


def sigmoid(x):
    return 1 / (1 + exp(-x)) if x >= 0 else exp(x) / (1 + exp(x))


def softplus(x):
    return x + mp.log1p(exp(-x)) if x >= 0 else mp.log1p(exp(x))


def gelu(x):
    return x * sigmoid(2 * sqrt(2 / pi) * (x + mpf("0.044715") * x**3))


# Name, function, its limits at −∞ and +∞ as value, first and second derivative, and the points that are kinks, where
# no derivative is listed. "x" stands for the point itself.
SELU_ALPHA, SELU_SCALE = mpf("1.6732632423543772848170429916717"), mpf("1.0507009873554804934193349852946")
ACTIVATIONS = [
    ("identity", lambda x: x, ("x", 1, 0), ("x", 1, 0), []),
    ("relu", lambda x: max(x, mpf(0)), (0, 0, 0), ("x", 1, 0), [0]),
    ("leakyRelu", lambda x: x if x > 0 else x / 64, ("x/64", mpf(1) / 64, 0), ("x", 1, 0), [0]),
    ("elu", lambda x: x if x > 0 else mp.expm1(x), (-1, 0, 0), ("x", 1, 0), [0]),
    ("sigmoid", sigmoid, (0, 0, 0), (1, 0, 0), []),
    ("tanh", tanh, (-1, 0, 0), (1, 0, 0), []),
    ("softplus", softplus, (0, 0, 0), ("x", 1, 0), []),
    ("gelu", gelu, (0, 0, 0), ("x", 1, 0), []),
    ("silu", lambda x: x * sigmoid(x), (0, 0, 0), ("x", 1, 0), []),
    # Beyond ±60 the rest is below 10^−784.
    ("geluErf", lambda x: x * mp.erfc(-x / sqrt(2)) / 2 if abs(x) < 60 else max(x, mpf(0)), (0, 0, 0), ("x", 1, 0), []),
    ("mish", lambda x: x * tanh(softplus(x)), (0, 0, 0), ("x", 1, 0), []),
    ("logSigmoid", lambda x: -softplus(-x), ("x", 1, 0), (0, 0, 0), []),
    (
        "selu",
        lambda x: SELU_SCALE * (x if x > 0 else SELU_ALPHA * mp.expm1(x)),
        (-SELU_SCALE * SELU_ALPHA, 0, 0),
        ("scaled", SELU_SCALE, 0),
        [0],
    ),
    ("hardSigmoid", lambda x: min(max(x / 6 + mpf("0.5"), 0), 1), (0, 0, 0), (1, 0, 0), [-3, 3]),
    ("softsign", lambda x: x / (1 + abs(x)), (-1, 0, 0), (1, 0, 0), [0]),
]

SMALL = [mpf(2) ** -10, mpf(2) ** -30, mpf(2) ** -100]
POINTS = [mpf(0)] + [s * p for p in SMALL + [mpf("0.5"), 1, 3, 10, 30, 80, 700, 10000] for s in (1, -1)]
FAR = [s * p for p in (MAX32, MAX64, inf) for s in (1, -1)]


def text(x):
    if isnan(x):
        return "nan"
    if isinf(x):
        return "inf" if x > 0 else "-inf"
    return repr(float(x))


def derivatives(f, x):
    with mp.workdps(800):
        return [f(x), diff(f, x), diff(f, x, 2)]


def row(name, x, values):
    return " ".join([name, text(x)] + [v if isinstance(v, str) else text(mpf(v)) for v in values])


def activations():
    for name, f, low, high, kinks in ACTIVATIONS:
        for x in POINTS:
            values = derivatives(f, x)
            yield row(name, x, [values[0], "kink", "kink"] if x in kinks else values)
        for x in FAR:
            multiples = {"x": x, "x/64": x / 64, "scaled": SELU_SCALE * x}
            limits = [multiples[v] if isinstance(v, str) else mpf(v) for v in (low if x < 0 else high)]
            yield row(name, x, limits)


# What users write, as mathematics: the functions of x that the graph as written loses.
def log1mexp(x):  # log(1 − eˣ), x < 0
    return mp.log1p(-exp(x))


def log_cosh(x):
    return abs(x) + mp.log1p(exp(-2 * abs(x))) - log(2)


ANY = [mpf(v) for v in (0, "0.0009765625", "-0.0009765625", "0.75", "-0.75", 3, -3, 20, -20, 80, -80, 700, -700, 5000, -5000)]
NEGATIVE = [mpf(v) for v in ("-0.0000152587890625", "-0.0009765625", "-0.6875", "-0.75", -3, -20, -80, -700)]
FORMS = [
    ("log(exp(x))", lambda x: x, ANY),
    ("log(sigmoid(x))", lambda x: -softplus(-x), ANY),
    ("log(1 - sigmoid(x))", lambda x: -softplus(x), ANY),
    ("log(1 + exp(x))", softplus, ANY),
    ("log(2 + exp(x))", lambda x: log(2) + softplus(x - log(2)), ANY),
    ("log(exp(x) + exp(2x))", lambda x: x + softplus(x), ANY),
    ("log(exp(x) + exp(-x) + 1)", lambda x: abs(x) + mp.log1p(exp(-abs(x)) + exp(-2 * abs(x))), ANY),
    ("log(1 - exp(x))", log1mexp, NEGATIVE),
    ("log(1 - tanh(x)^2)", lambda x: -2 * log_cosh(x), ANY),
    ("log(3 exp(-x²/2))", lambda x: log(3) - x**2 / 2, ANY),
    ("exp(x) - 1", mp.expm1, NEGATIVE),
    ("1 - exp(x)", lambda x: -mp.expm1(x), NEGATIVE),
    ("1/(1 + exp(-x))", sigmoid, ANY),
    ("exp(x)/(1 + exp(x))", sigmoid, ANY),
    ("exp(x)/(exp(x) + exp(-x))", lambda x: sigmoid(2 * x), ANY),
    ("5/(1 + exp(x))", lambda x: 5 * sigmoid(-x), ANY),
    ("(1 + tanh(x/2))/2", sigmoid, ANY),
    ("2 sigmoid(x) - 1", lambda x: tanh(x / 2), ANY),
    ("(exp(x) - exp(-x))/(exp(x) + exp(-x))", tanh, ANY),
    ("(exp(2x) - 1)/(exp(2x) + 1)", tanh, ANY),
    ("(1 - exp(-2x))/(1 + exp(-2x))", tanh, ANY),
    # Of the vector (x, 0, −x): softmax, its logarithm, log-sum-exp and log-mean-exp.
    ("softmax", lambda x: sigmoid3(x), ANY),
    ("log softmax", lambda x: x - sum3(x), ANY),
    ("log sum exp", lambda x: sum3(x), ANY),
    ("log mean exp", lambda x: sum3(x) - log(3), ANY),
    # For t = ¼: cross-entropy from a sigmoid's probability, and from the softmax of (x, 0).
    ("cross-entropy", lambda x: softplus(x) - x / 4, ANY),
]


def sum3(x):
    return abs(x) + mp.log1p(exp(-abs(x)) + exp(-2 * abs(x)))


def sigmoid3(x):
    return exp(x - sum3(x))


def forms():
    for name, f, points in FORMS:
        for x in points:
            yield row(name.replace(" ", "_"), x, derivatives(f, x))


# Losses as functions of one logit or prediction: for two classes with the target behind the name, and of the logits
# (x, 0, −x) for three, with the class or the weights behind it.
LOSSES = (
    [(f"binary {t}", lambda x, t=mpf(t): softplus(x) - t * x) for t in ("0", "0.25", "1")]
    + [("squared 0.5", lambda x: (x - mpf("0.5")) ** 2), ("halfSquared 0.5", lambda x: (x - mpf("0.5")) ** 2 / 2)]
    + [(f"softmax {c}", lambda x, c=c: sum3(x) - (1 - c) * x) for c in (0, 1, 2)]
    + [("softmax weights", lambda x: sum3(x) - (mpf("0.25") - mpf("0.125")) * x)]
)
LOGITS = [mpf(0)] + [s * p for p in (mpf(2) ** -20, mpf("0.75"), 3, 20, 80, 700, 10000) for s in (1, -1)]


def losses():
    for name, f in LOSSES:
        for x in LOGITS:
            yield row(name.replace(" ", "_"), x, derivatives(f, x))


def write(name, comment, lines):
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), name + ".txt")
    with open(path, "w") as file:
        file.write(f"# Made by edges.py. {comment}\n")
        file.writelines(f"{line}\n" for line in lines)


if __name__ == "__main__":
    write("activation-edges", "Activation, point, value, first and second derivative.", activations())
    write("stable-forms", "What is written, point, value, first and second derivative.", forms())
    write("loss-edges", "Loss and target, point, value, first and second derivative.", losses())
