#!/usr/bin/env python3
"""Writes sorting.json, what sorting and quantiles must give.

    python3 sorting.py > sorting.json

The form is that of functions.json and networks.json. Values and gradients are PyTorch's, stable and in float64; ascending
orders, medians and quantiles are compared with NumPy's here. Written with NumPy 2.4.6 and PyTorch 2.13.0.
"""
import json

import numpy as np
import torch

generator = np.random.default_rng(5)
inf, nan = np.inf, np.nan
cases = []


def number(x):
    x = x.item()
    return repr(float(x)) if isinstance(x, float) else str(int(x))


def array(x):
    return {"type": x.dtype.name, "shape": list(x.shape), "values": [number(v) for v in x.ravel()]}


def case(name, function, x, smooth=False, numpy=None, tolerance=0.0):
    x = np.asarray(x)
    target = torch.tensor(x.copy(), requires_grad=smooth)
    y = function(target)
    result = y.detach().numpy()
    if name.startswith(("argsort", "topK indices")):
        result = result.astype(np.int32)
    if numpy is not None:
        np.testing.assert_allclose(result, numpy(x), rtol=1e-14)
    entry = {
        "name": name, "inputs": [array(x)], "outputs": [array(np.asarray(result))], "smooth": smooth,
        "tolerance": max(tolerance, 1e-15) if smooth else tolerance, "floor": 1.0,
    }
    if smooth:
        weights = (0.3 + 0.05 * torch.arange(y.numel(), dtype=torch.float64)).reshape(y.shape)
        (gradient,) = torch.autograd.grad((y * weights).sum(), [target])
        entry["gradients"] = [array(gradient.numpy())]
    cases.append(entry)


def order(axis, descending):
    return lambda x: torch.argsort(x, dim=axis, descending=descending, stable=True)


def along(axis, descending):
    return lambda x: torch.sort(x, dim=axis, descending=descending, stable=True).values


def greatest(k, axis):
    """Of equal ones topk takes any; their values are its."""
    def values(x):
        y = torch.sort(x, dim=axis, descending=True, stable=True).values.narrow(axis, 0, k)
        assert torch.equal(torch.nan_to_num(y, 9e9), torch.nan_to_num(torch.topk(x, k, dim=axis).values, 9e9))
        return y
    return values


special = np.array([[1.0, nan, -0.0, inf, 0.0, -1.0, -inf, nan], [0.0, -0.0, 2.0, 2.0, -inf, 2.0, 0.0, 1e-320]])
arrays = [
    special, special.astype(np.float32), np.zeros((3, 0)), np.zeros((0, 4)), np.full((2, 5), 7.0), np.full((1, 20), nan),
    np.array([[3, -1, 2**31 - 1, -(2**31), 3, 0, -1]], dtype=np.int32), np.array([[5, 2**62, -(2**63), 5, 2**63 - 1]]),
    np.round(generator.normal(size=(3, 400)), 1), generator.integers(-9, 9, (2, 300)).astype(np.int32),
    np.arange(100.0)[None, ::-1], np.arange(100.0)[None],
]
for x in arrays:
    case("sort", along(-1, False), x, numpy=lambda x: np.sort(x, axis=-1))
    case("sort descending", along(-1, True), x)
    case("argsort", order(-1, False), x, numpy=lambda x: np.argsort(x, axis=-1, kind="stable"))
    case("argsort descending", order(-1, True), x)
case("sort", along(-1, False), np.array([True, False, True, False]))
case("argsort", order(-1, False), np.array([True, False, True, False]))
for shape in [(7,), (3, 5), (2, 4, 3)]:
    x = generator.normal(size=shape)
    case("sort", along(-1, False), x, smooth=True)
    case("sort descending", along(-1, True), x, smooth=True)
for shape in [(5, 4), (4, 3, 2), (40, 3)]:
    x = generator.normal(size=shape)
    case("sort along 0", along(0, False), x, smooth=shape[0] < 40, numpy=lambda x: np.sort(x, axis=0))
    case("argsort along 0", order(0, True), x)
for x in [special, generator.normal(size=(3, 6)), np.full((2, 5), 7.0), np.round(generator.normal(size=(2, 50)))]:
    case("topK", greatest(3, -1), x, smooth=x.shape == (3, 6))
    case("topK indices", lambda x: order(-1, True)(x).narrow(-1, 0, 3), x)
case("topK along 0", greatest(2, 0), generator.normal(size=(5, 3)), smooth=True)
for x in [special[:, :3], special[1:], generator.normal(size=(3, 4)), generator.normal(size=(4, 3)), np.ones((2, 5))]:
    smooth = bool(np.isfinite(x).all()) and len(np.unique(x)) == x.size
    # torch.median takes the lower of two.
    case("median", lambda x: torch.quantile(x.reshape(-1), 0.5), x, smooth, np.median, tolerance=1e-15)
    case("median along 1", lambda x: torch.quantile(x, 0.5, dim=1), x, smooth, lambda x: np.median(x, axis=1), tolerance=1e-15)
    if np.isinf(x).any():
        continue  # Both interpolate inf with itself to NaN.
    for name, q in [("quantile 0.3", 0.3), ("quantile 0.9", 0.9), ("quantile 0", 0.0), ("quantile 1", 1.0)]:
        case(
            name, lambda x: torch.quantile(x, q, dim=0, keepdim=True), x, smooth,
            lambda x: np.quantile(x, q, axis=0, keepdims=True), tolerance=1e-14)

print('[\n' + ',\n'.join(json.dumps(c) for c in cases) + '\n]')
