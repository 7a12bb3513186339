#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What N runs side by side with one thread each reach on N cores, beside one run with one thread.

All models are trained in one process, on one copy of the images, as `sweep` and `reproduce` train
them: `bench --models 1,N --threads 1`. One and N take turns within each round; a process's rounds
begin with one that does not count, and there are several processes. The goal is 0.9 N times the
throughput of one.

The interval is of the mean ratio over the processes' medians, by Student's t, where there are two
processes or more: rounds of one process have its luck with memory and cores in common.

  mvn -q -DskipTests package
  python3 bench/many_runs.py --data MNIST_DIR --out bench/results/many-runs.json
  python3 bench/many_runs.py --table bench/results/many-runs.json --update bench/README.md
"""

import argparse
import statistics

from programs import STUDY_CONTROL_VAE, last_line, measure_or_show, ours, processors, record
from tables import number, table

GOAL = 0.9

# Student's t of 95 % with so many degrees of freedom, from 1.
T = [12.71, 4.30, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26, 2.23, 2.20, 2.18, 2.16, 2.14, 2.13]


def counts(cores):
    """Runs at a time: one, and by doubling as many as there are cores."""
    found = [1]
    while found[-1] * 2 < cores:
        found.append(found[-1] * 2)
    return found + [cores] if cores > 1 else found


def measured(a, runs):
    """One process's cases, by the number of runs."""
    options = ["--engine", "cpu", "--threads", 1, "--models", ",".join(map(str, runs)), "--rounds", a.rounds]
    command = ours(a.jar, "bench", "--data", a.data, "--json", "--quiet", *options, *STUDY_CONTROL_VAE)
    result = last_line(command, on=processors(runs[-1]))["result"]
    return {case["models"]: case for case in result["cases"]}


def throughput(cases, models):
    """What so many runs reach, in single ones, by the median round: each beside that round's own one."""
    pairs = zip(cases[models]["images_per_second"], cases[1]["images_per_second"])
    return statistics.median(many / one for many, one in pairs)


def interval(values):
    """Mean, and 95 % of where it lies; only the mean of one value."""
    mean = statistics.fmean(values)
    if len(values) < 2:
        return mean, None, None
    t = T[min(len(values) - 1, len(T)) - 1]
    half = t * statistics.stdev(values) / len(values) ** 0.5
    return mean, mean - half, mean + half


def text(results):
    rows = []
    for runs in results["runs"]:
        ratios = [throughput(as_numbers(cases), runs) for cases in results["processes"]]
        mean, low, high = interval(ratios)
        speeds = [s for cases in results["processes"] for s in cases[str(runs)]["images_per_second"]]
        spread = "" if low is None else f"{number(low)} to {number(high)}"
        rows.append([runs, number(statistics.median(speeds), 0), number(mean), spread, number(mean / runs)])
    heads = ["runs at a time", "images/s, together", "to one", "95 % of the mean", "a core's share"]
    machine = results["machine"]
    return table(heads, rows) + (
        f"\n\nOne thread a run, the study's network on MNIST; {len(results['processes'])} processes of"
        f" {results['rounds']} rounds; {machine['cores']} cores of {machine['processor']};"
        f" commit {results['commit']}; {results['when'][:10]}. The goal is a share of {GOAL}."
    )


def as_numbers(cases):
    return {int(runs): case for runs, case in cases.items()}


def measure(a):
    runs = counts(a.cores or len(processors(10**6) or [0]))
    found = []
    for process in range(a.processes):
        cases = measured(a, runs)
        found.append({str(number): case for number, case in cases.items()})
        reached = ", ".join(f"{n} runs {throughput(cases, n):.2f}" for n in runs[1:])
        print(f"process {process + 1}/{a.processes}: to one run {reached or '-'}", flush=True)
    command = f"bench/many_runs.py --processes {a.processes} --rounds {a.rounds} --cores {runs[-1]}"
    written = record(command, rounds=a.rounds, runs=runs, processes=found)
    if a.out:
        a.out.write_text(written)


def main():
    parser = argparse.ArgumentParser(prog="many_runs.py")
    parser.add_argument("--processes", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--cores", type=int, help="how many to use; default: all that the process may use")
    measure_or_show(parser, measure, text, "many-runs")


if __name__ == "__main__":
    main()
