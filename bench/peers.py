#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The study's ControlVAE in PyTorch and JAX, to be measured beside cvae-gpu: the same work a step.

A step gathers a batch of uint8 rows by the epoch's permutation, scales them, runs forward and
backward and Adam, and takes beta from the PI controller fed with the KL of the step before. The
dataset is in memory; the first epoch is warm-up; whole epochs are timed by the wall clock.

  torch               plain Adam, RL and KL read every step, as the study does
  torch-fused         fused Adam, only KL read every step
  torch-graph         on a GPU: the whole step a CUDA graph, KL read and beta written every step
  torch-graph-device  the same with the controller on the device: nothing read inside an epoch
  jax                 jax.jit of a lax.scan over the epoch, controller inside

PyTorch without a graph trains on the last, smaller batch; graphs and JAX's scan need equal shapes and
leave it out. Speeds are images actually trained on, per second. Products are float32 (no TF32).

Usage: peers.py --data DIR --only NAME [--epochs 5] [--device cpu|cuda] [--threads 2]; prints one line
of JSON.
"""

import argparse
import gzip
import json
import math
import os
import struct
import time
from pathlib import Path

ENCODER, DECODER, LATENT = (784, 400, 50, 4), (2, 50, 400, 784), 2
BATCH, LEARNING_RATE = 128, 1e-3
KP, KI, BETA_MIN, BETA_MAX, SET_POINT = 0.01, 1e-4, 0.01, 10.0, 9.97


def load_images(folder):
    import numpy as np

    for name in ("train-images-idx3-ubyte", "train-images-idx3-ubyte.gz"):
        path = Path(folder) / name
        if path.exists():
            raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
            magic, count, height, width = struct.unpack(">4i", raw[:16])
            if magic != 2051:
                raise SystemExit(f"{path} is not an IDX file of images")
            return np.frombuffer(raw, np.uint8, offset=16).reshape(count, height * width)
    raise SystemExit(f"{folder} has no train-images-idx3-ubyte")


class Controller:
    """The study's PI controller on the host."""

    def __init__(self):
        self.integral = 0.0

    def next_beta(self, kl):
        error = SET_POINT - kl
        p = KP / (1 + math.exp(min(error, 700)))
        candidate = self.integral - KI * error
        u = p + candidate + BETA_MIN
        if not ((u > BETA_MAX and error < 0) or (u < BETA_MIN and error > 0)):
            self.integral = candidate
        return min(BETA_MAX, max(BETA_MIN, p + self.integral + BETA_MIN))


class TorchModel:
    """The network and its losses, summed over the batch."""

    def __init__(self, device, **adam):
        import torch
        from torch import nn

        torch.manual_seed(0)
        torch.backends.cuda.matmul.allow_tf32 = False

        def mlp(widths):
            layers = []
            for i in range(len(widths) - 1):
                layers += [nn.Linear(widths[i], widths[i + 1]), nn.ReLU()]
            return nn.Sequential(*layers[:-1]).to(device)

        self.encoder, self.decoder = mlp(ENCODER), mlp(DECODER)
        parameters = [*self.encoder.parameters(), *self.decoder.parameters()]
        self.adam = torch.optim.Adam(parameters, lr=LEARNING_RATE, **adam)

    def losses(self, x):
        import torch
        import torch.nn.functional as F

        mean, log_var = self.encoder(x).split(LATENT, -1)
        z = mean + torch.exp(log_var / 2) * torch.randn_like(log_var)
        rl = F.binary_cross_entropy_with_logits(self.decoder(z), x, reduction="sum")
        return rl, -0.5 * (1 + log_var - mean * mean - log_var.exp()).sum()


def torch_epochs(images, device, fused):
    import torch

    model = TorchModel(device, **({"fused": True} if fused else {}))
    data = torch.from_numpy(images.copy()).to(device)
    controller = Controller()
    kl = 0.0

    def epoch():
        nonlocal kl
        order = torch.randperm(len(data), device=device)
        for start in range(0, len(data), BATCH):
            x = data[order[start : start + BATCH]].float() / 255
            beta = controller.next_beta(kl)
            rl, kl_sum = model.losses(x)
            model.adam.zero_grad()
            (rl + beta * kl_sum).backward()
            model.adam.step()
            kl = kl_sum.item() / len(x)
            if not fused:
                rl.item()
        if device == "cuda":
            torch.cuda.synchronize()
        return len(data), kl

    return epoch, f"PyTorch {torch.__version__}"


def torch_graph_epochs(images, on_device):
    import torch

    device = "cuda"
    model = TorchModel(device, fused=True, capturable=True)
    data = torch.from_numpy(images.copy()).to(device)
    steps = len(data) // BATCH
    controller = Controller()
    order = torch.empty(len(data), dtype=torch.long, device=device)
    first = torch.zeros(1, dtype=torch.long, device=device)
    rows = torch.arange(BATCH, device=device)
    beta, integral, kl = (torch.zeros((), device=device) for _ in range(3))

    def control():
        error = SET_POINT - kl
        p = KP * torch.sigmoid(-error)
        candidate = integral - KI * error
        u = p + candidate + BETA_MIN
        hold = ((u > BETA_MAX) & (error < 0)) | ((u < BETA_MIN) & (error > 0))
        integral.copy_(torch.where(hold, integral, candidate))
        beta.copy_((p + integral + BETA_MIN).clamp(BETA_MIN, BETA_MAX))

    def step():
        if on_device:
            control()
        x = data[order[first + rows]].float() / 255
        rl, kl_sum = model.losses(x)
        model.adam.zero_grad(set_to_none=False)
        (rl + beta * kl_sum).backward()
        model.adam.step()
        kl.copy_(kl_sum.detach() / BATCH)
        first.add_(BATCH)

    order.copy_(torch.randperm(len(data), device=device))
    side = torch.cuda.Stream()
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):
        for _ in range(5):
            step()
    torch.cuda.current_stream().wait_stream(side)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        step()

    def epoch():
        order.copy_(torch.randperm(len(data), device=device))
        first.zero_()
        for _ in range(steps):
            if not on_device:
                beta.fill_(controller.next_beta(kl.item()))
            graph.replay()
        torch.cuda.synchronize()
        return steps * BATCH, kl.item()

    return epoch, f"PyTorch {torch.__version__}"


def jax_epochs(images):
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_default_matmul_precision", "highest")
    data = jnp.asarray(images)
    steps = len(images) // BATCH
    tree = jax.tree_util.tree_map

    def init(key, widths):
        layers = []
        for i in range(len(widths) - 1):
            key, kw, kb = jax.random.split(key, 3)
            bound = 1 / math.sqrt(widths[i])
            shape = (widths[i], widths[i + 1])
            w = jax.random.uniform(kw, shape, minval=-bound, maxval=bound)
            b = jax.random.uniform(kb, shape[1:], minval=-bound, maxval=bound)
            layers.append((w, b))
        return layers

    def mlp(layers, x):
        for w, b in layers[:-1]:
            x = jax.nn.relu(x @ w + b)
        w, b = layers[-1]
        return x @ w + b

    def objective(parameters, x, noise, beta):
        encoder, decoder = parameters
        heads = mlp(encoder, x)
        mean, log_var = heads[:, :LATENT], heads[:, LATENT:]
        logits = mlp(decoder, mean + jnp.exp(log_var / 2) * noise)
        rl = jnp.sum(jnp.maximum(logits, 0) - logits * x + jnp.log1p(jnp.exp(-jnp.abs(logits))))
        kl = -0.5 * jnp.sum(1 + log_var - mean * mean - jnp.exp(log_var))
        return rl + beta * kl, (rl, kl)

    def step(carry, rows):
        parameters, m, v, t, kl, integral, key = carry
        error = SET_POINT - kl
        p = KP * jax.nn.sigmoid(-error)
        candidate = integral - KI * error
        u = p + candidate + BETA_MIN
        hold = ((u > BETA_MAX) & (error < 0)) | ((u < BETA_MIN) & (error > 0))
        integral = jnp.where(hold, integral, candidate)
        beta = jnp.clip(p + integral + BETA_MIN, BETA_MIN, BETA_MAX)
        key, noise_key = jax.random.split(key)
        x = data[rows].astype(jnp.float32) / 255
        noise = jax.random.normal(noise_key, (BATCH, LATENT))
        grad = jax.value_and_grad(objective, has_aux=True)
        (_, (rl, kl)), g = grad(parameters, x, noise, beta)
        t = t + 1
        m = tree(lambda a, b: 0.9 * a + 0.1 * b, m, g)
        v = tree(lambda a, b: 0.999 * a + 0.001 * b * b, v, g)
        root = jnp.sqrt(1 - 0.999**t)
        size = LEARNING_RATE * root / (1 - 0.9**t)
        parameters = tree(lambda a, b, c: a - size * b / (jnp.sqrt(c) + 1e-8 * root), parameters, m, v)
        return (parameters, m, v, t, kl / BATCH, integral, key), (rl / BATCH, kl / BATCH, beta)

    @jax.jit
    def run_epoch(carry, key):
        order = jax.random.permutation(key, len(images))[: steps * BATCH].reshape(steps, BATCH)
        return jax.lax.scan(step, carry, order)

    key = jax.random.PRNGKey(0)
    parameters = (init(key, ENCODER), init(jax.random.fold_in(key, 1), DECODER))
    zeros = tree(jnp.zeros_like, parameters)
    zero = jnp.float32(0)
    state = {"carry": (parameters, zeros, zeros, zero, zero, zero, key), "key": key}

    def epoch():
        state["key"], epoch_key = jax.random.split(state["key"])
        state["carry"], logs = run_epoch(state["carry"], epoch_key)
        jax.block_until_ready(state["carry"])
        return steps * BATCH, float(logs[1][-1])

    return epoch, f"JAX {jax.__version__}"


def epochs_of(name, images, device, threads):
    """The named peer: a function that trains an epoch, and what it is."""
    if name == "jax":
        return jax_epochs(images)
    import torch

    torch.set_num_threads(threads)
    if name.startswith("torch-graph"):
        if device != "cuda":
            raise SystemExit(f"{name} needs --device cuda")
        return torch_graph_epochs(images, name == "torch-graph-device")
    return torch_epochs(images, device, name == "torch-fused")


def main():
    names = ["torch", "torch-fused", "torch-graph", "torch-graph-device", "jax"]
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", required=True)
    parser.add_argument("--only", required=True, choices=names)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--device", default="cpu", choices=["cpu", "cuda"])
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    # JAX has no setting for its threads; it takes as many as the process may use.
    if arguments.device == "cpu" and hasattr(os, "sched_setaffinity"):
        cores = sorted(os.sched_getaffinity(0))[: arguments.threads]
        os.sched_setaffinity(0, cores)
    # JAX takes a GPU where it finds one, and says nothing where it does not.
    os.environ["JAX_PLATFORMS"] = arguments.device
    images = load_images(arguments.data)
    epoch, version = epochs_of(arguments.only, images, arguments.device, arguments.threads)
    epoch()
    speeds = []
    for _ in range(arguments.epochs):
        start = time.perf_counter()
        count, kl = epoch()
        speeds.append(count / (time.perf_counter() - start))
    print(
        json.dumps(
            {
                "name": arguments.only,
                "version": version,
                "device": arguments.device,
                "training": speeds,
                "us_per_step": [BATCH * 1e6 / speed for speed in speeds],
                "kl": kl,
            }
        )
    )


if __name__ == "__main__":
    main()
