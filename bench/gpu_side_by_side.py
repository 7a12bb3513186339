#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Trains the study's ControlVAE on a GPU with cvae-gpu, PyTorch and JAX in turn: microseconds a step.

The programs take turns, in another order each round, and the figure of each is the median of all its
epochs. cvae-gpu runs with each kind of step, and once with a constant beta instead of the controller:
the difference is what the controller on the host costs. A peer that is not installed is left out, and
said to be. Where the time is short, --seconds says when no other program is begun; those that the
comparison can least do without come first.

  bench/gpu_side_by_side.py --data MNIST_DIR --out bench/results/NAME.json
"""

import argparse
import json
import statistics
import subprocess
import sys
import time
from datetime import datetime, timezone
from pathlib import Path

from machine import commit, facts, gpu_facts

BENCH = Path(__file__).resolve().parent
# What cvae-gpu is run with, by the name of its row.
OURS = {
    "cvae-gpu": [],
    "cvae-gpu, cuBLAS step": ["--step", "cublas"],
    "cvae-gpu, constant beta": ["--control", "constant"],
}

# In the first round's order: the best that the others have, then what shows where their time goes.
ORDER = [
    "cvae-gpu",
    "jax",
    "torch-graph-device",
    "torch",
    "cvae-gpu, cuBLAS step",
    "cvae-gpu, constant beta",
    "torch-graph",
    "torch-fused",
]

# For one program's epochs of one round: far more than any needs.
SECONDS = 90
JAVA_OPTIONS = ["-XX:+UseSerialGC", "--enable-native-access=ALL-UNNAMED"]
MAIN = "io.github.cvaegpu.cli.CvaeGpu"


class Missing(Exception):
    """A program that cannot run here; the message says why."""


def last_line(command, seconds):
    try:
        result = subprocess.run(command, capture_output=True, text=True, timeout=seconds)
    except (OSError, subprocess.TimeoutExpired) as e:
        raise Missing(str(e)) from e
    if result.returncode != 0:
        lines = result.stderr.strip().splitlines()
        raise Missing(lines[-1] if lines else f"exit status {result.returncode}")
    return json.loads(result.stdout.splitlines()[-1])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", required=True)
    parser.add_argument("--java", default="java")
    parser.add_argument("--jar", default=BENCH.parent / "cvae-gpu.jar")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=5, help="measured in each round")
    parser.add_argument("--seconds", type=int, default=3600, help="to end after")
    parser.add_argument("--plan", default="", help="options of cvae-gpu's, for a try without a GPU")
    parser.add_argument("--out")
    a = parser.parse_args()

    end = time.monotonic() + a.seconds

    def result_of(command):
        return last_line(command, min(SECONDS, max(1, end - time.monotonic())))

    def measure(name):
        """Microseconds a step of each epoch, what measured them, and the KL divergence at the end."""
        if name in OURS:
            java = [a.java, *JAVA_OPTIONS, "-cp", a.jar, MAIN, "bench", "--json"]
            plan = ["--engine", "cuda", "--lr", "0.001", "--data", a.data, "--rounds", str(a.epochs)]
            result = result_of([*java, *plan, *a.plan.split(), *OURS[name]])["result"]
            engine = result["engine"]
            version = f"{engine['device']}: {engine['library']}"
            return result["microseconds_a_step"], version, result["kl"]
        script = [sys.executable, BENCH / "peers.py", "--only", name, "--data", a.data]
        result = result_of([*script, "--epochs", str(a.epochs), "--device", "cuda"])
        return result["us_per_step"], result["version"], result["kl"]

    times, versions, kl, missing = {}, {}, {}, {}

    def medians():
        return {name: statistics.median(values) for name, values in times.items()}

    def write():
        record = {
            "when": datetime.now(timezone.utc).isoformat(timespec="seconds"),
            "command": f"bench/gpu_side_by_side.py --rounds {a.rounds} --epochs {a.epochs}",
            "commit": commit(),
            "machine": {**facts(), **gpu_facts()},
            "versions": versions,
            "left_out": {name: why for name, why in missing.items() if name not in times},
            "kl_at_the_end": kl,
            "us_per_step": times,
            "median": medians(),
        }
        Path(a.out).write_text(json.dumps(record, indent=2) + "\n")

    for r in range(a.rounds):
        turn = r % len(ORDER)
        for name in ORDER[turn:] + ORDER[:turn]:
            if name in missing:
                continue
            if time.monotonic() >= end:
                print(f"round {r + 1}: {name} not begun: no time left", flush=True)
                continue
            try:
                epochs, versions[name], kl[name] = measure(name)
            except Missing as e:
                missing[name] = str(e)
                print(f"{name}: left out: {e}", flush=True)
            else:
                times.setdefault(name, []).extend(epochs)
                print(f"round {r + 1}: {name:24s} {statistics.median(epochs):9.1f} us", flush=True)
            if a.out:
                # After each: whoever stops this for want of time has what was measured.
                write()

    if "cvae-gpu" not in times:
        raise SystemExit("cvae-gpu did not run")
    median = medians()
    print(f"\n{'':24s} {'us a step':>10s} {'to cvae-gpu':>12s}")
    for name, value in sorted(median.items(), key=lambda item: item[1]):
        print(f"{name:24s} {value:10.1f} {value / median['cvae-gpu']:12.2f}")


if __name__ == "__main__":
    main()
