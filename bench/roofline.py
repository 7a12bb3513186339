#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measures the phases of a step on the CPU by `bench`, beside what its cores can do, and draws them.

`bench` runs some times; of these the fastest is taken, as other programs only slow it down. The table and the
picture have its figures: operations and bytes by formula, over the time of each phase. With --from nothing
is measured.

  mvn -q -DskipTests package
  python3 bench/roofline.py --data MNIST_DIR --out bench/results/cpu-roofline.json \\
    --picture docs/images/roofline-cpu.svg --update docs/performance.md
"""

import argparse
import json
import math
import statistics
from pathlib import Path

from programs import JAR, STUDY_CONTROL_VAE, last_line, ours, processors, record
from svg import document, text
from tables import Refused, number, publish, table

MARKER = "cpu-roofline"
PARAMETER_BYTES = 12  # Value and both moments.


def fastest_of(results):
    """The result whose median speed is the highest."""
    return max(results, key=lambda result: statistics.median(result["training"]))


def parameters(inputs, hidden, latent):
    widths = [inputs, *hidden, 2 * latent]
    encoder = sum((a + 1) * b for a, b in zip(widths, widths[1:]))
    back = [latent, *reversed(hidden), inputs]
    return encoder + sum((a + 1) * b for a, b in zip(back, back[1:]))


def level(bytes_of_a_core, caches):
    """The nearest cache that has room for what is a core's own."""
    return next((name for name, size in caches.items() if bytes_of_a_core <= size), "memory")


def total(phases):
    """The step as one phase."""
    microseconds = sum(phase["microseconds"] for phase in phases)
    megabytes = sum(phase["megabytes"] for phase in phases)
    return {
        "name": "step",
        "microseconds": microseconds,
        "gigaflops": sum(p["gigaflops"] * p["microseconds"] for p in phases) / microseconds,
        "megabytes": megabytes,
        "gigabytes": megabytes * 1e3 / microseconds,
        "bound": "",
    }


def tables(found):
    result = found["result"]
    peaks = result["machine"]

    def share(phase, what):
        return f"{100 * phase[what] / peaks[what]:.0f} %"

    rows = []
    for phase in [*result["phases"], total(result["phases"])]:
        operations = [number(phase["gigaflops"], 0), share(phase, "gigaflops")]
        moved = [number(phase["megabytes"]), number(phase["gigabytes"], 1), share(phase, "gigabytes")]
        time = number(phase["microseconds"], 0)
        rows.append([phase["name"], time, *operations, *moved, phase["bound"]])
    heads = ["phase", "us", "GFLOP/s", "of the peak", "MB", "GB/s", "of the peak", "bound by"]
    medians = sorted(statistics.median(speeds) for speeds in found["images_per_second"])
    all_runs = ", ".join(number(speed, 0) for speed in medians)
    size = found["parameter_bytes"] / found["threads"]
    where = level(size, found["machine"]["caches"])
    text = (
        f"Peaks: {number(peaks['gigaflops'], 0)} GFLOP/s from registers, {number(peaks['gigabytes'], 0)} GB/s"
        " read and written"
        f" where each thread's {size / 1e6:.1f} MB of parameters and moments lie, which is {where}."
        f" The fastest of {len(medians)} runs, whose medians were {all_runs} images/s; {found['threads']}"
        f" threads of {found['machine']['processor']}; commit {found['commit']}; {found['when'][:10]}."
    )
    return f"{table(heads, rows)}\n\n{text}"


# ---- the picture ----------------------------------------------------------------------------------

WIDTH, HEIGHT = 920, 480
LEFT, RIGHT, TOP, BOTTOM = 70, 640, 40, 410
COLOURS = {"arithmetic": "#0072b2", "memory": "#d55e00", "neither": "#777777"}


class Axes:
    """Logarithmic ones: operations a byte from left to right, GFLOP/s upwards."""

    def __init__(self, phases, peaks):
        drawn = [phase["gigaflops"] for phase in phases]
        reach = [intensity(phase) for phase in phases] + [peaks["gigaflops"] / peaks["gigabytes"]]
        self.x = (decade(min(reach), math.floor), decade(max(reach), math.ceil))
        self.y = (decade(min(drawn), math.floor), decade(peaks["gigaflops"], math.ceil))

    def at(self, x, y):
        return (
            LEFT + (RIGHT - LEFT) * part(x, self.x),
            BOTTOM - (BOTTOM - TOP) * part(y, self.y),
        )


def intensity(phase):
    """Operations a byte."""
    return phase["gigaflops"] / phase["gigabytes"]


def decade(value, rounding):
    return 10.0 ** rounding(math.log10(value))


def part(value, ends):
    """How far between the ends."""
    low, high = map(math.log10, ends)
    return (math.log10(value) - low) / (high - low)


def decades(ends):
    low, high = (round(math.log10(end)) for end in ends)
    return [10.0**power for power in range(low, high + 1)]


def line(a, b, style):
    return f'<line x1="{a[0]:.1f}" y1="{a[1]:.1f}" x2="{b[0]:.1f}" y2="{b[1]:.1f}" {style}/>'


def grid(axes):
    faint = 'stroke="#dddddd"'
    parts = []
    for x in decades(axes.x):
        parts.append(line(axes.at(x, axes.y[0]), axes.at(x, axes.y[1]), faint))
        parts.append(text(axes.at(x, axes.y[0])[0], BOTTOM + 18, f"{x:g}", "middle"))
    for y in decades(axes.y):
        parts.append(line(axes.at(axes.x[0], y), axes.at(axes.x[1], y), faint))
        parts.append(text(LEFT - 8, axes.at(axes.x[0], y)[1] + 4, f"{y:g}", "end"))
    parts.append(text((LEFT + RIGHT) / 2, BOTTOM + 42, "operations a byte", "middle"))
    parts.append(text(LEFT - 50, TOP - 16, "GFLOP/s"))
    return parts


def roof(axes, peaks):
    """The line that no phase can be above."""
    solid = 'stroke="#222222" stroke-width="2"'
    ridge = peaks["gigaflops"] / peaks["gigabytes"]
    # Where the slope comes in, at the left or from below.
    left = max(axes.x[0], axes.y[0] / peaks["gigabytes"])
    corner = axes.at(ridge, peaks["gigaflops"])
    end = axes.at(axes.x[1], peaks["gigaflops"])
    flat = f"{peaks['gigaflops']:.0f} GFLOP/s from registers"
    slope = f"{peaks['gigabytes']:.0f} GB/s"
    start = axes.at(left, left * peaks["gigabytes"])
    middle = ((start[0] + corner[0]) / 2, (start[1] + corner[1]) / 2)
    return [
        line(start, corner, solid),
        line(corner, end, solid),
        text(end[0] - 4, end[1] - 8, flat, "end"),
        text(middle[0] - 10, middle[1] - 6, slope, "end"),
    ]


def points(axes, phases, whole):
    """A numbered disk a phase, as large as its time."""
    parts, labels = [], []
    for i, phase in enumerate(phases):
        if phase["gigaflops"] == 0:
            continue
        x, y = axes.at(intensity(phase), phase["gigaflops"])
        radius = 7 + 22 * math.sqrt(phase["microseconds"] / whole)
        colour = COLOURS[phase["bound"]]
        disk = f'cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}" fill="{colour}" fill-opacity="0.35"'
        parts.append(f'<circle {disk} stroke="{colour}"/>')
        # Beside its disk where another's number is in the way.
        taken = any(abs(x - a) < 16 and abs(y - b) < 16 for a, b, _ in labels)
        labels.append((x + radius + 8 if taken else x, y, i + 1))
    return parts + [text(x, y + 4, label, "middle", ' font-weight="bold"') for x, y, label in labels]


def legend(phases, whole):
    x, y = RIGHT + 24, TOP + 10
    parts = [text(x, y, "phase, and its share of the time", extra=' font-weight="bold"')]
    for i, phase in enumerate(phases):
        y += 24
        share = f"{100 * phase['microseconds'] / whole:.0f} %"
        note = "; no products" if phase["gigaflops"] == 0 else ""
        parts.append(text(x, y, f"{i + 1}  {phase['name']}, {share}{note}"))
    y += 20
    for bound, colour in COLOURS.items():
        y += 24
        parts.append(f'<circle cx="{x + 6}" cy="{y - 4}" r="6" fill="{colour}" fill-opacity="0.5"/>')
        parts.append(text(x + 20, y, f"bound by {bound}"))
    return parts


def picture(result):
    """An SVG of the phases below the roof that the cores are."""
    phases, peaks = result["phases"], result["machine"]
    whole = sum(phase["microseconds"] for phase in phases)
    axes = Axes([phase for phase in phases if phase["gigaflops"] > 0], peaks)
    parts = [*grid(axes), *roof(axes, peaks), *points(axes, phases, whole), *legend(phases, whole)]
    return document(WIDTH, HEIGHT, parts)


def measure(a):
    where = ["--data", a.data, "--threads", a.threads]
    options = ["--json", "--rounds", a.epochs, *STUDY_CONTROL_VAE, *where]
    command = ours(a.jar, "bench", *options)
    lines = [last_line(command, processors(a.threads)) for _ in range(a.rounds)]
    network = lines[0]["plan"]["network"]
    return record(
        f"bench/roofline.py --rounds {a.rounds} --epochs {a.epochs} --threads {a.threads}",
        threads=a.threads,
        parameter_bytes=PARAMETER_BYTES * parameters(784, network["hidden"], network["latent"]),
        images_per_second=[line["result"]["training"] for line in lines],
        result=fastest_of([line["result"] for line in lines]),
    )


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data")
    parser.add_argument("--jar", default=JAR)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--epochs", type=int, default=5, help="measured in each round")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--from", dest="source", type=Path, help="measure nothing: draw these results")
    parser.add_argument("--picture", type=Path)
    parser.add_argument("--update", type=Path, help="the document to put the table into")
    a = parser.parse_args()
    if not (a.data or a.source):
        parser.error("--data or --from is needed")
    found = a.source.read_text() if a.source else measure(a)
    if a.out:
        a.out.write_text(found)
    found = json.loads(found)
    if a.picture:
        a.picture.write_text(picture(found["result"]))
    publish(tables(found), MARKER, a.update)


if __name__ == "__main__":
    try:
        main()
    except Refused as e:
        raise SystemExit(f"roofline.py: {e}") from e
