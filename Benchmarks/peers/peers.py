"""Times one (workload, peer, threads) in this process and prints one JSON line.

  python peers.py --workload tiny_mlp --peer jax --threads 1 [--budget 3] [--warm DIR]

first_s: from the first library call after import to the end of the first training step (peer with inner>1: first
scan), third_s: to the end of the third (tinygrad's TinyJit is complete only then); caches cold unless --warm DIR.  step_us_*: per training step (evaluation for scalar, scalar1, wide),
over chunks of >= 10 ms, each ended by a sync.  other_cpu: cores used by other processes while timing (disturbance).
ok: outputs agree with the float64 reference (prepare.py) within tol.
"""
import argparse, json, os, resource, shutil, sys, tempfile, time

if {"OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"} & set(os.environ):     # let OpenBLAS see the CPU
    for k in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"): os.environ.pop(k, None)
    os.execv(sys.executable, [sys.executable] + sys.argv)

T_START = time.perf_counter()
PEERS = ["jax", "jax-scan", "torch", "torch-compile", "tinygrad", "pytensor", "pytensor-c", "casadi", "mlx",
         "autograd", "numexpr"]
HERE = os.path.dirname(os.path.abspath(__file__))


def environment(a, cache):
    n = str(a.threads)
    for k in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS", "NUMEXPR_NUM_THREADS",
              "NUMEXPR_MAX_THREADS", "NUM_CPU_THREADS", "PJRT_NPROC"):
        os.environ[k] = n
    os.environ["TMPDIR"] = os.environ["XDG_CACHE_HOME"] = os.environ["TORCHINDUCTOR_CACHE_DIR"] = cache
    os.environ["CACHEDB"] = cache + "/tinygrad.db"
    os.environ["NUMBA_CACHE_DIR"] = cache + "/numba"
    os.environ["JAX_PLATFORMS"] = "cpu"
    os.environ.setdefault("DEV", "CPU")
    os.environ.setdefault("CLANG", shutil.which("clang") or "clang")
    os.environ["PYTENSOR_FLAGS"] = f"base_compiledir={cache}/pytensor," + os.environ.get("PYTENSOR_FLAGS", "")
    if a.peer == "pytensor-c":
        os.environ["PYTENSOR_FLAGS"] += ",blas__ldflags=-lopenblas"
    if a.threads == 1:
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def busy():     # jiffies used by the whole machine, and by this process
    f = open("/proc/stat").readline().split()[1:]
    return sum(map(int, f[:3])) + sum(map(int, f[5:8])), sum(os.times()[:2]) * 100


def time_steps(p, budget):
    def chunk(k):
        t = time.perf_counter()
        for _ in range(k):
            p.step()
        p.sync()
        return time.perf_counter() - t
    one = min(chunk(1) for _ in range(3))
    k = max(1, int(0.01 / one) + 1)
    if k > 1:
        one = chunk(k) / k
        k = max(1, int(0.01 / one) + 1)
    reps = int(min(max(budget / (one * k), 7), 300))
    b0, t0 = busy(), time.perf_counter()
    ts = sorted(chunk(k) / k / p.inner for _ in range(reps))
    b1, dt = busy(), time.perf_counter() - t0
    return dict(step_us_min=ts[0] * 1e6, step_us_median=ts[len(ts) // 2] * 1e6, chunks=reps, per_chunk=k * p.inner,
                other_cpu=max(0, ((b1[0] - b0[0]) - (b1[1] - b0[1])) / 100 / dt))


def check(w, p, first):
    import numpy as np
    from prepare import DATA, CHECK
    r = np.load(f"{DATA}/{w}.ref.npz")
    f64 = w in ("scalar", "scalar1", "pinn64") or getattr(p, "double", False)
    if "losses" not in r:           # evaluation: every output, relative to its largest value
        tol = 1e-12 if f64 else 1e-3
        err = max(np.max(np.abs(np.asarray(o, "f8").reshape(r[k].shape) - r[k])) / np.max(np.abs(r[k]))
                  for i, o in enumerate(first) for k in [r.files[i % len(r.files)]])
        return dict(err=float(err), tol=tol, ok=bool(err < tol))
    ls = [float(v) for o in first for v in np.ravel(o)]
    while len(ls) < CHECK:
        p.step(); p.sync()
        ls += [float(v) for v in np.ravel(p.outputs())]
    e = np.abs(np.array(ls[:CHECK]) - r["losses"]) / r["losses"]
    tol1, toln = (1e-12, getattr(p, "tol", 1e-6)) if f64 else (1e-4, 2e-3)
    return dict(loss_first=ls[0], loss_last=ls[CHECK - 1], err=float(e.max()), err_first=float(e[0]), tol=toln,
                ok=bool(e[0] < tol1 and e.max() < toln))


def main():
    q = argparse.ArgumentParser()
    q.add_argument("--workload", required=True); q.add_argument("--peer", required=True, choices=PEERS)
    q.add_argument("--threads", type=int, default=1); q.add_argument("--budget", type=float, default=3.0)
    q.add_argument("--warm", help="directory that keeps compile caches between runs")
    a = q.parse_args()
    out = dict(workload=a.workload, peer=a.peer, threads=a.threads, cache="warm" if a.warm else "cold")
    tmp = None if a.warm else tempfile.TemporaryDirectory(prefix="peers-", ignore_cleanup_errors=True)
    cache = a.warm or tmp.name
    os.makedirs(cache, exist_ok=True)
    environment(a, cache)
    sys.path.insert(0, HERE)
    sys.setrecursionlimit(100000)
    t = time.perf_counter()
    mod = __import__("p_" + a.peer.replace("-scan", "").replace("-compile", "").replace("-c", ""))
    out["import_s"] = time.perf_counter() - t
    import numpy as np
    from prepare import DATA
    d = {k: v for k, v in np.load(f"{DATA}/{a.workload}.npz").items()}
    mod.VARIANT = a.peer
    t = time.perf_counter()
    p = mod.Peer(a.workload, d, a.threads)
    p.step(); p.sync()
    out["first_s"] = time.perf_counter() - t
    first = list(p.outputs())
    t3 = time.perf_counter()
    for _ in range(2):
        p.step(); p.sync()
        first += list(p.outputs())
    out["third_s"] = out["first_s"] + time.perf_counter() - t3   # to the end of the third step
    out["inner"] = p.inner
    out.update(check(a.workload, p, first))
    out.update(time_steps(p, a.budget))
    out["rss_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    out["version"] = mod.VERSION + (" " + p.note if hasattr(p, "note") else "")
    print(json.dumps({k: (float(f"{v:.6g}") if isinstance(v, float) else v) for k, v in out.items()}), flush=True)
    sys.stdout.flush()
    if tmp: tmp.cleanup()
    os._exit(0)


main()
