#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How much of its speed training keeps where it has not all of the processors to itself.

Each case is a ratio of two speeds that are measured in turn, a few seconds each, within one run where
that can be: with a neighbour that spins and without, in a cgroup with a quota and without. Neighbours
and quotas need cgroups of the cpu controller that may be written (root); cases that cannot be measured
are written down with the reason. Linux, two processors or more.

  mvn -q -DskipTests package
  python3 bench/busy.py --data MNIST_DIR --out bench/results/busy.json
"""

import argparse
import contextlib
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from image_folders import subset
from programs import JAR, record

IMAGES = 20_000
WARM_UP_EPOCHS = 3
SPIN = [sys.executable, "-c", "while True: pass"]


class Group:
    """A cgroup of the cpu controller, version 1 or 2, with all of the machine's weight that can be had."""

    def __init__(self, path):
        self.path = path
        self.path.mkdir()

    def write(self, name, value):
        (self.path / name).write_text(str(value))

    def heavy(self):
        with contextlib.suppress(OSError):
            self.write("cpu.shares", 262144)
        with contextlib.suppress(OSError):
            self.write("cpu.weight", 10000)
        return self

    def quota(self, cpus):
        if (self.path / "cpu.max").exists():
            self.write("cpu.max", f"{int(cpus * 100_000)} 100000")
        else:
            self.write("cpu.cfs_quota_us", int(cpus * 100_000))
        return self

    def enter(self):
        self.write("cgroup.procs", os.getpid())


def controller():
    """Where cgroups of the cpu controller are made."""
    one = Path("/sys/fs/cgroup/cpu")
    two = Path("/sys/fs/cgroup")
    if (one / "cpu.shares").exists() or (one / "cpu.cfs_quota_us").exists():
        return one
    if (two / "cgroup.controllers").exists():
        with contextlib.suppress(OSError):
            (two / "cgroup.subtree_control").write_text("+cpu")
        return two
    raise OSError("there is no cgroup controller for the processor")


class Groups:
    """One group for all of a measurement, so that what else runs on the machine disturbs it less."""

    def __init__(self):
        self.made = []
        top = self.add(Path(controller()) / f"cvae-gpu-busy-{os.getpid()}").heavy()
        with contextlib.suppress(OSError):
            top.write("cgroup.subtree_control", "+cpu")
        self.own = self.add(top.path / "own")
        self.other = self.add(top.path / "other")
        self.quota = self.add(top.path / "quota").quota(1.5)

    def add(self, path):
        self.made.append(Group(path))
        return self.made[-1]

    def close(self):
        for group in reversed(self.made):
            # Empty only when what was killed in it is gone.
            for _ in range(100):
                with contextlib.suppress(OSError):
                    group.path.rmdir()
                    break
                time.sleep(0.05)


class Run:
    """A training run, whose epochs are stamped as they end."""

    def __init__(self, a, folder, group=None, threads=2, processors=None):
        pin = ["taskset", "-c", processors] if processors else []
        out = Path(folder) / f"run{time.monotonic_ns()}"
        command = [
            *pin,
            "java",
            "-jar",
            str(a.jar),
            "train",
            "--engine",
            "cpu",
            "--data",
            str(Path(folder) / "data"),
        ]
        options = ["--threads", str(threads), "--epochs", "100000", "--checkpoint-every", "100000epochs"]
        self.process = subprocess.Popen(
            [*command, *options, "--out", str(out)],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            preexec_fn=group.enter if group else None,
        )
        self.ends = []
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()
        while len(self.ends) < WARM_UP_EPOCHS:
            if self.process.poll() is not None:
                raise SystemExit("a run ended before it was measured")
            time.sleep(0.01)

    def read(self):
        for line in self.process.stdout:
            if re.match(r"epoch ", line):
                self.ends.append(time.monotonic())

    def speed(self, seconds):
        """Images per second over whole epochs of so many seconds from now on."""
        first = len(self.ends)
        end = time.monotonic() + seconds
        while time.monotonic() < end or len(self.ends) < first + 2:
            if self.process.poll() is not None:
                raise SystemExit("a run ended while it was measured")
            time.sleep(0.01)
        last = len(self.ends) - 1
        return IMAGES * (last - first) / (self.ends[last] - self.ends[first])

    def close(self):
        self.process.terminate()
        self.process.wait()
        self.reader.join()


@contextlib.contextmanager
def neighbour(group, processors=None):
    pin = ["taskset", "-c", processors] if processors else []
    process = subprocess.Popen([*pin, *SPIN], preexec_fn=group.enter if group else None)
    try:
        yield
    finally:
        process.kill()
        process.wait()


def toggled(a, folder, group, other, processors=None):
    """With a neighbour and without, in one run."""
    run = Run(a, folder, group)
    try:
        pairs = []
        for _ in range(a.rounds):
            alone = run.speed(a.seconds)
            with neighbour(other, processors):
                pairs.append((alone, run.speed(a.seconds)))
        return pairs
    finally:
        run.close()


def side_by_side(a, folder, reference, disturbed):
    """Two kinds of run, whose threads are set up differently, in turn."""
    pairs = []
    for _ in range(a.rounds):
        speeds = []
        for options in (reference, disturbed):
            run = Run(a, folder, **options)
            try:
                speeds.append(run.speed(a.seconds))
            finally:
                run.close()
        pairs.append(tuple(speeds))
    return pairs


def cases(a, folder, groups):
    own = groups.own if groups else None
    yield "alone, again", lambda: side_by_side(a, folder, {"group": own}, {"group": own})
    yield "a neighbour on one core", lambda: toggled(a, folder, own, own, "1")
    yield "a neighbour on any core", lambda: toggled(a, folder, own, own)
    if groups:
        yield "a neighbour of another group on one core", lambda: toggled(a, folder, own, groups.other, "1")
        yield (
            "a quota of 1.5 processors",
            lambda: side_by_side(a, folder, {"group": own}, {"group": groups.quota}),
        )
    one = {"group": own, "processors": "0"}
    yield (
        "two threads on one core, to one thread",
        lambda: side_by_side(a, folder, {**one, "threads": 1}, {**one, "threads": 2}),
    )


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", required=True)
    parser.add_argument("--jar", default=JAR)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--only", default="", help="cases whose names have this in them")
    parser.add_argument("--out")
    a = parser.parse_args()
    not_measured = {}
    try:
        groups = Groups()
    except OSError as e:
        groups = None
        not_measured["quota, neighbour of another group"] = f"cgroups cannot be made here: {e}"
    folder = tempfile.mkdtemp()
    results = {}
    try:
        (Path(folder) / "data").mkdir()
        subset(a.data, Path(folder) / "data", IMAGES)
        for name, measure in cases(a, folder, groups):
            if a.only not in name:
                continue
            pairs = measure()
            ratios = [disturbed / reference for reference, disturbed in pairs]
            results[name] = {"images_per_second": pairs, "ratio": statistics.median(ratios)}
            print(
                f"{name:42s} {statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"
                f"  of {statistics.median(p[0] for p in pairs):9,.0f} images/s",
                flush=True,
            )
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        if groups:
            groups.close()
    if a.out:
        text = record(
            f"bench/busy.py --rounds {a.rounds} --seconds {a.seconds}",
            in_a_cgroup_of_large_weight=groups is not None,
            not_measured=not_measured,
            results=results,
        )
        Path(a.out).write_text(text)


if __name__ == "__main__":
    main()
