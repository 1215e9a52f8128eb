#!/usr/bin/env python3
"""Writes linear-algebra.json, what Cholesky factors and what is solved with them must give.

    python3 linear_algebra.py > linear-algebra.json

The form is that of functions.json. Values are NumPy's; `gradients` are PyTorch's, in float64: the derivatives by each
input of the sum of the output's elements, each with a weight of its own, as FunctionValueTests has it. Written with NumPy
2.4.6 and PyTorch 2.13.0.
"""
import json
from math import comb

import numpy as np
import torch

drawn = np.random.default_rng(11)
cases = []


def array(x):
    x = np.asarray(x, dtype=float)
    return {"type": "float64", "shape": list(x.shape), "values": [repr(float(v)) for v in x.ravel()]}


def case(name, values, torchs, *inputs, tolerance=1e-12):
    """`values`: a function of NumPy arrays, or what it gives."""
    entry = {
        "name": name, "inputs": [array(x) for x in inputs],
        "outputs": [array(values(*inputs) if callable(values) else values)], "smooth": torchs is not None,
        "tolerance": tolerance, "floor": 1e-2,
    }
    if torchs is not None:
        tensors = [torch.tensor(x, requires_grad=True) for x in inputs]
        y = torchs(*tensors)
        (y.reshape(-1) * (0.3 + 0.05 * torch.arange(y.numel(), dtype=torch.float64))).sum().backward()
        entry["gradients"] = [array(x.grad.numpy()) for x in tensors]
    cases.append(entry)


def generic(*shape):
    return drawn.uniform(-1.5, 1.5, shape)


def definite(*shape):
    """Symmetric and positive definite."""
    m = generic(*shape)
    return m @ np.swapaxes(m, -1, -2) + np.eye(shape[-1])


part = lambda x: (x + np.swapaxes(x, -1, -2)) / 2
torch_part = lambda x: (x + x.transpose(-1, -2)) / 2
columns = lambda b: b[:, None] if b.ndim == 1 else b
vector = lambda x, b: x[..., 0] if b.ndim == 1 else x
for shape in [(1, 1), (4, 4), (2, 3, 3), (7, 7)]:
    # Not quite symmetric: the symmetric part is taken.
    a = definite(*shape) + 0.1 * np.triu(generic(*shape), 1)
    case("cholesky", lambda a: np.linalg.cholesky(part(a)), lambda a: torch.linalg.cholesky(torch_part(a)), a)
    case("inverse", lambda a: np.linalg.inv(part(a)), lambda a: torch.linalg.inv(torch_part(a)), a)
    case("logDeterminant", lambda a: np.linalg.slogdet(part(a))[1], lambda a: torch.logdet(torch_part(a)), a)
pascal = np.array([[comb(i + j, i) for j in range(6)] for i in range(6)], dtype=float)
case("cholesky", [[comb(i, j) for j in range(6)] for i in range(6)], None, pascal, tolerance=0)
for name in ("cholesky", "inverse"):
    case(name, np.zeros((2, 0, 0)), None, np.zeros((2, 0, 0)))
case("logDeterminant", np.zeros(2), None, np.zeros((2, 0, 0)))

forms = [
    ("lower", True, False), ("lower transposed", True, True), ("upper", False, False),
    ("upper transposed", False, True),
]
for left, right in [
    ((4, 4), (4, 3)), ((3, 3), (3,)), ((2, 3, 3), (3, 2)), ((3, 3), (2, 3, 2)), ((2, 3, 3), (3,)),
    ((2, 1, 3, 3), (2, 3, 1)),
]:
    a, b = definite(*left), generic(*right)
    case(
        "solve", lambda a, b: vector(np.linalg.solve(part(a), columns(b)), b),
        lambda a, b: vector(torch.linalg.solve(torch_part(a), columns(b)), b), a, b)
    a = generic(*left) + 2.5 * np.eye(left[-1])
    for form, is_lower, is_transposed in forms:
        turned = lambda a: a.swapaxes(-1, -2) if is_transposed else a
        case(
            "triangularSolve " + form,
            lambda a, b: vector(np.linalg.solve(turned((np.tril if is_lower else np.triu)(a)), columns(b)), b),
            lambda a, b: vector(
                torch.linalg.solve_triangular(turned(a), columns(b), upper=is_lower == is_transposed), b), a, b)
case("solve", np.zeros((0, 2)), None, np.zeros((0, 0)), np.zeros((0, 2)))
case("triangularSolve upper", np.zeros((3, 0)), None, np.eye(3), np.zeros((3, 0)))


def fitted(x, y, ridge):
    """By the singular values of X above √λ I, not by the normal equations."""
    p = x.shape[-1]
    below = np.sqrt(ridge) * np.eye(p), np.zeros((p, columns(y).shape[-1]))
    return vector(np.linalg.lstsq(np.concatenate([x, below[0]]), np.concatenate([columns(y), below[1]]))[0], y)


def by_torch(x, y, ridge):
    gram = x.T @ x + ridge * torch.eye(x.shape[-1], dtype=torch.float64)
    return vector(torch.linalg.solve(gram, x.T @ columns(y)), y)


for left, right in [((9, 3), (9,)), ((6, 2), (6, 4)), ((5, 5), (5,))]:
    x, y = generic(*left) + 2 * np.eye(*left), generic(*right)
    case("leastSquares", lambda x, y: fitted(x, y, 0), lambda x, y: by_torch(x, y, 0), x, y)
    case("leastSquares ridge", lambda x, y: fitted(x, y, 0.3), lambda x, y: by_torch(x, y, 0.3), x, y)
# More coefficients than rows.
case(
    "leastSquares ridge", lambda x, y: fitted(x, y, 0.3), lambda x, y: by_torch(x, y, 0.3), generic(2, 4), generic(2))
case(
    "leastSquares by its ridge", lambda r, x, y: fitted(x, y, r), lambda r, x, y: by_torch(x, y, r),
    np.array(0.7), generic(5, 3), generic(5))
case("leastSquares", np.zeros(0), None, np.zeros((3, 0)), np.zeros(3))

print("[\n" + ",\n".join(json.dumps(c) for c in cases) + "\n]")
