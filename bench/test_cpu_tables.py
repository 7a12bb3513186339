#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tests of what the CPU's measurements compute and print: python3 -m unittest discover -s bench"""

import contextlib
import io
import json
import sys
import tempfile
import types
import unittest
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import evaluate
import image_folders
import programs
import roofline
import sizes
import study_time
import tables
import threads_model

HEAD = {
    "when": "2026-01-02T03:04:05+00:00",
    "commit": "abc1234",
    "machine": {"processor": "Test CPU", "caches": {"L1": 48 << 10, "L2": 2 << 20, "L3": 32 << 20}},
}


def case(**changes):
    known = {
        "batch": 128,
        "hidden": [400, 50],
        "latent": 2,
        "threads": 2,
        "data": "mnist",
        "median": {"cvae-gpu": 300.0, "jax": 200.0, "torch-fused": 150.0},
        "failed": {"torch-compile": "no compiler"},
    }
    return {**known, **changes}


class Folder(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)


class TablesTest(unittest.TestCase):
    def test_a_text_goes_between_its_markers(self):
        document = "a\n<!-- x -->\nold\n<!-- end of x -->\nb"
        self.assertEqual("a\n<!-- x -->\nnew\n<!-- end of x -->\nb", tables.update(document, "x", "new"))

    def test_a_document_without_markers_is_refused(self):
        with self.assertRaisesRegex(tables.Refused, "not exactly one pair"):
            tables.update("a", "x", "new")


class ProgramsTest(unittest.TestCase):
    def test_each_round_has_another_order(self):
        self.assertEqual(["b", "c", "a"], programs.turns(["a", "b", "c"], 4))

    def test_the_last_line_is_the_result(self):
        printing = [sys.executable, "-c", "print('first'); print('{\"a\": 1}')"]
        self.assertEqual({"a": 1}, programs.last_line(printing))

    def test_a_failure_says_what_the_program_said(self):
        with self.assertRaisesRegex(programs.Failed, "out of luck"):
            programs.run([sys.executable, "-c", "raise SystemExit('out of luck')"])

    def test_a_program_that_does_not_end_has_failed(self):
        with self.assertRaisesRegex(programs.Failed, "timed out"):
            programs.run([sys.executable, "-c", "import time; time.sleep(60)"], seconds=0.2)


class ImageFoldersTest(Folder):
    def read(self, name):
        return (self.folder / name).read_bytes()

    def test_noise_has_no_zero_and_is_the_same_again(self):
        image_folders.dense(self.folder, 20, 10)
        raw = self.read("train-images-idx3-ubyte")
        self.assertEqual(bytes([0, 0, 8, 3, 0, 0, 0, 20, 0, 0, 0, 28, 0, 0, 0, 28]), raw[:16])
        self.assertEqual(20 * 784, len(raw) - 16)
        self.assertNotIn(0, raw[16:])
        self.assertLess(max(self.read("t10k-labels-idx1-ubyte")[8:]), 10)
        image_folders.dense(self.folder, 20, 10)
        self.assertEqual(raw, self.read("train-images-idx3-ubyte"))

    def test_a_subset_has_the_first_images(self):
        image_folders.dense(self.folder, 20, 10)
        whole = self.read("train-images-idx3-ubyte")
        part = self.folder / "part"
        part.mkdir()
        image_folders.subset(self.folder, part, 5, 2)
        raw = (part / "train-images-idx3-ubyte").read_bytes()
        self.assertEqual(5, int.from_bytes(raw[4:8], "big"))
        self.assertEqual(whole[8 : 16 + 5 * 784], raw[8:])
        self.assertEqual(8 + 2, len((part / "t10k-labels-idx1-ubyte").read_bytes()))


class SizesTest(Folder):
    def test_one_thing_is_changed_at_a_time(self):
        found = list(sizes.cases())
        self.assertEqual(28, len(set(found)))
        base = sizes.Case()
        for one in found:
            changed = [one.batch != base.batch, one.hidden != base.hidden, one.latent != base.latent]
            self.assertLessEqual(sum(changed), 1, one)

    def test_no_case_has_a_smaller_batch(self):
        for one in sizes.cases():
            self.assertEqual(0, one.images() % one.batch, one)

    def test_a_larger_network_trains_on_fewer_images(self):
        self.assertEqual(12_800, sizes.Case().images())
        self.assertLess(sizes.Case(hidden=(1200, 1200), threads=1).images(), 12_800)

    def test_the_ratio_is_to_the_fastest_of_the_others(self):
        self.assertEqual(1.5, sizes.ratio(case()))
        self.assertIsNone(sizes.ratio(case(median={"jax": 200.0})))

    def test_what_is_slower_is_bold(self):
        self.assertEqual("**0.99**", sizes.text_of(0.99))
        self.assertEqual("1.00", sizes.text_of(0.9951))
        self.assertEqual("-", sizes.text_of(None))

    def test_a_failure_and_a_slower_case_are_in_the_table(self):
        slow = case(latent=10, median={"cvae-gpu": 100.0, "jax": 200.0}, failed={})
        text = sizes.tables({**HEAD, "cases": [case(), slow]})
        self.assertIn("| 128 | 400,50 | 2 | mnist | 2 | 300 | 200 | 150 | failed | 1.50 |", text)
        self.assertIn("| 128 | 400,50 | 10 | mnist | 2 | 100 | 200 | - | - | **0.50** |", text)
        self.assertIn("bold where that is faster: 1 of 2 cases.", text)

    def options(self, **more):
        out = self.folder / "sizes.json"
        known = {"rounds": 2, "seconds": 1.0, "jar": "none.jar", "out": out, "only": "", "minutes": 1}
        return types.SimpleNamespace(**{**known, "programs": ["cvae-gpu", "jax"], **more})

    def test_a_program_that_failed_is_not_tried_again_and_keeps_no_other(self):
        asked = []

        def last_line(command, on, seconds):
            asked.append(command)
            if command[0] == "java":
                raise programs.Failed("java failed:\nno memory")
            return {"training": [100.0, 300.0], "version": "JAX 1"}

        measurement = sizes.Measurement(sizes.Case(), self.options(), self.folder)
        with replaced(sizes, "last_line", last_line), contextlib.redirect_stdout(io.StringIO()):
            result = measurement.result()
        self.assertEqual({"jax": 200.0}, result["median"])
        self.assertEqual({"cvae-gpu": "java failed:\nno memory"}, result["failed"])
        self.assertEqual(3, len(asked))

    def test_later_rounds_go_by_the_speed_of_the_first(self):
        measurement = sizes.Measurement(sizes.Case(), self.options(seconds=2.0), self.folder)
        measurement.speeds["cvae-gpu"] = [64_000.0]
        command = measurement.command("cvae-gpu")
        self.assertEqual(10, command[command.index("--rounds") + 1])

    def test_cases_that_are_there_are_not_measured_again(self):
        a = self.options(only="latent=64", data="none")
        measured = []

        def result(measurement):
            measured.append(measurement.case)
            return case(**measurement.case.key())

        with replaced(sizes.Measurement, "result", result), contextlib.redirect_stdout(io.StringIO()):
            with replaced(sizes, "folder_of", lambda case, a, scratch: scratch):
                sizes.measure(self.options(only="latent=64, threads=1", data="none"))
                self.assertEqual(2, len(measured))
                sizes.measure(a)
        self.assertEqual(4, len(measured))
        self.assertEqual(4, len(set(measured)))
        self.assertEqual(4, len(json.loads(a.out.read_text())["cases"]))

    def test_results_of_other_settings_are_not_added_to(self):
        a = self.options()
        a.out.write_text(json.dumps({"commit": "another", "command": "", "cases": []}))
        with self.assertRaisesRegex(tables.Refused, "take another file"):
            sizes.earlier(a)


class StudyTimeTest(Folder):
    def test_what_is_missing_is_added_by_the_median_epoch(self):
        found = study_time.extrapolated(20.0, [2.0, 1.5, 9.0], 200)
        self.assertEqual(20.0 + 196 * 2.0, found["extrapolated"])

    def test_figures_are_means_of_the_last_steps(self):
        rows = ["step,epoch,rl,kl,beta", "1,1,900,9,9", "2,1,100,10,0.5", "3,1,200,20,0.1"]
        (self.folder / "metrics.csv").write_text("\n".join(rows) + "\n")
        means = study_time.last_steps(self.folder, 2)
        self.assertEqual({"RL": 150, "KL": 15, "ELBO": -165, "loss": (105 + 202) / 2}, means)

    def results(self, epochs):
        runs = [
            {"seed": seed, "seconds": 250.0 + seed, "RL": 124 + seed, "KL": 10.0, "ELBO": -134, "loss": 126}
            for seed in range(3)
        ]
        peers = {"jax": {"extrapolated": 502.0}, "torch-fused": {"extrapolated": 800.0}}
        both = {"runs": runs, "peers": peers}
        results = {"control": both, "beta": both}
        return {**HEAD, "epochs": epochs, "measured_epochs": 8, "results": results}

    def test_seconds_and_figures_of_each_seed(self):
        text = study_time.tables(self.results(200))
        self.assertIn("| ControlVAE | 251 (250 to 252) | 502 | 800 | 2.00 |", text)
        row = "| ControlVAE | RL | 124.00, 125.00, 126.00 | 125.00 (124.00 to 126.00) |"
        self.assertIn(row, text)
        self.assertIn("JAX, extrapolated", text)


class EvaluateTest(unittest.TestCase):
    def test_both_programs_stand_side_by_side(self):
        figures = {"rl": 131.0, "kl": 10.0, "elbo": -141.0, "importance_weighted_bound": -139.5}
        found = {
            **HEAD,
            "samples": 100,
            "threads": 2,
            "results": {
                "cvae-gpu": {"whole": [4.0, 6.0, 5.0], "scoring": [4.0], "figures": figures},
                "torch": {"whole": [20.0], "scoring": [16.0], "figures": figures},
            },
        }
        text = evaluate.tables(found)
        self.assertIn("| cvae-gpu | 5.00 | 4.00 | 131.00 | 10.00 | -141.00 | -139.50 |", text)
        self.assertIn("4.00 times as fast as a whole process, and 4.00 times at scoring", text)


def phase(name, microseconds, gigaflops, megabytes, bound):
    return {
        "name": name,
        "microseconds": microseconds,
        "gigaflops": gigaflops,
        "megabytes": megabytes,
        "gigabytes": megabytes * 1e3 / microseconds,
        "bound": bound,
    }


class RooflineTest(unittest.TestCase):
    def setUp(self):
        phases = [
            phase("gather", 100, 0, 0.5, "neither"),
            phase("output", 400, 200, 2, "arithmetic"),
            phase("update", 1000, 100, 17.5, "neither"),
        ]
        peaks = {"gigaflops": 320.0, "gigabytes": 160.0}
        self.result = {"machine": peaks, "phases": phases, "training": [40_000.0, 44_000.0]}
        speeds = [[42_000.0], [30_000.0, 31_000.0, 39_000.0]]
        self.found = {
            **HEAD,
            "threads": 2,
            "parameter_bytes": 8_030_256,
            "result": self.result,
            "images_per_second": speeds,
        }

    def test_the_study_has_so_many_parameters(self):
        self.assertEqual(669_188, roofline.parameters(784, [400, 50], 2))

    def test_a_share_lies_in_the_nearest_cache_that_has_room(self):
        caches = HEAD["machine"]["caches"]
        self.assertEqual("L2", roofline.level(2 << 20, caches))
        self.assertEqual("L3", roofline.level((2 << 20) + 1, caches))
        self.assertEqual("memory", roofline.level(1 << 30, caches))

    def test_the_fastest_run_is_taken_whole(self):
        runs = [{"training": [1, speed, 9]} for speed in (3, 4, 2)]
        self.assertEqual({"training": [1, 4, 9]}, roofline.fastest_of(runs))

    def test_phases_and_their_sum_are_in_the_table(self):
        text = roofline.tables(self.found)
        self.assertIn("| output | 400 | 200 | 62 % | 2.00 | 5.0 | 3 % | arithmetic |", text)
        self.assertIn("| step | 1,500 | 120 | 38 % | 20.00 | 13.3 | 8 % |  |", text)
        self.assertIn("4.0 MB of parameters and moments lie, which is L3.", text)

    def test_the_table_says_that_it_is_of_the_fastest_run(self):
        text = roofline.tables(self.found)
        self.assertIn(
            "The fastest of 2 runs, whose medians were 31,000, 42,000 images/s; 2 threads of Test CPU", text
        )

    def test_every_phase_with_products_is_a_point_below_the_roof(self):
        root = ElementTree.fromstring(roofline.picture(self.result))
        space = "{http://www.w3.org/2000/svg}"
        points = [c for c in root.iter(space + "circle") if c.get("stroke")]
        self.assertEqual(2, len(points))
        axes = roofline.Axes(self.result["phases"][1:], self.result["machine"])
        ceiling = axes.at(1, 320)[1]
        for point in points:
            self.assertGreater(float(point.get("cy")), ceiling)
            self.assertLess(float(point.get("cx")), roofline.RIGHT)
            self.assertGreater(float(point.get("cx")), roofline.LEFT)
        words = " ".join(text.text for text in root.iter(space + "text"))
        self.assertIn("1  gather, 7 %; no products", words)
        self.assertIn("320 GFLOP/s from registers", words)

    def test_axes_are_logarithmic(self):
        axes = roofline.Axes(self.result["phases"][1:], self.result["machine"])
        low, high = axes.y
        middle = axes.at(axes.x[0], (low * high) ** 0.5)[1]
        self.assertAlmostEqual((roofline.TOP + roofline.BOTTOM) / 2, middle)


class ThreadsModelTest(unittest.TestCase):
    def found(self, *rounds, line=50):
        names = dict.fromkeys(run.phase for run in threads_model.runs())
        phases = [{"phases": [{"name": n, "microseconds": m} for n in names]} for m in rounds]
        speeds = {"cvae-gpu": [40_000.0, 42_000.0, 50_000.0]}
        lines = [line, 10 * line, line]
        return {
            **HEAD,
            "phases": phases,
            "images_per_second": speeds,
            "ns_for_a_cache_line_between_the_threads": lines,
        }

    def test_a_step_of_the_study_has_so_many_runs_and_units(self):
        units = {}
        for run in threads_model.runs():
            units.setdefault(run.phase, []).append(run.units)
        self.assertEqual([98], units["gather"])
        # Five parts of its outputs and two of the images.
        self.assertEqual([10, 20], units["encode"])
        self.assertEqual([272, 136, 40, 20], units["decode_backward"])
        # The layer narrows to less than what is cut in two.
        self.assertEqual([136], units["encode_backward"])
        self.assertEqual(13, len(threads_model.runs()))

    def test_two_threads_take_what_they_took(self):
        # Medians of rounds.
        self.assertAlmostEqual(9 * 100, threads_model.step(self.found(100, 90, 700), 2))

    def test_no_phase_is_shorter_than_a_unit_and_a_meeting(self):
        found = self.found(100, line=0)
        # The two phases of eight units: four of each, one after another, took 100 us.
        least = threads_model.step(found, 10_000)
        self.assertGreater(least, 2 * 100 / 4)
        self.assertAlmostEqual(least, threads_model.step(found, 20_000))

    def test_meetings_take_longer_the_more_meet(self):
        quick = threads_model.step(self.found(100, line=0), 64)
        met = threads_model.step(self.found(100, line=10), 64)
        self.assertAlmostEqual(130 * 10 / 1e3, threads_model.meeting(64, 10))
        self.assertGreater(met, quick)

    def test_a_row_for_each_number_of_threads(self):
        text = threads_model.tables(self.found(100))
        self.assertIn("| 2 | 142,222 (42,000 measured) |", text)
        self.assertIn("(2 T + 2) times 50 ns", text)
        self.assertEqual(len(threads_model.THREADS) + 2, text.count("\n|"))

    def test_a_phase_without_units_is_refused(self):
        found = self.found(100)
        found["phases"][0]["phases"].append({"name": "another", "microseconds": 1.0})
        with self.assertRaisesRegex(tables.Refused, "no run of units of the phase another"):
            threads_model.step(found, 2)


@contextlib.contextmanager
def replaced(owner, name, value):
    known = getattr(owner, name)
    setattr(owner, name, value)
    try:
        yield
    finally:
        setattr(owner, name, known)


if __name__ == "__main__":
    unittest.main()
