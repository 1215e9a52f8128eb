"""The coefficients of codegen/Runtime/tile_math.inc: minimax polynomials by Remez's exchange.

    python Benchmarks/runtime/minimax.py          (needs mpmath)

Each is the polynomial whose greatest error, relative to the function that it serves, is least; its coefficients are
then rounded to the type.
"""
from mpmath import mp, mpf, atanh, cos, expm1, log, log1p, lu_solve, matrix, pi, sqrt

mp.prec = 200


def rounded(x, digits):
    m, e = mp.frexp(x)
    return mp.ldexp(mp.nint(mp.ldexp(m, digits)), e - digits)


def hexadecimal(x):
    """As C writes it, of at most 53 digits."""
    digits, exponent = float(x).hex().split("p")
    return digits.rstrip("0").rstrip(".") + "p" + exponent


def remez(f, weight, low, high, n):
    """The n coefficients of the polynomial that is nearest to f on [low, high], and the error."""
    grid = [low + (high - low) * (1 - cos(pi * (i + mpf(1) / 2) / 600)) / 2 for i in range(600)]  # never 0
    points = [grid[(2 * i + 1) * 300 // (n + 1)] for i in range(n + 1)]
    wanted, weights = [f(x) for x in grid], [weight(x) for x in grid]
    for _ in range(12):
        a = matrix(n + 1, n + 1)
        b = matrix(n + 1, 1)
        for i, x in enumerate(points):
            for k in range(n):
                a[i, k] = x**k
            a[i, n] = (-1) ** i / weight(x)
            b[i] = f(x)
        c = lu_solve(a, b)
        errors = [(sum(c[k] * x**k for k in range(n)) - t) * w
                  for x, t, w in zip(grid, wanted, weights)]
        # The greatest error of each run of one sign: as many as there are points, or the ends' least ones go.
        runs = []
        for i, e in enumerate(errors):
            if runs and (errors[runs[-1]] > 0) == (e > 0):
                if abs(e) > abs(errors[runs[-1]]):
                    runs[-1] = i
            else:
                runs.append(i)
        while len(runs) > n + 1:
            runs.pop(0 if abs(errors[runs[0]]) < abs(errors[runs[-1]]) else -1)
        worst = max(abs(e) for e in errors)
        if len(runs) < n + 1 or worst < abs(c[n]) * mpf("1.0001"):
            break
        points = [grid[i] for i in runs]
    return [c[k] for k in range(n)], worst


def fit(name, f, weight, low, high, count, digits, first=None):
    """Prints the coefficients; `first`, where there is one, is the first of them, to which the others are fitted."""
    if first is None:
        c, error = remez(f, weight, low, high, count)
    else:
        rest = lambda x: (f(x) - first) / x
        c, error = remez(rest, lambda x: weight(x) * abs(x), low, high, count - 1)
        c = [first] + c
    c = [rounded(x, digits) for x in c]
    grid = [low + (high - low) * (i + mpf(1) / 2) / 1000 for i in range(1000)]
    after = max(abs((sum(c * x**k for k, c in enumerate(c)) - f(x)) * weight(x)) for x in grid)
    print(f"{name}: error 2^{float(mp.log(error, 2)):.1f}, rounded 2^{float(mp.log(after, 2)):.1f}")
    print("  " + ", ".join(hexadecimal(x) for x in c))


def parts(name, x, high_digits, digits):
    high = rounded(x, high_digits)
    print(f"{name}: {hexadecimal(high)} + {hexadecimal(rounded(x - high, digits))}")


def main():
    parts("log 2, f32", log(2), 15, 24)
    parts("log 2, f64", log(2), 42, 53)
    # e^r = 1 + r + r^2 q(r), as near as e^r - 1 needs.
    q = lambda r: (expm1(r) - r) / r**2
    half = log(2) / 2 * mpf("1.0001")
    fit("exp f32", q, lambda r: r**2 / abs(expm1(r)), -half, half, 6, 24)
    fit("exp f64", q, lambda r: r**2 / abs(expm1(r)), -half, half, 11, 53)
    low, high = -mpf("0.56"), log(2) * mpf("1.0001")
    fit("expm1 f32", q, lambda r: r**2 / abs(expm1(r)), low, high, 7, 24)
    fit("expm1 f64", q, lambda r: r**2 / abs(expm1(r)), low, high, 12, 53)
    # log(1 + f) = f + f^2 p(f).
    p = lambda f: (log1p(f) - f) / f**2
    fit("log f32", p, lambda f: f**2 / abs(log1p(f)), -mpf(1) / 3, mpf(1) / 3, 9, 24, -mpf(1) / 2)
    # log((1 + s) / (1 - s)) = 2 s + s z r(z), z = s^2.
    r = lambda z: (2 * atanh(sqrt(z)) / sqrt(z) - 2) / z
    limit = ((sqrt(2) - 1) / (sqrt(2) + 1)) ** 2
    fit("log f64", r, lambda z: z * sqrt(z) / (2 * atanh(sqrt(z))), mpf(10) ** -12, limit, 7, 53)


main()
