#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tests of gpu_tables.py: python3 -m unittest discover -s bench"""

import contextlib
import io
import json
import tarfile
import tempfile
import unittest
from pathlib import Path

import gpu_tables

GPU = {"engine": "cuda", "device": "NVIDIA H100", "library": "driver for CUDA 13.0, cuBLAS 13.1.1"}
EMULATOR = {**GPU, "device": "cvae-gpu emulator (not a GPU)"}


def write(folder, name, value):
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(value if isinstance(value, str) else json.dumps(value))


def bench(times, engine=GPU):
    engine = {**engine, "library": engine["library"] + ", fused step", "tuning": "tiles of 32x64"}
    return {"result": {"engine": engine, "training": [1e6], "microseconds_a_step": times}}


def profile(engine=GPU):
    row = {
        "kernel": "fused_update",
        "shape": "132 x 256",
        "count": 1,
        "micros": 4.4,
        "bytes": 18700000,
        "flop": 9,
        "roofline": 0.73,
        "is_bound_by_memory": True,
    }
    first = {**row, "kernel": "fused_first_forward", "micros": None, "roofline": None}
    return {
        "result": {
            "engine": engine,
            "is_emulated": engine is EMULATOR,
            "rows": [first, row],
            "serial_micros": 30.5,
            "event_micros": 1.5,
            "graph_micros": 25.25,
            "graph_nodes": 6,
        }
    }


def run(kl):
    return {
        "plan": {"schedule": {"epochs": 200}},
        "sessions": [{"started": "2026-01-02T03:04:05Z", "ended": "2026-01-02T03:04:08Z", "engine": GPU}],
        "metrics": {"last_steps": {"rl": 135.5, "kl": kl, "elbo": -145.5}},
    }


class TablesTest(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.root = Path(scratch.name)

    def results(self, name="gpu-results-4", commit="abc1234", more=""):
        folder = self.root / name
        folder.mkdir()
        write(folder, "about.txt", f"commit: {commit} \nwhen: 2026-01-02T03:04:05Z\nminutes: 4\n{more}")
        write(folder, "summary.tsv", "doctor\tok\t3\t\nmemcheck-fused\tFAILED\t9\texit status 1; a|b\n")
        return folder

    def tables(self, *arguments):
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            gpu_tables.main([str(argument) for argument in arguments])
        return out.getvalue()

    def document(self):
        marks = "\n".join(f"<!-- gpu-{n} -->\nNone: {n}.\n<!-- end of gpu-{n} -->" for n in gpu_tables.TABLES)
        document = self.root / "performance.md"
        document.write_text(f"# Head\n\n{marks}\n\nFoot.\n")
        return document

    def test_step_times_have_median_and_spread_and_their_machine(self):
        folder = self.results()
        write(folder, "bench-fused.json", bench([float(n) for n in range(101)]))
        write(folder, "profile-fused.json", profile())
        text = self.tables(folder)
        self.assertIn("| fused | 6 | 50.00 | 2.50 to 97.50 | 1,000,000 | 101 |", text)
        self.assertIn("| fused_update | 132 x 256 | 1 | 4.40 | 18,700,000 | 9 | 73 % (memory) |", text)
        self.assertIn("| fused_first_forward | 132 x 256 | 1 | - | 18,700,000 | 9 | - |", text)
        self.assertIn("As a graph of 6 nodes: 25.25 us.", text)
        self.assertIn("fused: tiles of 32x64.", text)
        self.assertIn("\nNVIDIA H100, driver for CUDA 13.0, cuBLAS 13.1.1; commit abc1234; 2026-01-02.", text)
        self.assertIn("| memcheck-fused | FAILED | 9 | exit status 1; a/b |", text)
        self.assertNotIn("REHEARSED", text)

    def test_many_models_stand_beside_one_of_the_same_rounds(self):
        folder = self.results()
        one = {"seconds": [1.0, 2.0, 1.0], "images_per_second": [1e6, 5e5, 1e6], "time_to_one": [1.0] * 3}
        many = {"seconds": [2.5, 4.0, 3.0], "images_per_second": [6e6, 4e6, 5e6]}
        cases = [
            {**one, "models": 1, "cpu_seconds": [1.5, 3.0, 1.5]},
            {**many, "models": 16, "cpu_seconds": [2.5, 4.0, 6.0], "time_to_one": [2.5, 2.0, 3.0]},
        ]
        write(folder, "models-fused.json", {"result": {"engine": GPU, "epochs_a_turn": 9, "cases": cases}})
        text = self.tables(folder)
        self.assertIn("## models", text)
        self.assertIn("| fused | 1 | 1,000,000 | 1.00 | 1.00 to 1.00 | 1.50 | 3 |", text)
        self.assertIn("| fused | 16 | 5,000,000 | 2.50 | 2.00 to 3.00 | 1.00 | 3 |", text)
        self.assertNotIn("32 queues", text)

    def test_archives_of_both_runs_make_one_set_of_tables(self):
        first, second = self.results(), self.results("gpu-results-9")
        write(first, "bench-fused.json", bench([25.0, 26.0]))
        write(second, "train-control/run.json", run(9.97))
        write(second, "train-beta/run.json", run(3.5))
        write(second, "summary.tsv", "same-bits\tok\t1\t\n")
        record = {
            "us_per_step": {"cvae-gpu": [25.0], "jax": [100.0]},
            "median": {"cvae-gpu": 25.0, "jax": 100.0},
            "versions": {"cvae-gpu": "", "jax": "JAX 0.11"},
            "left_out": {"torch": "No module named 'torch'"},
        }
        write(second, "side-by-side.json", record)
        archives = []
        for folder in (first, second):
            archives.append(self.root / f"{folder.name}.tar.gz")
            with tarfile.open(archives[-1], "w:gz") as archive:
                archive.add(folder, folder.name)
        text = self.tables(*archives)
        self.assertIn("| fused | - | 25.50 |", text)
        self.assertIn("| jax (JAX 0.11) | 100.00 | 100.00 to 100.00 | 4.00 | 1 |", text)
        self.assertIn("torch was left out: No module named 'torch'.", text)
        self.assertIn("| control | 200 | 135.50 | 9.97 | -145.50 | 3 |", text)
        self.assertIn("| beta | 200 | 135.50 | 3.50 | -145.50 | 3 |", text)
        self.assertIn("the controlled model has the same bits.", text)

    def test_only_tables_with_figures_are_put_between_their_markers(self):
        folder = self.results()
        write(folder, "bench-cublas.json", bench([55.0, 56.0]))
        write(folder, "profile-fused.json", '{"result": {')
        document = self.document()
        self.tables(folder, "--update", document)
        text = document.read_text()
        self.assertIn("| cuBLAS | - | 55.50 |", text)
        self.assertNotIn("None: steps.", text)
        self.assertIn("None: launches.", text)
        self.assertIn("None: side-by-side.", text)
        self.assertTrue(text.startswith("# Head\n") and text.endswith("\nFoot.\n"), text)
        self.tables(folder, "--update", document)
        self.assertEqual(text, document.read_text())

    def assert_refused(self, why, *arguments):
        with self.assertRaisesRegex(gpu_tables.Refused, why):
            self.tables(*arguments)

    def test_no_document_takes_a_rehearsal(self):
        document = self.document()
        before = document.read_text()
        said = self.results("said", more="rehearsed: on the emulator\n")
        write(said, "bench-fused.json", bench([1.0]))
        seen = self.results("seen")
        write(seen, "profile-fused.json", profile(EMULATOR))
        trained = self.results("trained")
        write(trained, "train-control/run.json", {**run(1.0), "sessions": [{"engine": EMULATOR}]})
        for folder in (said, seen, trained):
            self.assert_refused("of a rehearsal", folder, "--update", document)
        self.assertEqual(before, document.read_text())
        for line in self.tables(said).splitlines():
            if line.startswith("## "):
                self.assertTrue(line.startswith("## REHEARSED ON THE EMULATOR, NO GPU: "), line)

    def test_what_does_not_belong_together_is_refused(self):
        first = self.results("first")
        write(first, "bench-fused.json", bench([1.0]))
        self.assert_refused("different commits", first, self.results("second", commit="def5678"))
        third = self.results("third")
        write(third, "bench-fused.json", bench([1.0], {**GPU, "device": "NVIDIA A100"}))
        self.assert_refused("different GPUs: NVIDIA A100, NVIDIA H100", first, third)
        empty = self.root / "empty"
        empty.mkdir()
        self.assert_refused("no folder of results", empty)
        cut = self.root / "cut.tar.gz"
        cut.write_bytes(b"\x1f\x8b\x08")
        self.assert_refused("cannot be unpacked", cut)
        text = self.root / "text.tar.gz"
        text.write_text("no archive")
        self.assert_refused(f"^{text} cannot be unpacked: [^\\n]*\\.$", text)
        self.assert_refused("absent.tar.gz does not exist", self.root / "absent.tar.gz")
        document = self.root / "without.md"
        document.write_text("no markers")
        self.assert_refused("exactly one pair of the markers", first, "--update", document)


if __name__ == "__main__":
    unittest.main()
