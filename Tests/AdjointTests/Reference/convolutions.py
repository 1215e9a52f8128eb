#!/usr/bin/env python3
"""Writes convolutions.json, what convolutions and pooling must give: PyTorch's values and gradients, in float64.

    python3 convolutions.py > convolutions.json

The format is that of functions.json, with `gradients`: by each input, of the sum of the output's elements times
0.3 + 0.05 i for i = 0, 1, … in their order. PyTorch has channels behind the batch, the library at the end.
Written with PyTorch 2.13.0.
"""
import json

import numpy as np
import torch
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)
generator = np.random.default_rng(11)
cases = []


def array(x):
    # Everything here is a multiple of a power of two, or of one divided by a small number.
    return {"type": "float64", "shape": list(x.shape), "values": [repr(float(v)) for v in x.ravel()]}


def numbers(*shape):
    return torch.tensor(generator.integers(-15, 16, shape) / 8.0)


def distinct(*shape):
    return torch.tensor(generator.permutation(int(np.prod(shape))).reshape(shape) / 8.0 - 3)


def case(name, function, *inputs):
    inputs = [x.clone().requires_grad_() for x in inputs]
    y = function(*inputs)
    seed = torch.tensor([0.3 + 0.05 * i for i in range(y.numel())]).reshape(y.shape)
    (y * seed).sum().backward()
    cases.append({
        "name": name, "inputs": [array(x.detach().numpy()) for x in inputs],
        "outputs": [array(y.detach().numpy())], "smooth": True, "tolerance": 1e-13, "floor": 1.0,
        "gradients": [array(x.grad.numpy()) for x in inputs],
    })


def first(x):  # channels behind the batch
    return x.movedim(-1, 1)


def last(x):
    return x.movedim(1, -1)


def around(x, widths):  # widths: (before, after) for each spatial axis; F.pad begins with the last one
    return F.pad(first(x), [w for pair in reversed(widths) for w in pair])


def same(extent, size, stride, dilation=1):
    total = max((-(-extent // stride) - 1) * stride + (size - 1) * dilation + 1 - extent, 0)
    return total // 2, total - total // 2


def conv(x, w, widths=None, **options):
    rank = x.dim() - 2
    function = F.conv1d if rank == 1 else F.conv2d
    kernel = w.permute(rank + 1, rank, *range(rank)).contiguous()  # [outputs, channels / groups, …]
    return last(function(around(x, widths or [(0, 0)] * rank), kernel, **options))


def transposed(x, w, **options):
    rank = x.dim() - 2
    function = F.conv_transpose1d if rank == 1 else F.conv_transpose2d
    return last(function(first(x), w.permute(rank + 1, rank, *range(rank)).contiguous(), **options))


two = [
    ("conv2d", (2, 5, 6, 3), (3, 2, 3, 4), dict()),
    ("conv2d", (1, 3, 3, 1), (3, 3, 1, 2), dict()),
    ("conv2d", (3, 4, 4, 2), (1, 1, 2, 3), dict()),
    ("conv2d", (0, 4, 4, 2), (3, 3, 2, 3), dict()),
    ("conv2d same", (2, 5, 4, 2), (3, 3, 2, 3), dict(widths=[(1, 1), (1, 1)])),
    ("conv2d same", (1, 4, 5, 1), (2, 4, 1, 2), dict(widths=[same(4, 2, 1), same(5, 4, 1)])),
    ("conv2d same strided", (2, 6, 7, 2), (3, 3, 2, 3),
     dict(widths=[same(6, 3, 2), same(7, 3, 2)], stride=(2, 2))),
    ("conv2d padded", (2, 4, 5, 2), (3, 2, 2, 2), dict(widths=[(2, 1), (0, 2)], stride=(2, 1))),
    ("conv2d dilated", (1, 7, 8, 2), (3, 2, 2, 3), dict(dilation=(2, 3))),
    ("conv2d apart", (2, 8, 7, 2), (2, 2, 2, 3), dict(stride=(3, 3))),
    ("conv2d grouped", (2, 5, 4, 4), (3, 3, 2, 6), dict(widths=[(1, 1), (1, 1)], groups=2)),
    ("conv2d depthwise", (1, 5, 5, 3), (3, 3, 1, 6), dict(groups=3, stride=(2, 2))),
]
for name, x, w, options in two:
    case(name, lambda x, w: conv(x, w, **options), numbers(*x), numbers(*w))

one = [
    ("conv1d", (2, 7, 3), (3, 3, 2), dict()),
    ("conv1d", (1, 9, 1), (4, 1, 2), dict()),
    ("conv1d", (0, 7, 3), (3, 3, 2), dict()),
    ("conv1d same", (2, 6, 2), (3, 2, 3), dict(widths=[(1, 1)])),
    ("conv1d strided", (2, 8, 2), (3, 2, 2), dict(widths=[(2, 0)], stride=2, dilation=2)),
    ("conv1d grouped", (2, 6, 4), (3, 2, 4), dict(groups=2)),
]
for name, x, w, options in one:
    case(name, lambda x, w: conv(x, w, **options), numbers(*x), numbers(*w))

back = [
    ("convTranspose2d", (2, 3, 4, 3), (3, 2, 2, 3), dict()),
    ("convTranspose2d", (0, 3, 3, 2), (3, 3, 1, 2), dict()),
    ("convTranspose2d strided", (2, 3, 4, 2), (3, 3, 3, 2), dict(stride=(2, 3), padding=(1, 1), output_padding=(1, 2))),
    ("convTranspose2d dilated", (1, 3, 2, 2), (2, 3, 2, 2), dict(dilation=(2, 1), output_padding=(1, 0))),
    ("convTranspose2d apart", (1, 3, 3, 1), (2, 2, 2, 1), dict(stride=(3, 3))),
    ("convTranspose1d", (2, 4, 3), (3, 2, 3), dict()),
    ("convTranspose1d strided", (1, 4, 2), (4, 2, 2), dict(stride=2, padding=1, output_padding=1)),
]
for name, x, w, options in back:
    case(name, lambda x, w: transposed(x, w, **options), numbers(*x), numbers(*w))


# PyTorch groups the kernel by channels of x, [channels, outputs / groups, …], as the library does.
case("convTranspose2d grouped", lambda x, w: transposed(x, w, groups=2, stride=(2, 1)), numbers(2, 3, 3, 4), numbers(2, 3, 3, 4))
case("convTranspose1d grouped", lambda x, w: transposed(x, w, groups=2), numbers(2, 4, 4), numbers(3, 1, 4))


def maximum(x, size, stride, widths=None):
    rank = x.dim() - 2
    function = F.max_pool1d if rank == 1 else F.max_pool2d
    padded = F.pad(first(x), [w for pair in reversed(widths or [(0, 0)] * rank) for w in pair], value=-torch.inf)
    return last(function(padded, size, stride))


def mean(x, size, stride, widths=None, counts=True):
    rank = x.dim() - 2
    function = F.avg_pool1d if rank == 1 else F.avg_pool2d
    widths = widths or [(0, 0)] * rank
    y = function(around(x, widths), size, stride)
    if not counts:
        y = y / function(around(torch.ones_like(x), widths), size, stride)
    return last(y)


pools = [
    ("Pool2d", (2, 4, 6, 3), (2, 2), (2, 2), None),
    ("Pool2d", (2, 5, 5, 2), (2, 2), (2, 2), None),
    ("Pool2d", (0, 4, 4, 2), (2, 2), (2, 2), None),
    ("Pool2d overlapping", (1, 7, 8, 2), (3, 2), (2, 1), None),
    ("Pool2d large", (2, 9, 7, 2), (5, 5), (2, 1), None),
    ("Pool2d apart", (1, 8, 8, 1), (2, 2), (3, 3), None),
    ("Pool2d same", (2, 5, 6, 2), (3, 3), (2, 2), [same(5, 3, 2), same(6, 3, 2)]),
    ("Pool2d padded", (1, 4, 5, 2), (3, 2), (1, 2), [(1, 2), (1, 0)]),
    ("Pool1d", (2, 7, 3), (2,), (2,), None),
    ("Pool1d same", (2, 6, 2), (3,), (1,), [(1, 1)]),
]
for name, x, size, stride, widths in pools:
    case("max" + name, lambda x: maximum(x, size, stride, widths), distinct(*x))
    case("average" + name, lambda x: mean(x, size, stride, widths, counts=False), numbers(*x))
case("averagePool2d counting", lambda x: mean(x, (3, 3), (2, 2), [(1, 1), (1, 1)]), numbers(2, 5, 6, 2))
case("averagePool1d counting", lambda x: mean(x, (3,), (2,), [(1, 1)]), numbers(2, 6, 2))

print("[\n" + ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases) + "\n]")
