"""Steps of L-BFGS in NumPy, float64, written down from Nocedal & Wright, Numerical Optimization, 2nd edition: the two loops of
algorithm 7.4 with gamma = s.y / y.y, and the line search of algorithms 3.5 and 3.6 with the cubic of equation 3.59.

    python lbfgs.py > lbfgs.txt

f(p) = sum(100 (p[i+1] - p[i]^2)^2 + (1 - p[i])^2), from p = -1.2, 1, -1.2, 1, with 3 pairs. Each line: a number of steps, then p.
"""
import numpy as np


def f(p):
    a, b = p[1:] - p[:-1] ** 2, 1 - p[:-1]
    return np.sum(100 * a**2 + b**2)


def gradient(p):
    a, b = p[1:] - p[:-1] ** 2, 1 - p[:-1]
    g = np.zeros_like(p)
    g[1:] += 200 * a
    g[:-1] += -400 * a * p[:-1] - 2 * b
    return g


def cubic(a, b):
    (x0, f0, g0), (x1, f1, g1) = a, b
    d1 = g0 + g1 - 3 * (f0 - f1) / (x0 - x1)
    if d1 * d1 - g0 * g1 < 0:
        return None
    d2 = np.sign(x1 - x0) * np.sqrt(d1 * d1 - g0 * g1)
    return x1 - (x1 - x0) * ((g1 + d2 - d1) / (g1 - g0 + 2 * d2))


def clamp(x, low, high):
    return min(max(x, low), high)


def zoom(phi, start, lo, hi):
    while True:
        left, right = sorted([lo[0], hi[0]])
        if right - left <= 1e-12 * right:
            return lo
        step = cubic(lo, hi)
        width = right - left
        step = left + 0.5 * width if step is None else clamp(step, left + 0.1 * width, right - 0.1 * width)
        new = phi(step)
        if new[1] > start[1] + 1e-4 * step * start[2] or new[1] >= lo[1]:
            hi = new
        else:
            if abs(new[2]) <= -0.9 * start[2]:
                return new
            if new[2] * (hi[0] - lo[0]) >= 0:
                hi = lo
            lo = new


def search(phi, start, step):
    previous = start
    while True:
        new = phi(step)
        if new[1] > start[1] + 1e-4 * step * start[2] or (previous[0] > 0 and new[1] >= previous[1]):
            return zoom(phi, start, previous, new)
        if abs(new[2]) <= -0.9 * start[2]:
            return new
        if new[2] >= 0:
            return zoom(phi, start, new, previous)
        guess = cubic(previous, new)
        low, high = step + 0.01 * (step - previous[0]), 10 * step
        previous, step = new, high if guess is None else clamp(guess, low, high)


p, pairs = np.array([-1.2, 1.0, -1.2, 1.0]), []
for number in range(1, 31):
    g = gradient(p)
    q, alphas = g.copy(), []
    for s, y in reversed(pairs):
        alphas.append(s @ q / (s @ y))
        q = q - alphas[-1] * y
    if pairs:
        s, y = pairs[-1]
        q = q * (s @ y) / (y @ y)
    for (s, y), alpha in zip(pairs, reversed(alphas)):
        q = q + (alpha - y @ q / (s @ y)) * s
    d = -q
    phi = lambda a: (a, f(p + a * d), gradient(p + a * d) @ d)
    found = search(phi, phi(0.0), 1.0 if pairs else 1 / max(1, np.sum(np.abs(g))))
    new = p + found[0] * d
    pairs = (pairs + [(new - p, gradient(new) - g)])[-3:]
    p = new
    if number <= 10 or number == 30:
        print(f"steps-{number}", *(repr(float(x)) for x in p))
