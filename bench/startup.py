#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What a start of `java -jar` costs: CPU time, time to the first training step, peak memory.

CPU time is that of user and system of the launcher and the program together, beside that of `java
-version` in the same run; of each command the first two starts, which leave an archive of its
classes for the others, do not count.

The first step is seen from outside: the run writes a checkpoint after every step, and the time is
that from the start of `java` to the appearance of the file. The peak is the sum of the high-water
marks of the launcher's and the program's resident memory, over a run of some epochs (Linux only).

  mvn -q -DskipTests package
  python3 bench/startup.py --data MNIST_DIR --out bench/results/NAME.json
"""

import argparse
import os
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

from programs import JAR, ours, record


def start(a, run, *options):
    command = ours(a.jar, "train", "--data", a.data, "--out", run, "--quiet")
    return subprocess.Popen([*command, *options], stdout=subprocess.DEVNULL)


def first_step(a):
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder) / "run"
        begun = time.perf_counter()
        process = start(a, run, "--epochs", "1", "--checkpoint-every", "1steps")
        while not (run / "checkpoint.safetensors").exists():
            if process.poll() is not None:
                raise SystemExit("the run ended before its first checkpoint")
            time.sleep(0.001)
        seconds = time.perf_counter() - begun
        process.terminate()
        process.wait()
        return seconds


def cpu_seconds(a):
    """Of short commands in turn, so that a busy moment is shared by all."""
    jar = ["java", "-jar", str(a.jar)]
    commands = {
        "java -version": ["java", "-version"],
        "--help": [*jar, "--help"],
        "train --help": [*jar, "train", "--help"],
        "train --epch": [*jar, "train", "--epch"],
    }
    seconds = {name: [] for name in commands}
    for turn in range(2 + a.starts):
        for name, command in commands.items():
            before = os.times()
            subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
            after = os.times()
            if turn >= 2:
                used = after.children_user + after.children_system
                seconds[name].append(round(used - before.children_user - before.children_system, 3))
    return seconds


def tree(pid):
    pids = [pid]
    # Children are listed by the thread that started them.
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in children.read_text().split():
            pids += tree(int(child))
    return pids


def peak_megabytes(a):
    with tempfile.TemporaryDirectory() as folder:
        process = start(a, Path(folder) / "run", "--epochs", str(a.epochs))
        peaks = {}
        while process.poll() is None:
            try:
                for pid in tree(process.pid):
                    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
                        if line.startswith("VmHWM"):
                            peaks[pid] = int(line.split()[1]) / 1024
            except OSError:
                pass
            time.sleep(0.05)
        if process.returncode != 0:
            raise SystemExit(f"the run exited with {process.returncode}")
        return sum(peaks.values())


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", required=True)
    parser.add_argument("--jar", default=JAR)
    parser.add_argument("--starts", type=int, default=7)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--out")
    a = parser.parse_args()
    cpu = cpu_seconds(a)
    starts = [first_step(a) for _ in range(a.starts)]
    peak = peak_megabytes(a)
    for name, seconds in cpu.items():
        print(
            f"{name}: {statistics.median(seconds):.2f} s of CPU, median of {a.starts}"
            f" ({min(seconds):.2f} to {max(seconds):.2f})"
        )
    print(
        f"first step after {statistics.median(starts):.2f} s, median of {a.starts}"
        f" ({min(starts):.2f} to {max(starts):.2f})"
    )
    print(f"peak resident memory {peak:.0f} MB, launcher and program, {a.epochs} epochs")
    if a.out:
        text = record(
            f"bench/startup.py --starts {a.starts} --epochs {a.epochs}",
            cpu_seconds=cpu,
            seconds_to_first_step=starts,
            peak_resident_megabytes=peak,
        )
        Path(a.out).write_text(text)


if __name__ == "__main__":
    main()
