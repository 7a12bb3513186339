#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tests of shifts.py: python3 -m unittest discover -s bench"""

import contextlib
import io
import itertools
import json
import random
import tempfile
import types
import unittest
from pathlib import Path
from unittest import mock

import shifts
from image_folders import SIDE, dense


class Figures(unittest.TestCase):
    def test_auroc_is_the_share_of_pairs(self):
        draw = random.Random(4)
        for _ in range(50):
            known = [draw.randrange(6) for _ in range(draw.randrange(1, 9))]
            others = [draw.randrange(6) for _ in range(draw.randrange(1, 9))]
            pairs = list(itertools.product(known, others))
            share = sum(1 if b > a else 0.5 if a == b else 0 for a, b in pairs) / len(pairs)
            self.assertAlmostEqual(share, shifts.auroc(known, others))

    def test_low_bounds_and_high_losses_are_odd(self):
        odd = shifts.oddness({"bound": [-100, -90], "rl": [95, 85], "kl": [1, 2]})
        self.assertEqual({"bound": [100, 90], "rl": [95, 85], "kl": [1, 2]}, odd)


class Images(unittest.TestCase):
    def test_what_each_shift_does_to_a_corner(self):
        image = bytearray(SIDE * SIDE)
        image[1] = 200  # First row, second column.
        image = bytes(image)
        draw = random.Random(1)
        self.assertEqual(200, shifts.rotated(image, draw)[1 * SIDE + SIDE - 1])
        self.assertEqual(200, shifts.mirrored(image, draw)[SIDE - 2])
        self.assertEqual([55, 255], sorted(set(shifts.inverted(image, draw))))
        self.assertEqual(sorted(image), sorted(shifts.shuffled(image, draw)))
        self.assertEqual(50, shifts.faded(image, draw)[1])
        self.assertEqual(image, shifts.thinned(image, draw))
        self.assertEqual(0, max(shifts.thinned(shifts.rotated(image, draw), draw)))
        self.assertEqual(0, max(shifts.black(image, draw)))
        self.assertGreater(len(set(shifts.noise(image, draw))), 200)

    def test_a_polygon_is_filled_and_its_bays_are_not(self):
        rows = list(shifts.filled([(2, 1), (6, 1), (6, 5), (4, 2), (2, 5)]))
        self.assertEqual([False] * SIDE, rows[0])
        self.assertEqual([2, 3, 4, 5], [x for x in range(SIDE) if rows[1][x]])
        self.assertEqual([2, 5], [x for x in range(SIDE) if rows[3][x]])
        self.assertEqual([False] * SIDE, rows[5])

    def test_clothes_are_filled_shapes_of_one_grey(self):
        draw = random.Random(2)
        pieces = [shifts.clothes(None, draw) for _ in range(100)]
        self.assertEqual(100, len(set(pieces)))
        for piece in pieces:
            grey = [pixel for pixel in piece if pixel]
            self.assertEqual(SIDE * SIDE, len(piece))
            self.assertTrue(0.1 < len(grey) / len(piece) < 0.65, len(grey))
            self.assertLessEqual(max(grey) - min(grey), 40)
            self.assertGreaterEqual(min(grey), 60)

    def test_a_folder_keeps_all_but_its_test_images(self):
        with tempfile.TemporaryDirectory() as folder:
            dense(folder, train=2, test=3)
            names = {file.name: file.read_bytes() for file in Path(folder).iterdir()}
            shifts.change(folder, shifts.black)
            for name, before in names.items():
                after = (Path(folder) / name).read_bytes()
                if name == "t10k-images-idx3-ubyte":
                    self.assertEqual(before[:16] + bytes(3 * SIDE * SIDE), after)
                else:
                    self.assertEqual(before, after)


class Measuring(unittest.TestCase):
    def test_every_shift_is_scored_and_put_into_the_table(self):
        """With a program that finds an image the odder the brighter it is."""

        def run(command, on=None):
            command = [str(word) for word in command]
            if "score" in command:
                images = command[command.index("--input") + 1]
                if images == "synthetic":
                    rows = ["0,90,5,-91,1", "1,95,5,-96,2"]
                else:
                    data = (Path(images) / "t10k-images-idx3-ubyte").read_bytes()[16:]
                    sums = [sum(data[at : at + 784]) for at in range(0, len(data), 784)]
                    rows = [f"{i},{total},5,{-total},1" for i, total in enumerate(sums)]
                output = Path(command[command.index("--output") + 1])
                output.write_text("image,rl,kl,bound,rank\n" + "\n".join(rows) + "\n")
            return "", 0

        with tempfile.TemporaryDirectory() as folder, mock.patch.object(shifts, "run", run):
            dense(folder, train=20, test=20)
            with mock.patch.object(shifts, "TEST", 20):
                out = Path(folder) / "shifts.json"
                a = types.SimpleNamespace(data=folder, jar="the.jar", out=out, threads=1)
                a.epochs, a.kl, a.latent, a.samples = 2, 9.97, 2, 5
                with contextlib.redirect_stdout(io.StringIO()):
                    shifts.measure(a)
            found = json.loads(out.read_text())
        self.assertEqual(2 + len(shifts.SHIFTS), len(found["results"]))
        self.assertEqual(0, found["results"]["black"]["auroc"]["bound"])
        self.assertEqual(0.5, found["results"]["mirrored"]["auroc"]["bound"])
        self.assertEqual(0.5, found["results"]["mirrored"]["auroc"]["kl"])
        text = shifts.shifts_table(found)
        self.assertIn("| black | 0.000 | 0.000 | 0.500 | 0.0 | 0.0 | 5.0 |", text)


if __name__ == "__main__":
    unittest.main()
