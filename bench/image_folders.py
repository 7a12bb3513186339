# SPDX-License-Identifier: Apache-2.0
"""Folders of images in the form of MNIST's, that every program here takes."""

import gzip
import random
from pathlib import Path

SIDE = 28
FILES = [
    (kind, name, header)
    for kind in ("train", "t10k")
    for name, header in (("images-idx3", 16), ("labels-idx1", 8))
]


def size(name):
    """Bytes of one entry of a file."""
    return SIDE * SIDE if name == "images-idx3" else 1


def subset(source, folder, train, test=1000):
    """The first images of MNIST."""
    for kind, name, header in FILES:
        file = Path(source) / f"{kind}-{name}-ubyte"
        packed = file.with_name(file.name + ".gz")
        data = gzip.decompress(packed.read_bytes()) if packed.exists() else file.read_bytes()
        count = train if kind == "train" else test
        head = data[:4] + count.to_bytes(4, "big") + data[8:header]
        (Path(folder) / file.name).write_bytes(head + data[header : header + count * size(name)])


def dense(folder, train, test=1000, seed=1):
    """Noise without a pixel that is zero: nothing can be left out of the first layer's products."""
    draw = random.Random(seed)
    grey = bytes([1]) + bytes(range(1, 256))
    for kind, name, _ in FILES:
        count = train if kind == "train" else test
        is_image = name == "images-idx3"
        head = (2051 if is_image else 2049).to_bytes(4, "big") + count.to_bytes(4, "big")
        if is_image:
            head += SIDE.to_bytes(4, "big") * 2
        body = draw.randbytes(count * size(name))
        body = body.translate(grey) if is_image else bytes(byte % 10 for byte in body)
        (Path(folder) / f"{kind}-{name}-ubyte").write_bytes(head + body)
