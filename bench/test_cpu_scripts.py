#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tests of how the CPU's measurements run programs: python3 -m unittest discover -s bench

The programs are stand-ins that print what the real ones do.
"""

import contextlib
import io
import json
import os
import sys
import tempfile
import types
import unittest
from pathlib import Path
from unittest import mock

import evaluate
import programs
import roofline
import side_by_side
import sizes
import startup
import study_time
import tables

FIGURES = {"rl": 131.0, "kl": 10.0, "elbo": -141.0, "importance_weighted_bound": -139.5}


def words(command):
    return [str(word) for word in command]


def value(command, option):
    return command[command.index(option) + 1]


class Programs:
    """In the place of programs.run: notes each command and the processors that it is kept to."""

    def __init__(self, answer):
        self.answer = answer
        self.commands, self.on = [], []

    def run(self, command, on=None, seconds=None):
        self.commands.append(words(command))
        self.on.append(on)
        return self.answer(self.commands[-1])

    def last_line(self, command, on=None, seconds=None):
        return json.loads(self.run(command, on)[0].splitlines()[-1])


class ScriptTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def replace(self, owner, **others):
        for name, other in others.items():
            patch = mock.patch.object(owner, name, other)
            patch.start()
            self.addCleanup(patch.stop)

    def assert_study_control_vae(self, commands):
        self.assertTrue(commands)
        for command in commands:
            for option, expected in {"--control": "pi", "--anti-windup": "study", "--lr": "0.001"}.items():
                self.assertEqual(expected, value(command, option))

    def assert_all_kept_to(self, threads, found):
        expected = programs.processors(threads)
        self.assertEqual([expected] * len(found.on), found.on)


class ScoringTest(ScriptTest):
    def scoring(self, answer, images=None):
        found = Programs(answer)
        self.replace(evaluate, run=found.run)
        a = types.SimpleNamespace(
            jar="our.jar", threads=1, epochs=3, data="mnist", samples=100, images=images
        )
        return evaluate.Scoring(a, self.folder), found

    def test_ours_is_less_by_what_one_sample_takes(self):
        def answer(command):
            if "evaluate" not in command:
                return "", 30.0
            scores = {name: {"mean": mean} for name, mean in FIGURES.items()}
            return json.dumps({"evaluation": scores}), {"100": 6.0, "1": 1.5}[value(command, "--samples")]

        scoring, found = self.scoring(answer, images=500)
        self.assertEqual((6.0, 4.5, FIGURES), scoring.score("cvae-gpu"))
        train, whole, start = found.commands
        self.assertEqual(["java", "-jar", "our.jar", "train"], train[:4])
        self.assertEqual("3", value(train, "--epochs"))
        for command in (whole, start):
            self.assertEqual("500", value(command, "--images"))
            self.assertEqual(value(train, "--out"), command[-1])
        self.assert_all_kept_to(1, found)

    def test_the_other_counts_its_own_seconds(self):
        def answer(command):
            return json.dumps({**FIGURES, "seconds": 16.0, "more": 1}), 20.0

        scoring, found = self.scoring(answer)
        self.assertEqual((20.0, 16.0, FIGURES), scoring.score("torch"))
        train, score = found.commands
        self.assertEqual(value(train, "--out"), value(score, "--run"))
        self.assertEqual("100", value(score, "--samples"))
        self.assertNotIn("--images", score)
        self.assert_all_kept_to(1, found)

    def test_a_measurement_keeps_every_round(self):
        seconds = iter(range(1, 5))

        def score(scoring, name):
            return next(seconds), 0.5, FIGURES

        self.replace(evaluate, run=Programs(lambda command: ("", 1.0)).run)
        self.replace(evaluate.Scoring, score=score)
        out = self.folder / "scores.json"
        a = types.SimpleNamespace(
            jar="our.jar", threads=1, epochs=1, data="mnist", samples=100, images=None, rounds=2, out=out
        )
        with contextlib.redirect_stdout(io.StringIO()):
            evaluate.measure(a)
        found = json.loads(out.read_text())
        # The other one is first in the second round.
        self.assertEqual([1, 4], found["results"]["cvae-gpu"]["whole"])
        self.assertEqual([2, 3], found["results"]["torch"]["whole"])
        self.assertEqual("bench/evaluate.py --rounds 2 --samples 100 --threads 1", found["command"])


class StudyTest(ScriptTest):
    def study(self, answer, epochs=4):
        found = Programs(answer)
        self.replace(study_time, run=found.run)
        a = types.SimpleNamespace(
            jar="our.jar", threads=1, epochs=epochs, measured=3, data="mnist", runs=self.folder
        )
        return study_time.Study(a), found

    def trained(self, command):
        """A run of ours, as its folder has it."""
        run = Path(value(command, "--out"))
        run.mkdir()
        plan = {"schedule": {"epochs": int(value(command, "--epochs"))}}
        (run / "run.json").write_text(json.dumps({"plan": plan}))
        (run / "metrics.csv").write_text("step,epoch,rl,kl,beta\n1,1,100,10,0.5\n2,1,200,20,0.1\n")
        return "", 250.0

    def test_a_run_is_trained_once(self):
        study, found = self.study(self.trained)
        first = study.train("control", 7)
        self.assertEqual(
            {"seed": 7, "seconds": 250.0, "RL": 150, "KL": 15, "ELBO": -165, "loss": 153.5}, first
        )
        self.assertEqual(first, study.train("control", 7))
        self.assertEqual(1, len(found.commands))
        command = found.commands[0]
        self.assertEqual(["java", "-jar", "our.jar", "train"], command[:4])
        for option, expected in {"--control": "pi", "--seed": "7", "--anti-windup": "study"}.items():
            self.assertEqual(expected, value(command, option))
        self.assert_all_kept_to(1, found)

    def test_a_run_that_was_not_timed_is_refused(self):
        study, found = self.study(self.trained)
        (self.folder / "beta-lr0.001-seed0").mkdir()
        with self.assertRaisesRegex(tables.Refused, "not timed to its end"):
            study.train("beta", 0)
        self.assertEqual([], found.commands)

    def test_a_run_of_another_length_is_refused(self):
        self.study(self.trained)[0].train("beta", 0)
        longer, found = self.study(self.trained, epochs=5)
        with self.assertRaisesRegex(tables.Refused, "another length than 5 epochs"):
            longer.train("beta", 0)
        self.assertEqual([], found.commands)

    def test_a_peer_is_extrapolated_from_its_median_epoch(self):
        def answer(command):
            return "loading\n" + json.dumps({"training": [500.0, 1000.0, 250.0]}), 30.0

        study, found = self.study(answer, epochs=200)
        self.replace(study_time.Study, images=lambda study: 1000)
        # Epochs of 2, 1 and 4 seconds, after one that it does not time.
        self.assertEqual(30.0 + (200 - 1 - 3) * 2.0, study.extrapolate("jax", "beta")["extrapolated"])
        study.extrapolate("jax", "control")
        beta, control = found.commands
        self.assertEqual("1", value(beta, "--beta"))
        self.assertNotIn("--beta", control)
        self.assertEqual("3", value(beta, "--epochs"))
        self.assert_all_kept_to(1, found)


class SideBySideTest(ScriptTest):
    def test_all_programs_keep_to_the_same_processors(self):
        def answer(command):
            if "bench" in command:
                result = {
                    "training": [300.0, 310.0],
                    "warm_up": [280.0],
                    "kl": 10.0,
                    "engine": {"library": "native step"},
                    "machine": {},
                    "phases": [],
                    "handover": [50, 200],
                }
                return json.dumps({"result": result}), 5.0
            speed = {"jax": 200.0}.get(value(command, "--only") if "--only" in command else "", 100.0)
            return json.dumps({"training": [speed], "kl": 10.0, "version": "1"}), 9.0

        found = Programs(answer)
        out = self.folder / "result.json"
        arguments = ["side_by_side.py", "--data", "mnist", "--rounds", "2", "--epochs", "2"]
        arguments += ["--threads", "1", "--out", str(out)]
        self.replace(side_by_side, run=found.run, last_line=found.last_line)
        self.replace(side_by_side.time, sleep=lambda seconds: None)
        self.replace(sys, argv=arguments)
        with contextlib.redirect_stdout(io.StringIO()):
            side_by_side.main()
        self.assertEqual(2 * 2 * 4, len(found.commands))
        self.assert_all_kept_to(1, found)
        self.assert_study_control_vae([command for command in found.commands if command[0] == "java"])
        result = json.loads(out.read_text())
        self.assertEqual(305.0 / 200.0, result["ratio_of_cvae_gpu"]["to the best peer, jax"])


class RooflineTest(ScriptTest):
    def test_the_fastest_of_some_runs_is_kept_whole(self):
        speeds = iter([200.0, 300.0, 100.0])

        def answer(command):
            result = {"training": [next(speeds)]}
            plan = {"network": {"hidden": [400, 50], "latent": 2}}
            return json.dumps({"plan": plan, "result": result}), 1.0

        found = Programs(answer)
        self.replace(roofline, last_line=found.last_line)
        a = types.SimpleNamespace(jar="our.jar", data="mnist", rounds=3, epochs=5, threads=1)
        result = json.loads(roofline.measure(a))
        self.assertEqual({"training": [300.0]}, result["result"])
        self.assertEqual([[200.0], [300.0], [100.0]], result["images_per_second"])
        self.assert_study_control_vae(found.commands)
        self.assert_all_kept_to(1, found)


class SizesTest(ScriptTest):
    def test_ours_trains_the_study_s_control_vae(self):
        a = types.SimpleNamespace(jar="our.jar", seconds=2.0)
        command = sizes.Measurement(sizes.Case(), a, self.folder).command("cvae-gpu")
        self.assert_study_control_vae([words(command)])


class StartupTest(ScriptTest):
    def measured(self, *options):
        """The record of a measurement whose parts are stand-ins."""
        out = self.folder / "startup.json"
        self.replace(
            startup,
            seconds_of_commands=lambda a: ({"--help": [0.1, 0.2]}, {"--help": [0.3, 0.4]}),
            first_step=lambda a, launched: 1.5 if launched else 1.25,
            first_epoch=lambda a: 2.5,
            peak_megabytes=lambda a: 300.0,
        )
        self.replace(
            sys, argv=["startup.py", "--data", "mnist", "--starts", "2", "--out", str(out), *options]
        )
        with contextlib.redirect_stdout(io.StringIO()):
            startup.main()
        return json.loads(out.read_text())

    def test_the_record_is_that_of_every_measurement(self):
        found = self.measured()
        self.assertEqual(["when", "command", "commit", "machine"], list(found)[:4])
        self.assertEqual([1.5, 1.5], found["seconds_to_first_step"])
        self.assertIsNone(found["seconds_to_first_step_without_launcher"])
        self.assertEqual([2.5, 2.5], found["seconds_to_end_of_first_epoch"])
        self.assertEqual({"--help": [0.1, 0.2]}, found["cpu_seconds"])
        self.assertEqual({"--help": [0.3, 0.4]}, found["seconds"])

    def test_starts_without_the_launcher_stand_beside_the_others(self):
        found = self.measured("--no-launcher")
        self.assertEqual([1.5, 1.5], found["seconds_to_first_step"])
        self.assertEqual([1.25, 1.25], found["seconds_to_first_step_without_launcher"])
        self.assertEqual("bench/startup.py --starts 2 --epochs 5 --no-launcher", found["command"])

    def run_of(self, program):
        """Has a Python program stand in for a run, and notes how each was called."""
        called = []

        def by(jar, *given):
            called.append(words(given))
            return [sys.executable, "-c", program]

        self.replace(startup, ours=by)
        return called, types.SimpleNamespace(jar="our.jar", data="mnist")

    def test_the_first_epoch_ends_with_its_line_and_the_run_is_not_waited_for(self):
        program = "import time; print('Engine'); time.sleep(0.3); print('epoch 1/2', flush=True)"
        program += "; time.sleep(60)"
        called, a = self.run_of(program)
        seconds = startup.first_epoch(a)
        self.assertLess(0.3, seconds)
        self.assertLess(seconds, 30)
        # A checkpoint after every step, or no line, would be another time.
        self.assertNotIn("--checkpoint-every", called[0])
        self.assertNotIn("--quiet", called[0])

    def test_a_run_without_an_epoch_is_no_time(self):
        a = self.run_of("print('Engine')")[1]
        with self.assertRaisesRegex(SystemExit, "before its first epoch"):
            startup.first_epoch(a)

    def commands(self, no_launcher=False, stderr=""):
        a = types.SimpleNamespace(jar=self.folder / "no.jar", starts=1, no_launcher=no_launcher)
        answer = types.SimpleNamespace(stderr=stderr)
        ran = []
        self.replace(startup.subprocess, run=lambda command, **options: ran.append(command) or answer)
        return startup.seconds_of_commands(a), ran

    def test_only_children_count(self):
        burnt = os.times()
        while os.times().user - burnt.user < 0.02:
            pass
        (cpu, wall), _ = self.commands()
        self.assertEqual({"java -version", "--help", "train --help", "train --epch"}, set(cpu))
        self.assertEqual({(0.0,)}, {tuple(found) for found in cpu.values()})
        self.assertEqual(set(cpu), set(wall))
        self.assertEqual({1}, {len(found) for found in wall.values()})

    def test_a_command_without_the_launcher_follows_the_one_with_it(self):
        (cpu, _), ran = self.commands(no_launcher=True)
        self.assertEqual(1 + 2 * 3, len(cpu))
        jar = str(self.folder / "no.jar")
        self.assertEqual(["java", "-jar", jar, "--help"], ran[1])
        self.assertEqual(["java", "-cp", jar, "io.github.cvaegpu.cli.CvaeGpu", "--help"], ran[2])

    def test_a_java_that_cannot_run_the_program_itself_is_refused(self):
        with self.assertRaisesRegex(SystemExit, "needs a Java 25"):
            self.commands(no_launcher=True, stderr="java.lang.UnsupportedClassVersionError: ...")


if __name__ == "__main__":
    unittest.main()
