# SPDX-License-Identifier: Apache-2.0
import contextlib
import io
import json
import tempfile
import unittest
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from unittest import mock

import controllers


class Figures(unittest.TestCase):
    def test_the_exponential_mean_begins_with_the_first_value(self):
        self.assertEqual([4, 5], controllers.smoothed([4, 104]))

    def test_settled_is_from_the_last_step_outside_on(self):
        self.assertEqual(4, controllers.settles([0, 10, 11, 10, 10.1, 9.9], 10))
        self.assertEqual(1, controllers.settles([10, 10], 10))
        self.assertIsNone(controllers.settles([10, 10, 10.3], 10))
        # Two per cent are within.
        self.assertEqual(2, controllers.settles([0, 10.2], 10))

    def test_a_burst_is_the_largest_mean_of_ten_steps(self):
        kl = [1] * 20 + [11] * 5 + [1] * 20
        self.assertEqual(6, controllers.burst(kl))
        self.assertEqual(2, controllers.burst([2] * 10))

    def test_figures_are_relative_to_the_set_point(self):
        kl = [0.0] * 200 + [30.0] * 60 + [10.0] * 3000 + [10.1] * 1000
        found = controllers.figures(kl, 10)
        self.assertAlmostEqual(0.01, found["offset"])
        self.assertAlmostEqual(0, found["spread"])
        self.assertIsNone(found["growth"])
        self.assertAlmostEqual(3, found["burst"])
        means = controllers.smoothed(kl)
        self.assertAlmostEqual(max(means) / 10 - 1, found["overshoot"])
        self.assertGreater(found["settles"], 260)
        self.assertEqual(0, controllers.figures([1.0] * 100, 10)["overshoot"])

    def test_an_oscillation_that_grows_is_seen(self):
        for sizes, growth in (((0.5, 0.5), 1), ((0.5, 1), 2), ((1, 0.5), 0.5)):
            kl = [10.0] * 2000
            for size in sizes:
                kl += [10 + size, 10 - size] * 500
            found = controllers.figures(kl, 10)
            self.assertAlmostEqual(growth, found["growth"])
            self.assertAlmostEqual(sizes[-1] / 10, found["spread"])

    def test_what_comes_after_a_change_is_counted_from_it(self):
        for before, after in ((5.0, 10.0), (20.0, 10.0)):
            kl = [before] * 3000 + [after] * 4000
            found = controllers.figures(kl, 10, 3000)
            # The mean is still at the old set point then.
            self.assertEqual(controllers.settles(controllers.smoothed(kl), 10) - 3000, found["settles"])
            self.assertGreater(found["settles"], 300)
            self.assertAlmostEqual(0, found["overshoot"])
            self.assertAlmostEqual(1, found["burst"])
        falls = [20.0] * 3000 + [8.0] * 1000 + [10.0] * 4000
        means = controllers.smoothed(falls)
        self.assertAlmostEqual(1 - min(means) / 10, controllers.figures(falls, 10, 3000)["overshoot"])

    def test_a_thinned_curve_keeps_its_mean_and_its_end(self):
        values = [float(i) for i in range(1, 10001)]
        points = controllers.thinned(values)
        self.assertEqual(10000, points[-1][0])
        self.assertLess(len(points), 301)
        total, start = 0, 0
        for end, mean in points:
            total += mean * (end - start)
            start = end
        self.assertAlmostEqual(sum(values), total, places=3)


def results():
    run = {
        "settles": 500,
        "overshoot": 0.031,
        "burst": 1.5,
        "offset": -0.002,
        "spread": 0.04,
        "growth": 1.05,
        "test": {"rl": 140.0, "kl": 10.0, "elbo": -150.0, "log_likelihood": -139.5},
        "curves": {"kl": [[1, 0.1], [10, 5.0], [100, 9.9]], "beta": [[1, 0.3], [10, 2.0], [100, 1.0]]},
    }
    return {
        "kind": "rules",
        "settings": {},
        "commit": "abc1234",
        "when": "2026-01-02T03:04:05+00:00",
        "threads": 2,
        "machine": {"processor": "a processor"},
        "results": {"hold": run, "geco": {**run, "settles": None}},
    }


class Tables(unittest.TestCase):
    def test_a_rule_that_holds_no_kl_is_not_judged_by_it(self):
        text = controllers.tables(results())
        self.assertIn("| `hold` | 500 | 3.1 | 1.50 | -0.2 | 140.00 | 10.00 | -150.00 | -139.50 |", text)
        self.assertIn("| `geco` | - | - | - | - | 140.00 |", text)
        self.assertIn("2 threads of a processor; commit abc1234; 2026-01-02.", text)

    def test_a_row_has_all_seeds(self):
        found = results()
        run = found["results"]["hold"]
        case = "KL 2, latent 2, lr 0.001, batch 128"
        found["results"] = {
            f"{rule}, {case}, seed {seed}": {
                **run,
                "settles": None if rule == "study" else 400 + seed,
                "overshoot": 0.01 * seed,
                "offset": 0.001 * (1 - seed),
            }
            for rule in controllers.HELD
            for seed in (0, 1, 2, 3)
        }
        found["kind"] = "seeds"
        text = controllers.tables(found)
        row = "400, 401, 402, 403 | 3.0 | 1.50 | -0.2 | 4.0 | 1.05 |"
        self.assertIn(f"| hold, {case} | {row}\n", text)
        self.assertIn(f"| study, {case} | never, never, never, never | 3.0 |", text)
        found["kind"] = "grid"
        text = controllers.tables(found)
        self.assertIn(f"| {case} | {row} never, never, never, never | 3.0 | 1.50 |\n", text)
        # What is not there yet is none of its figures.
        found["results"] = {name: run for name, run in found["results"].items() if "study" not in name}
        self.assertIn(f"| {case} | {row}\n", controllers.tables(found))
        self.assertNotIn("study", controllers.tables(found))

    def test_a_set_point_that_falls_has_no_burst(self):
        found = results()
        run = found["results"]["hold"]
        names = ["set point 9.97, then 5", "set point 5, then 9.97", "bernoulli-binarized"]
        found["results"] = {f"{name}, seed 0": run for name in names}
        found["kind"] = "changes"
        text = controllers.tables(found)
        self.assertIn("| set point 9.97, then 5 | 500 | 3.1 | - | -0.2 |", text)
        for name in names[1:]:
            self.assertIn(f"| {name} | 500 | 3.1 | 1.50 | -0.2 |", text)

    def test_every_rule_and_case_has_a_name_of_its_own(self):
        self.assertEqual(len(controllers.COLOURS), len(set(controllers.COLOURS)))
        self.assertLessEqual(len(controllers.HOLDERS), len(controllers.COLOURS))
        self.assertLessEqual(len(controllers.RULES) - len(controllers.HOLDERS), len(controllers.COLOURS))

    def test_everything_that_is_measured_has_its_tables(self):
        self.assertEqual(set(controllers.MEASURES), set(controllers.TABLES))
        self.assertEqual(set(controllers.MEASURES), set(controllers.MARKERS))


class OfRuns(unittest.TestCase):
    def test_the_figures_of_a_run_are_printed(self):
        with tempfile.TemporaryDirectory() as folder:
            run = Path(folder) / "mine"
            run.mkdir()
            rows = ["step,epoch,rl,kl,beta"] + [f"{i},1,100,{4},1" for i in range(1, 41)]
            (run / "metrics.csv").write_text("\n".join(rows) + "\n")
            out = io.StringIO()
            with mock.patch("sys.argv", ["controllers.py", "--of", str(run), "--kl", "4"]):
                with contextlib.redirect_stdout(out):
                    controllers.main()
            name, figures = out.getvalue().split(" ", 1)
            self.assertEqual("mine", name)
            self.assertEqual(1, json.loads(figures)["settles"])
            self.assertEqual(1, json.loads(figures)["burst"])


class Pictures(unittest.TestCase):
    def test_they_are_svg_with_a_curve_a_rule(self):
        with tempfile.TemporaryDirectory() as folder:
            controllers.draw(results(), Path(folder))
            for name in ("controllers-holding.svg", "controllers-others.svg"):
                text = (Path(folder) / name).read_text()
                ElementTree.fromstring(text)
            self.assertIn(">geco<", text)

    def test_what_was_measured_elsewhere_is_not_mixed(self):
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder) / "out.json"
            out.write_text(json.dumps(results()))

            class Options:
                threads = 1
                data = "x"

            Options.out = out
            with self.assertRaises(controllers.Refused):
                controllers.Runs(Options, "rules", {"epochs": 1})


if __name__ == "__main__":
    unittest.main()
