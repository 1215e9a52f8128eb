#!/usr/bin/env python3
"""Writes, beside itself, the rows of Examples/Data/iris.csv as files of arrays.

    python3 rows.py

Species are numbers, in the order of their names. `.npy` and `.npz` are written by NumPy; IDX as its page describes it:
LeCun, Cortes & Burges, The MNIST Database of Handwritten Digits.

Written with NumPy 2.4.6.
"""
import csv
import gzip
import pathlib
import struct

import numpy as np

here = pathlib.Path(__file__).parent
with open(here / "../../../Examples/Data/iris.csv") as file:
    rows = list(csv.reader(file))[1:]
x = np.array([[float(v) for v in row[:-1]] for row in rows])
species = sorted({row[-1] for row in rows})
y = np.array([species.index(row[-1]) for row in rows])


def idx(array, code, form):
    header = bytes([0, 0, code, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    return header + array.astype(form).tobytes()


np.save(here / "iris-x.npy", x)
np.save(here / "iris-y.npy", y)
# Images, the first axis of which is the fastest in the file.
np.save(here / "iris-images.npy", np.asfortranarray(x.reshape(-1, 2, 2)))
np.savez_compressed(here / "iris.npz", x=x, y=y)
np.savez_compressed(here / "parts.npz", x_train=x, y_train=y, x_test=x[::3], y_test=y[::3])
(here / "iris-x.idx").write_bytes(idx(x, 0x0E, ">f8"))
(here / "iris-y.idx.gz").write_bytes(gzip.compress(idx(y, 0x08, ">u1"), mtime=0))
gap = x.copy()
gap[17, 2] = np.nan
np.save(here / "gap.npy", gap)
np.save(here / "one-hot.npy", np.eye(3, dtype=np.float32)[y])
np.savez_compressed(here / "unclear.npz", a=x, b=x, y=y)
