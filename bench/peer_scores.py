# SPDX-License-Identifier: Apache-2.0
"""What `cvae-gpu evaluate` does, in PyTorch: the importance-weighted bound of a run's test images.

Each image is encoded, so many latent points are drawn from its posterior and decoded; RL and the bound are
summed up in double precision, as there. Reads the parameters of the run's checkpoint.

Usage: peer_scores.py --run RUN --data DIR [--samples 100] [--threads 2]; prints one line of JSON.
"""

import argparse
import json
import math
import os
import struct
import time
from pathlib import Path

from peers import load_images

# Latent points that are decoded at a time: from 2,000 to 16,000 were about as fast, more and fewer slower.
CHUNK = 8192


def parameters(file):
    """The float tensors of a file in the safetensors format, by name, without Adam's."""
    import numpy as np

    raw = Path(file).read_bytes()
    length = struct.unpack("<Q", raw[:8])[0]
    heads = json.loads(raw[8 : 8 + length])
    tensors = {}
    for name, head in heads.items():
        if name.startswith(("encoder.", "decoder.")):
            begin, end = (8 + length + at for at in head["data_offsets"])
            tensors[name] = np.frombuffer(raw[begin:end], np.float32).reshape(head["shape"])
    return tensors


def half(tensors, name):
    """The encoder or the decoder."""
    import torch
    from torch import nn

    modules = []
    weights = [key for key in tensors if key.startswith(name) and key.endswith(".weight")]
    for key in sorted(weights, key=lambda key: int(key.split(".")[1])):
        weight = torch.from_numpy(tensors[key].copy())
        layer = nn.Linear(weight.shape[1], weight.shape[0])
        layer.weight.data = weight
        layer.bias.data = torch.from_numpy(tensors[key.replace("weight", "bias")].copy())
        modules += [layer, nn.ReLU()]
    return nn.Sequential(*modules[:-1])


class Scores:
    """Sums over images, so that none of their samples has to be kept."""

    def __init__(self, encoder, decoder, samples):
        self.encoder, self.decoder, self.samples = encoder, decoder, samples
        self.images = 0
        self.sums = {"rl": 0.0, "kl": 0.0, "importance_weighted_bound": 0.0}

    def add(self, x):
        """Of a few images at once: the same images meet each of their samples."""
        import torch
        import torch.nn.functional as F

        mean, log_var = self.encoder(x).chunk(2, -1)
        noise = torch.randn(self.samples, *mean.shape)
        z = mean + torch.exp(log_var / 2) * noise
        logits = self.decoder(z)
        # The sum over pixels of softplus(logit) - logit x; the second part is a product.
        loss = F.softplus(logits).sum(-1) - torch.einsum("sip,ip->si", logits, x)
        divergence = 0.5 * (mean**2 + log_var.exp() - log_var - 1).double().sum(-1)
        ratio = 0.5 * (log_var + noise**2 - z**2).double().sum(-1)
        bound = torch.logsumexp(ratio - loss.double(), 0) - math.log(self.samples)
        self.images += len(x)
        self.sums["rl"] += loss.double().mean(0).sum().item()
        self.sums["kl"] += divergence.sum().item()
        self.sums["importance_weighted_bound"] += bound.sum().item()

    def means(self):
        means = {name: value / self.images for name, value in self.sums.items()}
        return {**means, "elbo": -(means["rl"] + means["kl"])}


def scores(run, images, samples):
    import torch

    tensors = parameters(Path(run) / "checkpoint.safetensors")
    result = Scores(half(tensors, "encoder"), half(tensors, "decoder"), samples)
    torch.manual_seed(0)
    data = torch.from_numpy(images.copy())
    step = max(1, CHUNK // samples)
    with torch.inference_mode():
        for first in range(0, len(data), step):
            result.add(data[first : first + step].float() / 255)
    return result.means()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--run", required=True)
    parser.add_argument("--data", required=True)
    parser.add_argument("--samples", type=int, default=100)
    parser.add_argument("--images", type=int, help="the first so many alone")
    parser.add_argument("--threads", type=int, default=2)
    a = parser.parse_args()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: a.threads])
    import torch

    torch.set_num_threads(a.threads)
    images = load_images(a.data, "t10k")[: a.images]
    start = time.perf_counter()
    means = scores(a.run, images, a.samples)
    seconds = time.perf_counter() - start
    version = f"PyTorch {torch.__version__}"
    print(json.dumps({"version": version, "images": len(images), "seconds": seconds, **means}))


if __name__ == "__main__":
    main()
