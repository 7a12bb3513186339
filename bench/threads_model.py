#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How fast the native step would be with more threads than two: a MODEL, nothing is measured.

It goes by the phases that side_by_side.py recorded with two threads, medians over its rounds. A phase is one
run of units or several, whose numbers are those of native/cpu for the study's network; of several runs each
has a part of the phase's time as large as its part of the products. A unit takes as long as it did with two
threads, whoever takes it, so that a run takes as many units' time as the thread with most of them has. Behind
each run the threads meet: each of them moves a cache line when it comes and one when it goes on, as long as
between the two threads of the record. So what is left out: that memory and caches are shared by more, that
clocks sink, that lines take longer between sockets.

  python3 bench/threads_model.py --from bench/results/cpu-side-by-side.json --update bench/README.md
"""

import argparse
import json
import math
import statistics
from dataclasses import dataclass
from pathlib import Path

from tables import Refused, number, publish, table

MARKER = "threads-model"
MEASURED_THREADS = 2
THREADS = [2, 8, 16, 64]

# Of native/cpu: lanes.h, activations.h, batch.h, sparse.h, layer.h.
LANES, CHUNK, PANEL, SEGMENT, PIXEL_RANGE, MOST_PART, SPLIT_FROM = 16, 12, 32, 64, 16, 6, 128
# Of MNIST's pixels.
LIT = 0.2


@dataclass(frozen=True)
class Run:
    """Units of work that threads share out before they meet; work in products."""

    phase: str
    units: int
    work: float


def parts(whole, size):
    return -(-whole // size)


def runs(inputs=784, hidden=(400, 50), latent=2, batch=128):
    """Those of a step on images as sparse as MNIST's."""
    encoder = list(zip((inputs, *hidden), (*hidden, 2 * latent)))
    decoder = list(zip((latent, *reversed(hidden)), (*reversed(hidden), inputs)))
    panels, blocks, segments = parts(batch, PANEL), parts(batch, LANES), parts(batch, SEGMENT)

    def part(outputs):
        return parts(parts(outputs, LANES), MOST_PART)

    def by_chunks(phase, features, work):
        return Run(phase, parts(features, CHUNK) * panels, work)

    def back(phase, layer_in, layer_out):
        work = layer_in * layer_out
        if layer_out < SPLIT_FROM:
            return [by_chunks(phase, layer_in, work)]
        both = by_chunks(phase, layer_in, 0)
        return [Run(phase, 2 * both.units, work), both]

    first_in, first_out = encoder[0]
    found = [Run("gather", segments * parts(inputs, PIXEL_RANGE), 1)]
    found += [Run("encode", part(first_out) * segments, LIT * first_in * first_out)]
    found += [by_chunks("encode", b, a * b) for a, b in encoder[1:-1]]
    found += [Run("latent", blocks, 1)]
    found += [by_chunks("decode", b, a * b) for a, b in decoder[1:-1]]
    found += [by_chunks("output", inputs, 1)]
    for a, b in reversed(decoder[1:]):
        found += back("decode_backward", a, b)
    found += [Run("latent_backward", blocks, 1)]
    for a, b in reversed(encoder[1:-1]):
        found += back("encode_backward", a, b)
    weights = parts(first_in, CHUNK) * part(first_out)
    weights += sum(parts(b, CHUNK) for _, b in encoder[1:] + decoder)
    biases = sum(parts(b, LANES) for _, b in encoder + decoder)
    return [*found, Run("update", weights + biases, 1)]


def meeting(threads, line_nanos):
    """Microseconds of one."""
    return (2 * threads + 2) * line_nanos / 1e3


def phases(found):
    """Microseconds of each."""
    rounds = [{phase["name"]: phase["microseconds"] for phase in one["phases"]} for one in found["phases"]]
    return {name: statistics.median(one[name] for one in rounds) for name in rounds[0]}


def step(found, threads):
    """Microseconds of a step."""
    line = statistics.median(found["ns_for_a_cache_line_between_the_threads"])
    all_runs = runs()
    total = 0
    for name, measured in phases(found).items():
        own = [run for run in all_runs if run.phase == name]
        if not own:
            raise Refused(f"There is no run of units of the phase {name}.")
        busy = max(0, measured - len(own) * meeting(MEASURED_THREADS, line))
        work = sum(run.work for run in own)
        for run in own:
            unit = busy * run.work / work / math.ceil(run.units / MEASURED_THREADS)
            total += math.ceil(run.units / threads) * unit + meeting(threads, line)
    return total


def tables(found):
    batch = 128
    measured = statistics.median(found["images_per_second"]["cvae-gpu"])
    rows = []
    for threads in THREADS:
        speed = number(batch / step(found, threads) * 1e6, 0)
        known = f" ({number(measured, 0)} measured)" if threads == MEASURED_THREADS else ""
        rows.append([threads, speed + known])
    line = statistics.median(found["ns_for_a_cache_line_between_the_threads"])
    text = (
        f"**More threads: a model, not measured** (`threads_model.py`): {len(runs())} runs of units, each as"
        f" long as the thread with most of them takes, and (2 T + 2) times {line:.0f} ns for T threads to"
        " meet behind each; the study's network, one socket, the same clock. Units take what they took with"
        f" two threads of {found['machine']['processor']} (commit {found['commit']}; {found['when'][:10]})."
    )
    return f"{text}\n\n{table(['threads', f'batch {batch}, images/s'], rows)}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--from", dest="source", type=Path, required=True, help="a record of side_by_side.py")
    parser.add_argument("--update", type=Path, help="the document to put the table into")
    a = parser.parse_args()
    try:
        publish(tables(json.loads(a.source.read_text())), MARKER, a.update)
    except Refused as e:
        raise SystemExit(f"threads_model.py: {e}") from e


if __name__ == "__main__":
    main()
