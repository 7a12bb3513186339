#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes reference.json: a random code and its scores of disentanglement, by numpy and scikit-learn.

Nothing here is the program's: trees, mutual information and entropies are scikit-learn's and scipy's, the
thresholds are found by trying all, and the votes are numpy's, many of them.

scikit-learn asks the dimensions in a random order, and takes the first of those whose splits are equally
good. So importances and accuracies are means over several orders, with their spread. Of the
first dimension alone, on its coarse grid, there are no such splits, and every score is comparable.
"""

import itertools
import json
import platform
from pathlib import Path

import numpy as np
import scipy
import sklearn
from scipy.stats import entropy
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.metrics import mutual_info_score

SIZES = [3, 4, 6, 5]
ORDERED = [False, True, True, True]
TRAIN, TEST = 600, 300
UNIT = 4
BINS = 20
VOTES = 50_000
ORDERS = 8


def code(values, noise):
    """Dimensions that mix, bend, repeat and ignore factors; the last one never moves."""
    v = values.astype(float)
    columns = [
        v[:, 0] + 0.3 * v[:, 1] + 0.4 * noise[:, 0],
        1.5 * np.cos(2 * np.pi * v[:, 2] / SIZES[2]) + 0.5 * noise[:, 1],
        1.5 * np.sin(2 * np.pi * v[:, 2] / SIZES[2]) + 0.1 * v[:, 3] + 0.5 * noise[:, 2],
        -0.8 * v[:, 3] + 0.6 * noise[:, 3],
        0.7 * noise[:, 4],
        np.full(len(v), 0.25),
    ]
    # Exact in float32, as multiples of 1 / UNIT.
    return np.rint(np.stack(columns, axis=1) * UNIT).astype(int)


def draw(random, count):
    values = np.stack([random.integers(size, size=count) for size in SIZES], axis=1)
    return values, code(values, random.standard_normal((count, 6)))


def boosted(train, test, order):
    (values, means), (others, other_means) = train, test
    importances, accuracies = [], []
    for factor in range(len(SIZES)):
        trees = GradientBoostingClassifier(random_state=order)
        trees.fit(means / UNIT, values[:, factor])
        importances.append(trees.feature_importances_)
        accuracies.append(np.mean(trees.predict(other_means / UNIT) == others[:, factor]))
    return np.array(importances), np.array(accuracies)


def alone(train, factor):
    """The first dimension's places, and what trees say of each value there when they know nothing else."""
    values, means = train
    column = means[:, :1] / UNIT
    trees = GradientBoostingClassifier(random_state=0).fit(column, values[:, factor])
    places = np.unique(column)
    scores = trees.decision_function(places[:, np.newaxis])
    # What is the same for all values says nothing.
    return {
        "factor": factor,
        "places": (places * UNIT).astype(int).tolist(),
        "scores": (scores - scores.mean(axis=1, keepdims=True)).tolist(),
    }


def concentrations(rows):
    # Of a row of nothing the entropy is NaN.
    return np.nan_to_num(1 - entropy(rows, axis=1) / np.log(rows.shape[1]))


def gaps(scores):
    """Largest minus second largest of each row."""
    ordered = np.sort(scores, axis=1)
    return ordered[:, -1] - ordered[:, -2]


def information_gaps(values, means):
    edges = [np.histogram(column, BINS)[1][:-1] for column in means.T]
    bins = [np.digitize(column, its) for column, its in zip(means.T, edges)]
    told = [[mutual_info_score(values[:, factor], its) for its in bins] for factor in range(len(SIZES))]
    return gaps(np.array(told)) / [entropy(np.bincount(values[:, factor])) for factor in range(len(SIZES))]


def best_thresholds(column, values, size):
    """The largest balanced accuracy with size - 1 thresholds, by trying all of them."""
    ordered = np.unique(column)
    below = np.array([[np.mean(column[values == v] < t) for v in range(size)] for t in ordered])
    below = np.vstack([below, np.ones(size)])
    best = 0
    for cuts in itertools.combinations_with_replacement(range(len(below)), size - 1):
        edges = np.vstack([np.zeros(size), below[list(cuts)], np.ones(size)])
        best = max(best, np.diff(edges, axis=0).max(axis=1).sum() / size)
    return best


def attribute_gaps(values, means):
    scores = np.zeros((len(SIZES), means.shape[1]))
    for factor, dimension in itertools.product(range(len(SIZES)), range(means.shape[1])):
        column = means[:, dimension] / UNIT
        if np.var(column) > 0.01:
            if ORDERED[factor]:
                scores[factor, dimension] = np.corrcoef(column, values[:, factor])[0, 1] ** 2
            else:
                scores[factor, dimension] = best_thresholds(column, values[:, factor], SIZES[factor])
    return gaps(scores)


def factor_vae(random, values, means):
    """The share of votes that the dimensions' most frequent factors explain, of very many votes."""
    columns = means / UNIT
    columns = columns[:, columns.var(axis=0) > 0.01]
    votes = np.zeros((len(SIZES), columns.shape[1]))
    alike = [[np.flatnonzero(values[:, f] == v) for v in range(SIZES[f])] for f in range(len(SIZES))]
    for _ in range(VOTES):
        factor = random.integers(len(SIZES))
        value = values[random.integers(len(values)), factor]
        sample = columns[random.choice(alike[factor][value], 64)]
        votes[factor, np.argmin(sample.var(axis=0) / columns.var(axis=0))] += 1
    return votes.max(axis=0).sum() / VOTES


def main():
    random = np.random.default_rng(1)
    train, test = draw(random, TRAIN), draw(random, TEST)
    orders = [boosted(train, test, order) for order in range(ORDERS)]
    importances, accuracies = (np.mean(each, axis=0) for each in zip(*orders))
    every = np.array([order[0] for order in orders])
    told = np.array([order[1] for order in orders])
    shares = importances.sum(axis=0) / importances.sum()
    reference = {
        "sizes": SIZES,
        "ordered": ORDERED,
        "unit": UNIT,
        "train": {"factors": train[0].tolist(), "means": train[1].tolist()},
        "test": {"factors": test[0].tolist(), "means": test[1].tolist()},
        "importances": importances.tolist(),
        "importance_spread": float(np.abs(every - importances).max()),
        "accuracies": accuracies.tolist(),
        "lowest_accuracies": told.min(axis=0).tolist(),
        "highest_accuracies": told.max(axis=0).tolist(),
        "alone": alone(train, 0),
        "disentanglement": float(shares @ concentrations(importances.T)),
        "completeness": concentrations(importances).tolist(),
        "mig": information_gaps(*test).tolist(),
        "sap": attribute_gaps(*test).tolist(),
        "factor_vae": float(factor_vae(random, *test)),
    }
    lines = [f"  {json.dumps(key)}: {json.dumps(value)}" for key, value in reference.items()]
    path = Path(__file__).parent / "reference.json"
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n")
    versions = {"numpy": np, "scipy": scipy, "scikit-learn": sklearn}
    print(
        f"python {platform.python_version()}",
        *(f"{name} {one.__version__}" for name, one in versions.items()),
    )
    for key in ("importance_spread", "lowest_accuracies", "highest_accuracies", "disentanglement"):
        print(key, np.round(reference[key], 4))
    for key in ("completeness", "mig", "sap", "factor_vae"):
        print(key, np.round(reference[key], 4))


if __name__ == "__main__":
    main()
