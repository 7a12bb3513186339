#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Does holding the KL divergence help disentanglement? Trains on the sprites with several betas and several
set points of the KL divergence, each with several seeds, and puts their scores side by side.

The network is the fully connected one that the beta-VAE's paper has for 2D shapes (Higgins et al. 2017), two
hidden layers of 1200 units and ten latent dimensions, as far as this program can make it: its decoder mirrors
the encoder and has ReLU, where theirs has three layers with tanh; --activation would be tanh for both halves.

A set point and a beta can only be compared where the KL divergence comes out the same. So each held run is
compared with what the betas of the same seed come to at its KL divergence, on straight lines between the two
nearest of them: a set point outside what the betas come to has no comparison. Set points are held by the rule
that train takes by default. Intervals are of 95 %, over seeds, by Student's t.

  mvn -q -DskipTests package
  python3 bench/disentanglement.py --out bench/results/disentanglement.json
  python3 bench/disentanglement.py --table bench/results/disentanglement.json --update bench/README.md

The file of results is written after each run, and runs that it has are not trained again.
"""

import argparse
import json
import math
import shlex
import statistics
import tempfile
from pathlib import Path

from machine import commit
from programs import JAR, last_line, ours, processors, record
from tables import Refused, number, publish, table

NETWORK = ["--data", "sprites", "--hidden", "1200,1200", "--latent", "10"]
MARKER = "disentanglement"

# What is compared, by its key in the results; figures of the run itself stand before them in the tables.
SCORES = {
    "mig": "MIG",
    "sap": "SAP",
    "factor_vae": "FactorVAE",
    "disentanglement": "DCI: disentanglement",
    "completeness": "completeness",
    "informativeness": "informativeness",
}
FIGURES = {"train_kl": "KL at the end", "kl": "test KL", "rl": "test RL", "active_units": "active units"}

# The 97.5 % points of Student's t, for 1 to 30 degrees of freedom.
T = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228]
T += [2.201, 2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086]
T += [2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042]


# ---- figures ----------------------------------------------------------------------------------------


def mean_and_half(values):
    """A mean, and half of its 95 % interval: None for a single value, which says nothing of its spread."""
    mean = statistics.mean(values)
    if len(values) == 1:
        return mean, None
    freedom = len(values) - 1
    # Beyond the table, right to a thousandth.
    t = T[freedom - 1] if freedom <= len(T) else 1.960 + 2.4 / freedom
    return mean, t * statistics.stdev(values) / math.sqrt(len(values))


def between(points, at):
    """The height at a place of straight lines through points (place, height); None beyond the outermost."""
    points = sorted(points)
    for (left, low), (right, high) in zip(points, points[1:]):
        if left <= at <= right:
            return low if left == right else low + (high - low) * (at - left) / (right - left)
    return None


def by_setting(results):
    """Runs by seed, by the setting that they share: "beta 4" or "KL 15"."""
    settings = {}
    for run in results.values():
        settings.setdefault(run["setting"], {})[run["seed"]] = run
    return settings


def at_equal_kl(settings, held, score):
    """By seed, a held run's score minus what the betas come to at its KL divergence, where they have it."""
    differences = {}
    for seed, run in settings[held].items():
        betas = [runs[seed] for name, runs in settings.items() if is_beta(name) and seed in runs]
        points = [(one["kl"], one[score]) for one in betas if one[score] is not None]
        other = between(points, run["kl"])
        if other is not None and run[score] is not None:
            differences[seed] = run[score] - other
    return differences


def over_set_points(settings, score):
    """By seed, the mean over set points of those differences."""
    seeds = {}
    for name in settings:
        if not is_beta(name):
            for seed, difference in at_equal_kl(settings, name, score).items():
                seeds.setdefault(seed, []).append(difference)
    return {seed: statistics.mean(differences) for seed, differences in seeds.items()}


def is_beta(setting):
    return setting.startswith("beta ")


def figures_of(trained, evaluated):
    """What is kept of a run, from the lines of JSON that the two commands end with."""
    latent = evaluated["latent"]
    scores = latent["disentanglement"]
    if scores is None:
        raise Refused("The program knows no factors of these images: it is older than this script.")
    return {
        "train_kl": trained["metrics"]["last_steps"]["kl"],
        **{name: evaluated["evaluation"][name]["mean"] for name in ("kl", "rl", "elbo")},
        "active_units": latent["active_units"],
        **{name: scores[name] for name in ("mig", "sap", "factor_vae")},
        **scores["dci"],
        "factors": scores["factors"],
    }


# ---- measuring --------------------------------------------------------------------------------------


def settings(a):
    """Each setting with its options of train."""
    held = shlex.split(a.held)
    return {
        **{f"beta {beta:g}": ["--beta", beta] for beta in a.betas},
        **{f"KL {kl:g}": ["--kl", kl, *held] for kl in a.kls},
    }


class Runs:
    """Trains and scores what the file of results does not have."""

    def __init__(self, a):
        self.a = a
        self.plan = {"epochs": a.epochs, "lr": a.lr, "batch": a.batch, "held": a.held, "network": NETWORK}
        self.on = processors(a.threads)
        self.found = self.read()

    def read(self):
        if not (self.a.out and self.a.out.exists()):
            return {}
        found = json.loads(self.a.out.read_text())
        if (found["plan"], found["commit"]) != (self.plan, commit()):
            raise Refused(f"{self.a.out} is of another plan or commit: remove it.")
        return found["results"]

    def add(self, setting, options, seed):
        name = f"{setting}, seed {seed}"
        if name in self.found:
            return
        with tempfile.TemporaryDirectory() as folder:
            run = Path(folder) / "run"
            plan = ["--epochs", self.a.epochs, "--lr", self.a.lr, "--batch", self.a.batch, "--seed", seed]
            threads = ["--threads", self.a.threads, "--json"]
            train = ours(self.a.jar, "train", *NETWORK, *options, *plan, "--out", run, "--quiet", *threads)
            trained = last_line(train, self.on)
            score = ours(self.a.jar, "evaluate", run, "--samples", 1, "--latent", *threads)
            evaluated = last_line(score, self.on)
        self.found[name] = {"setting": setting, "seed": seed, **figures_of(trained, evaluated)}
        shown = {key: value for key, value in self.found[name].items() if key != "factors"}
        print(f"{name}: {json.dumps(shown)}", flush=True)
        if self.a.out:
            self.a.out.write_text(self.text())

    def text(self):
        words = ["bench/disentanglement.py", "--epochs", self.a.epochs, "--seeds", joined(self.a.seeds)]
        words += ["--betas", joined(self.a.betas), "--kls", joined(self.a.kls)]
        words += ["--lr", self.a.lr, "--batch", self.a.batch, "--threads", self.a.threads]
        words += ["--held", shlex.quote(self.a.held)] if self.a.held else []
        command = " ".join(map(str, words))
        return record(command, plan=self.plan, threads=self.a.threads, results=self.found)


def joined(numbers):
    return ",".join(f"{one:g}" for one in numbers)


def measure(a):
    runs = Runs(a)
    # All settings of a seed before the next seed, so that what is there after a while can be compared.
    for seed in a.seeds:
        for setting, options in settings(a).items():
            runs.add(setting, options, seed)
    return json.loads(runs.text())


# ---- tables -----------------------------------------------------------------------------------------


def cell(values, digits):
    """A mean with its interval; how many have none is said."""
    known = [value for value in values if value is not None]
    if not known:
        return "-"
    mean, half = mean_and_half(known)
    text = number(mean, digits) + ("" if half is None else f" ± {number(half, digits)}")
    return text if len(known) == len(values) else f"{text} ({len(known)} of {len(values)})"


def scores_table(runs):
    rows = []
    for name, seeds in runs.items():
        row = [cell([run[key] for run in seeds.values()], 1) for key in FIGURES]
        row += [cell([run[key] for run in seeds.values()], 3) for key in SCORES]
        rows.append([name, *row])
    return table(["", *FIGURES.values(), *SCORES.values()], rows)


def differences_table(runs):
    rows = []
    for name in runs:
        if not is_beta(name):
            found = [list(at_equal_kl(runs, name, key).values()) for key in SCORES]
            rows.append([name, *(cell(values, 3) for values in found)])
    found = [list(over_set_points(runs, key).values()) for key in SCORES]
    rows.append(["mean of these", *(cell(values, 3) for values in found)])
    return table(["held - beta at its KL", *SCORES.values()], rows)


def tables(found):
    plan = found["plan"]
    runs = by_setting(found["results"])
    seeds = len({run["seed"] for run in found["results"].values()})
    epochs = f"{plan['epochs']} epoch{'s' if plan['epochs'] > 1 else ''}"
    lead = (
        f"**Sprites, {epochs}** at learning rate {plan['lr']}, batch {plan['batch']},"
        f" {seeds} seed{'s' if seeds > 1 else ''}: 1024 -> 1200 -> 1200 -> 10 with ReLU, the decoder mirrors"
        " the encoder. Scores are of the test images; mean ± 95 % interval over seeds."
    )
    if plan["held"]:
        lead += f" Set points have `{plan['held']}`."
    machine = f"{found['threads']} threads of {found['machine']['processor']}; commit {found['commit']}"
    return f"{lead}\n\n{scores_table(runs)}\n\n{differences_table(runs)}\n\n{machine}; {found['when'][:10]}."


def numbers(kind):
    return lambda text: [kind(one) for one in text.split(",")]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--betas", type=numbers(float), default=[0.5, 1, 2, 4, 8, 16])
    parser.add_argument("--kls", type=numbers(float), default=[10, 15, 20, 25], help="set points, nats")
    parser.add_argument(
        "--held", default="", help="more options of train for set points, e.g. --held='--ki 0.001'"
    )
    parser.add_argument("--seeds", type=numbers(int), default=[0, 1, 2, 3, 4])
    parser.add_argument("--epochs", type=int, default=50)
    parser.add_argument("--lr", type=float, default=0.001)
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--jar", default=JAR)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--table", type=Path, help="train nothing: the tables of these results")
    parser.add_argument("--update", type=Path, help="the document to put them into")
    a = parser.parse_args()
    found = json.loads(a.table.read_text()) if a.table else measure(a)
    publish(tables(found), MARKER, a.update)


if __name__ == "__main__":
    try:
        main()
    except Refused as e:
        raise SystemExit(f"disentanglement.py: {e}") from e
