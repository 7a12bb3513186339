#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes docs/performance.md's tables of what scripts/gpu-run.sh brought back from a machine with a GPU.

  bench/gpu_tables.py gpu-results-4.tar.gz gpu-results-9.tar.gz gpu-results-5.tar.gz     prints them
  bench/gpu_tables.py gpu-results-4.tar.gz --update docs/performance.md    puts them between their markers

Takes archives, or the folders that were in them; what only some of them have is taken from those. A table
whose figures are not there is not touched. A rehearsal's figures are printed, and marked, but go into no
document.
"""

import argparse
import csv
import json
import re
import statistics
import sys
import tarfile
import tempfile
from datetime import datetime
from pathlib import Path

from tables import Refused, number, table, update

# Nothing leaves the folder, where this Python can see to it: 3.11.4 and newer.
SAFELY = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}

BENCHES = {
    "bench-fused": "fused",
    "bench-cublas": "cuBLAS",
    "bench-untuned": "fused, not tuned",
    "bench-tuned": "fused, tuned",
}

MANY = {
    "models-fused": "fused",
    "models-answered-by-4": "fused, 4 threads answer",
    "models-on-32-queues": "fused, 32 queues",
    "models-cublas": "cuBLAS",
}


class Results:
    """What one or more runs left, by the name of the file."""

    def __init__(self, folders):
        self.folders = folders
        self.about = [about(folder) for folder in folders]

    def file(self, name):
        found = [folder / name for folder in self.folders if (folder / name).is_file()]
        return found[-1] if found else None

    def json(self, name):
        """What a file has, or None: a step that was ended may have left half of it."""
        file = self.file(name)
        try:
            return json.loads(file.read_text()) if file else None
        except ValueError:
            return None

    def engines(self):
        """What computed, as each file has it."""
        engines = []
        for folder in self.folders:
            for file in sorted(folder.rglob("*.json")):
                try:
                    engines += list(found(json.loads(file.read_text()), "engine"))
                except ValueError:
                    continue
        return [engine for engine in engines if isinstance(engine, dict)]

    def is_rehearsed(self):
        """By what the run says of itself, or by what any of its files says that it computed on."""
        return any("rehearsed" in facts for facts in self.about) or any(
            "emulator" in json.dumps(engine) for engine in self.engines()
        )

    def summary(self):
        rows = []
        for folder in self.folders:
            with (folder / "summary.tsv").open() as lines:
                rows += csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
        return rows

    def where(self):
        """The line below each table."""
        engines = {(e["device"], library(e)) for e in self.engines() if e.get("engine") == "cuda"}
        devices = {device for device, _ in engines}
        if len(devices) > 1:
            raise Refused("These results are of different GPUs: " + ", ".join(sorted(devices)) + ".")
        commits = {facts.get("commit", "unknown").strip() for facts in self.about}
        if len(commits) > 1:
            raise Refused("These results are of different commits: " + ", ".join(sorted(commits)) + ".")
        what = "; ".join(sorted(f"{device}, {library}" for device, library in engines))
        when = min(facts.get("when", "unknown") for facts in self.about)
        return f"{what or 'unknown GPU'}; commit {commits.pop()}; {when[:10]}."


def library(engine):
    """What an engine computes with, without the kind of step, which a table's rows say."""
    return re.sub(r", (fused|cuBLAS) step.*", "", engine["library"])


def found(value, key):
    """All values of a key, however deep."""
    if isinstance(value, dict):
        if key in value:
            yield value[key]
        for inner in value.values():
            yield from found(inner, key)
    elif isinstance(value, list):
        for inner in value:
            yield from found(inner, key)


def about(folder):
    lines = (folder / "about.txt").read_text().splitlines()
    return dict(line.split(": ", 1) for line in lines if ": " in line)


def spread(values):
    """Median, and between what 95 % of the values lie."""
    ordered = sorted(values)
    if len(ordered) < 2:
        return ordered[0], ordered[0], ordered[0]
    cuts = statistics.quantiles(ordered, n=40, method="inclusive")
    return statistics.median(ordered), cuts[0], cuts[-1]


def micros_and_spread(values):
    median, low, high = spread(values)
    return [number(median), f"{number(low)} to {number(high)}"]


# ---- the tables, by the names of their markers; None where the figures are not there ----------------


def steps(results):
    rows, cuts = [], ""
    for file, name in BENCHES.items():
        bench = results.json(f"{file}.json")
        if bench:
            tuning = bench["result"]["engine"].get("tuning")
            cuts += f"\n\n{name}: {tuning}." if tuning else ""
            times = bench["result"]["microseconds_a_step"]
            profile = results.json(f"profile-{file.removeprefix('bench-')}.json")
            nodes = profile["result"]["graph_nodes"] if profile else "-"
            speed = statistics.median(bench["result"]["training"])
            rows.append([name, nodes, *micros_and_spread(times), number(speed, 0), len(times)])
    heads = ["step", "nodes", "us, median", "95 % of the epochs", "images/s", "epochs"]
    return rows and table(heads, rows) + cuts


def launches(results):
    parts = []
    for kind, name in (("fused", "fused"), ("cublas", "cuBLAS")):
        profile = results.json(f"profile-{kind}.json")
        if profile:
            result = profile["result"]
            rows = [
                [
                    row["kernel"],
                    row["shape"],
                    row["count"],
                    number(row.get("micros")),
                    f"{row['bytes']:,}",
                    f"{row['flop']:,}",
                    share(row),
                ]
                for row in result["rows"]
            ]
            rows.append(["sum", "", "", number(result["serial_micros"]), "", "", ""])
            heads = [f"{name} step", "launch", "n", "us", "bytes", "FLOP", "of roofline"]
            parts.append(
                table(heads, rows) + f"\n\nAs a graph of {result['graph_nodes']} nodes:"
                f" {number(result['graph_micros'])} us. An event alone, which is in each time:"
                f" {number(result['event_micros'])} us."
            )
    return "\n\n".join(parts)


def share(row):
    roofline = row.get("roofline")
    if roofline is None or roofline != roofline:
        return "-"
    return f"{100 * roofline:.0f} % ({'memory' if row['is_bound_by_memory'] else 'arithmetic'})"


def models(results):
    """Many at once: a case's seconds beside those of one model in the same round."""
    rows = []
    for file, name in MANY.items():
        bench = results.json(f"{file}.json")
        for case in bench["result"]["cases"] if bench else []:
            to_one = case["time_to_one"]
            busy = [cpu / wall for cpu, wall in zip(case["cpu_seconds"], case["seconds"])]
            speed = number(statistics.median(case["images_per_second"]), 0)
            low, high = number(min(to_one)), number(max(to_one))
            time = [number(statistics.median(to_one)), f"{low} to {high}"]
            rows.append([name, case["models"], speed, *time, number(statistics.median(busy)), len(to_one)])
    heads = ["step", "models", "images/s, together", "time to one's", "least to most", "CPUs busy", "rounds"]
    return rows and table(heads, rows)


def side_by_side(results):
    record = results.json("side-by-side.json")
    if not record or "cvae-gpu" not in record["us_per_step"]:
        return None
    ours = record["median"]["cvae-gpu"]
    rows = []
    for name, median in sorted(record["median"].items(), key=lambda item: item[1]):
        version = "" if name.startswith("cvae-gpu") else f" ({record['versions'][name]})"
        times = record["us_per_step"][name]
        rows.append([name + version, *micros_and_spread(times), number(median / ours), len(times)])
    text = table(["program", "us a step, median", "95 % of the epochs", "to cvae-gpu", "epochs"], rows)
    for name, why in record["left_out"].items():
        text += f"\n\n{name} was left out: {why.strip().rstrip('.')}."
    return text


def training(results):
    rows = []
    for name in ("control", "beta"):
        run = results.json(f"train-{name}/run.json")
        if run:
            last = run["metrics"]["last_steps"]
            session = run["sessions"][-1]
            seconds = (moment(session["ended"]) - moment(session["started"])).total_seconds()
            epochs = run["plan"]["schedule"]["epochs"]
            row = [number(last["rl"]), number(last["kl"]), number(last["elbo"]), number(seconds, 0)]
            rows.append([name, epochs, *row])
    if not rows:
        return None
    heads = ["model", "epochs", "RL", "KL divergence", "ELBO", "seconds"]
    outcome = {row[0]: row[1] for row in results.summary()}.get("same-bits")
    said = {"ok": "Trained again, the controlled model has the same bits."}
    return (
        table(heads, rows)
        + "\n\n"
        + said.get(outcome, "Whether a second training has the same bits: not shown.")
    )


def moment(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def foundations(results):
    record = results.json("foundations.json")
    return record and table(["", "us"], [[w, number(us, 3)] for w, us in record["microseconds"].items()])


def checks(results):
    rows = [[r[0], r[1], r[2], r[3].replace("|", "/")] for r in results.summary()]
    return rows and table(["check or measurement", "outcome", "seconds", "why"], rows)


TABLES = {
    "steps": steps,
    "launches": launches,
    "models": models,
    "side-by-side": side_by_side,
    "training": training,
    "foundations": foundations,
    "checks": checks,
}


def opened(path, scratch):
    """The folder of results that a path means."""
    if not path.exists():
        raise Refused(f"{path} does not exist.")
    if path.is_file():
        folder = Path(tempfile.mkdtemp(dir=scratch))
        try:
            with tarfile.open(path) as archive:
                archive.extractall(folder, **SAFELY)
        except (tarfile.TarError, OSError, EOFError) as e:
            # Of a file that is no archive, a line for each compression that was tried.
            reason = str(e).partition("\n")[0].rstrip(".:")
            raise Refused(f"{path} cannot be unpacked: {reason}.") from e
        inside = list(folder.iterdir())
        path = inside[0] if len(inside) == 1 else folder
    for needed in ("about.txt", "summary.tsv"):
        if not (path / needed).is_file():
            raise Refused(f"{path} has no {needed}: it is no folder of results.")
    return path


def main(arguments):
    parser = argparse.ArgumentParser(description="Tables of a GPU's results.")
    parser.add_argument("results", nargs="+", type=Path, help="archives or folders")
    parser.add_argument("--update", type=Path, help="the document to put them into")
    a = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as scratch:
        results = Results([opened(path, scratch) for path in a.results])
        rehearsed = results.is_rehearsed()
        if a.update and rehearsed:
            raise Refused("These are figures of a rehearsal, on no GPU: no document takes them.")
        where = results.where()
        texts = {name: make(results) for name, make in TABLES.items()}
    texts = {name: f"{text}\n\n{where}" for name, text in texts.items() if text}
    if a.update:
        document = a.update.read_text()
        for name, text in texts.items():
            document = update(document, f"gpu-{name}", text)
        a.update.write_text(document)
    mark = "REHEARSED ON THE EMULATOR, NO GPU: " if rehearsed else ""
    for name, text in texts.items():
        print(f"## {mark}{name}\n\n{text}\n")


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except Refused as e:
        raise SystemExit(f"gpu_tables.py: {e}") from e
