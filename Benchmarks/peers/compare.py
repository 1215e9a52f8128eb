"""Runs Adjoint and whichever peers are installed on the same workloads, in turns, and prints a table in Markdown.

  python compare.py --adjoint PATH [--workloads W,W] [--peers P,P] [--threads 1,2] [--rounds 2] [--budget 2]
                    [--results FILE.jsonl]

Each run is a process of its own; with one thread it is pinned to one processor. In each round all systems take their turn
on a workload, so that a noisy machine disturbs all alike. Of the rounds the table takes the least minimum and the least
median of each system, and compares with the best peer. A peer whose results are wrong is left out, and said so.
"""
import argparse, collections, datetime, importlib.util, json, os, platform, subprocess, sys

HERE = os.path.dirname(os.path.abspath(__file__))
WORKLOADS = ["tiny_mlp", "wdbc_mlp", "mnist_mlp", "pinn", "pinn64", "wide", "scalar", "scalar1", "conv"]
EVALUATIONS = {"wide", "scalar", "scalar1"}
# Which module each peer needs.
PEERS = {"jax": "jax", "jax-scan": "jax", "torch": "torch", "torch-compile": "torch", "tinygrad": "tinygrad",
         "pytensor": "pytensor", "pytensor-c": "pytensor", "casadi": "casadi", "mlx": "mlx", "autograd": "autograd",
         "numexpr": "numexpr"}


def applies(workload, peer, threads):
    if peer == "jax-scan" and workload in EVALUATIONS: return False
    if peer == "numexpr" and not workload.startswith("scalar"): return False
    if peer == "casadi" and workload in ("pinn", "wide", "conv"): return False        # double only; matrices only
    if peer.startswith("pytensor") and workload == "conv": return False
    if threads > 1 and (workload == "scalar1" or peer in ("casadi", "mlx")): return False
    return True


def last_json(command, environment=None, pin=False, timeout=600):
    """The last line of output as JSON; {"failed": why} where there is none."""
    cpu = {max(os.sched_getaffinity(0))}
    try:
        run = subprocess.run(command, capture_output=True, text=True, timeout=timeout, env=environment,
                             preexec_fn=(lambda: os.sched_setaffinity(0, cpu)) if pin else None)
        lines = run.stdout.strip().splitlines()
        return json.loads(lines[-1]) if lines else {"failed": (run.stderr.strip().splitlines() or ["no output"])[-1]}
    except subprocess.TimeoutExpired:
        return {"failed": f"no result in {timeout} s"}
    except (json.JSONDecodeError, OSError) as error:
        return {"failed": str(error)}


def adjoint(path, workload, data, threads, quick):
    command = [path, "bench", "--workload", workload, "--data", data, "--threads", str(threads), "--json"]
    return last_json(command + (["--quick"] if quick else []), pin=threads == 1)


def peer(name, workload, data, threads, budget):
    command = [sys.executable, f"{HERE}/peers.py", "--workload", workload, "--peer", name, "--threads", str(threads),
               "--budget", str(budget)]
    return last_json(command, {**os.environ, "PEERS_DATA": data})


def micros(value): return f"{value:.3g}" if value < 100 else f"{value:,.0f}"


def processor():
    for line in open("/proc/cpuinfo"):
        if line.startswith("model name"): return line.split(":")[1].strip()
    return platform.processor()


def table(results):
    print("| workload | threads | Adjoint min | median | best peer, min | median | ratio of min | of medians | "
          "first step | JAX's | ratio | peak MB | check |")
    print("|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|---|")
    for (workload, threads), systems in results.items():
        def best(runs, key): return min((r[key] for r in runs if r.get("ok")), default=None)
        own = systems.get("adjoint", [])
        peers = {p: runs for p, runs in systems.items() if p != "adjoint" and best(runs, "step_us_min") is not None}
        ours = [best(own, k) for k in ("step_us_min", "step_us_median", "first_s")]
        cells = [workload, str(threads), *(micros(v) if v else "" for v in ours[:2])]
        if peers:
            least = min(peers, key=lambda p: best(peers[p], "step_us_min"))
            steady = min(peers, key=lambda p: best(peers[p], "step_us_median"))
            theirs = best(peers[least], "step_us_min"), best(peers[steady], "step_us_median")
            cells += [f"{micros(theirs[0])} ({least})", f"{micros(theirs[1])} ({steady})"]
            cells += [f"{ours[i] / theirs[i]:.2f}" if ours[i] else "" for i in range(2)]
        else:
            cells += [""] * 4
        first = min((best(runs, "first_s") for p, runs in peers.items() if p.startswith("jax")), default=None)
        cells += [f"{ours[2] * 1e3:.1f} ms" if ours[2] else "", f"{first:.2f} s" if first else "",
                  f"1/{first / ours[2]:.0f}" if first and ours[2] else ""]
        cells += [f"{min(r['peak_mb'] for r in own if 'peak_mb' in r):.0f}" if ours[0] else "",
                  "ok" if ours[0] else next((str(r.get("failed") or r.get("err")) for r in own), "not run")]
        print("|", " | ".join(cells), "|")
    wrong = sorted({f"{p} on {w}: {r.get('failed') or 'wrong results'}" for (w, _), s in results.items()
                    for p, runs in s.items() if p != "adjoint" for r in runs if not r.get("ok")})
    if wrong: print("\nLeft out:\n" + "\n".join(f"- {line}" for line in wrong))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--adjoint", required=True); parser.add_argument("--data", required=True)
    parser.add_argument("--workloads", default=",".join(WORKLOADS)); parser.add_argument("--peers")
    parser.add_argument("--threads", default="1,2"); parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--budget", type=float, default=2); parser.add_argument("--results")
    a = parser.parse_args()
    chosen = a.peers.split(",") if a.peers else [p for p, module in PEERS.items() if importlib.util.find_spec(module)]
    results = collections.defaultdict(lambda: collections.defaultdict(list))
    for workload in a.workloads.split(","):
        for threads in map(int, a.threads.split(",")):
            if workload == "scalar1" and threads > 1: continue
            for number in range(a.rounds):
                for name in ["adjoint"] + [p for p in chosen if applies(workload, p, threads)]:
                    if number > 0 and any("failed" in r for r in results[workload, threads][name]): continue
                    print(f"{workload}, {threads} threads, round {number + 1}: {name} ...", file=sys.stderr, flush=True)
                    run = (adjoint(a.adjoint, workload, a.data, threads, a.budget < 2) if name == "adjoint"
                           else peer(name, workload, a.data, threads, a.budget))
                    results[workload, threads][name].append(run)
                    if a.results:
                        with open(a.results, "a") as file:
                            file.write(json.dumps({"system": name, "workload": workload, "threads": threads, **run}) + "\n")
    print(f"{processor()}, {len(os.sched_getaffinity(0))} processors, {datetime.date.today()}; microseconds a step; "
          f"peers: {', '.join(chosen) or 'none installed'}\n")
    table(results)


main()
