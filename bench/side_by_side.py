#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Trains the study's ControlVAE with cvae-gpu, JAX and PyTorch in turn, and writes down the speeds.

The machine may be shared and noisy, so the programs take turns, in another order each round, and the
figure of each is the median of all its epochs; compare ratios, not numbers of different days.

Beside the steady speed: that of our first epoch, and how long a whole process takes that trains for some
epochs, from its command line to its end; ours also writes its run and scores the test images.

  mvn -q -DskipTests package
  python3 -m venv .venv && .venv/bin/pip install torch numpy jax jaxlib
  .venv/bin/python bench/side_by_side.py --data MNIST_DIR --out bench/results/NAME.json
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timezone
from pathlib import Path

from machine import commit, facts

BENCH = Path(__file__).resolve().parent
PEERS = ["jax", "torch-fused", "torch"]

# A cache line takes 30 to 90 ns between cores that share a cache here, and 150 to 220 between others.
SHARED_CACHE_NANOS = 120


def last_line(command):
    result = subprocess.run(command, capture_output=True, text=True)
    if result.returncode != 0:
        raise SystemExit(f"{' '.join(map(str, command))} failed:\n{result.stderr}")
    return json.loads(result.stdout.splitlines()[-1])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", required=True)
    parser.add_argument("--jar", default=BENCH.parent / "target" / "cvae-gpu.jar")
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--epochs", type=int, default=3, help="measured in each round")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--whole", type=int, default=8, help="epochs of a whole process; 0: none")
    parser.add_argument("--out")
    a = parser.parse_args()

    def ours():
        plan = ["--lr", "0.001", "--data", a.data, "--threads", str(a.threads)]
        command = ["java", "-jar", a.jar, "bench", "--json", "--rounds", str(a.epochs)]
        return last_line([*command, *plan])["result"]

    def peer(name):
        script = [sys.executable, BENCH / "peers.py", "--only", name, "--data", a.data]
        return last_line([*script, "--epochs", str(a.epochs), "--threads", str(a.threads)])

    def whole(name):
        """Seconds of a process."""
        start = time.monotonic()
        if name == "cvae-gpu":
            with tempfile.TemporaryDirectory() as folder:
                command = ["java", "-jar", a.jar, "train", "--quiet", "--out", f"{folder}/run"]
                plan = ["--lr", "0.001", "--data", a.data, "--threads", str(a.threads)]
                subprocess.run([*command, *plan, "--epochs", str(a.whole)], check=True, capture_output=True)
        else:
            script = [sys.executable, BENCH / "peers.py", "--only", name, "--data", a.data]
            # It trains an epoch before those that it times.
            last_line([*script, "--epochs", str(a.whole - 1), "--threads", str(a.threads)])
        return time.monotonic() - start

    names = ["cvae-gpu", *PEERS]
    speeds = {}
    seconds = {}
    versions = {}
    kl = {}
    loads = []
    handover = []
    phases = []
    for r in range(a.rounds):
        turn = r % len(names)
        for name in names[turn:] + names[:turn]:
            loads.append(os.getloadavg()[0])
            result = ours() if name == "cvae-gpu" else peer(name)
            speeds.setdefault(name, []).extend(result["training"])
            kl[name] = result["kl"]
            if name == "cvae-gpu":
                versions[name] = result["engine"]["library"]
                speeds.setdefault("cvae-gpu, first epoch", []).append(result["warm_up"][0])
                phases.append({"machine": result["machine"], "phases": result["phases"]})
                handover.extend(result["handover"])
            else:
                versions[name] = result["version"]
            median = statistics.median(result["training"])
            print(f"round {r + 1}: {name:12s} {median:9,.0f} images/s", flush=True)
            if a.whole:
                seconds.setdefault(name, []).append(whole(name))
                print(
                    f"round {r + 1}: {name:12s} {seconds[name][-1]:9.1f} s for {a.whole} epochs", flush=True
                )
            time.sleep(1)

    for epoch, nanos in zip(speeds["cvae-gpu"], handover):
        near = "cores share a cache" if nanos < SHARED_CACHE_NANOS else "cores share none"
        speeds.setdefault(f"cvae-gpu, {near}", []).append(epoch)
    median = {name: statistics.median(values) for name, values in speeds.items()}
    best = max(PEERS, key=lambda name: median[name])
    ratios = {
        "to the best peer, " + best: median["cvae-gpu"] / median[best],
        "of the first epoch to the others": median["cvae-gpu, first epoch"] / median["cvae-gpu"],
    }
    whole_medians = {name: statistics.median(values) for name, values in seconds.items()}
    if whole_medians:
        quickest = min(PEERS, key=lambda name: whole_medians[name])
        ratios[f"of a whole process of {a.whole} epochs, to {quickest}"] = (
            whole_medians[quickest] / whole_medians["cvae-gpu"]
        )
    for name, value in median.items():
        values = speeds[name]
        print(f"{name:30s} {value:9,.0f} images/s ({min(values):,.0f} to {max(values):,.0f})")
    for what, ratio in ratios.items():
        print(f"cvae-gpu {what}: {ratio:.2f}")
    if a.out:
        record = {
            "when": datetime.now(timezone.utc).isoformat(timespec="seconds"),
            "command": f"bench/side_by_side.py --rounds {a.rounds} --epochs {a.epochs} --threads {a.threads}",
            "commit": commit(),
            "machine": {
                **facts(),
                "load average before each turn": loads,
                "ns for a cache line between the threads of cvae-gpu": handover,
            },
            "versions": versions,
            "kl_at_the_end": kl,
            "images_per_second": speeds,
            "median": median,
            "phases": phases,
            "seconds_of_a_whole_process": seconds,
            "ratio_of_cvae_gpu": ratios,
        }
        Path(a.out).write_text(json.dumps(record, indent=2) + "\n")


if __name__ == "__main__":
    main()
