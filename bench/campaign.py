#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Faults for hours: damaged files, kills, signals, full disks, and what came of them.

The build's own tests do a little of this each time. Here the fuzzers get 100,000 inputs each, and the
packaged jar trains tiny images while it is killed with SIGKILL at random moments and right when a file
of its run is made, grows or gets its name; gets signals, as launcher, as program and as group; runs out
of disk; and is resumed 200 times in a row. Each run has to end with the bytes of one that nothing happened
to. Linux, and Python's standard library alone.

  mvn -q -DskipTests package
  python3 bench/campaign.py --minutes 240 --out bench/results/campaign

A campaign that is stopped, or whose minutes are over, goes on when it is started again on the same commit,
until everything was tried as often as it should be; --anew forgets what was done. Exits with 1 if anything
failed.
"""

import argparse
import ctypes
import json
import os
import random
import select
import shutil
import signal
import struct
import subprocess
import sys
import time
from datetime import datetime, timezone
from pathlib import Path

from machine import commit, facts

BENCH = Path(__file__).resolve().parent
FILES = ["metrics.csv", "checkpoint.safetensors"]
PATIENCE = 120  # Seconds that a process may take, on a busy machine.

# What becomes of the minutes, part by part.
SHARES = {"fuzz": 50, "kills": 25, "signals": 8, "disk": 5, "together": 2, "resumes": 10}
# Fuzzers that run whole commands: a part of the inputs is enough.
SLOW = {"resume": 5, "resume what is done": 5, "report": 5, "names of folders": 20, "checkpoint sizes": 20}
FUZZERS = 17  # Roughly: how many take turns within fuzz's minutes.


# ---- images ------------------------------------------------------------------------------------------


def idx(dimensions, values):
    header = struct.pack(">HBB", 0, 8, len(dimensions))
    return header + struct.pack(f">{len(dimensions)}I", *dimensions) + bytes(values)


def write_images(folder, side=8):
    """256 training and 64 test images: ten patterns of blocks, with noise."""
    folder.mkdir(parents=True)
    patterns = random.Random(99)
    marks = [[patterns.random() > 0.75 for _ in range(side * side)] for _ in range(10)]
    for part, count, seed in (("train", 256, 0), ("t10k", 64, 1)):
        noise = random.Random(seed)
        labels = [i % 10 for i in range(count)]
        pixels = [127 + noise.randrange(128) if lit else 0 for i in labels for lit in marks[i]]
        (folder / f"{part}-images-idx3-ubyte").write_bytes(idx((count, side, side), pixels))
        (folder / f"{part}-labels-idx1-ubyte").write_bytes(idx((count,), labels))


# ---- processes ---------------------------------------------------------------------------------------


class Jar:
    """Starts the jar on the images, with a cache of its own."""

    def __init__(self, a, work):
        self.command = [a.java, "-jar", str(Path(a.jar).resolve())]
        self.images = work / "images"
        self.errors = work / "stderr"
        self.environment = {k: v for k, v in os.environ.items() if not k.startswith("CVAE_GPU_")}
        self.environment |= {"XDG_CACHE_HOME": str(work / "cache"), "CVAE_GPU_OFFLINE": "1"}
        if not self.images.exists():
            write_images(self.images)

    def start(self, args):
        with open(self.errors, "wb") as errors:
            return subprocess.Popen(
                [*self.command, *map(str, args)],
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=errors,
                start_new_session=True,
            )

    def train(self, run, epochs, *options, batch=64):
        # So low a set point keeps beta moving, which shows whether the controller's memory is kept.
        plan = ["--epochs", epochs, "--batch", batch, "--hidden", "20,10", "--lr", "0.001", "--kl", "0.5"]
        return ["train", "--data", self.images, "--out", run, *plan, *self.same(options)]

    def resume(self, run, *options):
        return ["train", "--resume", "--out", run, *self.same(options)]

    @staticmethod
    def same(options):
        return [*options, "--engine", "cpu", "--threads", "1"]

    def go_on(self, run, epochs, *options, batch=64):
        begun = (run / "run.json").exists() or (run / "checkpoint.safetensors").exists()
        return self.resume(run, *options) if begun else self.train(run, epochs, *options, batch=batch)

    def said(self):
        """Lines of standard error but the engine's."""
        lines = self.errors.read_text(errors="replace").splitlines()
        return [line for line in lines if not line.startswith("Engine ")]

    def until_the_end(self, args):
        process = self.start(args)
        code = wait(process)
        if code != 0:
            raise Failure(f"exit code {code}: {' '.join(self.said())}")


class Failure(Exception):
    """Something was not as it has to be."""


def wait(process):
    try:
        return process.wait(PATIENCE)
    except subprocess.TimeoutExpired as e:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        raise Failure(f"did not end within {PATIENCE} s") from e


def children(pid):
    found = []
    for file in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found += map(int, file.read_text().split())
        except OSError:
            pass
    return found


def is_alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def require_gone(pids):
    end = time.monotonic() + 15
    while any(map(is_alive, pids)):
        if time.monotonic() > end:
            for pid in filter(is_alive, pids):
                os.kill(pid, signal.SIGKILL)
            raise Failure("a process was left behind")
        time.sleep(0.02)


def send(number, target, process):
    """To launcher, child or group; returns all pids that have to be gone afterwards."""
    program = children(process.pid)
    try:
        if target == "group":
            os.killpg(process.pid, number)
        else:
            os.kill(program[0] if target == "child" and program else process.pid, number)
    except ProcessLookupError:
        pass
    return program


def await_rows(run, process, bytes_of_log=400):
    """Until the log has rows. False if the process ended before."""
    log = run / "metrics.csv"
    while process.poll() is None:
        if log.exists() and log.stat().st_size >= bytes_of_log:
            return True
        time.sleep(0.002)
    return False


class Watch:
    """What happens in a folder, as inotify tells it."""

    MODIFY, MOVED_TO, CREATE = 0x2, 0x80, 0x100

    def __init__(self, folder):
        libc = ctypes.CDLL(None, use_errno=True)
        self.fd = libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        libc.inotify_add_watch(self.fd, os.fsencode(folder), self.MODIFY | self.MOVED_TO | self.CREATE)

    def events(self, seconds):
        if not select.select([self.fd], [], [], seconds)[0]:
            return
        data = os.read(self.fd, 1 << 16)
        at = 0
        while at < len(data):
            _, mask, _, length = struct.unpack_from("iIII", data, at)
            name = data[at + 16 : at + 16 + length].rstrip(b"\0").decode()
            yield mask, name
            at += 16 + length

    def close(self):
        os.close(self.fd)


def require_same(reference, run):
    for name in FILES:
        if (reference / name).read_bytes() != (run / name).read_bytes():
            raise Failure(f"{name} differs from that of a run that nothing happened to")
    left = sorted(file.name for file in run.iterdir())
    expected = sorted(file.name for file in reference.iterdir())
    if left != expected:
        raise Failure(f"the folder holds {left}, not {expected}")


# ---- the campaign ------------------------------------------------------------------------------------


class Campaign:
    def __init__(self, a):
        self.a = a
        self.work = Path(a.work).resolve()
        self.state_file = self.work / "state.json"
        self.commit = commit()
        if a.anew or self.saved_commit() != self.commit:
            shutil.rmtree(self.work, ignore_errors=True)
        self.work.mkdir(parents=True, exist_ok=True)
        self.state = {"commit": self.commit, "seconds": 0, "parts": {}}
        if self.state_file.exists():
            self.state = json.loads(self.state_file.read_text())
        self.jar = Jar(a, self.work)
        seed = time.time_ns()
        self.random = random.Random(seed)
        self.state.setdefault("seeds", []).append(seed)
        self.deadline = 0

    def saved_commit(self):
        return json.loads(self.state_file.read_text())["commit"] if self.state_file.exists() else None

    def save(self):
        temporary = self.state_file.with_suffix(".tmp")
        temporary.write_text(json.dumps(self.state, indent=2) + "\n")
        temporary.replace(self.state_file)

    def part(self, name, **zero):
        part = self.state["parts"].setdefault(name, {"faults": []})
        for key, value in zero.items():
            part.setdefault(key, value)
        return part

    def goes_on(self):
        return time.monotonic() < self.deadline

    def reference(self, epochs, batch=64):
        """A run that nothing happened to."""
        run = self.work / f"reference-{epochs}-{batch}"
        if not (run / "done").exists():
            shutil.rmtree(run, ignore_errors=True)
            whole = self.work / "reference"
            shutil.rmtree(whole, ignore_errors=True)
            self.jar.until_the_end(self.jar.train(whole, epochs, batch=batch))
            run.mkdir()
            whole.rename(run / "run")
            (run / "done").touch()
        return run / "run"

    def fresh(self, name):
        run = self.work / name
        shutil.rmtree(run, ignore_errors=True)
        return run

    def attempt(self, part, what, one):
        """Does one thing; a failure is kept, with its folder, and the campaign goes on."""
        try:
            one()
        except Failure as e:
            print(f"FAILED: {what}: {e}", flush=True)
            part["faults"].append(f"{what}: {e}")
        self.save()

    # -- parts --

    def fuzz(self, seconds):
        part = self.part("fuzz", fuzzers={}, rounds=0, readings=0)
        goal = self.a.inputs
        left = [name for name, f in part["fuzzers"].items() if f["inputs"] < goal / SLOW.get(name, 1)]
        if part["fuzzers"] and not left and part["readings"]:
            return
        results = self.work / "fuzz"
        shutil.rmtree(results, ignore_errors=True)
        part["rounds"] += 1
        properties = {
            "test": "*FuzzTest,ReadingWhileTrainingTest",
            "cvaegpu.fuzz.count": goal,
            "cvaegpu.fuzz.seconds": max(1, int(seconds / FUZZERS)),
            "cvaegpu.fuzz.seed": part["rounds"],
            "cvaegpu.fuzz.results": results,
            "cvaegpu.reading.seconds": max(2, int(seconds / FUZZERS)),
        }
        command = [*self.a.mvn.split(), "test", *(f"-D{k}={v}" for k, v in properties.items())]
        with open(self.work / "fuzz.log", "w") as log:
            code = subprocess.run(command, cwd=BENCH.parent, stdout=log, stderr=log).returncode
        files = sorted(results.glob("*.json"))
        if not files:
            part["faults"].append(f"the build failed, see {self.work}/fuzz.log")
        found = 0
        for file in files:
            result = json.loads(file.read_text())
            if "readings" in result:
                part["readings"] += result["readings"]
                if result["fault"]:
                    part["faults"].append(result["fault"])
                    found += 1
                continue
            fuzzer = part["fuzzers"].setdefault(
                result["name"],
                {"inputs": 0, "accepted": 0, "slowest_milliseconds": 0, "most_megabytes": 0, "faults": {}},
            )
            fuzzer["inputs"] += result["inputs"]
            fuzzer["accepted"] += result["accepted"]
            for key in ("slowest_milliseconds", "most_megabytes"):
                fuzzer[key] = max(fuzzer[key], round(result[key], 1))
            fuzzer["faults"] |= result["faults"]
            found += len(result["faults"])
        if code != 0 and not found:
            part["faults"].append(f"a test failed, see {self.work}/fuzz.log")
        self.save()

    def kills(self, _):
        part = self.part("kills", runs=0, kills=0, processes=0, moments={})
        epochs = 400
        reference = self.reference(epochs)
        every = ("--checkpoint-every", "7steps")
        while self.goes_on() and part["runs"] < self.a.kill_runs:
            run = self.fresh("killed")

            def one():
                for _ in range(self.random.randint(1, 4)):
                    if not self.kill(part, run, self.jar.go_on(run, epochs, *every)):
                        break
                part["processes"] += 1
                self.jar.until_the_end(self.jar.go_on(run, epochs, *every))
                require_same(reference, run)

            part["runs"] += 1
            self.attempt(part, f"kill run {part['runs']}", one)

    MOMENTS = {
        "at random": None,
        "checkpoint's temporary file made": (Watch.CREATE, ".checkpoint."),
        "checkpoint's temporary file grown": (Watch.MODIFY, ".checkpoint."),
        "checkpoint renamed": (Watch.MOVED_TO, "checkpoint."),
        "record's temporary file made": (Watch.CREATE, ".run."),
        "record's temporary file grown": (Watch.MODIFY, ".run."),
        "record renamed": (Watch.MOVED_TO, "run."),
        "rows written": (Watch.MODIFY, "metrics."),
    }

    def kill(self, part, run, args):
        """Kills a process once; False if it had done its work before."""
        moment = self.random.choice([*self.MOMENTS, "at random", "at random"])
        run.mkdir(exist_ok=True)
        watch = Watch(run)
        process = self.jar.start(args)
        part["processes"] += 1
        if self.MOMENTS[moment] is None:
            # From the launcher's start to the last epochs.
            end = time.monotonic() + self.random.uniform(0, 3)
            while process.poll() is None and time.monotonic() < end:
                time.sleep(0.001)
        else:
            kind, start = self.MOMENTS[moment]
            left = self.random.randint(1, 12)
            while left > 0 and process.poll() is None:
                for mask, name in watch.events(0.05):
                    left -= bool(mask & kind) and name.startswith(start)
        watch.close()
        program = send(signal.SIGKILL, self.random.choice(["launcher", "child", "group"]), process)
        code = wait(process)
        require_gone(program)
        if code == 0:
            return False
        if code not in (-9, 137):
            raise Failure(f"exit code {code} after a kill, {moment}: {' '.join(self.jar.said())}")
        part["kills"] += 1
        part["moments"][moment] = part["moments"].get(moment, 0) + 1
        return True

    def signals(self, _):
        part = self.part("signals", tried=0, codes={}, slowest_seconds=0)
        epochs = 400
        reference = self.reference(epochs)
        ways = [(s, t) for s in ("TERM", "INT", "HUP") for t in ("launcher", "child", "group")]
        goal = len(ways) * self.a.signal_rounds
        while self.goes_on() and part["tried"] < goal:
            name, target = ways[part["tried"] % len(ways)]
            early = self.random.random() < 0.2
            run = self.fresh("signalled")

            def one():
                process = self.jar.start(self.jar.train(run, epochs))
                if early:
                    time.sleep(self.random.uniform(0.05, 0.4))
                elif await_rows(run, process):
                    time.sleep(self.random.uniform(0, 0.3))
                begun = time.monotonic()
                program = send(getattr(signal, f"SIG{name}"), target, process)
                code = wait(process)
                seconds = time.monotonic() - begun
                require_gone(program)
                code = 128 - code if code < 0 else code
                part["codes"][str(code)] = part["codes"].get(str(code), 0) + 1
                if code == 0:
                    return  # It was done before.
                part["slowest_seconds"] = max(part["slowest_seconds"], round(seconds, 2))
                stopped = (run / "checkpoint.safetensors").exists()
                if code != 130 and not (early and code == 128 + getattr(signal, f"SIG{name}")):
                    raise Failure(f"exit code {code}: {' '.join(self.jar.said())}")
                if code == 130 and not early and not stopped:
                    raise Failure("stopped without a checkpoint")
                if code != 130 and run.exists() and any(run.iterdir()):
                    raise Failure(f"{code}, and {sorted(f.name for f in run.iterdir())} left behind")
                self.jar.until_the_end(self.jar.go_on(run, epochs))
                require_same(reference, run)

            part["tried"] += 1
            self.attempt(part, f"{name} to {target}{', early' if early else ''}", one)

    @staticmethod
    def mounts(where, size):
        command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", where]
        return subprocess.run(command, capture_output=True).returncode == 0

    def disk(self, _):
        part = self.part("disk", tried=0, codes={}, skipped=None)
        mount = self.work / "small"
        mount.mkdir(exist_ok=True)
        why = None
        if os.geteuid() != 0:
            why = "only root can mount a small file system"
        elif not self.mounts(mount, 3 << 20):
            why = "a small file system cannot be mounted here"
        else:
            subprocess.run(["umount", mount], check=True)
        part["skipped"] = why
        if why:
            return
        epochs = 200  # Of 128 steps: a log of more than a megabyte.
        reference = self.reference(epochs, batch=2)
        sizes = [3 << 20] + [s << 10 for s in (64, 96, 128, 200, 300, 400, 600, 800)]
        while self.goes_on() and part["tried"] < len(sizes):
            size = sizes[part["tried"]]

            def one():
                self.mounts(mount, size)
                try:
                    run = mount / "run"
                    if size == sizes[0]:
                        # What is left of 3 MB is less than the log needs.
                        (mount / "ballast").write_bytes(bytes(size - (500 << 10)))
                    args = self.jar.train(run, epochs, "--checkpoint-every", "50steps", batch=2)
                    code = wait(self.jar.start(args))
                    said = self.jar.said()
                    part["codes"][str(code)] = part["codes"].get(str(code), 0) + 1
                    if code <= 0 or len(said) != 1 or not said[0].endswith("."):
                        raise Failure(f"exit code {code}: {said[:3]}")
                    subprocess.run(["mount", "-o", "remount,size=64m", mount], check=True)
                    self.jar.until_the_end(self.jar.go_on(run, epochs, batch=2))
                    require_same(reference, run)
                finally:
                    subprocess.run(["umount", mount], check=True)

            part["tried"] += 1
            self.attempt(part, f"a file system of {size >> 10} KB", one)

    def together(self, _):
        part = self.part("together", tried=0)
        epochs = 400
        reference = self.reference(epochs)
        while self.goes_on() and part["tried"] < self.a.together:
            run = self.fresh("together")

            def one():
                started = [self.jar.start(self.jar.train(run, epochs)) for _ in range(3)]
                codes = sorted(map(wait, started))
                if codes[0] != 0 or 0 in codes[1:]:
                    raise Failure(f"exit codes {codes}")
                require_same(reference, run)

            part["tried"] += 1
            self.attempt(part, "three processes in one folder", one)

    def resumes(self, _):
        part = self.part("resumes", done=0, least_megabytes=0, most_megabytes=0)
        if part["done"] >= self.a.resumes:
            return
        run = self.work / "resumed"
        if part["done"] == 0:
            self.fresh("resumed")
            self.jar.until_the_end(self.jar.train(run, 1))

        def one():
            while self.goes_on() and part["done"] < self.a.resumes:
                process = self.jar.start(self.jar.resume(run, "--epochs", part["done"] + 2))
                peak = 0
                while process.poll() is None:
                    for pid in children(process.pid):
                        peak = max(peak, resident_peak(pid))
                    time.sleep(0.02)
                if process.returncode != 0:
                    raise Failure(f"exit code {process.returncode}: {' '.join(self.jar.said())}")
                part["done"] += 1
                part["most_megabytes"] = max(part["most_megabytes"], peak)
                part["least_megabytes"] = min(part["least_megabytes"] or peak, peak)
            require_same(self.reference(part["done"] + 1), run)

        self.attempt(part, f"resume {part['done'] + 1}", one)

    def run(self):
        begun = time.monotonic()
        before = self.state["seconds"]
        end = begun + 60 * self.a.minutes
        names = [name for name in SHARES if name in self.a.parts]
        for i, name in enumerate(names):
            # What a part leaves over is for those after it.
            share = SHARES[name] / sum(SHARES[other] for other in names[i:])
            seconds = max(0, end - time.monotonic()) * share
            self.deadline = time.monotonic() + seconds
            print(f"{name}: up to {seconds / 60:.1f} minutes", flush=True)
            part_of = self.part(name)
            try:
                getattr(self, name)(seconds)
            except Failure as e:
                part_of["faults"].append(str(e))
            self.state["seconds"] = before + round(time.monotonic() - begun)
            self.save()


def resident_peak(pid):
    try:
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM"):
                return int(line.split()[1]) // 1024
    except OSError:
        pass
    return 0


# ---- results -----------------------------------------------------------------------------------------


def outcome(tried, faults, good):
    if not faults:
        return good if tried else "not tried"
    shown = [short(fault) for fault in faults[:3]]
    more = f" (and {len(faults) - 3} more)" if len(faults) > 3 else ""
    return f"**failed**, in {len(faults)} ways: " + "; ".join(shown) + more


def short(text):
    line = " ".join(text.split())
    return line if len(line) <= 200 else line[:200] + "..."


def rows(state):
    parts = state["parts"]
    table = []

    def tried(name):
        # A part that was not come to has no counts.
        return parts.get(name) if len(parts.get(name, {})) > 1 else None

    fuzz = parts.get("fuzz", {})
    for name, fuzzer in sorted(fuzz.get("fuzzers", {}).items()):
        often = f"{fuzzer['inputs']:,} inputs, {fuzzer['accepted']:,} accepted"
        cost = f"none over {fuzzer['slowest_milliseconds']:.0f} ms or {fuzzer['most_megabytes']:.0f} MB"
        faults = [f"{kind} ({first})" for kind, first in fuzzer["faults"].items()]
        result = outcome(fuzzer["inputs"], faults, f"as it was meant, or refused; {cost}")
        table.append((f"damaged: {name}", often, result))
    if fuzz:
        readings = fuzz.get("readings", 0)
        result = outcome(readings, fuzz["faults"], "all whole")
        table.append(("a run read while it trains", f"{readings:,} readings", result))
    if p := tried("kills"):
        moments = ", ".join(f"{n} {name}" for name, n in sorted(p["moments"].items(), key=lambda m: -m[1]))
        often = f"{p['runs']} runs, {p['kills']} kills, {p['processes']} processes"
        good = "the same bytes, nothing left over, no process left behind"
        result = outcome(p["runs"], p["faults"], good)
        table.append((f"SIGKILL ({moments}), resumed to the end", often, result))
    if p := tried("signals"):
        codes = ", ".join(f"{n} x {code}" for code, n in sorted(p["codes"].items()))
        good = f"a checkpoint within {p['slowest_seconds']} s, then the same bytes; exit codes {codes}"
        result = outcome(p["tried"], p["faults"], good)
        table.append(("TERM, INT, HUP to launcher, child, group", str(p["tried"]), result))
    if p := tried("disk"):
        codes = ", ".join(f"{n} x {code}" for code, n in sorted(p["codes"].items()))
        good = f"a sentence, and the same bytes when there is room again; exit codes {codes}"
        result = f"skipped: {p['skipped']}" if p["skipped"] else outcome(p["tried"], p["faults"], good)
        table.append(("full disk", f"{p['tried']} file systems", result))
    if p := tried("together"):
        good = "one trains, two are refused"
        result = outcome(p["tried"], p["faults"], good)
        table.append(("three processes at once in a new folder", str(p["tried"]), result))
    if p := tried("resumes"):
        good = f"the same bytes; {p['least_megabytes']} to {p['most_megabytes']} MB at the peak"
        table.append(("resumed in a row", f"{p['done']} times", outcome(p["done"], p["faults"], good)))
    return table


def report(campaign, a):
    state = campaign.state
    table = rows(state)
    width = [max(len(row[i]) for row in table) for i in range(2)] if table else [0, 0]
    for what, often, result in table:
        print(f"{what:{width[0]}}  {often:{width[1]}}  {result}")
    failed = any(row[2].startswith("**failed") for row in table)
    if a.out:
        record = {
            "when": datetime.now(timezone.utc).isoformat(timespec="seconds"),
            "command": "bench/campaign.py " + " ".join(options(a)),
            "machine": facts(),
            **state,
        }
        Path(f"{a.out}.json").write_text(json.dumps(record, indent=2) + "\n")
        machine = record["machine"]
        lines = [
            "# Faults and what came of them",
            "",
            f"`{record['command']}` on commit {state['commit']}, {state['seconds'] / 60:.0f} minutes in all,"
            f" ended {record['when']}; {machine['cores']} cores of {machine['processor']},"
            f" {machine['system']}. Written by the script; what it does is at its head.",
            "",
            "| what | how often | result |",
            "|---|---|---|",
            *(f"| {' | '.join(cell.replace('|', '/') for cell in row)} |" for row in table),
            "",
        ]
        Path(f"{a.out}.md").write_text("\n".join(lines))
    return 1 if failed else 0


def options(a):
    return [f"--minutes {a.minutes:g}", *([] if len(a.parts) == len(SHARES) else ["--parts", *a.parts])]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=240, help="after which it stops; default 240")
    parser.add_argument("--out", help="path of the results, without .json and .md")
    parser.add_argument("--parts", nargs="+", choices=SHARES, default=list(SHARES))
    parser.add_argument("--inputs", type=int, default=100_000, help="of each fuzzer")
    parser.add_argument("--kill-runs", type=int, default=120)
    parser.add_argument("--signal-rounds", type=int, default=8, help="of nine signals each")
    parser.add_argument("--together", type=int, default=10)
    parser.add_argument("--resumes", type=int, default=200)
    parser.add_argument("--anew", action="store_true", help="forget what was done on this commit")
    parser.add_argument("--jar", default=BENCH.parent / "target" / "cvae-gpu.jar")
    parser.add_argument("--java", default="java")
    parser.add_argument("--mvn", default="mvn", help='how to start Maven; "mvn -o" without a network')
    parser.add_argument("--work", default=BENCH.parent / "target" / "campaign")
    a = parser.parse_args()
    if not Path(a.jar).exists():
        parser.error(f"{a.jar} is missing: mvn -q -DskipTests package")
    campaign = Campaign(a)
    try:
        campaign.run()
    except KeyboardInterrupt:
        print("Stopped; the same command goes on.")
    return report(campaign, a)


if __name__ == "__main__":
    sys.exit(main())
