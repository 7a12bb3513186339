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
    # An archive made by scripts/gpu-bundle.sh has it in a file.
    bundled = BENCH.parent / "commit"
    if bundled.exists():
        return " ".join(bundled.read_text().split())
    changed = output("git", "-C", BENCH, "status", "--porcelain", "--", "../src")
    return output("git", "-C", BENCH, "rev-parse", "--short", "HEAD") + (" and changes" if changed else "")


def java_version():
    try:
        return output("java", "-version").splitlines()[0]
    except OSError:
        return None


def caches():
    """Bytes of the first core's caches of data, by name, the nearest first; none where Linux tells none."""
    sizes = {}
    for cache in sorted(Path("/sys/devices/system/cpu/cpu0/cache").glob("index*")):
        try:
            level, kind, size = ((cache / name).read_text().strip() for name in ("level", "type", "size"))
        except OSError:
            continue
        if kind != "Instruction":
            sizes[f"L{level}"] = int(size.removesuffix("K")) * 1024
    return sizes


def facts():
    return {
        "processor": processor(),
        "cores": os.cpu_count(),
        "caches": caches(),
        "system": platform.platform(),
        "java on the path": java_version(),
    }


def gpu_facts():
    """Of the first GPU that nvidia-smi lists: what it is, and how fast it was allowed to go."""
    fields = ["name", "driver_version", "clocks.sm", "clocks.max.sm", "clocks.mem", "power.limit"]
    try:
        values = output("nvidia-smi", f"--query-gpu={','.join(fields)}", "--format=csv,noheader")
    except OSError:
        return {"gpu": "nvidia-smi is missing"}
    return dict(zip(["gpu", *fields[1:]], values.splitlines()[0].split(", ")))
