#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tests of many_runs.py: python3 -m unittest discover -s bench"""

import contextlib
import io
import json
import tempfile
import types
import unittest
from pathlib import Path
from unittest import mock

import many_runs


def case(models, *speeds):
    return {"models": models, "images_per_second": list(speeds)}


class ManyRunsTest(unittest.TestCase):
    def test_runs_double_up_to_the_cores(self):
        expected = {1: [1], 2: [1, 2], 3: [1, 2, 3], 4: [1, 2, 4], 6: [1, 2, 4, 6], 16: [1, 2, 4, 8, 16]}
        self.assertEqual(expected, {cores: many_runs.counts(cores) for cores in expected})

    def test_a_round_is_compared_with_itself(self):
        # The machine was half as fast in the second round, for both.
        cases = {1: case(1, 100, 50, 100), 2: case(2, 190, 95, 180)}
        self.assertAlmostEqual(1.9, many_runs.throughput(cases, 2))

    def test_the_interval_is_students(self):
        mean, low, high = many_runs.interval([1.8, 1.9, 2.0])
        self.assertAlmostEqual(1.9, mean)
        # t of 2 degrees of freedom, times 0.1 / sqrt(3).
        self.assertAlmostEqual(0.2483, high - mean, 4)
        self.assertAlmostEqual(mean - low, high - mean)
        self.assertEqual((1.5, None, None), many_runs.interval([1.5]))

    def test_each_process_is_kept_to_the_cores_and_its_rounds_are_kept(self):
        commands, kept = [], []

        def last_line(command, on=None):
            commands.append([str(word) for word in command])
            kept.append(on)
            return {"result": {"cases": [case(1, 100.0, 100.0), case(2, 180.0, 200.0)]}}

        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder) / "many.json"
            a = types.SimpleNamespace(jar="our.jar", data="mnist", rounds=2, processes=3, cores=2, out=out)
            with mock.patch.object(many_runs, "last_line", last_line):
                with contextlib.redirect_stdout(io.StringIO()) as said:
                    many_runs.measure(a)
            found = json.loads(out.read_text())
        self.assertEqual([many_runs.processors(2)] * 3, kept)
        for command in commands:
            self.assertEqual("1", command[command.index("--threads") + 1])
            self.assertEqual("1,2", command[command.index("--models") + 1])
            self.assertEqual("pi", command[command.index("--control") + 1])
        self.assertIn("process 3/3: to one run 2 runs 1.90", said.getvalue())
        self.assertEqual("bench/many_runs.py --processes 3 --rounds 2 --cores 2", found["command"])
        found["machine"] = {"cores": 2, "processor": "A Processor"}
        text = many_runs.text(found)
        self.assertIn("| 2 | 190 | 1.90 | 1.90 to 1.90 | 0.95 |", text)
        self.assertIn("| 1 | 100 | 1.00 | 1.00 to 1.00 | 1.00 |", text)
        self.assertIn("3 processes of 2 rounds; 2 cores of A Processor", text)


if __name__ == "__main__":
    unittest.main()
