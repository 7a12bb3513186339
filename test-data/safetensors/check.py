# SPDX-License-Identifier: Apache-2.0
"""Checks our safetensors files against the reference implementation, both ways.

Writes reference.safetensors with it, which SafeTensorsTest reads, and reads ours.safetensors with
it, which SafeTensorsTest demands that our writer gives byte for byte. How to run it: README.md.
"""

import pathlib
import platform

import numpy as np
import safetensors
from safetensors.numpy import save_file

HERE = pathlib.Path(__file__).parent

METADATA = {"made by": "safetensors", 'quoted "name" \\ \n': "pi is \u03c0, \U0001d70b"}

# Bit patterns: -0, smallest denormal, largest denormal, largest float, infinities, NaNs quiet and
# signalling with payloads.
AWKWARD = [
    0x80000000, 0x00000001, 0x807FFFFF, 0x7F7FFFFF, 0x7F800000, 0xFF800000, 0x7FC00000, 0x7FC12345,
    0x7F812345, 0xFFFFFFFF,
]  # fmt: skip


def tensors():
    return {
        "encoder.0.weight": np.arange(6, dtype=np.float32).reshape(2, 3) / 3,
        "encoder.0.bias": np.array([-1.5, 2.25], dtype=np.float32),
        "awkward": np.array(AWKWARD, dtype=np.uint32).view(np.float32).reshape(5, 1, 2),
        "scalar": np.array(7.0, dtype=np.float32),
        "empty": np.zeros((3, 0, 2), dtype=np.float32),
        "\u03bc and \U0001d70e": np.array([1.0], dtype=np.float32),
    }


def check(name, metadata):
    with safetensors.safe_open(HERE / name, framework="np") as file:
        assert file.metadata() == metadata, file.metadata()
        assert set(file.keys()) == set(tensors()), file.keys()
        for key, expected in tensors().items():
            value = file.get_tensor(key)
            assert value.dtype == np.float32, key
            assert value.shape == expected.shape, (key, value.shape)
            assert value.tobytes() == expected.tobytes(), key
    print(f"{name}: {len(tensors())} tensors and the metadata are as they should be")


def main():
    print(
        f"python {platform.python_version()}, safetensors {safetensors.__version__}, numpy {np.__version__}"
    )
    save_file(tensors(), HERE / "reference.safetensors", metadata=METADATA)
    check("reference.safetensors", METADATA)
    check("ours.safetensors", METADATA)


if __name__ == "__main__":
    main()
