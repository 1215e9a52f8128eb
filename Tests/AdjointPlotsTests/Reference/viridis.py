#!/usr/bin/env python3
"""Writes, beside itself, viridis.txt: the 256 colours of matplotlib's map, red, green and blue in 0...255, one a line.

    python3 viridis.py

Written with matplotlib 3.11.2.
"""
import pathlib

from matplotlib import colormaps

rows = [[round(255 * part) for part in row] for row in colormaps["viridis"].colors]
text = "".join(" ".join(map(str, row)) + "\n" for row in rows)
pathlib.Path(__file__).with_suffix(".txt").write_text(text)
