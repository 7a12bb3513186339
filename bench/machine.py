# SPDX-License-Identifier: Apache-2.0
"""What a result has to say of the machine and the program that gave it."""

import os
import platform
import subprocess
from pathlib import Path

BENCH = Path(__file__).resolve().parent


def output(*command):
    result = subprocess.run(command, capture_output=True, text=True)
    return (result.stdout + result.stderr).strip()


def processor():
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor()


def commit():
    changed = output("git", "-C", BENCH, "status", "--porcelain", "--", "../src")
    return output("git", "-C", BENCH, "rev-parse", "--short", "HEAD") + (
        " and changes" if changed else ""
    )


def facts():
    return {
        "processor": processor(),
        "cores": os.cpu_count(),
        "system": platform.platform(),
        "java on the path": output("java", "-version").splitlines()[0],
    }
