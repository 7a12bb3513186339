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

BENCH = Path(__file__).resolve().parent
JAR = BENCH.parent / "target" / "cvae-gpu.jar"
STUDY_LEARNING_RATE = ["--lr", "0.001"]


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
