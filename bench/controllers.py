#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Trains with the rules that decide beta and says how each did: docs/controllers.md is made of this.

  --what rules    each rule trains the study's network on MNIST with one seed
  --what seeds    those that are compared at the study's settings, with five seeds
  --what changes  the default rule when the set point, the learning rate or the likelihood is another
  --what grid     those that are compared, at several set points, learning rates, batches and seeds, for a
                  few thousand steps

  mvn -q -DskipTests package
  python3 bench/controllers.py --what rules --data MNIST_DIR --out bench/results/controllers.json
  python3 bench/controllers.py --table bench/results/controllers.json --pictures docs/images \\
    --update docs/controllers.md
  python3 bench/controllers.py --what seeds --data MNIST_DIR --out bench/results/controllers-seeds.json
  python3 bench/controllers.py --table bench/results/controllers-seeds.json --update docs/controllers.md
  python3 bench/controllers.py --of RUN... --kl 9.97

The file of results is written after each run, and runs that it has are not trained again.
"""

import argparse
import csv
import itertools
import json
import math
import statistics
import tempfile
from pathlib import Path

from machine import commit
from programs import JAR, last_line, ours, processors, record
from svg import document, text
from tables import Refused, number, publish, table

# What is trained, by its name in the tables; a set point is what the figures are judged by.
RULES = {
    "hold": [],
    "pi": ["--control", "pi"],
    "pi, study's anti-windup": ["--control", "pi", "--anti-windup", "study"],
    "dynamic": ["--control", "dynamic"],
    "capacity": ["--control", "capacity"],
    "geco": ["--control", "geco"],
    "constant": ["--control", "constant"],
    "warm-up": ["--control", "warm-up"],
    "cyclical": ["--control", "cyclical"],
    "free-bits": ["--control", "free-bits"],
}
SET_POINT = 9.97
EPOCHS = 40

# What is compared with more seeds and settings.
HELD = {"hold": [], "study": ["--control", "pi", "--anti-windup", "study"]}
SEEDS_EPOCHS = 50
FIVE_SEEDS = [0, 1, 2, 3, 4]

# Changes: options, the set point that they come to, and the step that they come at.
CHANGES_EPOCHS = 12
CHANGE = 2814
CHANGES = {
    "set point 5, then 9.97": (["--kl", 5, "--kl-schedule", f"{CHANGE}:9.97"], 9.97, CHANGE),
    "set point 9.97, then 5": (["--kl", 9.97, "--kl-schedule", f"{CHANGE}:5"], 5, CHANGE),
    "set point 0.5, then 9.97": (["--kl", 0.5, "--kl-schedule", f"{CHANGE}:9.97"], 9.97, CHANGE),
    "set point 9.97, then 0.5": (["--kl", 9.97, "--kl-schedule", f"{CHANGE}:0.5"], 0.5, CHANGE),
    # After six epochs, which are 2,814 steps.
    "learning rate 0.001, then 0.0001": (["--lr-step", 6, "--lr-factor", 0.1], 9.97, CHANGE),
    "learning rate 0.001, then 0.00001": (["--lr-step", 6, "--lr-factor", 0.01], 9.97, CHANGE),
    "learning rate rising from 0 for 2,814 steps": (["--lr-warm-up", CHANGE], 9.97, 0),
    "learning rate falling to 0 by a cosine": (["--lr-schedule", "cosine"], 9.97, 0),
    "bernoulli-binarized": (["--likelihood", "bernoulli-binarized"], 9.97, 0),
    "continuous-bernoulli": (["--likelihood", "continuous-bernoulli"], 9.97, 0),
    "gaussian, sigma 1": (["--likelihood", "gaussian"], 9.97, 0),
    "gaussian, sigma 0.1": (["--likelihood", "gaussian", "--sigma", 0.1], 9.97, 0),
    "gaussian, sigma learned": (["--likelihood", "gaussian", "--sigma", "learned"], 9.97, 0),
}

# Of the grid: set points with their latent dimensions, and epochs of some 3,000 steps for each batch.
SET_POINTS = [(0.5, 2), (2, 2), (5, 2), (9.97, 2), (15, 10), (25, 10)]
RATES = [0.001, 0.0001]
BATCHES = {32: 2, 128: 7, 512: 26}
SEEDS = [0, 1, 2]

SETTLED = 0.02
SMOOTHING = 100
BURST = 10
TAIL = 1000
MARKERS = {
    "rules": "controllers",
    "seeds": "controllers-seeds",
    "changes": "controllers-changes",
    "grid": "controllers-grid",
}


# ---- figures of a run -------------------------------------------------------------------------------


def smoothed(values, steps=SMOOTHING):
    """The exponential mean, from the first value on."""
    mean = values[0]
    means = []
    for value in values:
        mean += (value - mean) / steps
        means.append(mean)
    return means


def settles(means, set_point):
    """The first step from which on all means are within 2 % of the set point; None if the last is not."""
    step = len(means)
    while step > 0 and abs(means[step - 1] - set_point) <= SETTLED * set_point:
        step -= 1
    return step + 1 if step < len(means) else None


def burst(values, steps=BURST):
    """The largest mean of so many steps in a row."""
    total = sum(values[:steps])
    largest = total
    for new, old in zip(values[steps:], values):
        total += new - old
        largest = max(largest, total)
    return largest / steps


def overshoot(means, set_point):
    """How far the means go beyond the set point, from the side on which the first of them is."""
    beyond = max(means) - set_point if means[0] <= set_point else set_point - min(means)
    return max(0.0, beyond / set_point)


def figures(kl, set_point, since=0):
    """How a run held its KL from a step on, with the definitions of docs/controllers.md."""
    means = smoothed(kl)[since:]
    kl = kl[since:]
    count = min(TAIL, len(kl) // 4)
    spread = statistics.pstdev(kl[-count:])
    before = statistics.pstdev(kl[-2 * count : -count])
    return {
        "settles": settles(means, set_point),
        "overshoot": overshoot(means, set_point),
        "burst": burst(kl) / set_point,
        "offset": statistics.mean(kl[-count:]) / set_point - 1,
        "spread": spread / set_point,
        # Of an oscillation that grows it is above 1, and stays there.
        "growth": spread / before if before > 0 else None,
    }


def read_log(folder):
    """KL and beta of each step."""
    with (folder / "metrics.csv").open() as lines:
        rows = list(csv.DictReader(lines))
    return [float(row["kl"]) for row in rows], [float(row["beta"]) for row in rows]


def thinned(values, points=300):
    """Means over stretches that grow with the step, for a picture with a logarithmic axis."""
    ends = sorted({round(len(values) ** (i / points)) for i in range(1, points + 1)})
    starts = [0, *ends]
    return [[end, statistics.mean(values[start:end])] for start, end in zip(starts, ends)]


# ---- measuring --------------------------------------------------------------------------------------


class Runs:
    """Trains what the file of results does not have."""

    def __init__(self, a, kind, settings):
        self.a, self.kind, self.settings = a, kind, settings
        self.on = processors(a.threads)
        self.where = ["--data", a.data, "--threads", a.threads]
        self.found = self.read()

    def read(self):
        if not (self.a.out and self.a.out.exists()):
            return {}
        found = json.loads(self.a.out.read_text())
        if (found["kind"], found["settings"], found["commit"]) != (self.kind, self.settings, commit()):
            raise Refused(f"{self.a.out} is of another measurement or commit: remove it.")
        return found["results"]

    def add(self, name, options, finish):
        if name in self.found:
            return
        with tempfile.TemporaryDirectory() as folder:
            run = Path(folder) / "run"
            line = last_line(
                ours(self.a.jar, "train", *options, "--out", run, "--quiet", "--json", *self.where), self.on
            )
            self.found[name] = finish(run, line["metrics"])
        print(
            f"{name}: {json.dumps({k: v for k, v in self.found[name].items() if k != 'curves'})}", flush=True
        )
        if self.a.out:
            self.a.out.write_text(self.text())

    def text(self):
        command = f"bench/controllers.py --what {self.kind}"
        return record(
            command, kind=self.kind, settings=self.settings, threads=self.a.threads, results=self.found
        )


def measure_rules(a):
    runs = Runs(a, "rules", {"epochs": a.epochs, "seed": 0, "set_point": SET_POINT})

    def finish(run, metrics):
        kl, beta = read_log(run)
        exact = last_line(ours(a.jar, "evaluate", run, "--exact", "--json", *runs.where), runs.on)
        return {
            **figures(kl, SET_POINT),
            "test": {
                "rl": metrics["test"]["rl"]["mean"],
                "kl": metrics["test"]["kl"]["mean"],
                "elbo": metrics["test"]["elbo"]["mean"],
                "log_likelihood": exact["exact"]["log_likelihood"]["mean"],
            },
            "curves": {"kl": thinned(kl), "beta": thinned(beta)},
        }

    for name, options in RULES.items():
        runs.add(name, [*options, "--epochs", a.epochs, "--seed", 0], finish)
    return runs.text()


def measure_seeds(a):
    runs = Runs(a, "seeds", {"epochs": SEEDS_EPOCHS, "set_point": SET_POINT})

    def finish(run, _):
        return figures(read_log(run)[0], SET_POINT)

    for seed, rule in itertools.product(FIVE_SEEDS, HELD):
        options = [*HELD[rule], "--epochs", SEEDS_EPOCHS, "--seed", seed]
        runs.add(f"{rule}, seed {seed}", options, finish)
    return runs.text()


def measure_changes(a):
    runs = Runs(a, "changes", {"epochs": CHANGES_EPOCHS})
    for (name, (options, set_point, since)), seed in itertools.product(CHANGES.items(), SEEDS):

        def finish(run, _, set_point=set_point, since=since):
            return figures(read_log(run)[0], set_point, since)

        runs.add(f"{name}, seed {seed}", [*options, "--epochs", CHANGES_EPOCHS, "--seed", seed], finish)
    return runs.text()


def measure_grid(a):
    runs = Runs(a, "grid", {"epochs": {str(batch): epochs for batch, epochs in BATCHES.items()}})
    cases = itertools.product(HELD, SET_POINTS, RATES, BATCHES, SEEDS)
    for rule, (set_point, latent), rate, batch, seed in cases:

        def finish(run, metrics, set_point=set_point):
            return {**figures(read_log(run)[0], set_point), "rl": metrics["last_steps"]["rl"]}

        name = f"{rule}, KL {set_point}, latent {latent}, lr {rate}, batch {batch}, seed {seed}"
        options = ["--kl", set_point, "--latent", latent, "--lr", rate, "--batch", batch, "--seed", seed]
        runs.add(name, [*HELD[rule], *options, "--epochs", BATCHES[batch]], finish)
    return runs.text()


MEASURES = {
    "rules": measure_rules,
    "seeds": measure_seeds,
    "changes": measure_changes,
    "grid": measure_grid,
}


# ---- tables -----------------------------------------------------------------------------------------

HOLDERS = [name for name in RULES if name not in ("constant", "warm-up", "cyclical", "free-bits", "geco")]


def step(value):
    return "never" if value is None else f"{value:,}"


def percent(value, digits=1):
    return f"{100 * value:+.{digits}f}" if value else f"{0:.{digits}f}"


def rules_table(found):
    rows = []
    for name, run in found["results"].items():
        held = [
            step(run["settles"]),
            number(100 * run["overshoot"], 1),
            number(run["burst"]),
            percent(run["offset"]),
        ]
        test = [number(run["test"][key]) for key in ("rl", "kl", "elbo", "log_likelihood")]
        rows.append([f"`{name}`", *(held if name in HOLDERS else ["-"] * 4), *test])
    heads = ["rule", "settles", "overshoot, %", "burst", "offset, %", "test RL", "KL", "ELBO", "log p(x)"]
    return table(heads, rows)


HELD_HEADS = ["settles", "overshoot, %", "burst", "offset, %", "spread, %", "growth"]


def held(runs):
    """A run's figures, or of several seeds every step and otherwise the worst."""
    return [
        ", ".join(step(run["settles"]) for run in runs),
        number(100 * worst(runs, "overshoot"), 1),
        number(worst(runs, "burst")),
        percent(max((run["offset"] for run in runs), key=abs)),
        number(100 * worst(runs, "spread"), 1),
        number(worst(runs, "growth")),
    ]


def worst(runs, key):
    """The largest; None where one has none."""
    values = [run[key] for run in runs]
    return None if None in values else max(values)


def by_case(found):
    """The runs of all seeds of each case, by its name."""
    cases = {}
    for name, run in found["results"].items():
        cases.setdefault(name.rsplit(", seed ", 1)[0], []).append(run)
    return cases


def cases_table(found):
    return table(["", *HELD_HEADS], [[name, *held(runs)] for name, runs in by_case(found).items()])


def falls(change):
    """Whether the set point of a change is below the one before: its burst is of what KL was then."""
    options, set_point, _ = CHANGES[change]
    return options[0] == "--kl" and options[1] > set_point


def changes_table(found):
    rows = []
    for name, runs in by_case(found).items():
        settled, over, highest, *rest = held(runs)
        rows.append([name, settled, over, "-" if falls(name) else highest, *rest])
    return table(["", *HELD_HEADS], rows)


def grid_table(found):
    """A row a set point, rate and batch; of the rule compared with, once it has run, its first figures."""
    cases = {tuple(name.split(", ", 1)): runs for name, runs in by_case(found).items()}
    others = {case: held(runs)[:3] for (rule, case), runs in cases.items() if rule == "study"}
    rows = []
    for (rule, case), runs in cases.items():
        if rule == "hold":
            rows.append([case, *held(runs), *(others.get(case, ["-"] * 3) if others else [])])
    heads = [f"study's rule: {what}" for what in HELD_HEADS[:3]] if others else []
    return table(["", *HELD_HEADS, *heads], rows)


TABLES = {"rules": rules_table, "seeds": cases_table, "changes": changes_table, "grid": grid_table}


def tables(found):
    machine = f"{found['threads']} threads of {found['machine']['processor']}; commit {found['commit']}"
    text = TABLES[found["kind"]](found)
    return f"{text}\n\n{machine}; {found['when'][:10]}."


# ---- pictures ---------------------------------------------------------------------------------------

WIDTH, PANEL, LEFT, RIGHT, TOP = 960, 300, 64, 730, 34
COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#666666"]


class Panel:
    """Curves over the step, whose axis is logarithmic."""

    def __init__(self, top, steps, low, high, log):
        self.top, self.steps, self.low, self.high, self.log = top, steps, low, high, log
        self.scale = math.log10 if log else float

    def at(self, step, value):
        x = LEFT + (RIGHT - LEFT) * math.log10(step) / math.log10(self.steps)
        low, high = self.scale(self.low), self.scale(self.high)
        part = (self.scale(min(max(value, self.low), self.high)) - low) / (high - low)
        return x, self.top + PANEL * (1 - part)

    def line(self, points, colour, width=1.6):
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in (self.at(*point) for point in points))
        return f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="{width}"/>'

    def grid(self, ticks, title):
        parts = [text(LEFT - 50, self.top - 10, title, extra=' font-weight="bold"')]
        step = 1
        while step <= self.steps:
            parts.append(self.line([(step, self.low), (step, self.high)], "#dddddd", 1))
            parts.append(text(self.at(step, self.low)[0], self.top + PANEL + 18, f"{step:,}", "middle"))
            step *= 10
        for tick in ticks:
            parts.append(self.line([(1, tick), (self.steps, tick)], "#dddddd", 1))
            parts.append(text(LEFT - 8, self.at(1, tick)[1] + 4, f"{tick:g}", "end"))
        return parts


def picture(results, names, set_point=None):
    """An SVG of KL above and beta below."""
    steps = max(run["curves"]["kl"][-1][0] for run in results.values())
    kl = Panel(TOP, steps, 0, 25, log=False)
    beta = Panel(TOP + PANEL + 60, steps, 1e-3, 100, log=True)
    parts = kl.grid([0, 5, 10, 15, 20, 25], "KL, nats")
    parts += beta.grid([0.001, 0.01, 0.1, 1, 10, 100], "beta")
    parts.append(text((LEFT + RIGHT) / 2, beta.top + PANEL + 40, "step", "middle"))
    if set_point:
        parts.append(kl.line([(1, set_point), (steps, set_point)], "#222222", 1))
    for i, name in enumerate(names):
        colour = COLOURS[i % len(COLOURS)]
        for panel, what in ((kl, "kl"), (beta, "beta")):
            parts.append(panel.line([(s, abs(v)) for s, v in results[name]["curves"][what]], colour))
        y = TOP + 12 + 24 * i
        parts.append(f'<rect x="{RIGHT + 22}" y="{y - 9}" width="16" height="4" fill="{colour}"/>')
        parts.append(text(RIGHT + 46, y, name))
    height = beta.top + PANEL + 56
    return document(WIDTH, height, parts)


def draw(found, folder):
    results = found["results"]
    held = [name for name in results if name in HOLDERS]
    others = [name for name in results if name not in HOLDERS]
    (folder / "controllers-holding.svg").write_text(picture(results, held, SET_POINT))
    (folder / "controllers-others.svg").write_text(picture(results, others))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data")
    parser.add_argument("--jar", default=JAR)
    parser.add_argument("--what", choices=MEASURES, default="rules")
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--table", type=Path, help="train nothing: the tables of these results")
    parser.add_argument("--pictures", type=Path, help="where to draw these results")
    parser.add_argument("--update", type=Path, help="the document to put the tables into")
    parser.add_argument("--of", type=Path, nargs="+", help="train nothing: the figures of these runs")
    parser.add_argument("--kl", type=float, default=SET_POINT, help="the set point of those runs")
    a = parser.parse_args()
    if a.of:
        for run in a.of:
            print(run.name, json.dumps(figures(read_log(run)[0], a.kl)))
    elif a.table:
        found = json.loads(a.table.read_text())
        if a.pictures:
            draw(found, a.pictures)
        publish(tables(found), MARKERS[found["kind"]], a.update)
    elif a.data:
        print(tables(json.loads(MEASURES[a.what](a))))
    else:
        parser.error("--data, --table or --of is needed")


if __name__ == "__main__":
    try:
        main()
    except Refused as e:
        raise SystemExit(f"controllers.py: {e}") from e
