#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tests of what scripts/gpu-bundle.sh and scripts/gpu-run.sh do with values that cannot be: refuse them at
once, and leave everything as it is. python3 -m unittest discover -s bench"""

import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

SCRIPTS = Path(__file__).resolve().parent.parent / "scripts"
MNIST = [
    f"{name}-ubyte"
    for name in ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1")
]


class Values(unittest.TestCase):
    """Each script in a folder of its own, where there is nothing to bundle and nothing to run."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        (self.root / "scripts").mkdir()
        for name in ("gpu-bundle.sh", "gpu-run.sh"):
            shutil.copy(SCRIPTS / name, self.root / "scripts")
        self.images = self.root / "images"
        self.images.mkdir()
        for name in MNIST:
            (self.images / name).touch()

    def run_script(self, name, *arguments):
        return subprocess.run(
            [self.root / "scripts" / name, *arguments],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            cwd=self.root,
        )

    def refused(self, sentence, name, *arguments):
        done = self.run_script(name, *arguments)
        self.assertEqual((2, "", sentence + "\n"), (done.returncode, done.stdout, done.stderr))

    def test_a_folder_is_no_archive(self):
        for name in ("kept", "kept.tar.gz"):
            folder = self.root / name
            folder.mkdir()
            (folder / "file").write_text("precious")
            done = self.run_script("gpu-bundle.sh", "--no-build", "--out", str(folder))
            self.assertEqual(2, done.returncode, done.stderr)
            self.assertEqual("precious", (folder / "file").read_text())
        self.assertEqual(f"gpu-bundle.sh: {folder} is a folder, and --out takes a file\n", done.stderr)

    def test_an_earlier_bundle_stays_until_the_new_one_is_whole(self):
        bundle = self.root / "bundle.tar.gz"
        bundle.write_text("good")
        done = self.run_script("gpu-bundle.sh", "--no-build", "--out", str(bundle))
        self.assertEqual(1, done.returncode, done.stderr)
        self.assertEqual("good", bundle.read_text())
        self.assertEqual([], list(self.root.glob(".gpu-bundle*")))

    def test_what_no_archive_can_be_written_to(self):
        self.refused(
            "gpu-bundle.sh: --out must end in .tar.xz or .tar.gz, and x.zip does not",
            "gpu-bundle.sh",
            "--out",
            "x.zip",
        )
        self.refused(
            "gpu-bundle.sh: /nope/x.tar.gz cannot be written: /nope is no folder that can be written to",
            "gpu-bundle.sh",
            "--out",
            "/nope/x.tar.gz",
        )
        self.refused(
            "run.sh: /nope/x.tar.gz cannot be written",
            "gpu-run.sh",
            "--data",
            str(self.images),
            "--out",
            "/nope/x.tar.gz",
        )
        self.assertFalse((self.root / "scripts" / "work-4").exists())

    def test_numbers(self):
        for value in ("abc", "-5", "0", "1e3", "", "08"):
            self.refused(
                f"gpu-bundle.sh: --limit must be a whole number of MiB from 1 to 9999999, not '{value}'",
                "gpu-bundle.sh",
                "--limit",
                value,
            )
        for option, least, values in (
            ("--epochs", 1, ("abc", "0", "")),
            ("--seconds", 15, ("abc", "-5", "12", "1e3")),
            ("--step-seconds", 5, ("abc", "3", "1000000000000000000000")),
        ):
            for value in values:
                self.refused(
                    f"run.sh: {option} must be a whole number from {least} to 999999, not '{value}'",
                    "gpu-run.sh",
                    "--data",
                    str(self.images),
                    option,
                    value,
                )

    def test_a_folder_without_mnist(self):
        (self.images / MNIST[2]).unlink()
        self.refused(
            f"run.sh: {self.images} has no {MNIST[2]}, plain or .gz:"
            " name a folder with MNIST's four files by --data",
            "gpu-run.sh",
            "--data",
            str(self.images),
        )

    def test_a_doctor_without_time_says_nothing_of_the_gpu(self):
        scripts = self.root / "scripts"
        (scripts / "commit").write_text("abc\n")
        (scripts / "steps.sh").write_text("#!/bin/sh\nsleep 2\n")
        (scripts / "steps.sh").chmod(0o755)
        done = self.run_script("gpu-run.sh", "--data", str(self.images), "--seconds", "15")
        self.assertEqual(1, done.returncode, done.stderr)
        self.assertEqual(
            "run.sh: no time was left for doctor, so whether the GPU can be used is not known: "
            "give more --seconds\n",
            done.stderr,
        )


if __name__ == "__main__":
    unittest.main()
