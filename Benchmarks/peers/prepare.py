"""Makes the data of every workload and its float64 reference (NumPy + autograd).

  python prepare.py        writes $PEERS_DATA (default build/data): W.npz, W.ref.npz, and W.bin + W.txt
                           (raw little-endian arrays back to back, for C and Swift; W.txt: name dtype offset shape);
                           of evaluation workloads W.ref.bin + W.ref.txt, of training W.losses.txt

Training workloads: parameters p0.., batches b0_x,b0_y,... (used cyclically, no shuffling), reference losses of
CHECK steps (loss before the step's update).  Evaluation workloads (scalar, wide): inputs and outputs.
"""
import os
import numpy as np

DATA = os.environ.get("PEERS_DATA", os.path.join(os.path.dirname(os.path.abspath(__file__)), "build/data"))
CHECK = 20          # training steps compared with the reference
L2 = 1e-4           # tiny_mlp: coefficient of sum of squares of the weight matrices
ALPHA = 0.1         # pinn: u_t = ALPHA u_xx
ADAM = ("adam", 1e-3)
SGDM = ("sgdm", 0.01, 0.9)
# sizes of dense layers, optimizer, batches, steps in one lax.scan
SPEC = {
    "tiny_mlp":  dict(layers=[1, 64, 64, 1], opt=ADAM, nb=1, scan=1000),
    "wdbc_mlp":  dict(layers=[30, 64, 32, 2], opt=ADAM, nb=8, scan=1000),
    "mnist_mlp": dict(layers=[784, 512, 256, 10], opt=SGDM, nb=8, scan=100),
    "pinn":      dict(layers=[2, 32, 32, 1], opt=ADAM, nb=1, scan=100),
    "conv":      dict(layers=[784, 10], opt=ADAM, nb=8, scan=10),
}
SPEC["pinn64"] = SPEC["pinn"]
EVAL = ["scalar", "scalar1", "wide"]
WORKLOADS = ["scalar", "scalar1", "tiny_mlp", "wdbc_mlp", "mnist_mlp", "pinn", "pinn64", "wide", "conv"]


def dense_init(r, sizes):
    out = []
    for m, n in zip(sizes, sizes[1:]):
        out += [(r.standard_normal((m, n)) * np.sqrt(1.0 / m)).astype("f4"), np.zeros(n, "f4")]
    return out


def one_hot(y, n):
    return np.eye(n, dtype="f4")[y]


def images(r, n):       # ten blurred prototypes + noise in [0,1]
    proto = r.uniform(0, 1, (10, 784)) * (r.uniform(0, 1, (10, 784)) > 0.7)
    y = r.integers(0, 10, n)
    return np.clip(0.6 * proto[y] + 0.25 * np.abs(r.standard_normal((n, 784))), 0, 1).astype("f4"), y


def make(w):
    r = np.random.default_rng(1234)
    if w == "scalar":
        return {"x": r.uniform(-2, 2, 1_000_000)}
    if w == "scalar1":
        return {"x": np.array(0.7)}
    if w == "wide":     # 4096 x 1024 floats
        return {"x": r.standard_normal((4096, 1024)).astype("f4"), "a": r.uniform(0.5, 1.5, 1024).astype("f4"),
                "b": (0.1 * r.standard_normal(1024)).astype("f4"), "gamma": r.uniform(0.5, 1.5, 1024).astype("f4")}
    s = SPEC[w]
    p = dense_init(r, s["layers"])
    if w == "conv":     # HWIO kernels in front of the dense layer, images NHWC
        p = [(r.standard_normal((3, 3, 1, 8)) / 3).astype("f4"), np.zeros(8, "f4"),
             (r.standard_normal((3, 3, 8, 16)) / np.sqrt(72)).astype("f4"), np.zeros(16, "f4")] + p
    if w == "tiny_mlp":
        x = np.linspace(-1, 1, 32)[:, None]
        b = [(x, np.sin(3 * x) + 0.1 * r.standard_normal((32, 1)))]
    elif w == "wdbc_mlp":
        from sklearn.datasets import load_breast_cancer
        d = load_breast_cancer()
        x = (d.data - d.data.mean(0)) / d.data.std(0)
        o = r.permutation(len(x))[:512]
        b = [(x[o[i:i + 64]], one_hot(d.target[o[i:i + 64]], 2)) for i in range(0, 512, 64)]
    elif w in ("mnist_mlp", "conv"):
        n = 128 if w == "mnist_mlp" else 64
        x, y = images(r, n * 8)
        x = x if w == "mnist_mlp" else x.reshape(-1, 28, 28, 1)
        b = [(x[i:i + n], one_hot(y[i:i + n], 10)) for i in range(0, n * 8, n)]
    else:               # pinn: collocation points; initial + boundary points with target values
        xt = r.uniform(0, 1, (1024, 2))
        xi, tb = r.uniform(0, 1, 64), r.uniform(0, 1, 64)
        d = np.concatenate([np.stack([xi, 0 * xi], 1), np.stack([np.arange(64) % 2, tb], 1)])
        b = [(xt, np.concatenate([d, np.concatenate([np.sin(np.pi * xi), 0 * tb])[:, None]], 1))]
    dt = "f8" if w == "pinn64" else "f4"
    out = {f"p{i}": a.astype(dt) for i, a in enumerate(p)}
    for i, (x, y) in enumerate(b):
        out[f"b{i}_x"], out[f"b{i}_y"] = x.astype(dt), y.astype(dt)
    return out


def reference(w, d):
    d = {k: v.astype("f8") for k, v in d.items()}
    if w.startswith("scalar"):
        x = d["x"]; e = np.exp(x * x); f = np.sqrt(x * x + e)
        return {"f": f, "df": x * (1 + e) / f}
    import p_autograd as A
    if w == "wide":
        v, g = A.value_and_grad(A.wide_loss(d["gamma"]))((d["x"], d["a"], d["b"]))
        return {"loss": v, "gx": g[0], "ga": g[1], "gb": g[2]}
    P = A.Peer(w, d, 1)
    losses = []
    for _ in range(CHECK):
        P.step(); losses.append(P.outputs()[0])
    return {"losses": np.array(losses)}


def raw(path, arrays):
    with open(path + ".bin", "wb") as f, open(path + ".txt", "w") as t:
        for k, v in arrays.items():
            v = np.asarray(v)
            print(k, v.dtype.str, f.tell(), *v.shape, file=t)
            f.write(np.ascontiguousarray(v).tobytes())


if __name__ == "__main__":
    os.makedirs(DATA, exist_ok=True)
    for w in WORKLOADS:
        d = make(w)
        np.savez(f"{DATA}/{w}.npz", **d)
        ref = reference(w, d)
        np.savez(f"{DATA}/{w}.ref.npz", **ref)
        raw(f"{DATA}/{w}", d)
        if w in EVAL: raw(f"{DATA}/{w}.ref", ref)
        if "losses" in ref:
            with open(f"{DATA}/{w}.losses.txt", "w") as t:
                print(*[repr(float(v)) for v in ref["losses"]], sep="\n", file=t)
        print(w, {k: (v.shape if np.ndim(v) and np.size(v) > 40 else np.round(v, 6).tolist()) for k, v in ref.items()})
