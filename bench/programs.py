# SPDX-License-Identifier: Apache-2.0
"""What the measurements have in common: programs in processes of their own, on the same processors, and a
result's record."""

import json
import os
import subprocess
import sys
import time
from datetime import datetime, timezone
from pathlib import Path

from machine import commit, facts
from tables import Refused, publish

BENCH = Path(__file__).resolve().parent
JAR = BENCH.parent / "target" / "cvae-gpu.jar"
STUDY_LEARNING_RATE = ["--lr", "0.001"]
# Said in full: what a version takes by itself is not what another does.
STUDY_CONTROL_VAE = ["--control", "pi", "--anti-windup", "study", *STUDY_LEARNING_RATE]


class Failed(SystemExit):
    """A program failed: the end of a script, unless it goes on with the other programs."""


def processors(threads):
    """Those that peers.py keeps to; None where a process cannot be kept to any."""
    if not hasattr(os, "sched_getaffinity"):
        return None
    return sorted(os.sched_getaffinity(0))[:threads]


def run(command, on=None, seconds=None):
    """What a program printed, and the seconds from its start to its end.

    A limit in seconds ends it, and is a failure. It runs on some processors alone if they are given.
    """
    command = [str(word) for word in command]
    pin = (lambda: os.sched_setaffinity(0, on)) if on else None
    start = time.monotonic()
    try:
        result = subprocess.run(command, capture_output=True, text=True, preexec_fn=pin, timeout=seconds)
    except (OSError, subprocess.TimeoutExpired) as e:
        raise Failed(f"{' '.join(command)} failed:\n{e}") from e
    if result.returncode != 0:
        raise Failed(f"{' '.join(command)} failed:\n{result.stderr}")
    return result.stdout, time.monotonic() - start


def last_line(command, on=None, seconds=None):
    """The line of JSON that a program prints at the end."""
    lines = run(command, on, seconds)[0].splitlines()
    if not lines:
        raise Failed(f"{' '.join(map(str, command))} printed nothing")
    return json.loads(lines[-1])


def ours(jar, command, *options):
    """The command line of cvae-gpu."""
    return ["java", "-jar", jar, command, *options]


def peer(name, *options):
    """The command line of a program that cvae-gpu is measured beside."""
    return [sys.executable, BENCH / "peers.py", "--only", name, *options]


def record(command, **results):
    """A result file's text: what was measured, when, with what, on which machine."""
    head = {
        "when": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "command": command,
        "commit": commit(),
        "machine": facts(),
    }
    return json.dumps({**head, **results}, indent=2) + "\n"


def turns(names, round_number):
    """The order in which programs are measured in a round: another one each."""
    turn = round_number % len(names)
    return names[turn:] + names[:turn]


def measure_or_show(parser, measure, text, marker):
    """The end of a script that measures with --data, or with --table shows the text of earlier results.

    measure(options) is told what was asked for, and text(results) what was measured. With --update the
    text goes between a document's markers too.
    """
    parser.add_argument("--data")
    parser.add_argument("--jar", default=JAR)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--table", type=Path, help="measure nothing: the tables of these results")
    parser.add_argument("--update", type=Path, help="the document to put them into")
    a = parser.parse_args()
    try:
        if a.table:
            publish(text(json.loads(a.table.read_text())), marker, a.update)
        elif a.data:
            measure(a)
        else:
            parser.error("--data or --table is needed")
    except Refused as e:
        raise SystemExit(f"{parser.prog}: {e}") from e
