#!/usr/bin/env python3
"""Writes networks.json, what attention, normalization and recurrent networks must give: values and gradients by PyTorch, in float64.

    python3 networks.py > networks.json

The form is that of functions.json. `gradients` are the derivatives by each floating-point input of the sum of all
outputs' elements, each with a weight of its own, as FunctionValueTests has it. PyTorch's layouts (channels first,
weights transposed, sequences first) are made here from those of the inputs. Written with PyTorch 2.13.0.
"""
import json

import torch
import torch.nn.functional as F

torch.manual_seed(11)
torch.set_default_dtype(torch.float64)
inf = float("inf")
cases = []


def array(x):
    x = x.detach()
    kind = {torch.float64: "float64", torch.bool: "bool"}[x.dtype]
    values = [repr(float(v)) if kind == "float64" else str(int(v)) for v in x.flatten().tolist()]
    return {"type": kind, "shape": list(x.shape), "values": values}


def case(name, function, *inputs, smooth=True, tolerance=1e-13):
    inputs = [x.detach().clone().requires_grad_(x.is_floating_point()) for x in inputs]
    outputs = function(*inputs)
    outputs = list(outputs) if isinstance(outputs, (list, tuple)) else [outputs]
    cost = sum(
        (y.reshape(-1) * (0.3 + 0.1 * i + 0.05 * torch.arange(y.numel(), dtype=torch.float64))).sum()
        for i, y in enumerate(outputs))
    targets = [x for x in inputs if x.requires_grad]
    gradients = torch.autograd.grad(cost, targets, allow_unused=True)
    gradients = [torch.zeros_like(x) if g is None else g for x, g in zip(targets, gradients)]
    cases.append({
        "name": name, "inputs": [array(x) for x in inputs], "outputs": [array(y) for y in outputs],
        "gradients": [array(g) for g in gradients], "smooth": smooth, "tolerance": tolerance, "floor": 1.0,
    })


def generic(*shape):
    return torch.rand(shape) * 3 - 1.5


# Attention: leading axes (also none, 1 and 0), odd widths, more queries than keys and fewer.
dot_product = F.scaled_dot_product_attention
for leading, t, s, d, v in [
    ((), 3, 4, 2, 3), ((2,), 5, 5, 3, 2), ((2, 3), 3, 2, 1, 1), ((1, 2), 1, 4, 2, 2), ((0, 2), 3, 3, 2, 2), ((2,), 4, 1, 3, 3),
]:
    parts = generic(*leading, t, d), generic(*leading, s, d), generic(*leading, s, v)
    case("attention", dot_product, *parts)
    case("attention causal", lambda q, k, v: dot_product(q, k, v, is_causal=True), *parts)
    case("attention causal checkpointed", lambda q, k, v: dot_product(q, k, v, is_causal=True), *parts)
    case("attention scaled", lambda q, k, v: dot_product(q, k, v, scale=0.7), *parts)
# Leading axes that are broadcast together.
case("attention", dot_product, generic(2, 3, 3, 2), generic(1, 4, 2), generic(3, 4, 2))

q, k, v = generic(2, 2, 3, 2), generic(2, 2, 5, 2), generic(2, 2, 5, 3)
seen = torch.tensor([[True, False, True, True, False], [False, False, False, True, False], [True] * 5])
masked = lambda q, k, v, m: dot_product(q, k, v, attn_mask=m)
case("attention masked", masked, q, k, v, seen)
case("attention masked", masked, q, k, v, torch.rand(2, 1, 3, 5) < 0.7)
case("attention masked", masked, q, k, v, generic(3, 5))
case("attention masked", masked, q, k, v, torch.where(seen, generic(3, 5), -inf))
case("attention masked checkpointed", masked, q, k, v, generic(2, 2, 3, 5))
# A mask beside causality, which PyTorch takes as one mask.
both = lambda q, k, v, m: dot_product(q, k, v, attn_mask=m & torch.ones(3, 5, dtype=torch.bool).tril())
case("attention masked and causal", both, q, k, v, torch.tensor([[True] * 5, [True, False] * 2 + [True], [False, True] * 2 + [True]]))
# The second query may see no key.
none = seen & torch.tensor([[True], [False], [True]])
case("attention masked", masked, q, k, v, none)
case("attention masked", masked, q, k, v, torch.where(none, generic(3, 5), -inf))


def heads(x, context, count, query, key, value, output, biases=None, output_bias=None, mask=None):
    """`mask`: where a key may be seen; multi_head_attention_forward has it the other way round."""
    y, _ = F.multi_head_attention_forward(
        x.transpose(0, 1), context.transpose(0, 1), context.transpose(0, 1), x.shape[-1], count, None, biases,
        None, None, False, 0.0, output.T, output_bias, training=False, need_weights=False,
        attn_mask=None if mask is None else ~mask, use_separate_proj_weight=True, q_proj_weight=query.T,
        k_proj_weight=key.T, v_proj_weight=value.T)
    return y.transpose(0, 1)


def packed(x, weight, output, biases, output_bias):
    return heads(x, x, 2, *weight.chunk(3, 1), output, biases, output_bias)


for n, t in [(2, 3), (1, 1), (1, 4), (0, 2)]:
    case("multiHeadAttention", packed, generic(n, t, 4), generic(4, 12), generic(4, 4), generic(12), generic(4))
    case(
        "multiHeadAttention causal",
        lambda x, q, k, v, o: heads(x, x, 3, q, k, v, o, mask=torch.ones(x.shape[1], x.shape[1], dtype=torch.bool).tril()),
        generic(n, t, 3), generic(3, 3), generic(3, 3), generic(3, 3), generic(3, 3))
case(
    "multiHeadAttention of a context",
    lambda x, c, q, k, v, o, bq, bk, bv, bo, m: heads(x, c, 2, q, k, v, o, torch.cat([bq, bk, bv]), bo, mask=m),
    generic(2, 3, 4), generic(2, 5, 3), generic(4, 4), generic(3, 4), generic(3, 4), generic(4, 4), generic(4), generic(4),
    generic(4), generic(4), seen)

# Normalization.
last = lambda x, *factors: F.layer_norm(x, x.shape[-1:], *factors)
for shape in [(4, 3), (2, 3, 5), (1, 2), (0, 3), (6,), (2, 1)]:
    case("layerNorm", last, generic(*shape), generic(shape[-1]), generic(shape[-1]))
    case("layerNorm plain", last, generic(*shape))
    case("rmsNorm", lambda x, g: F.rms_norm(x, x.shape[-1:], g, 1e-6), generic(*shape), generic(shape[-1]))
case("layerNorm of two axes", lambda x, g, b: F.layer_norm(x, x.shape[-2:], g, b), generic(2, 3, 4), generic(3, 4), generic(3, 4))
case("layerNorm with epsilon", lambda x, g: F.layer_norm(x, x.shape[-1:], g, None, 0.5), generic(3, 4), generic(4))
case("rmsNorm of two axes", lambda x: F.rms_norm(x, x.shape[-2:], None, 0.25), generic(2, 3, 4))
# Deviations that are small against the mean, and against epsilon.
case("layerNorm", last, 100 + 1e-3 * generic(3, 7), generic(7), generic(7), smooth=False, tolerance=1e-9)
case("layerNorm", last, 1e-6 * generic(3, 7), generic(7), generic(7), smooth=False, tolerance=1e-12)
case("layerNorm plain", last, torch.full((2, 3), 0.1), smooth=False)


def first(x):
    """Channels first."""
    return x.movedim(-1, 1)


def batch_norm(x, gain=None, bias=None):
    axes = tuple(range(x.dim() - 1))
    y = F.batch_norm(first(x), None, None, gain, bias, training=True)
    return y.movedim(1, -1), x.mean(axes), x.var(axes, correction=0)


def with_statistics(x, mean, variance, gain, bias):
    """PyTorch's has no derivative by the statistics: this is its formula, with its values."""
    y = (x - mean) / torch.sqrt(variance + 1e-3) * gain + bias
    known = F.batch_norm(first(x.detach()), mean.detach(), variance.detach(), gain, bias, training=False, eps=1e-3)
    assert torch.allclose(y, known.movedim(1, -1), rtol=1e-14, atol=1e-14)
    return y


for shape in [(5, 3), (3, 4, 2), (2, 3, 2, 3), (1, 3, 2, 2), (4, 1)]:
    c = shape[-1]
    case("batchNorm", batch_norm, generic(*shape), generic(c), generic(c))
    case("batchNorm plain", batch_norm, generic(*shape))
    case(
        "batchNorm with statistics", with_statistics,
        generic(*shape), generic(c), torch.rand(c) + 0.5, generic(c), generic(c))
case(
    "batchNorm with statistics", with_statistics, generic(0, 3), generic(3), torch.rand(3) + 0.5, generic(3), generic(3))
group_norm = lambda x, g, b: F.group_norm(first(x), 2, g, b).movedim(1, -1)
for shape in [(2, 3, 4), (1, 2, 3, 6), (3, 4), (0, 3, 4)]:
    case("groupNorm", group_norm, generic(*shape), generic(shape[-1]), generic(shape[-1]))
case("groupNorm of each channel", lambda x: F.instance_norm(first(x)).movedim(1, -1), generic(2, 2, 3, 3))

# Recurrent networks; the weights are the transposes of PyTorch's.


def recurrent(kind, x, w, u, b, c=None, *states):
    """A sequence by torch.nn's module, in one layer."""
    module = kind(w.shape[0], u.shape[0])
    weights = {
        "weight_ih_l0": w.T, "weight_hh_l0": u.T, "bias_ih_l0": b, "bias_hh_l0": torch.zeros_like(b) if c is None else c}
    states = [s[None] for s in states]
    given = (x,) if not states else (x, tuple(states) if len(states) > 1 else states[0])
    y, last = torch.func.functional_call(module, weights, given)
    return [y] + [s[0] for s in (last if isinstance(last, tuple) else (last,))]


def weights(gates, i, h):
    return generic(i, gates * h), generic(h, gates * h), generic(gates * h)


RNN, LSTM, GRU = torch.nn.RNN, torch.nn.LSTM, torch.nn.GRU
for t, n, i, h in [(4, 2, 3, 5), (1, 1, 1, 1), (3, 4, 1, 2), (20, 2, 2, 3)]:
    w, u, b = weights(1, i, h)
    case("rnn", lambda x, w, u, b: recurrent(RNN, x, w, u, b), generic(t, n, i), w, u, b)
    case("rnn from a state", lambda x, w, u, b, s: recurrent(RNN, x, w, u, b, None, s), generic(t, n, i), w, u, b, generic(n, h))
    w, u, b = weights(4, i, h)
    case("lstm", lambda x, w, u, b: recurrent(LSTM, x, w, u, b), generic(t, n, i), w, u, b)
    case(
        "lstm from a state", lambda x, w, u, b, s, c: recurrent(LSTM, x, w, u, b, None, s, c),
        generic(t, n, i), w, u, b, generic(n, h), generic(n, h))
    w, u, b = weights(3, i, h)
    case("gru", lambda x, w, u, b, c: recurrent(GRU, x, w, u, b, c), generic(t, n, i), w, u, b, generic(3 * h))
    case(
        "gru from a state", lambda x, w, u, b, c, s: recurrent(GRU, x, w, u, b, c, s),
        generic(t, n, i), w, u, b, generic(3 * h), generic(n, h))


def cell(kind, x, w, u, b, c=None, *states):
    return recurrent(kind, x[None], w, u, b, c, *states)[1:]


w, u, b = weights(1, 3, 4)
case("rnnCell", lambda x, w, u, b, s: cell(RNN, x, w, u, b, None, s), generic(2, 3), w, u, b, generic(2, 4))
w, u, b = weights(4, 3, 4)
case("lstmCell", lambda x, w, u, b, s, c: cell(LSTM, x, w, u, b, None, s, c), generic(2, 3), w, u, b, generic(2, 4), generic(2, 4))
w, u, b = weights(3, 3, 4)
case("gruCell", lambda x, w, u, b, c, s: cell(GRU, x, w, u, b, c, s), generic(2, 3), w, u, b, generic(12), generic(2, 4))


# Loops, written out.


def running(c, x, order):
    rows = [None] * x.shape[0]
    for k in order(x.shape[0]):
        c = 0.9 * c + 0.1 * x[k] * torch.cos(c)
        rows[k] = c
    return [c] + ([torch.stack(rows)] if rows else [torch.zeros(0, *c.shape)])


for n in [7, 1, 0, 30]:
    case("scan", lambda c, x: running(c, x, range), generic(3), generic(n, 3))
    case("scan reversed", lambda c, x: running(c, x, lambda n: reversed(range(n))), generic(3), generic(n, 3))


def logistic(x, r):
    for _ in range(10):
        x = r * x * (1 - x)
    return x


case("iterate", logistic, torch.rand(5), torch.tensor(2.9))


def newton(a):
    x, count = a, 0
    while abs(x * x - a) > 1e-12 and count < 60:
        x, count = 0.5 * (x + a / x), count + 1
    return [x, torch.tensor(float(count))]


case("iterate while", newton, torch.tensor(7.3))


def lotka(y, p, t):
    return torch.stack([y[0] * (p[0] - p[1] * y[1]), y[1] * (p[2] * y[0] - p[3]) + 0.1 * torch.sin(t)])


def euler(y, p, h=0.05):
    path = [y]
    for k in range(20):
        path.append(path[-1] + h * lotka(path[-1], p, torch.tensor(1 + k * h)))
    return torch.stack(path)


def runge_kutta(y, p, h=0.05):
    path = [y]
    for k in range(20):
        y, t = path[-1], torch.tensor(1 + k * h)
        a = lotka(y, p, t)
        b = lotka(y + h / 2 * a, p, t + h / 2)
        c = lotka(y + h / 2 * b, p, t + h / 2)
        d = lotka(y + h * c, p, t + h)
        path.append(y + h / 6 * (a + 2 * b + 2 * c + d))
    return torch.stack(path)


case("integrate", runge_kutta, torch.tensor([1.2, 0.7]), torch.rand(4) + 0.5)
case("integrate by Euler", euler, torch.tensor([1.2, 0.7]), torch.rand(4) + 0.5)


def verlet(x, v, k, h=0.1):
    xs, vs = [x], [v]
    for _ in range(20):
        a = -k * torch.sin(xs[-1])
        xs.append(xs[-1] + h * vs[-1] + h * h / 2 * a)
        vs.append(vs[-1] + h / 2 * (a - k * torch.sin(xs[-1])))
    return [torch.stack(xs), torch.stack(vs)]


case("velocityVerlet", verlet, generic(3), generic(3), torch.tensor(1.7))

print("[\n" + ",\n".join(json.dumps(c) for c in cases) + "\n]")
