#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tests of disentanglement.py: python3 -m unittest discover -s bench"""

import contextlib
import io
import json
import math
import tempfile
import types
import unittest
from pathlib import Path
from unittest import mock

import disentanglement
import programs
from tables import Refused


def run(setting, seed, kl, score, **others):
    figures = {"train_kl": kl + 0.1, "kl": kl, "rl": 50.0, "elbo": -60.0, "active_units": 5}
    scores = dict.fromkeys(disentanglement.SCORES, score)
    return {"setting": setting, "seed": seed, **figures, **scores, **others}


def results(*runs):
    return {f"{one['setting']}, seed {one['seed']}": one for one in runs}


class Figures(unittest.TestCase):
    def test_an_interval_is_by_students_t(self):
        mean, half = disentanglement.mean_and_half([1, 2, 3])
        self.assertEqual(2, mean)
        # Standard deviation 1, two degrees of freedom.
        self.assertAlmostEqual(4.303 / math.sqrt(3), half)
        self.assertEqual((5, None), disentanglement.mean_and_half([5]))
        # 40 degrees of freedom: 2.021.
        many = [0, 1] * 20 + [0.5]
        spread = math.sqrt(sum((one - 0.5) ** 2 for one in many) / 40)
        half = disentanglement.mean_and_half(many)[1]
        self.assertAlmostEqual(2.021, half * math.sqrt(41) / spread, places=2)

    def test_between_points_there_are_straight_lines(self):
        points = [(20, 0.1), (10, 0.5), (30, 0.7)]
        self.assertAlmostEqual(0.3, disentanglement.between(points, 15))
        self.assertAlmostEqual(0.4, disentanglement.between(points, 25))
        self.assertAlmostEqual(0.1, disentanglement.between(points, 20))
        self.assertIsNone(disentanglement.between(points, 9.9))
        self.assertIsNone(disentanglement.between(points, 30.1))
        self.assertIsNone(disentanglement.between([(20, 0.1)], 20.5))

    def test_a_held_run_is_compared_at_its_own_kl_and_seed(self):
        found = disentanglement.by_setting(
            results(
                run("beta 1", 0, 20, 0.2),
                run("beta 4", 0, 10, 0.4),
                run("beta 1", 1, 22, 0.1),
                run("beta 4", 1, 12, 0.3),
                run("KL 15", 0, 15, 0.35),
                run("KL 15", 1, 17, 0.15),
                run("KL 25", 0, 25, 0.9),
            )
        )
        differences = disentanglement.at_equal_kl(found, "KL 15", "mig")
        self.assertEqual([0, 1], sorted(differences))
        self.assertAlmostEqual(0.05, differences[0])
        self.assertAlmostEqual(-0.05, differences[1])
        # No beta has so much.
        self.assertEqual({}, disentanglement.at_equal_kl(found, "KL 25", "mig"))
        self.assertEqual(differences, disentanglement.over_set_points(found, "mig"))

    def test_a_score_that_there_is_not_is_left_out(self):
        found = disentanglement.by_setting(
            results(
                run("beta 1", 0, 20, 0.2),
                run("beta 4", 0, 10, 0.4, factor_vae=None),
                run("KL 15", 0, 15, 0.35),
            )
        )
        self.assertEqual({}, disentanglement.at_equal_kl(found, "KL 15", "factor_vae"))
        self.assertAlmostEqual(0.05, disentanglement.at_equal_kl(found, "KL 15", "sap")[0])
        self.assertEqual("0.200 (1 of 2)", disentanglement.cell([0.2, None], 3))
        self.assertEqual("-", disentanglement.cell([None], 3))

    def test_a_program_that_knows_no_factors_is_refused(self):
        evaluated = {"latent": {"disentanglement": None}, "evaluation": {}}
        with self.assertRaisesRegex(Refused, "knows no factors"):
            disentanglement.figures_of({}, evaluated)


class Tables(unittest.TestCase):
    def found(self):
        runs = results(
            run("beta 1", 0, 20, 0.2),
            run("beta 1", 1, 22, 0.4),
            run("beta 4", 0, 10, 0.4),
            run("beta 4", 1, 12, 0.5),
            run("KL 15", 0, 15, 0.35),
            run("KL 15", 1, 15, 0.47),
        )
        return {
            "when": "2026-01-02T03:04:05+00:00",
            "commit": "abc1234",
            "machine": {"processor": "a processor"},
            "plan": {"epochs": 7, "lr": 0.001, "batch": 128, "held": "--ki 0.001"},
            "threads": 2,
            "results": runs,
        }

    def test_each_setting_has_its_kl_beside_its_scores(self):
        text = disentanglement.tables(self.found())
        # Of 20 and 22: 21, and 12.706 times 1.414 by 1.414.
        self.assertIn("| beta 1 | 21.1 ± 12.7 | 21.0 ± 12.7 | 50.0 ± 0.0 | 5.0 ± 0.0 | 0.300 ± 1.271 |", text)
        self.assertIn("7 epochs** at learning rate 0.001, batch 128, 2 seeds", text)
        self.assertIn("the decoder mirrors the encoder", text)
        one = self.found()
        one["plan"]["epochs"] = 1
        self.assertIn("**Sprites, 1 epoch** at", disentanglement.tables(one))
        self.assertIn("Set points have `--ki 0.001`.", text)
        self.assertIn("2 threads of a processor; commit abc1234; 2026-01-02.", text)

    def test_set_points_are_compared_at_equal_kl(self):
        text = disentanglement.tables(self.found())
        # Seed 0: 0.35 - 0.3; seed 1: 0.47 - 0.47.
        self.assertIn("| KL 15 | 0.025 ± 0.318 |", text)
        self.assertIn("| mean of these | 0.025 ± 0.318 |", text)
        self.assertNotIn("| beta 1 | 0.025", text)


class Measuring(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.commands = []
        for owner, name, other in (
            (disentanglement, "last_line", self.last_line),
            (disentanglement, "commit", lambda: "abc1234"),
            (programs, "commit", lambda: "abc1234"),
        ):
            patch = mock.patch.object(owner, name, other)
            patch.start()
            self.addCleanup(patch.stop)

    def last_line(self, command, on=None, seconds=None):
        self.commands.append([str(word) for word in command])
        if "train" in self.commands[-1]:
            return {"metrics": {"last_steps": {"kl": 15.1}}}
        scores = {"mig": 0.1, "sap": 0.2, "factor_vae": None, "factors": []}
        dci = {"disentanglement": 0.3, "completeness": 0.4, "informativeness": 0.5}
        return {
            "evaluation": {name: {"mean": 1.0} for name in ("kl", "rl", "elbo")},
            "latent": {"active_units": 4, "disentanglement": {**scores, "dci": dci}},
        }

    def options(self, **others):
        a = {"betas": [4.0], "kls": [15.0], "held": "--ki 0.001", "seeds": [3, 5], "epochs": 2, "lr": 0.001}
        a.update({"batch": 128, "threads": 1, "jar": "our.jar", "out": self.folder / "out.json"}, **others)
        return types.SimpleNamespace(**a)

    def measure(self, a):
        with contextlib.redirect_stdout(io.StringIO()):
            return disentanglement.measure(a)

    def test_every_setting_is_trained_and_scored_with_every_seed(self):
        found = self.measure(self.options())
        self.assertEqual(8, len(self.commands))
        beta, score, held = self.commands[:3]
        self.assertEqual(["java", "-jar", "our.jar", "train", "--data", "sprites"], beta[:6])
        self.assertEqual("4.0", beta[beta.index("--beta") + 1])
        self.assertNotIn("--ki", beta)
        self.assertEqual("15.0", held[held.index("--kl") + 1])
        self.assertEqual("0.001", held[held.index("--ki") + 1])
        self.assertEqual("3", held[held.index("--seed") + 1])
        self.assertEqual(beta[beta.index("--out") + 1], score[score.index("evaluate") + 1])
        self.assertIn("--latent", score)
        names = ["beta 4, seed 3", "KL 15, seed 3", "beta 4, seed 5", "KL 15, seed 5"]
        self.assertEqual(names, list(found["results"]))
        kept = found["results"]["KL 15, seed 5"]
        self.assertEqual(
            (15.1, 0.1, None, 0.5),
            tuple(kept[k] for k in ("train_kl", "mig", "factor_vae", "informativeness")),
        )
        expected = "bench/disentanglement.py --epochs 2 --seeds 3,5 --betas 4 --kls 15 --lr 0.001 --batch 128"
        self.assertEqual(f"{expected} --threads 1 --held '--ki 0.001'", found["command"])
        self.assertEqual(found["results"], json.loads((self.folder / "out.json").read_text())["results"])

    def test_what_is_there_is_not_trained_again(self):
        self.measure(self.options(seeds=[3]))
        self.commands.clear()
        self.measure(self.options())
        self.assertEqual(4, len(self.commands))
        self.assertTrue(all(c[c.index("--seed") + 1] == "5" for c in self.commands if "train" in c))

    def test_another_plan_is_not_mixed_in(self):
        self.measure(self.options())
        with self.assertRaisesRegex(Refused, "another plan or commit"):
            self.measure(self.options(epochs=3))


if __name__ == "__main__":
    unittest.main()
