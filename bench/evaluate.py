#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Scores the test images of a trained network by `evaluate` and by PyTorch (peer_scores.py), in turn.

Both draw so many latent points an image from the same trained posterior and work out RL, KL and the
importance-weighted bound; their figures stand side by side, and differ by the noise alone. The seconds are of
whole processes, and of scoring alone: for PyTorch those that it counts itself after its imports, for cvae-gpu
what a process of one sample an image takes less.

  mvn -q -DskipTests package
  python3 -m venv .venv && .venv/bin/pip install torch numpy
  .venv/bin/python bench/evaluate.py --data MNIST_DIR --out bench/results/cpu-evaluate.json
  python3 bench/evaluate.py --table bench/results/cpu-evaluate.json --update bench/README.md
"""

import argparse
import json
import statistics
import sys
import tempfile
from pathlib import Path

from programs import BENCH, STUDY_LEARNING_RATE, measure_or_show, ours, processors, record, run, turns
from tables import number, table

FIGURES = ["rl", "kl", "elbo", "importance_weighted_bound"]
PROGRAMS = ["cvae-gpu", "torch"]
MARKER = "cpu-evaluate"


class Scoring:
    """The same trained network, scored by either program."""

    def __init__(self, a, folder):
        self.a, self.run = a, Path(folder) / "run"
        self.on = processors(a.threads)
        options = ["--quiet", "--out", self.run, "--epochs", a.epochs, "--data", a.data]
        run(ours(a.jar, "train", "--threads", a.threads, *STUDY_LEARNING_RATE, *options), self.on)

    def options(self, samples):
        options = ["--data", self.a.data, "--samples", samples, "--threads", self.a.threads]
        return [*options, "--images", self.a.images] if self.a.images else options

    def ours(self, samples):
        return run(ours(self.a.jar, "evaluate", "--json", *self.options(samples), self.run), self.on)

    def score(self, name):
        """Seconds of a whole process and of scoring alone, and the figures."""
        if name == "cvae-gpu":
            text, seconds = self.ours(self.a.samples)
            scores = json.loads(text)["evaluation"]
            figures = {figure: scores[figure]["mean"] for figure in FIGURES}
            return seconds, seconds - self.ours(1)[1], figures
        script = [sys.executable, BENCH / "peer_scores.py", "--run", self.run]
        text, seconds = run([*script, *self.options(self.a.samples)], self.on)
        scores = json.loads(text)
        return seconds, scores["seconds"], {figure: scores[figure] for figure in FIGURES}


def measure(a):
    results = {name: {"whole": [], "scoring": []} for name in PROGRAMS}
    with tempfile.TemporaryDirectory() as folder:
        scoring = Scoring(a, folder)
        for round_number in range(a.rounds):
            for name in turns(PROGRAMS, round_number):
                whole, alone, figures = scoring.score(name)
                results[name]["whole"].append(whole)
                results[name]["scoring"].append(alone)
                results[name]["figures"] = figures
                bound = figures["importance_weighted_bound"]
                print(f"{name:9s} {whole:6.2f} s, {alone:6.2f} s of scoring, bound {bound:.2f}", flush=True)
    command = f"bench/evaluate.py --rounds {a.rounds} --samples {a.samples} --threads {a.threads}"
    text = record(command, samples=a.samples, threads=a.threads, results=results)
    if a.out:
        a.out.write_text(text)
    print(tables(json.loads(text)))


def tables(found):
    rows = []
    for name, label in zip(PROGRAMS, ["cvae-gpu", "PyTorch"]):
        result = found["results"][name]
        seconds = [number(statistics.median(result[what])) for what in ("whole", "scoring")]
        rows.append([label, *seconds, *(number(result["figures"][figure]) for figure in FIGURES)])
    heads = ["program", "whole process, s", "scoring alone, s", "RL", "KL", "ELBO", f"L_{found['samples']}"]
    times = [
        statistics.median(found["results"]["torch"][what])
        / statistics.median(found["results"]["cvae-gpu"][what])
        for what in ("whole", "scoring")
    ]
    lead = (
        f"**Evaluation** of the test images with {found['samples']} samples each, by `evaluate` and by"
        " PyTorch with the same parameters, medians; the figures differ by the noise."
        f" cvae-gpu is {times[0]:.2f} times as fast as a whole process, and {times[1]:.2f} times at scoring."
    )
    machine = (
        f"{found['threads']} threads of {found['machine']['processor']}; commit {found['commit']};"
        f" {found['when'][:10]}."
    )
    return f"{lead}\n\n{table(heads, rows)}\n\n{machine}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--epochs", type=int, default=5, help="of the training before")
    parser.add_argument("--samples", type=int, default=100)
    parser.add_argument("--images", type=int, help="the first test images alone")
    parser.add_argument("--threads", type=int, default=2)
    measure_or_show(parser, measure, tables, MARKER)


if __name__ == "__main__":
    main()
