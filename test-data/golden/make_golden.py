# SPDX-License-Identifier: Apache-2.0
"""Golden values of the training step from PyTorch.

Everything random is drawn here a second time, from the definitions in Philox.java, InitialWeights,
GaussianNoise: the Java tests demand the same bits. Weights, pixels and noise are numbers a float32
(pixels: a byte) can hold; all arithmetic on them is PyTorch's in float64, with its autograd and its
Adam, so that a comparison shows the other side's rounding and nothing of this side's.

How to run it, and what is in the files it writes: README.md.
"""

import argparse
import hashlib
import json
import pathlib
import platform

import numpy as np
import safetensors
import torch
from safetensors.torch import load_file, save_file
from torch.nn import functional

HERE = pathlib.Path(__file__).parent

# Stream.java. PIXELS is this script's own: the program never draws from it.
INITIAL_WEIGHTS, TRAINING_NOISE, PIXELS = 1, 3, 100

LEARNING_RATE = 0.001
BETAS = [1.0, 0.25, 4.0, 0.0078125, 0.5]
CASES = {
    "small": dict(
        height=6,
        width=6,
        hidden=[20, 7],
        latent=3,
        batch=5,
        images=23,
        seed=0x299F31D0_A4093822,
        entries=1000,
    ),
    "study": dict(
        height=28, width=28, hidden=[400, 50], latent=2, batch=128, images=608, seed=10, entries=64
    ),
}


def philox(seed, stream, c0, c1, c2):
    """Philox4x32-10 blocks at broadcast coordinates: an array of uint32 with a last axis of 4."""
    c0, c1, c2 = np.broadcast_arrays(*(np.asarray(c, dtype=np.uint64) for c in (c0, c1, c2)))
    mask = np.uint64(0xFFFFFFFF)
    shift = np.uint64(32)
    x = [c0, c1, c2, np.full_like(c0, stream)]
    k0, k1 = seed & 0xFFFFFFFF, seed >> 32 & 0xFFFFFFFF
    for _ in range(10):
        p0 = np.uint64(0xD2511F53) * x[0]
        p1 = np.uint64(0xCD9E8D57) * x[2]
        x = [(p1 >> shift) ^ x[1] ^ np.uint64(k0), p1 & mask, (p0 >> shift) ^ x[3] ^ np.uint64(k1), p0 & mask]
        k0 = (k0 + 0x9E3779B9) & 0xFFFFFFFF
        k1 = (k1 + 0xBB67AE85) & 0xFFFFFFFF
    return np.stack(x, axis=-1).astype(np.uint32)


def check_philox():
    """The known-answer vectors of Random123: the counter's last word is the stream here."""
    block = philox(0x299F31D0_A4093822, 0x03707344, 0x243F6A88, 0x85A308D3, 0x13198A2E)
    assert [f"{w:08x}" for w in block] == ["d16cfe09", "94fdcceb", "5001e420", "24126ea1"]
    block = philox(0, 0, 0, 0, 0)
    assert [f"{w:08x}" for w in block] == ["6627e8d5", "e169c58d", "bc57ac4c", "9b00dbd8"]


def uniform(words):
    return (words >> np.uint32(8)).astype(np.float32) * np.float32(2.0**-24)


def initial_weights(modules, seed):
    """InitialWeights.java: a float32 array for every parameter, by name, in the layout's order."""
    weights = {}
    for prefix, module in modules.items():
        for name, parameter in module.named_parameters(prefix):
            if name.endswith("weight"):
                fan_in = parameter.shape[1]
            count = parameter.numel()
            blocks = np.arange((count + 3) // 4)
            words = philox(seed, INITIAL_WEIGHTS, blocks, len(weights), 0).reshape(-1)[:count]
            bound = np.float32(1 / np.sqrt(fan_in))
            values = bound * (np.float32(2) * uniform(words) - np.float32(1))
            assert values.dtype == np.float32
            weights[name] = values.reshape(tuple(parameter.shape))
    return weights


def noise(seed, step, rows, latent):
    """GaussianNoise.java: Box-Muller in float64, rounded once to float32."""
    blocks = (latent + 3) // 4
    words = philox(seed, TRAINING_NOISE, np.arange(blocks)[None, :], np.arange(rows)[:, None], step)
    u = (words >> np.uint32(8)).astype(np.float64)
    radius = np.sqrt(-2 * np.log((u[..., 0::2] + 1) * 2.0**-24))
    angle = 2 * np.pi * (u[..., 1::2] * 2.0**-24)
    pairs = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=-1)
    return pairs.reshape(rows, -1)[:, :latent].astype(np.float32)


def pixels(seed, images, height, width):
    """Pixel p of image i is word p % 4 of block (p / 4, i, 0): its top byte if bit 0 is set and the
    pixel is off the border, else 0. Like MNIST, mostly zeros, and columns that are always zero."""
    size = height * width
    words = philox(seed, PIXELS, np.arange((size + 3) // 4)[None, :], np.arange(images)[:, None], 0)
    words = words.reshape(images, -1)[:, :size]
    values = np.where(words & np.uint32(1), words >> np.uint32(24), 0).astype(np.uint8)
    border = np.ones((height, width), dtype=bool)
    border[1:-1, 1:-1] = False
    values[:, border.reshape(-1)] = 0
    return values


def chain(widths):
    layers = []
    for i, (fan_in, fan_out) in enumerate(zip(widths, widths[1:])):
        layers += ([torch.nn.ReLU()] if i else []) + [torch.nn.Linear(fan_in, fan_out)]
    return torch.nn.Sequential(*layers)


def network(case):
    widths = [case["height"] * case["width"], *case["hidden"]]
    return torch.nn.ModuleDict(
        {
            "encoder": chain([*widths, 2 * case["latent"]]),
            "decoder": chain([case["latent"], *widths[::-1]]),
        }
    )


def summary(tensor, entries):
    """A tensor's norm and sum, and as many of its entries, spread over it, or all."""
    values = tensor.detach().numpy().reshape(-1)
    index = np.arange(values.size)
    if values.size > entries:
        index = np.sort(np.random.default_rng(0).choice(index, entries, replace=False))
    return {
        "shape": list(tensor.shape),
        "norm": float(np.linalg.norm(values)),
        "sum": float(values.sum()),
        "index": index.tolist(),
        "values": values[index].tolist(),
    }


def sha256(array, dtype):
    return hashlib.sha256(np.ascontiguousarray(array, dtype=dtype).tobytes()).hexdigest()


def make(name, case):
    latent, batch = case["latent"], case["batch"]
    net = network(case).double()
    weights = initial_weights(net, case["seed"])
    net.load_state_dict({k: torch.from_numpy(v) for k, v in weights.items()}, strict=True)
    images = pixels(case["seed"], case["images"], case["height"], case["width"])
    adam = torch.optim.Adam(net.parameters(), lr=LEARNING_RATE, betas=(0.9, 0.999), eps=1e-8)
    golden = dict(case, learningRate=LEARNING_RATE, steps=[])
    golden["initialSha256"] = {k: sha256(v, "<f4") for k, v in weights.items()}
    golden["pixelsSha256"] = sha256(images, np.uint8)
    for step, beta in enumerate(BETAS):
        x = torch.from_numpy(images[step * batch : (step + 1) * batch] / 255.0)
        eps = noise(case["seed"], step, len(x), latent)
        mu, logvar = net["encoder"](x).chunk(2, dim=1)
        z = mu + torch.exp(logvar / 2) * torch.from_numpy(eps).double()
        logits = net["decoder"](z)
        rl = functional.binary_cross_entropy_with_logits(logits, x, reduction="sum")
        kl = -0.5 * (1 + logvar - mu**2 - logvar.exp()).sum()
        adam.zero_grad()
        (rl + beta * kl).backward()
        if step == 0:
            golden["gradients"] = {k: summary(p.grad, case["entries"]) for k, p in net.named_parameters()}
        adam.step()
        golden["steps"].append(
            {
                "beta": beta,
                "rl": rl.item() / len(x),
                "kl": kl.item() / len(x),
                "noise": eps.reshape(-1).tolist(),
            }
        )
    golden["weights"] = {k: summary(p, case["entries"]) for k, p in net.named_parameters()}
    (HERE / f"{name}.json").write_text(json.dumps(golden, separators=(",", ":")) + "\n")
    print(
        f"{name}: rl "
        + " ".join(f"{s['rl']:.4f}" for s in golden["steps"])
        + ", kl "
        + " ".join(f"{s['kl']:.4f}" for s in golden["steps"])
    )
    if name == "small":
        save_file({k: torch.from_numpy(v) for k, v in weights.items()}, HERE / "small.safetensors")


def check_load(file, name):
    """A file with the program's tensor names is a state_dict of torch.nn.Sequential modules."""
    state = load_file(file)
    print(f"{file.name}: {network(CASES[name]).load_state_dict(state, strict=True)}")


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.parse_args()
    print(
        f"python {platform.python_version()}, torch {torch.__version__}, numpy {np.__version__}, "
        f"safetensors {safetensors.__version__}"
    )
    torch.set_num_threads(1)
    check_philox()
    for name, case in CASES.items():
        make(name, case)
    check_load(HERE / "small.safetensors", "small")


if __name__ == "__main__":
    main()
