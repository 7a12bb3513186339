#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Trains the study's ControlVAE and beta-VAE for all of their epochs; writes down seconds and figures.

Our seconds are those of whole processes, which write their runs and score the test images. Those of JAX and
PyTorch are EXTRAPOLATED: a whole process that trains some epochs, and for each epoch that is missing the
median of those measured; they write and score nothing. Figures are means over the last 100 steps, of each
seed, beside those of an earlier version; the runs are kept in the folder --runs, and a run that is finished
there is not trained again.

  mvn -q -DskipTests package
  python3 -m venv .venv && .venv/bin/pip install torch numpy jax jaxlib
  .venv/bin/python bench/study_time.py --data MNIST_DIR --seeds 0,1,2 --runs study-runs \\
    --out bench/results/study-time.json
  python3 bench/study_time.py --table bench/results/study-time.json --update bench/README.md
"""

import argparse
import csv
import json
import statistics
from pathlib import Path

from programs import (
    STUDY_CONTROL_VAE,
    STUDY_LEARNING_RATE,
    measure_or_show,
    ours,
    peer,
    processors,
    record,
    run,
)
from tables import Refused, number, table

MODELS = {"control": "ControlVAE", "beta": "beta-VAE"}
PEERS = {"jax": "JAX", "torch-fused": "PyTorch, fused Adam"}
MARKER = "study-time"


def plan(model):
    """Of cvae-gpu: the study's, with the study's anti-windup."""
    if model == "control":
        return STUDY_CONTROL_VAE
    return ["--control", "constant", *STUDY_LEARNING_RATE]


def last_steps(run, steps=100):
    """Means over the last steps of a run, as its log has them; the loss is what was trained on."""
    with (run / "metrics.csv").open() as lines:
        log = list(csv.DictReader(lines))
    rows = [{name: float(row[name]) for name in ("rl", "kl", "beta")} for row in log[-steps:]]
    figures = {
        "RL": [row["rl"] for row in rows],
        "KL": [row["kl"] for row in rows],
        "ELBO": [-(row["rl"] + row["kl"]) for row in rows],
        "loss": [row["rl"] + row["beta"] * row["kl"] for row in rows],
    }
    return {name: statistics.mean(values) for name, values in figures.items()}


class Study:
    """Runs of both models, each with every seed."""

    def __init__(self, a):
        self.a = a
        self.on = processors(a.threads)
        self.where = ["--data", a.data, "--threads", a.threads]

    def train(self, model, seed):
        """Figures and seconds of a run; where it is finished already, those of then."""
        # The names that `reproduce` gives them, so that it can go on with these.
        folder = self.a.runs / f"{model}-lr0.001-seed{seed}"
        note = self.a.runs / f"{folder.name}.seconds.json"
        if not note.exists():
            if folder.exists():
                raise Refused(f"{folder} is of a run that was not timed to its end: remove it.")
            options = ["--quiet", "--seed", seed, "--epochs", self.a.epochs, "--out", folder]
            seconds = run(ours(self.a.jar, "train", *plan(model), *options, *self.where), self.on)[1]
            note.write_text(json.dumps({"seconds": seconds}))
        found = json.loads((folder / "run.json").read_text())
        if found["plan"]["schedule"]["epochs"] != self.a.epochs:
            raise Refused(f"{folder} is of a run of another length than {self.a.epochs} epochs.")
        seconds = json.loads(note.read_text())["seconds"]
        return {"seed": seed, "seconds": seconds, **last_steps(folder)}

    def extrapolate(self, name, model):
        """Seconds of a peer's whole training, from a process that trains some epochs."""
        beta = ["--beta", "1"] if model == "beta" else []
        text, seconds = run(peer(name, "--epochs", self.a.measured, *beta, *self.where), self.on)
        speeds = json.loads(text.splitlines()[-1])["training"]
        images = self.images()
        return extrapolated(seconds, [images / speed for speed in speeds], self.a.epochs)

    def images(self):
        """What an epoch's seconds are reckoned for."""
        from peers import load_images

        return len(load_images(self.a.data))


def extrapolated(process, epochs, wanted):
    """Seconds for so many epochs, from a process that trained one more than those that it measured."""
    missing = wanted - 1 - len(epochs)
    epoch = statistics.median(epochs)
    return {"measured_process": process, "epoch": epoch, "extrapolated": process + missing * epoch}


def measure(a):
    a.runs.mkdir(parents=True, exist_ok=True)
    study = Study(a)
    results = {}
    for model in MODELS:
        runs, peers = [], {}
        for seed in a.seeds:
            runs.append(study.train(model, seed))
            print(
                f"{model} seed {seed}: {runs[-1]['seconds']:.1f} s, loss {runs[-1]['loss']:.2f}", flush=True
            )
        for name in PEERS:
            peers[name] = study.extrapolate(name, model)
            print(f"{model} {name}: {peers[name]['extrapolated']:.1f} s, extrapolated", flush=True)
        results[model] = {"runs": runs, "peers": peers}
    seeds = ",".join(map(str, a.seeds))
    command = f"bench/study_time.py --epochs {a.epochs} --seeds {seeds} --threads {a.threads}"
    text = record(command, epochs=a.epochs, threads=a.threads, measured_epochs=a.measured, results=results)
    if a.out:
        a.out.write_text(text)
    print(tables(json.loads(text)))


# ---- the tables -----------------------------------------------------------------------------------


def mean_and_range(values):
    if len(values) == 1:
        return number(values[0])
    return f"{number(statistics.mean(values))} ({number(min(values))} to {number(max(values))})"


def times(found):
    rows = []
    for model, name in MODELS.items():
        result = found["results"][model]
        seconds = [run["seconds"] for run in result["runs"]]
        low = min(peer["extrapolated"] for peer in result["peers"].values())
        peers = [number(result["peers"][peer]["extrapolated"], 0) for peer in PEERS]
        text = f"{statistics.median(seconds):,.0f} ({min(seconds):,.0f} to {max(seconds):,.0f})"
        rows.append([name, text, *peers, number(low / statistics.median(seconds))])
    heads = [f"{found['epochs']} epochs, s", "cvae-gpu"]
    heads += [f"{name}, extrapolated" for name in PEERS.values()]
    return table([*heads, "to the fastest"], rows)


def figures(found):
    rows = []
    for model, name in MODELS.items():
        runs = found["results"][model]["runs"]
        for figure in ("RL", "KL", "ELBO", "loss"):
            values = [run[figure] for run in runs]
            each = ", ".join(number(value) for value in values)
            rows.append([name, figure, each, mean_and_range(values)])
    seeds = ", ".join(str(run["seed"]) for run in found["results"]["beta"]["runs"])
    return table(["model", "figure", f"seeds {seeds}", "mean (range)"], rows)


def tables(found):
    lead = (
        f"**The study, {found['epochs']} epochs** at learning rate 0.001, whole processes; the others'"
        f" seconds are extrapolated from {found['measured_epochs']} epochs and a process's start. Figures are"
        " means of the last 100 steps; the loss is RL + beta KL."
    )
    machine = f"{found['machine']['processor']}; commit {found['commit']}; {found['when'][:10]}."
    return f"{lead}\n\n{times(found)}\n\n{figures(found)}\n\n{machine}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--epochs", type=int, default=200)
    parser.add_argument("--seeds", type=lambda text: list(map(int, text.split(","))), default=[0])
    parser.add_argument("--measured", type=int, default=8, help="epochs of a peer that are measured")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--runs", type=Path, default=Path("study/runs"), help="where the runs are kept")
    measure_or_show(parser, measure, tables, MARKER)


if __name__ == "__main__":
    main()
