#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Trains networks and batches of several sizes with cvae-gpu, JAX and PyTorch, in turn on the same cores.

From the study's settings one thing is changed at a time: the batch, the hidden layers, the latent dimensions.
Each is measured with one thread and with two, on MNIST's first images and on noise without a zero, where no
product of the first layer can be left out. Every program trains on the same bytes. The file of results is
written after each case, and cases that it has are not measured again; a program that fails in a case is
recorded as failed there, and the others go on.

  mvn -q -DskipTests package
  python3 -m venv .venv && .venv/bin/pip install torch numpy jax jaxlib
  .venv/bin/python bench/sizes.py --data MNIST_DIR --out bench/results/cpu-sizes.json
  python3 bench/sizes.py --table bench/results/cpu-sizes.json --update bench/README.md
"""

import argparse
import itertools
import json
import os
import statistics
import tempfile
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import image_folders
from machine import commit
from programs import (
    STUDY_CONTROL_VAE,
    Failed,
    last_line,
    measure_or_show,
    ours,
    peer,
    processors,
    record,
    turns,
)
from tables import Refused, number, table

PEERS = {"jax": "JAX", "torch-fused": "PyTorch, fused Adam", "torch-compile": "torch.compile"}
PROGRAMS = {"cvae-gpu": "cvae-gpu", **PEERS}
MARKER = "cpu-sizes"

# Whole batches of every size, so that no program has a smaller one to leave out.
IMAGES = [12_800, 6_400, 3_200]
LONGEST_EPOCH = 1.5
# What an untuned guess of a speed goes by, per thread.
FLOPS = 50e9
# torch.compile waits for a compiler first.
LIMIT = 600


@dataclass(frozen=True)
class Case:
    batch: int = 128
    hidden: tuple = (400, 50)
    latent: int = 2
    threads: int = 2
    data: str = "mnist"

    def widths(self):
        return ",".join(map(str, self.hidden))

    def options(self):
        """As cvae-gpu and peers.py call them."""
        sizes = ["--batch", self.batch, "--hidden", self.widths(), "--latent", self.latent]
        return [*sizes, "--threads", self.threads]

    def guess(self):
        """Images per second, within a factor of some."""
        pairs = itertools.pairwise((784, *self.hidden, self.latent))
        weights = 2 * sum(a * b for a, b in pairs)
        return FLOPS * self.threads / (6 * weights)

    def images(self):
        """So many that an epoch takes no longer than it needs to."""
        fitting = [n for n in IMAGES if n % self.batch == 0]
        quick = [n for n in fitting if n / self.guess() < LONGEST_EPOCH]
        return (quick or fitting[-1:])[0]

    def key(self):
        return {**asdict(self), "hidden": list(self.hidden)}


def cases():
    base = Case()
    changes = [{}, {"batch": 32}, {"batch": 512}, {"hidden": (512, 256)}, {"hidden": (1200, 1200)}]
    changes += [{"latent": 10}, {"latent": 64}]
    for change in changes:
        for data in ("mnist", "dense"):
            for threads in (1, 2):
                yield replace(base, **change, data=data, threads=threads)


class Measurement:
    """One case: the speeds of each program, and why one has none."""

    def __init__(self, case, a, folder):
        self.case, self.a, self.folder = case, a, folder
        self.on = processors(case.threads)
        self.speeds, self.versions, self.failed = {}, {}, {}

    def command(self, name):
        where = ["--data", self.folder, *self.case.options()]
        if name != "cvae-gpu":
            return peer(name, "--seconds", self.a.seconds, *where)
        known = self.speeds.get(name)
        speed = statistics.median(known) if known else self.case.guess()
        epochs = max(1, round(self.a.seconds * speed / self.case.images()))
        return ours(self.a.jar, "bench", "--json", "--rounds", epochs, *STUDY_CONTROL_VAE, *where)

    def measure(self, name):
        if name in self.failed:
            return
        try:
            result = last_line(self.command(name), self.on, LIMIT)
        except Failed as e:
            self.failed[name] = str(e)
            print(f"  {name:14s} failed: {str(e).splitlines()[-1]}", flush=True)
            return
        result = result.get("result", result)
        self.speeds.setdefault(name, []).extend(result["training"])
        self.versions[name] = result.get("version") or result["engine"]["library"]
        print(f"  {name:14s} {statistics.median(result['training']):9,.0f} images/s", flush=True)

    def result(self):
        load = os.getloadavg()[0]
        for round_number in range(self.a.rounds):
            for name in turns(self.a.programs, round_number):
                self.measure(name)
        return {
            **self.case.key(),
            "images": self.case.images(),
            "load_average_before": load,
            "versions": self.versions,
            "images_per_second": self.speeds,
            "median": {name: statistics.median(values) for name, values in self.speeds.items()},
            "failed": self.failed,
        }


def folder_of(case, a, scratch):
    """The images of a case, made when they are first asked for."""
    folder = Path(scratch) / f"{case.data}-{case.images()}"
    if not folder.exists():
        folder.mkdir()
        if case.data == "mnist":
            image_folders.subset(a.data, folder, case.images())
        else:
            image_folders.dense(folder, case.images())
    return folder


def command_of(a):
    return f"bench/sizes.py --rounds {a.rounds} --seconds {a.seconds}"


def earlier(a):
    """The cases that the file has already."""
    if not a.out or not a.out.exists():
        return []
    found = json.loads(a.out.read_text())
    now = {"commit": commit(), "command": command_of(a)}
    for what, value in now.items():
        if found[what] != value:
            raise Refused(f"{a.out} is of {what} {found[what]}, not {value}: take another file.")
    return found["cases"]


def measure(a):
    done = earlier(a)
    end = time.monotonic() + 60 * a.minutes
    chosen = [case for case in cases() if a.only in str(case)]
    left = [case for case in chosen if all(not same(case, other) for other in done)]
    with tempfile.TemporaryDirectory() as scratch:
        for i, case in enumerate(left):
            if time.monotonic() > end:
                print(f"{len(left) - i} cases are left: the same command goes on with them", flush=True)
                return
            print(f"{i + 1}/{len(left)} {case}", flush=True)
            done.append(Measurement(case, a, folder_of(case, a, scratch)).result())
            if a.out:
                a.out.write_text(record(command_of(a), cases=done))


def same(case, result):
    return all(result[key] == value for key, value in case.key().items())


# ---- the table ------------------------------------------------------------------------------------


def ratio(result):
    """Of our speed to the fastest of the others; None where one of the two is missing."""
    others = [speed for name, speed in result["median"].items() if name in PEERS]
    ours = result["median"].get("cvae-gpu")
    return ours / max(others) if ours and others else None


def text_of(ratio):
    """Bold where another program is faster; by the figure that is shown."""
    if ratio is None:
        return "-"
    text = f"{ratio:.2f}"
    return f"**{text}**" if float(text) < 1 else text


def speed_of(result, name):
    if name in result["failed"]:
        return "failed"
    return number(result["median"].get(name), 0)


def tables(found):
    """A row a case."""
    rows = []
    for result in found["cases"]:
        hidden = ",".join(map(str, result["hidden"]))
        what = [result["batch"], hidden, result["latent"], result["data"], result["threads"]]
        rows.append([*what, *(speed_of(result, name) for name in PROGRAMS), text_of(ratio(result))])
    heads = ["batch", "hidden", "latent", "images", "threads", *PROGRAMS.values(), "to the fastest"]
    known = [value for value in map(ratio, found["cases"]) if value is not None]
    slower = sum(float(f"{value:.2f}") < 1 for value in known)
    lead = (
        "**Sizes of networks and batches**, one thing changed at a time from the study's; `dense` is noise"
        " without a zero. Images per second, medians; the ratio is to the fastest of the others, bold where"
        f" that is faster: {slower} of {len(known)} cases."
    )
    machine = f"{found['machine']['processor']}; commit {found['commit']}; {found['when'][:10]}."
    return f"{lead}\n\n{table(heads, rows)}\n\n{machine}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=2.5, help="measured of a program in each round")
    parser.add_argument("--minutes", type=float, default=600, help="after these no case is begun")
    parser.add_argument("--only", default="", help="cases with this in them, as latent=10 or threads=1")
    parser.add_argument("--programs", type=lambda text: text.split(","), default=list(PROGRAMS))
    measure_or_show(parser, measure, tables, MARKER)


if __name__ == "__main__":
    main()
