#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How well a model's likelihood tells images that it was not trained on from those that it was.

The AUROC of the scores of `score`: MNIST's test images against changed ones, against the program's own
digits and against clothes that are drawn here, after those of Fashion-MNIST. 1 means that every other image
is less likely than every image of the test, 0.5 that nobody can tell, and below 0.5 that the others are MORE
likely, which is the known trap: a likelihood is higher for images that are simple, whatever they are of
(Nalisnick et al., "Do deep generative models know what they don't know?", ICLR 2019).

  mvn -q -DskipTests package
  python3 bench/shifts.py --data MNIST_DIR --out bench/results/shifts.json
  python3 bench/shifts.py --table bench/results/shifts.json --update docs/using-a-model.md
"""

import argparse
import csv
import random
import shutil
import tempfile
from pathlib import Path

from image_folders import SIDE, subset
from programs import measure_or_show, ours, processors, record, run
from tables import number, table

MARKER = "shifts"
TEST = 10_000
PIXELS = SIDE * SIDE
SCORES = {"bound": "L_K", "rl": "RL", "kl": "KL"}


# ---- images -----------------------------------------------------------------------------------------


def rotated(image, _):
    """By a quarter of a turn."""
    return bytes(image[(SIDE - 1 - x) * SIDE + y] for y in range(SIDE) for x in range(SIDE))


def mirrored(image, _):
    return b"".join(image[y * SIDE : (y + 1) * SIDE][::-1] for y in range(SIDE))


def inverted(image, _):
    return bytes(255 - pixel for pixel in image)


def noise(_, draw):
    return draw.randbytes(PIXELS)


def shuffled(image, draw):
    """The same pixels, each somewhere."""
    return bytes(draw.sample(list(image), PIXELS))


def faded(image, _):
    """A quarter as bright."""
    return bytes(pixel // 4 for pixel in image)


def thinned(image, _):
    """Every other row black."""
    return bytes(0 if i // SIDE % 2 else pixel for i, pixel in enumerate(image))


def black(_, __):
    return bytes(PIXELS)


# Outlines of clothes: what Fashion-MNIST has in place of strokes is a filled shape, x and y of its corners.
CLOTHES = [
    [(10, 4), (18, 4), (26, 9), (24, 13), (19, 11), (19, 25), (9, 25), (9, 11), (4, 13), (2, 9)],  # A shirt.
    [
        (10, 4),
        (18, 4),
        (22, 6),
        (26, 23),
        (22, 24),
        (19, 12),
        (19, 25),
        (9, 25),
        (9, 12),
        (6, 24),
        (2, 23),
        (6, 6),
    ],
    [(9, 2), (19, 2), (21, 26), (16, 26), (14, 9), (12, 26), (7, 26)],  # Trousers.
    [(11, 2), (17, 2), (16, 10), (21, 26), (7, 26), (12, 10)],  # A dress.
    [(3, 11), (9, 11), (9, 6), (19, 6), (19, 11), (25, 11), (25, 24), (3, 24)],  # A bag.
    [(10, 4), (17, 4), (17, 15), (25, 19), (25, 24), (9, 24)],  # A boot.
    [(2, 16), (8, 13), (14, 17), (25, 19), (26, 23), (2, 23)],  # A shoe.
]


def filled(corners):
    """Which pixels have their middle in a polygon: where a row has crossed an odd number of its sides."""
    sides = list(zip(corners, corners[1:] + corners[:1]))
    for y in range(SIDE):
        at = y + 0.5
        crossed = [
            x0 + (at - y0) * (x1 - x0) / (y1 - y0) for (x0, y0), (x1, y1) in sides if (y0 <= at) != (y1 <= at)
        ]
        yield [sum(x <= column + 0.5 for x in crossed) % 2 == 1 for column in range(SIDE)]


def clothes(_, draw):
    """A piece of one grey with some grain, a little wider or narrower, longer or shorter than the next."""
    wide, high = draw.uniform(0.8, 1.05), draw.uniform(0.85, 1.05)
    corners = [(14 + wide * (x - 14), 14 + high * (y - 14)) for x, y in draw.choice(CLOTHES)]
    grey = draw.randrange(80, 236)
    return bytes(grey + draw.randrange(-20, 21) if inside else 0 for row in filled(corners) for inside in row)


SHIFTS = {
    "drawn clothes": clothes,
    "noise": noise,
    "inverted": inverted,
    "the same pixels in another order": shuffled,
    "rotated by 90 degrees": rotated,
    "mirrored": mirrored,
    "every other row black": thinned,
    "a quarter as bright": faded,
    "black": black,
}
OWN_DIGITS = "synthetic digits"


def change(folder, shift, seed=1):
    """Changes the test images of a folder."""
    file = Path(folder) / "t10k-images-idx3-ubyte"
    data = file.read_bytes()
    draw = random.Random(seed)
    images = [data[at : at + PIXELS] for at in range(16, len(data), PIXELS)]
    file.write_bytes(data[:16] + b"".join(shift(image, draw) for image in images))


# ---- figures ----------------------------------------------------------------------------------------


def auroc(known, others):
    """The share of pairs in which the other one has the larger score; a tie counts half.

    It is the statistic of Mann and Whitney's test divided by the number of pairs.
    """
    ranked = sorted([(score, 0) for score in known] + [(score, 1) for score in others])
    total, start = 0.0, 0
    while start < len(ranked):
        end = start
        while end < len(ranked) and ranked[end][0] == ranked[start][0]:
            end += 1
        # Ranks from 1; those of a tie are all its middle.
        total += (start + end + 1) / 2 * sum(other for _, other in ranked[start:end])
        start = end
    n = len(others)
    return (total - n * (n + 1) / 2) / (n * len(known))


def oddness(scores):
    """How odd each image is by each score: high losses, low bounds."""
    return {key: [(-1 if key == "bound" else 1) * value for value in scores[key]] for key in SCORES}


def read_scores(file):
    with open(file, newline="") as lines:
        rows = list(csv.DictReader(lines))
    return {key: [float(row[key]) for row in rows] for key in SCORES}


# ---- measuring --------------------------------------------------------------------------------------


def measure(a):
    on = processors(a.threads)
    threads = ["--threads", a.threads]
    results = {}
    with tempfile.TemporaryDirectory() as place:
        place = Path(place)
        model, scores = place / "model", place / "scores.csv"
        plan = ["--epochs", a.epochs, "--kl", a.kl, "--latent", a.latent]
        run(ours(a.jar, "train", "--data", a.data, *plan, "--out", model, "--quiet", *threads), on)

        def score(images):
            options = ["--samples", a.samples, "--output", scores, "--overwrite"]
            run(ours(a.jar, "score", model, "--input", images, *options, *threads), on)
            return read_scores(scores)

        known = score(a.data)

        def compare(name, images):
            others = score(images)
            known_odd, other_odd = oddness(known), oddness(others)
            results[name] = {
                "auroc": {key: auroc(known_odd[key], other_odd[key]) for key in SCORES},
                "mean": {key: sum(others[key]) / len(others[key]) for key in SCORES},
            }
            print(f"{name}: {results[name]}", flush=True)

        compare("MNIST's training images", training_images(a.data, place / "known"))
        compare(OWN_DIGITS, "synthetic")
        for i, (name, shift) in enumerate(SHIFTS.items()):
            folder = place / str(i)
            folder.mkdir()
            subset(a.data, folder, train=1, test=TEST)
            change(folder, shift)
            compare(name, folder)
    mean = {key: sum(known[key]) / len(known[key]) for key in SCORES}
    command = f"bench/shifts.py --epochs {a.epochs} --kl {a.kl} --latent {a.latent} --samples {a.samples}"
    plan = {"epochs": a.epochs, "kl": a.kl, "latent": a.latent, "samples": a.samples}
    text = record(command, plan=plan, threads=a.threads, known={"mean": mean}, results=results)
    if a.out:
        a.out.write_text(text)


def training_images(source, folder):
    """A folder whose test images are the first of the training images: nobody should tell them apart."""
    folder.mkdir()
    subset(source, folder, train=TEST, test=1)
    for kind in ("images-idx3", "labels-idx1"):
        (folder / f"train-{kind}-ubyte").replace(folder / f"t10k-{kind}-ubyte")
    with tempfile.TemporaryDirectory() as one:
        subset(source, one, train=1, test=1)
        for kind in ("images-idx3", "labels-idx1"):
            shutil.copy(Path(one) / f"train-{kind}-ubyte", folder)
    return folder


# ---- tables -----------------------------------------------------------------------------------------


def shifts_table(found):
    plan = found["plan"]
    rows = [["MNIST's test images themselves", *["-"] * len(SCORES), *means(found["known"])]]
    for name, result in found["results"].items():
        rows.append([name, *(number(result["auroc"][key], 3) for key in SCORES), *means(result)])
    heads = ["against", *(f"AUROC by {name}" for name in SCORES.values())]
    heads += [f"mean {name}" for name in SCORES.values()]
    machine = f"{found['threads']} threads of {found['machine']['processor']}; commit {found['commit']}"
    lead = (
        f"Study's network with {plan['latent']} latent dimensions, {plan['epochs']} epochs, KL held at"
        f" {plan['kl']}; K = {plan['samples']}; {TEST:,} images each (`{found['command']}`)."
    )
    return f"{lead}\n\n{table(heads, rows)}\n\n{machine}; {found['when'][:10]}."


def means(result):
    return [number(result["mean"][key], 1) for key in SCORES]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--kl", type=float, default=9.97)
    parser.add_argument("--latent", type=int, default=2)
    parser.add_argument("--samples", type=int, default=20)
    parser.add_argument("--threads", type=int, default=2)
    measure_or_show(parser, measure, shifts_table, MARKER)


if __name__ == "__main__":
    main()
