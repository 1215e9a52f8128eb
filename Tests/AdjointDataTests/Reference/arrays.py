#!/usr/bin/env python3
"""Writes, beside itself, files of arrays by NumPy and by the package safetensors, and what is in them.

    python3 arrays.py

npy.txt         one .npy file a line: name, type, shape, values, bytes in base64, separated by tabs. The type is that in
                which the values are read, or `refused`. A file whose name begins with `save` is written the same.
arrays.npz      by savez; compressed.npz by savez_compressed; streamed.npz by savez into a pipe, with sizes behind
                the data; wide.npz by savez, with the fields of archives beyond 4 GB.
written.safetensors   types that Adjoint writes; tensors.safetensors   all that it reads.
contents.txt    file, name (␤ for a line break), type, shape and values of each array in these six.

Written with NumPy 2.4.6, safetensors 0.8.0 and PyTorch 2.13.0.
"""
import base64
import io
import pathlib
import zipfile

import numpy as np
import torch
from safetensors.torch import save

here = pathlib.Path(__file__).parent
WIDENED = {"f2": "f4", "i1": "i4", "i2": "i4", "u1": "i4", "u2": "i4", "u4": "i8", "u8": "i8"}
NAMES = {"f4": "float32", "f8": "float64", "i4": "int32", "i8": "int64", "b1": "bool"}
generator = np.random.default_rng(7)


def number(x):
    return repr(float(x)) if isinstance(x, (float, np.floating)) else str(int(x))


def description(a):
    """The type, shape and values after widening, by NumPy's own conversion."""
    code = a.dtype.str[1:]
    code = WIDENED.get(code, code)
    wide = a.astype(code)
    values = ",".join(number(v) for v in wide.ravel(order="C"))
    return [NAMES[code], ",".join(map(str, a.shape)), values]


def values(code, shape=(5,)):
    """Extremes first, then random numbers."""
    n = int(np.prod(shape))
    if code == "b1":
        return generator.integers(0, 2, n).astype("b1").reshape(shape)
    if code[0] == "f":
        f = np.finfo(code)
        ends = [f.max, f.smallest_subnormal, -0.0, np.inf, np.nan, -f.tiny, f.smallest_subnormal * 3]
        a = np.concatenate([np.array(ends, code), generator.normal(size=n).astype(code)])
    else:
        i = np.iinfo(code)
        top = np.iinfo("i8").max if code == "u8" else i.max
        a = np.concatenate([np.array([i.min, top], code), generator.integers(0, 100, n).astype(code)])
    return a[:n].reshape(shape) if shape else a[0]


lines = []


def npy(name, a, version=None, refused=False):
    file = io.BytesIO()
    np.lib.format.write_array(file, np.asanyarray(a), version=version)
    row = ["refused", "", ""] if refused else description(np.asanyarray(a))
    lines.append("\t".join([name, *row, base64.b64encode(file.getvalue()).decode()]))


for code in NAMES:
    npy(f"save {code}", values(code, (7,)))
    npy(f"save {code} matrix", values(code, (2, 3)))
    npy(f"save {code} scalar", np.array(values(code, (1,))[0]))
    npy(f"save {code} empty", np.zeros((3, 0, 2), code))
npy("save zero", np.zeros((0,), "f4"))
npy("save rank 64", np.ones((1,) * 64, "f4"))
npy("save large extent", np.zeros((0, 123456789), "i8"))
for code in list(NAMES) + list(WIDENED):
    npy(f"{code} big-endian", values(code, (7,)).astype(">" + code))
for code in WIDENED:
    npy(f"{code}", values(code, (7,)))
npy("version 2", values("f4"), version=(2, 0))
npy("version 3", values("f8"), version=(3, 0))
for code in ["f4", "f8", "i2", "b1"]:
    npy(f"Fortran {code}", np.asfortranarray(values(code, (2, 3))))
npy("Fortran big-endian", np.asfortranarray(values("i4", (2, 3, 4)).astype(">i4")))
npy("Fortran empty", np.asfortranarray(np.zeros((2, 0, 4), "f4")))

npy("objects", np.array([None, 1], object), refused=True)
npy("structures", np.zeros(2, [("a", "f4"), ("b", "i4")]), refused=True)
npy("complex", np.zeros(2, "c8"), refused=True)
npy("text", np.array(["a", "bc"]), refused=True)
npy("bytes", np.array([b"a", b"bc"]), refused=True)
npy("dates", np.array(["2026-01-01"], "M8[D]"), refused=True)
npy("void", np.zeros(2, "V3"), refused=True)
npy("long double", np.zeros(1, "f16"), refused=True)
npy("names beyond Latin-1", np.zeros(1, [("α", "f4")]), version=(3, 0), refused=True)
npy("too large", np.array([1, 2**63], "u8"), refused=True)
(here / "npy.txt").write_text("\n".join(lines) + "\n")

contents = []


def content(file, arrays):
    for name, a in arrays.items():
        contents.append("\t".join([file, name.replace("\n", "␤"), *description(a)]))


arrays = {f"layer.{code}": values(code, (2, 4)) for code in NAMES}
arrays |= {"scalar": np.array(2.5), "empty": np.zeros((0, 3), "i4"), "größe/α": values("f4", (3,))}
np.savez(here / "arrays.npz", **arrays)
content("arrays.npz", arrays)
compressed = {"zeros": np.zeros((30, 4), "f4"), "x": values("i8", (6,))}
compressed["F"] = np.asfortranarray(values("f2", (3, 4)))
np.savez_compressed(here / "compressed.npz", **compressed)
content("compressed.npz", compressed)


class Pipe(io.RawIOBase):
    """Cannot go back, so that zipfile writes sizes behind the data."""

    def __init__(self):
        self.bytes = b""

    def writable(self):
        return True

    def write(self, b):
        self.bytes += bytes(b)
        return len(b)


pipe = Pipe()
streamed = {"a": values("u4", (4,)), "b": values("f8", (4,))}
np.savez_compressed(pipe, **streamed)
(here / "streamed.npz").write_bytes(pipe.bytes)
content("streamed.npz", streamed)

# As if 100 bytes and one file were beyond 32 and 16 bits.
limits = (zipfile.ZIP64_LIMIT, zipfile.ZIP_FILECOUNT_LIMIT)
zipfile.ZIP64_LIMIT, zipfile.ZIP_FILECOUNT_LIMIT = 100, 1
wide = {"a": values("f4", (4,)), "b": values("i4", (4,))}
np.savez(here / "wide.npz", **wide)
zipfile.ZIP64_LIMIT, zipfile.ZIP_FILECOUNT_LIMIT = limits
content("wide.npz", wide)

# By size, then by name, as the package orders them.
written = {
    "n": values("i8", (3,)), "a.double": values("f8", (2, 2)), "b.weight": values("f4", (2, 3)),
    'c "quoted"\n\\ü': values("f4", (1,)), "empty": np.zeros((0, 2), "f4"), "scalar": np.array(values("f4", (1,))[0]),
    "i": values("i4", (3,)), "mask": values("b1", (5,)),
}
tensors = {name: torch.from_numpy(a.copy()) for name, a in written.items()}
(here / "written.safetensors").write_bytes(save(tensors, metadata={"format": "pt"}))
content("written.safetensors", written)

codes = {"F32": "f4", "F64": "f8", "F16": "f2", "I64": "i8", "I32": "i4", "I16": "i2", "I8": "i1", "U8": "u1",
         "U16": "u2", "U32": "u4", "U64": "u8", "BOOL": "b1"}
every = {name: values(code, (7,)) for name, code in codes.items()}
tensors = {name: torch.from_numpy(a.copy()) for name, a in every.items()}
tensors["BF16"] = torch.from_numpy(values("f4", (10,)).copy()).to(torch.bfloat16)
(here / "tensors.safetensors").write_bytes(save(tensors, metadata={"a": "1", "ü\n": '"'}))
every["BF16"] = tensors["BF16"].float().numpy()
content("tensors.safetensors", every)
(here / "contents.txt").write_text("\n".join(contents) + "\n")
