#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tests of what scripts/gpu-bundle.sh and scripts/gpu-run.sh say to arguments, before they do anything:
python3 -m unittest discover -s bench"""

import subprocess
import tempfile
import unittest
from pathlib import Path

SCRIPTS = Path(__file__).resolve().parent.parent / "scripts"


def said(script, *arguments):
    """A refusal takes no time: what goes on to build or to measure fails the test."""
    done = subprocess.run(
        [SCRIPTS / script, *arguments], capture_output=True, text=True, timeout=10, check=False
    )
    return done.returncode, done.stdout, done.stderr


class Arguments(unittest.TestCase):
    def refused(self, sentence, script, *arguments):
        code, out, err = said(script, *arguments)
        self.assertEqual((2, "", sentence + "\n"), (code, out, err))

    def test_a_value_that_is_missing(self):
        for option in ("--data", "--out", "--limit"):
            self.refused(f"gpu-bundle.sh: {option} needs a value", "gpu-bundle.sh", option)
        self.refused("run.sh: --minutes needs a value", "gpu-run.sh", "--minutes")

    def test_an_option_that_is_unknown(self):
        self.refused("gpu-bundle.sh: unknown option --date", "gpu-bundle.sh", "--date", "x")
        self.refused("run.sh: unknown option --minute", "gpu-run.sh", "--minute")

    def test_images_that_are_not_there(self):
        with tempfile.TemporaryDirectory() as folder:
            for name in ("train-images-idx3-ubyte", "train-labels-idx1-ubyte.gz"):
                (Path(folder) / name).touch()
            self.refused(
                f"gpu-bundle.sh: {folder} has no t10k-images-idx3-ubyte, plain or .gz:"
                " --data takes a folder with MNIST's four files",
                "gpu-bundle.sh",
                "--no-build",
                "--data",
                folder,
            )

    def test_help_is_the_usage(self):
        for script, option in (("gpu-bundle.sh", "--limit"), ("gpu-run.sh", "--step-seconds")):
            code, out, err = said(script, "--help")
            self.assertEqual((0, ""), (code, err))
            self.assertTrue(out.startswith("Usage: "), out)
            self.assertIn(f"\n  {option} ", out)


if __name__ == "__main__":
    unittest.main()
