#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tests that results are of this history: python3 -m unittest discover -s bench"""

import json
import subprocess
import unittest
from pathlib import Path

BENCH = Path(__file__).resolve().parent


def git(*arguments):
    return subprocess.run(["git", "-C", BENCH, *arguments], capture_output=True, text=True)


class ResultsTest(unittest.TestCase):
    def test_each_is_of_a_commit_that_led_to_this_one(self):
        """A commit that was rebased away is one that nobody else can build."""
        try:
            shallow = git("rev-parse", "--is-shallow-repository")
        except OSError:
            self.skipTest("there is no git on this machine")
        if shallow.stdout.strip() != "false":
            self.skipTest("there is no history here, or a part of it: " + shallow.stderr.strip())
        results = sorted((BENCH / "results").glob("*.json"))
        self.assertGreater(len(results), 3)
        strangers = []
        for result in results:
            # "and changes" may stand behind it.
            commit = json.loads(result.read_text())["commit"].split()[0]
            if git("merge-base", "--is-ancestor", commit, "HEAD").returncode != 0:
                strangers.append(f"{result.name}: {commit}")
        self.assertEqual([], strangers)


if __name__ == "__main__":
    unittest.main()
