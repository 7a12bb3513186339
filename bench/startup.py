#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What a start of `java -jar` costs: time, CPU time, time to the first step and epoch, peak memory.

CPU time is that of user and system of the launcher and the program together, beside that of `java
-version` in the same run; of each command the first two starts, which leave an archive of its
classes for the others, do not count. With --no-launcher each is started without the launcher too, in
turn, for which the `java` on the PATH has to be a Java 25.

The first step is seen from outside: the run writes a checkpoint after every step, and the time is
that from the start of `java` to the appearance of the file. The first epoch of another run, which
writes no more than by default, ends with its line. The peak is the sum of the high-water
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


def without_launcher(jar, *words):
    return ["java", "-cp", str(jar), "io.github.cvaegpu.cli.CvaeGpu", *words]


def start(a, run, *options, launched=True, stdout=subprocess.DEVNULL):
    by = ours if launched else without_launcher
    command = by(a.jar, "train", "--data", a.data, "--out", run)
    return subprocess.Popen([*command, *options], stdout=stdout, text=True)


def first_step(a, launched=True):
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder) / "run"
        begun = time.perf_counter()
        process = start(a, run, "--quiet", "--epochs", "1", "--checkpoint-every", "1steps", launched=launched)
        while not (run / "checkpoint.safetensors").exists():
            if process.poll() is not None:
                raise SystemExit("the run ended before its first checkpoint")
            time.sleep(0.001)
        seconds = time.perf_counter() - begun
        process.terminate()
        process.wait()
        return seconds


def first_epoch(a):
    with tempfile.TemporaryDirectory() as folder:
        begun = time.perf_counter()
        # More than one, so that nothing is scored at its end.
        process = start(a, Path(folder) / "run", "--epochs", "2", stdout=subprocess.PIPE)
        with process.stdout:
            ended = any(line.startswith("epoch ") for line in process.stdout)
            seconds = time.perf_counter() - begun
            process.terminate()
        process.wait()
        if not ended:
            raise SystemExit("the run ended before its first epoch")
        return seconds


def commands(a):
    words = {"--help": ["--help"], "train --help": ["train", "--help"], "train --epch": ["train", "--epch"]}
    found = {"java -version": ["java", "-version"]}
    for name, given in words.items():
        found[name] = ["java", "-jar", str(a.jar), *given]
        if a.no_launcher:
            found[f"{name}, no launcher"] = without_launcher(a.jar, *given)
    return found


def seconds_of_commands(a):
    """CPU time and time of short commands in turn, so that a busy moment is shared by all."""
    cpu = {name: [] for name in commands(a)}
    wall = {name: [] for name in cpu}
    for turn in range(2 + a.starts):
        for name, command in commands(a).items():
            before = os.times()
            result = subprocess.run(command, capture_output=True, text=True)
            after = os.times()
            if "UnsupportedClassVersionError" in result.stderr:
                raise SystemExit("--no-launcher needs a Java 25 as the first java on the PATH")
            if turn >= 2:
                used = after.children_user + after.children_system
                cpu[name].append(round(used - before.children_user - before.children_system, 3))
                wall[name].append(round(after.elapsed - before.elapsed, 3))
    return cpu, wall


def tree(pid):
    pids = [pid]
    # Children are listed by the thread that started them.
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in children.read_text().split():
            pids += tree(int(child))
    return pids


def peak_megabytes(a):
    with tempfile.TemporaryDirectory() as folder:
        process = start(a, Path(folder) / "run", "--quiet", "--epochs", str(a.epochs))
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
    parser.add_argument("--no-launcher", action="store_true", help="measure starts without it too")
    parser.add_argument("--out")
    a = parser.parse_args()
    cpu, wall = seconds_of_commands(a)
    steps = {"first step": []}
    if a.no_launcher:
        steps["first step, no launcher"] = []
    epochs = []
    for _ in range(a.starts):
        for name, seconds in steps.items():
            seconds.append(first_step(a, launched=name == "first step"))
        epochs.append(first_epoch(a))
    peak = peak_megabytes(a)

    def show(name, seconds):
        median = f"{statistics.median(seconds):.2f} s, median of {a.starts}"
        print(f"{name} {median} ({min(seconds):.2f} to {max(seconds):.2f})")

    for name, seconds in cpu.items():
        show(f"{name}, CPU time:", seconds)
        show(f"{name}:", wall[name])
    for name, seconds in steps.items():
        show(f"{name} after", seconds)
    show("end of the first epoch after", epochs)
    print(f"peak resident memory {peak:.0f} MB, launcher and program, {a.epochs} epochs")
    if a.out:
        options = " --no-launcher" if a.no_launcher else ""
        text = record(
            f"bench/startup.py --starts {a.starts} --epochs {a.epochs}{options}",
            cpu_seconds=cpu,
            seconds=wall,
            seconds_to_first_step=steps["first step"],
            seconds_to_first_step_without_launcher=steps.get("first step, no launcher"),
            seconds_to_end_of_first_epoch=epochs,
            peak_resident_megabytes=peak,
        )
        Path(a.out).write_text(text)


if __name__ == "__main__":
    main()
