#!/usr/bin/env python3
"""Writes functions.json, what the functions of tensors must give.

    python3 functions.py > functions.json

Values of arrays are NumPy's and SciPy's; values and slopes of activations are mpmath's, from the formulas of the papers
with 500 digits. Each case names an entry of the table in FunctionTable.swift. `smooth`: derivatives exist at the inputs,
and are compared with central differences. Numbers are strings, exact, with "nan" and "inf".
Written with NumPy 2.4.6, SciPy 1.17.1, mpmath 1.3.
"""
import json

import numpy as np
import scipy.special as sp
from mpmath import mp

mp.dps = 500
inf, nan = np.inf, np.nan
cases = []
generator = np.random.default_rng(7)


def number(x):
    x = x.item()
    return repr(float(x)) if isinstance(x, float) else str(int(x))


def array(x):
    x = np.asarray(x)
    return {"type": x.dtype.name, "shape": list(x.shape), "values": [number(v) for v in x.ravel()]}


def case(name, outputs, *inputs, smooth=False, tolerance=1e-14, floor=1e-14, slope=None, slope_floor=None):
    """`outputs`: a function of NumPy arrays, or what it gives."""
    inputs = [np.asarray(x) for x in inputs]
    with np.errstate(all="ignore"):
        outputs = outputs(*inputs) if callable(outputs) else outputs
    outputs = outputs if isinstance(outputs, (list, tuple)) else [outputs]
    entry = {
        "name": name, "inputs": [array(x) for x in inputs], "outputs": [array(x) for x in outputs],
        "smooth": smooth, "tolerance": tolerance, "floor": floor,
    }
    if slope is not None:
        entry["slope"] = array(slope)
        entry["slopeFloor"] = floor if slope_floor is None else slope_floor
    cases.append(entry)


def smooth(name, function, *inputs, **options):
    case(name, function, *inputs, smooth=True, **options)


def generic(*shape, low=-1.5, high=1.5):
    return generator.uniform(low, high, shape)


# Elementwise. Each is tried at generic points, and at the edges of its domain.
special = np.array([0.0, -0.0, 1.0, -1.0, 0.5, -2.5, 1e-9, 700.0, -700.0, inf, -inf, nan])
for name, function, low, high in [
    ("abs", np.abs, 0.2, 1.5), ("exp", np.exp, -2, 2), ("expm1", np.expm1, -2, 2), ("exp2", np.exp2, -2, 2),
    ("log", np.log, 0.2, 3), ("log1p", np.log1p, -0.5, 2), ("log2", np.log2, 0.2, 3),
    ("log10", np.log10, 0.2, 3), ("sqrt", np.sqrt, 0.2, 3), ("rsqrt", lambda x: 1 / np.sqrt(x), 0.2, 3),
    ("cbrt", np.cbrt, 0.2, 3), ("reciprocal", np.reciprocal, 0.2, 3), ("square", np.square, -2, 2),
    ("sin", np.sin, -3, 3), ("cos", np.cos, -3, 3), ("tan", np.tan, -1.2, 1.2),
    ("asin", np.arcsin, -0.9, 0.9), ("acos", np.arccos, -0.9, 0.9), ("atan", np.arctan, -3, 3),
    ("sinh", np.sinh, -2, 2), ("cosh", np.cosh, -2, 2), ("tanh", np.tanh, -2, 2),
    ("asinh", np.arcsinh, -3, 3), ("acosh", np.arccosh, 1.2, 4), ("atanh", np.arctanh, -0.9, 0.9),
    ("erf", sp.erf, -2, 2), ("erfc", sp.erfc, -2, 2),
    ("sigmoid", sp.expit, -3, 3), ("neg", np.negative, -2, 2),
]:
    smooth(name, function, generic(2, 5, low=low, high=high))
    case(name, function, special, floor=1e-300)
    case(name, function, np.zeros((3, 0)))
    case(name, function, np.array(0.75 if name != "acosh" else 1.75))
halves = np.array([-2.5, -1.5, -0.7, -0.5, -0.0, 0.3, 0.5, 1.5, 2.5, 7.0, 1e17, inf, -inf, nan])
for name, function in [("floor", np.floor), ("ceil", np.ceil), ("round", np.rint), ("sign", np.sign)]:
    case(name, function, halves, floor=0, tolerance=0)
    smooth(name, function, np.array([-1.7, -0.3, 0.4, 1.6, 2.7]))
for name, function in [("isFinite", np.isfinite), ("isInfinite", np.isinf), ("isNaN", np.isnan)]:
    case(name, function, special)
    case(name, function, np.array([3, -1], dtype=np.int32))
case("abs", np.abs, np.array([-3, 0, 7], dtype=np.int32))
case("sign", np.sign, np.array([-3, 0, 7], dtype=np.int32))
case("square", np.square, np.array([-3, 0, 7], dtype=np.int32))

# Of two operands, broadcast.
pairs = np.array([[7.0, -7.0, 7.0, -7.0, 5.5, 0.0, 1.0, inf, 3.0, nan], [3.0, 3.0, -3.0, -3.0, 2.0, 2.0, 0.0, 2.0, inf, 1.0]])
for name, function in [
    ("remainder", np.remainder), ("truncatingRemainder", np.fmod), ("max", np.maximum), ("min", np.minimum),
    ("hypot", np.hypot), ("atan2", np.arctan2),
]:
    smooth(name, function, generic(3, 1), generic(4), tolerance=1e-13)
    # C has a number for hypot of an infinity and a NaN, which is not among these.
    case(name, function, pairs[0], pairs[1])
smooth("copySign", np.copysign, np.array([[0.7], [-1.3], [2.1]]), np.array([1.5, -0.4, 3.0, -2.0]))
case("copySign", np.copysign, np.array([2.0, -2.0, 0.0, -0.0, inf, nan, 3.0]), np.array([-1.0, 0.0, -0.0, 1.0, -inf, 1.0, -0.0]))
for name, function in [("remainder", np.remainder), ("truncatingRemainder", np.fmod)]:
    case(name, function, np.array([7, -7, 7, -7, 5], dtype=np.int32), np.array([3, 3, -3, -3, 0], dtype=np.int64))
case("hypot", np.hypot, np.array([1e200, 3e-200, 0.0]), np.array([1e200, 4e-200, 0.0]), floor=0)
case("atan2", np.arctan2, np.array([0.0, 0.0, -0.0, -0.0, 1.0]), np.array([1.0, -1.0, 1.0, -1.0, 0.0]))
smooth("pow", np.power, generic(2, 3, low=0.2, high=2), generic(3))
case("pow", np.power, np.array([0.0, 0.0, -2.0, -2.0, inf, nan]), np.array([0.0, 2.0, 3.0, 0.5, -1.0, 0.0]))
smooth("pow by 3", lambda x: x**3, generic(4))
smooth("pow by -2", lambda x: x**-2.0, generic(4, low=0.3))
smooth("pow by 1.3", lambda x: x**1.3, generic(4, low=0.3))
smooth("pow of 2", lambda x: 2**x, generic(4))
case("pow by 3", lambda x: x**3, np.array([-3, 0, 100000], dtype=np.int32))
smooth("clip", lambda x: np.clip(x, -0.5, 0.75), np.array([-1.2, -0.3, 0.2, 1.1]))
case("clip", lambda x: np.clip(x, -0.5, 0.75), special)
smooth("clip by tensors", np.clip, generic(3, 2), np.array([-0.5, -0.25]), np.array([0.5, 0.6]))
smooth("clip from below", lambda x: np.clip(x, 0.1, None), np.array([-1.2, -0.3, 0.2, 1.1]))
case("clip from below", lambda x: np.clip(x, 1, None), np.array([-3, 4], dtype=np.int32))
truth = np.array([[False], [True]]), np.array([False, True])
case("xor", np.logical_xor, *truth)
case("and", np.logical_and, *truth)
case("or", np.logical_or, *truth)
case("not", np.logical_not, truth[1])
ordered = np.array([1.0, 2.0, nan, inf]), np.array([[2.0], [1.0]])
for name, function in [
    ("==", np.equal), ("!=", np.not_equal), ("<", np.less), ("<=", np.less_equal), (">", np.greater), (">=", np.greater_equal),
]:
    case(name, function, *ordered)
smooth("select", np.where, np.array([[True], [False]]), generic(3), generic(2, 1))
case("cast to int32", lambda x: x.astype(np.int32), np.array([1.9, -1.9, 0.0, 1e6]))
case("cast to int64", lambda x: x.astype(np.int64), np.array([1.9, -1.9, 0.0, 1e12]))
case("cast to bool", lambda x: x.astype(bool), special)
case("stopGradient", lambda x: x, generic(3))

# Places among sorted numbers: of several lists, each by itself.
def search(sorted, values):
    sorted, values = np.asarray(sorted), np.asarray(values)
    for suffix, side in [("", "left"), (" right", "right")]:
        def places(a, v):
            if a.ndim == 1:
                return np.searchsorted(a, v, side=side).astype(np.int32)
            return np.stack([places(b, w) for b, w in zip(a, v)])
        case("searchSorted" + suffix, places, sorted, values, floor=0, tolerance=0)


knots = np.array([-inf, -2.0, -0.0, 0.0, 0.5, 0.5, 0.5, 3.0, inf, nan, nan])
search(knots, np.array([[nan, -inf, inf, -3.0, -2.0], [0.0, -0.0, 0.5, 0.25, 3.5]]))
search(np.array([1.5]), np.array(1.5))
search(np.zeros(0), np.array([1.0, nan]))
search(np.array([1.0, 2.0]), np.zeros((0, 3)))
search(np.array([-(2**31), -1, 0, 0, 2**31 - 1], dtype=np.int32), np.array([-(2**31), 0, 2**31 - 1, 7], dtype=np.int32))
search(np.array([-(2**63), 5, 2**62, 2**63 - 2**40]), np.array([2**62, 2**62 + 2**20, -(2**63)]))
search(np.arange(100.0).astype(np.float32), np.array([-1.0, 0.5, 99.0, 98.999, 100.0], dtype=np.float32))
search(np.array([[0.0, 1.0, 2.0], [-1.0, 1.5, nan]]), np.array([[1.0, -5.0], [1.0, 2.0]]))
search(np.array([[[1, 3]], [[2, 2]]], dtype=np.int32), np.array([[[2, 3, 4]], [[1, 2, 3]]], dtype=np.int32))

# Between points, and beyond them.
where = np.array([[-3.5, -0.2, 0.1], [0.9, 2.6, 4.5]])
points, heights = np.array([-1.0, 0.0, 0.5, 3.0]), np.array([0.3, -1.2, 2.0, 0.7])
edges = np.array([-1.0, -0.0, 0.5, 3.0, nan, inf, -inf, 3.0000000000000004, -1.0000000000000002])
for name, beyond in [("interpolate", {}), ("interpolate beyond", {"left": -7.0, "right": inf})]:
    line = lambda x, xp, fp: np.interp(x, xp, fp, **beyond)
    if not beyond:
        smooth(name, line, where, points, heights)
    case(name, line, edges, points, heights)
    case(name, line, np.array(0.25), points, heights)
    # Of one point NumPy has its value at NaN, too, which is not among these.
    case(name, line, edges[~np.isnan(edges)], np.array([0.5]), np.array([4.0]))
    case(name, line, edges, np.array([-1.0, -1.0, 0.5, 0.5, 0.5, 3.0, 3.0]), np.arange(7.0))
    case(name, line, np.zeros((0, 2)), points, heights)

# Activations, with mpmath: [value, slope] at generic points and far out.
one, half = mp.mpf(1), mp.mpf(1) / 2
softplus = lambda x: mp.log1p(mp.exp(x))
logistic = lambda x: 1 / (1 + mp.exp(-x))
gauss = lambda x: mp.erfc(-x / mp.sqrt(2)) / 2
scale, alpha = mp.mpf("1.0507009873554804934193349852946"), mp.mpf("1.6732632423543772848170429916717")
tanh_form = lambda x: x * logistic(2 * mp.sqrt(2 / mp.pi) * (x + mp.mpf("0.044715") * x**3))
activations = {
    "sigmoid": logistic, "softplus": softplus, "logSigmoid": lambda x: -softplus(-x),
    "relu": lambda x: max(x, mp.mpf(0)), "leakyRelu": lambda x: x if x > 0 else mp.mpf("0.01") * x,
    "elu": lambda x: x if x > 0 else mp.expm1(x),
    "selu": lambda x: scale * (x if x > 0 else alpha * mp.expm1(x)),
    "gelu": tanh_form, "gelu erf": lambda x: x * gauss(x), "silu": lambda x: x * logistic(x),
    "mish": lambda x: x * mp.tanh(softplus(x)),
    "hardSigmoid": lambda x: min(max(x / 6 + half, mp.mpf(0)), one), "softsign": lambda x: x / (1 + abs(x)),
}
near = np.array([-5.5, -2.2, -0.75, 0.3, 1.25, 2.5, 6.5])
far = np.array([-700.0, -80.0, -40.0, -20.0, 20.0, 40.0, 80.0, 700.0])


def slope_of(function, x):
    step = mp.mpf(10) ** -150
    return (function(x + step) - function(x - step)) / (2 * step)


for name, function in activations.items():
    for points, floor in [(near, 1e-16), (far, 1e-305)]:
        values = np.array([float(function(mp.mpf(x))) for x in points])
        slopes = np.array([float(slope_of(function, mp.mpf(x))) for x in points])
        # σ' = σ(1 − σ) and expm1' = expm1 + 1 are absolutely right only.
        absolute = 0.1 if name in ("sigmoid", "elu", "selu") else None
        case(name, values, points, smooth=points is near, slope=slopes, tolerance=4e-14, floor=floor, slope_floor=absolute)
limits = {
    "sigmoid": (0, 1), "softplus": (0, inf), "logSigmoid": (-inf, 0), "relu": (0, inf), "leakyRelu": (-inf, inf),
    "elu": (-1, inf), "selu": (-float(scale * alpha), inf), "gelu": (0, inf), "gelu erf": (0, inf), "silu": (0, inf),
    "mish": (0, inf), "hardSigmoid": (0, 1), "softsign": (-1, 1),
}
limit_slopes = {
    "sigmoid": (0, 0), "softplus": (0, 1), "logSigmoid": (1, 0), "relu": (0, 1), "leakyRelu": (0.01, 1), "elu": (0, 1),
    "selu": (0, float(scale)), "gelu": (0, 1), "gelu erf": (0, 1), "silu": (0, 1), "mish": (0, 1), "hardSigmoid": (0, 0),
    "softsign": (0, 0),
}
for name, (low, high) in limits.items():
    case(name, np.array([low, high], dtype=float), np.array([-inf, inf]), slope=np.array(limit_slopes[name], dtype=float))
    case(name, np.array([nan]), np.array([nan]))
rows = generic(2, 4)
smooth("softmax", lambda x: sp.softmax(x, axis=-1), rows)
smooth("logSoftmax", lambda x: sp.log_softmax(x, axis=0), rows)
smooth("logSumExp", lambda x: sp.logsumexp(x, axis=1), rows)
case("logSumExp", lambda x: sp.logsumexp(x, axis=1), np.array([[1000.0, 999.0], [-inf, -inf], [-inf, 3.0]]))

# Reductions.
block = generic(2, 3, 4)
names = [("sum", np.sum), ("mean", np.mean), ("max", np.max), ("min", np.min), ("product", np.prod)]
for name, function in names:
    smooth(name, lambda x: [function(x), function(x, axis=(0, 2)), function(x, axis=1, keepdims=True)], block)
    case(name, lambda x: [function(x), function(x, axis=(0, 2)), function(x, axis=1, keepdims=True)], np.array([[[3.5]]]))
for name, function in [("sum", np.sum), ("product", np.prod)]:
    case(name, lambda x: [function(x), function(x, axis=(0, 2)), function(x, axis=1, keepdims=True)], np.zeros((2, 0, 3)))
zeros = np.array([[[1.5, 0.0, 2.0, -3.0], [0.0, 0.0, 2.5, 1.0]]])
smooth("product", lambda x: [np.prod(x), np.prod(x, axis=(0, 2)), np.prod(x, axis=1, keepdims=True)], zeros)
spread = [("variance", np.var), ("standardDeviation", np.std)]
for name, function in spread:
    smooth(name, lambda x: [function(x), function(x, axis=(0, 2), ddof=1), function(x, axis=1, keepdims=True)], block)
    case(name, lambda x: [function(x), function(x, axis=(0, 2), ddof=1), function(x, axis=1, keepdims=True)], np.array([[[2.0]], [[4.0]]]))
smooth("variance method", np.var, block)
norm = np.linalg.norm
smooth("norm", lambda x: [norm(x.ravel(), p) for p in (1, 2, inf, 3)] + [norm(x, axis=(1, 2)), norm(x, 2, axis=1, keepdims=True)], block)
case("norm", lambda x: [0.0] * 4 + [np.zeros(2), np.zeros((2, 1, 2))], np.zeros((2, 3, 2)))
case("norm", lambda x: [0.0] * 4 + [np.zeros(2), np.zeros((2, 1, 0))], np.zeros((2, 3, 0)))
smooth("frobeniusNorm", lambda x: norm(x, axis=(-2, -1)), block)
ties = np.array([[1.0, 3.0, 3.0, -2.0], [nan, 5.0, nan, 9.0], [-inf, -inf, -inf, -inf]])
for name, function in [("argmax", np.argmax), ("argmin", np.argmin)]:
    outputs = lambda x: [function(x).astype(np.int32), function(x, axis=1).astype(np.int32), function(x, axis=0, keepdims=True).astype(np.int32)]
    case(name, outputs, ties)
    case(name, outputs, np.array([[3, 9, 9], [1, 1, 0]], dtype=np.int32))
    case(name, outputs, np.array([[False, True, True]]))
for name, function in [("any", np.any), ("all", np.all)]:
    outputs = lambda x: [function(x), function(x, axis=1), function(x, axis=0, keepdims=True)]
    case(name, outputs, np.array([[False, True, False], [True, True, True]]))
    case(name, outputs, np.zeros((2, 0), dtype=bool))
backwards = lambda f: lambda x: np.flip(f(np.flip(x, -1), axis=-1), -1)
for name, function in [("cumulativeSum", np.cumsum), ("cumulativeProduct", np.cumprod)]:
    outputs = lambda x: [function(x, axis=1), backwards(function)(x)]
    smooth(name, outputs, block, tolerance=1e-13)
    smooth(name, outputs, zeros)
    case(name, lambda x: [v.astype(np.int32) for v in outputs(x)], np.array([[[3, 0, -2], [4, 5, 6]]], dtype=np.int32))
    case(name, outputs, np.zeros((2, 0, 3)))

# Contraction.
m = lambda *shape: generic(*shape)
smooth("matmul", np.matmul, m(2, 1, 3, 4), m(3, 4, 2))
smooth("matmul", np.matmul, m(3, 4), m(4))
case("matmul", np.matmul, np.zeros((2, 0)), np.zeros((0, 3)))
smooth("dot", np.dot, m(4), m(4))
smooth("dot", np.dot, m(2, 3, 4), m(2, 4, 3))
smooth("dot", np.dot, m(3, 4), m(4))
smooth("dot", np.dot, np.array(2.5), m(4))
smooth("outer", np.outer, m(2, 2), m(3))
smooth("tensordot", np.tensordot, m(2, 3, 4), m(3, 4, 2))
smooth("tensordot by axes", lambda a, b: np.tensordot(a, b, axes=([2, 0], [1, 2])), m(2, 3, 4), m(5, 4, 2))
smooth("tensordot of none", lambda a, b: np.tensordot(a, b, axes=0), m(2), m(3, 2))
for formula, shapes in [
    ("ij,jk->ik", [(2, 3), (3, 4)]), ("bij,bjk->bik", [(2, 3, 4), (2, 4, 2)]), ("ij,kj", [(2, 3), (4, 3)]),
    ("ii", [(3, 3)]), ("ii->i", [(3, 3)]), ("iji->j", [(3, 2, 3)]), ("iii->i", [(3, 3, 3)]),
    ("...ij->...ji", [(2, 3, 4)]), ("...ij,...jk->...ik", [(2, 1, 3, 4), (3, 4, 2)]), ("i,i->i", [(4,), (4,)]),
    ("i,j->ij", [(3,), (4,)]), ("i,j,ij->", [(3,), (4,), (3, 4)]), ("ba", [(2, 3)]), ("ij->", [(2, 3)]),
    ("bhqd,bhkd->bhqk", [(2, 2, 3, 4), (2, 2, 5, 4)]), ("abc,cd,be->ade", [(2, 3, 4), (4, 2), (3, 5)]),
    ("i...,i...->...", [(3, 2), (3, 2)]), (",i->i", [(), (3,)]), ("ij,ij->", [(2, 3), (2, 3)]),
    ("...,...", [(2, 3), (3,)]), ("ijk,jil->kl", [(3, 4, 5), (4, 3, 2)]), ("ij,jk->ik", [(2, 0), (0, 3)]),
]:
    operands = [m(*shape) for shape in shapes]
    smooth("einsum " + formula, lambda *x: np.einsum(formula, *x), *operands)

# Movement.
a = generic(2, 3, 4)
smooth("transposed", lambda x: [x.T, np.transpose(x, (1, 2, 0))], a)
smooth("swappingAxes", lambda x: np.swapaxes(x, 0, -1), a)
smooth("movingAxis", lambda x: [np.moveaxis(x, 0, -1), np.moveaxis(x, 2, 0), np.moveaxis(x, 1, 1)], a)
smooth("reshaped", lambda x: x.reshape(4, -1), a)
smooth("flattened", lambda x: x.ravel(), a)
smooth("broadcast", lambda x: np.broadcast_to(x, (2, 3, 4)), generic(3, 1))
smooth("squeezed", lambda x: [np.squeeze(x), np.squeeze(x, -1)], generic(1, 3, 1))
smooth("expandedDimensions", lambda x: [np.expand_dims(x, 1), np.expand_dims(x, -1)], a)
smooth("concatenated", lambda x, y: np.concatenate([x, y, x], axis=1), generic(2, 1), generic(2, 3))
smooth("stacked", lambda x, y: np.stack([x, y], axis=-1), generic(2, 3), generic(2, 3))
smooth("split", lambda x: [x[:, i] for i in range(3)], a)
smooth("split into parts", lambda x: np.split(x, 2, axis=2), a)
smooth("split by sizes", lambda x: np.split(x, [1, 1], axis=1), a)
smooth("unstacked", lambda x: [x[:, i] for i in range(3)], a)
smooth("slices", lambda x: [x[1], x[-1, 1:], x[:, ::-1], x[0, 2:0:-1, ::-2], x[:, -2:, 1::2], x[:, 1:1], x[::-1, ::-1, -2::-3]], a)
smooth("sliced", lambda x: [x[:, :, ::2], x[:, :, ::-1], x[:, -1:0:-1], x[:, 2:-3:-1]], a)
smooth("padded", lambda x: [np.pad(x, [(1, 0), (0, 2), (3, 1)]), np.pad(x, [(0, 0), (2, 1), (0, 0)], constant_values=-1.5)], a)
case("padded", lambda x: [np.pad(x, [(1, 0), (0, 2), (3, 1)]), np.pad(x, [(0, 0), (2, 1), (0, 0)], constant_values=-1.5)], np.zeros((2, 0, 3)))
smooth("flipped", lambda x: [np.flip(x), np.flip(x, (0, -1)), np.flip(x, 1)], a)
smooth("rolled", lambda x: [np.roll(x, s, axis=2) for s in (1, -1, 5, -7, 4, 0)], a)
case("rolled", lambda x: [np.roll(x, s, axis=2) for s in (1, -1, 5, -7, 4, 0)], np.zeros((1, 2, 0)))
smooth("tiled", lambda x: [np.tile(x, (2,)), np.tile(x, (2, 1, 3, 1)), np.tile(x, (0, 1, 1))], a)
smooth("repeated", lambda x: [np.repeat(x, 2, axis=1), np.repeat(x, 3, axis=-1), np.repeat(x, 0, axis=0)], a)
smooth("lowerTriangle", lambda x: [np.tril(x, k) for k in (0, 1, -2, 9)], a)
smooth("upperTriangle", lambda x: [np.triu(x, k) for k in (0, 1, -2, -9)], a)
smooth("diagonal", lambda x: [np.diagonal(x, k, -2, -1) for k in (0, 2, -1, 9, -9)], a)
case("diagonal", lambda x: [np.diagonal(x, k, -2, -1) for k in (0, 2, -1, 9, -9)], np.zeros((2, 3, 0)))
smooth("diagonalMatrix", lambda x: [np.stack([np.diag(r, k) for r in x]) for k in (0, 2, -1)], generic(2, 3))
smooth("diagonalMatrix", lambda x: [np.stack([np.diag(r, k) for r in x]) for k in (0, 2, -1)], generic(2, 1))
case("diagonalMatrix", lambda x: [np.zeros((2, n, n)) for n in (0, 2, 1)], np.zeros((2, 0)))

# Indexing.
index = np.array([2, 0, 2], dtype=np.int32)
smooth("gathered rows", lambda x, i: x[i], generic(3, 2), index)
smooth("embedding", lambda i, x: x[i], np.array([[2, 0], [1, 1]], dtype=np.int32), generic(3, 2))
smooth("taking", lambda x, i: np.take(x, i, axis=1), a, np.array([[2, 0], [2, 1]], dtype=np.int32))
smooth("taking one", lambda x, i: np.take(x, i, axis=2), a, np.array(3, dtype=np.int32))
along = np.array([[[2, 0, 1, 2]], [[1, 1, 0, 2]]], dtype=np.int32)
smooth("gathered along", lambda x, i: np.take_along_axis(x, i, axis=1), a, along)
smooth("gathered along", lambda x, i: np.take_along_axis(x, i, axis=1), a, np.array([[[2], [0]]], dtype=np.int32))


def scatter_rows(x, u, i):
    y = x.copy()
    np.add.at(y, i, u)
    return y


def scatter_along(x, u, i):
    y = x.copy()
    for place in np.ndindex(*i.shape):
        y[place[0], i[place], place[2]] += u[place]
    return y


smooth("scatterAdding rows", scatter_rows, generic(3, 2), generic(3, 2), index)
smooth("scatterAdding along", scatter_along, a, generic(2, 1, 4), along)
case("oneHot", lambda i: np.array([[0, 0, 1], [1, 0, 0], [0, 0, 0], [0, 0, 0]], dtype=np.float32), np.array([2, 0, 5, -1], dtype=np.int32))


def assign(x, key, value):
    y = np.array(x)
    y[key] = value
    return y


smooth("replacing where", lambda x, v: [np.where(x > 0.2, v, x), np.where(x > 0.2, -3.0, x)], generic(3, 4), generic(4))
smooth(
    "replacing a part",
    lambda x, v, w: [
        assign(x, np.s_[1, 1:], v), assign(x, np.s_[:, ::-2], 7.0), assign(x, np.s_[0, 2:0:-1, ::-1], w),
        assign(x, np.s_[...], 1.0), assign(x, np.s_[:, 1:1], 9.0),
    ],
    a, generic(4), generic(2, 4))

# Promotion: of each pair of types, the later one.
kinds = [np.array([True, False]), np.array([2, -3], dtype=np.int32), np.array([7, 1 << 40]), np.array([1.5, 2.5], dtype=np.float32), np.array([0.1, 0.2])]
for i, x in enumerate(kinds):
    for j, y in enumerate(kinds):
        if max(i, j) > 0:
            kind = kinds[max(i, j)].dtype
            case("promotion", x.astype(kind) + y.astype(kind), x, y, tolerance=0)

print('[\n' + ',\n'.join(json.dumps(c) for c in cases) + '\n]')
