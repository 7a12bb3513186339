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
import os
import statistics
import tempfile
import time
from pathlib import Path

from programs import JAR, STUDY_CONTROL_VAE, last_line, ours, peer, processors, record, run, turns

PEERS = ["jax", "torch-fused", "torch"]

# A cache line takes 30 to 90 ns between cores that share a cache here, and 150 to 220 between others.
SHARED_CACHE_NANOS = 120


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", required=True)
    parser.add_argument("--jar", default=JAR)
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--epochs", type=int, default=3, help="measured in each round")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--whole", type=int, default=8, help="epochs of a whole process; 0: none")
    parser.add_argument("--out")
    a = parser.parse_args()

    where = ["--data", a.data, "--threads", a.threads]
    # Those that the peers keep to, too.
    on = processors(a.threads)

    def measure(name):
        if name == "cvae-gpu":
            options = ["--json", "--rounds", a.epochs, *STUDY_CONTROL_VAE, *where]
            return last_line(ours(a.jar, "bench", *options), on)["result"]
        return last_line(peer(name, "--epochs", a.epochs, *where), on)

    def whole(name):
        """Seconds of a process."""
        if name != "cvae-gpu":
            # It trains an epoch before those that it times.
            return run(peer(name, "--epochs", a.whole - 1, *where), on)[1]
        with tempfile.TemporaryDirectory() as folder:
            options = ["--quiet", "--out", f"{folder}/run", "--epochs", a.whole]
            return run(ours(a.jar, "train", *options, *STUDY_CONTROL_VAE, *where), on)[1]

    names = ["cvae-gpu", *PEERS]
    speeds = {}
    seconds = {}
    versions = {}
    kl = {}
    loads = []
    handover = []
    phases = []
    first = []
    for r in range(a.rounds):
        for name in turns(names, r):
            loads.append(os.getloadavg()[0])
            result = measure(name)
            speeds.setdefault(name, []).extend(result["training"])
            kl[name] = result["kl"]
            if name == "cvae-gpu":
                versions[name] = result["engine"]["library"]
                speeds.setdefault("cvae-gpu, first epoch", []).append(result["warm_up"][0])
                # Within a process: the machine is faster in one minute than in another.
                first.append(result["warm_up"][0] / statistics.median(result["training"]))
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
        "of the first epoch to the others of its process": statistics.median(first),
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
        text = record(
            f"bench/side_by_side.py --rounds {a.rounds} --epochs {a.epochs} --threads {a.threads}",
            load_average_before_each_turn=loads,
            ns_for_a_cache_line_between_the_threads=handover,
            versions=versions,
            kl_at_the_end=kl,
            images_per_second=speeds,
            median=median,
            phases=phases,
            first_epoch_to_the_others_of_its_process=first,
            seconds_of_a_whole_process=seconds,
            ratio_of_cvae_gpu=ratios,
        )
        Path(a.out).write_text(text)


if __name__ == "__main__":
    main()
