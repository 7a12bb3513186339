#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The study's ControlVAE in PyTorch and JAX, to be measured beside cvae-gpu: the same work a step.

A step gathers a batch of uint8 rows by the epoch's permutation, scales them, runs forward and
backward and Adam, and takes beta from the PI controller fed with the KL of the step before. The
dataset is in memory; the first epoch is warm-up; whole epochs are timed by the wall clock.

  torch               plain Adam, RL and KL read every step, as the study does
  torch-fused         fused Adam, only KL read every step
  torch-compile       the same with gathering, losses and gradients by torch.compile
  torch-graph         on a GPU: the whole step a CUDA graph, KL read and beta written every step
  torch-graph-device  the same with the controller on the device: nothing read inside an epoch
  jax                 jax.jit of a lax.scan over the epoch, controller inside

PyTorch without a graph trains on the last, smaller batch; graphs and JAX's scan need equal shapes and
leave it out. Speeds are images actually trained on, per second. Products are float32 (no TF32).

Another network or batch than the study's and a constant beta can be had by options. With --seconds, epochs
are measured until so many have passed, in place of a number of epochs.

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
from dataclasses import dataclass
from pathlib import Path

PIXELS = 784
LEARNING_RATE = 1e-3
KP, KI, BETA_MIN, BETA_MAX, SET_POINT = 0.01, 1e-4, 0.01, 10.0, 9.97


@dataclass(frozen=True)
class Plan:
    """What is trained; the study's ControlVAE unless said otherwise."""

    batch: int = 128
    hidden: tuple = (400, 50)
    latent: int = 2
    beta: float | None = None

    @property
    def encoder(self):
        return (PIXELS, *self.hidden, 2 * self.latent)

    @property
    def decoder(self):
        return (self.latent, *reversed(self.hidden), PIXELS)

    def controller(self):
        return Controller() if self.beta is None else Constant(self.beta)


def load_images(folder, kind="train"):
    import numpy as np

    for name in (f"{kind}-images-idx3-ubyte", f"{kind}-images-idx3-ubyte.gz"):
        path = Path(folder) / name
        if path.exists():
            raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
            magic, count, height, width = struct.unpack(">4i", raw[:16])
            if magic != 2051:
                raise SystemExit(f"{path} is not an IDX file of images")
            return np.frombuffer(raw, np.uint8, offset=16).reshape(count, height * width)
    raise SystemExit(f"{folder} has no {kind}-images-idx3-ubyte")


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


class Constant:
    """A beta that nothing changes."""

    def __init__(self, beta):
        self.beta = beta

    def next_beta(self, kl):
        return self.beta


class TorchModel:
    """The network and its losses, summed over the batch."""

    def __init__(self, plan, device, **adam):
        import torch
        from torch import nn

        torch.manual_seed(0)
        torch.backends.cuda.matmul.allow_tf32 = False

        def mlp(widths):
            layers = []
            for i in range(len(widths) - 1):
                layers += [nn.Linear(widths[i], widths[i + 1]), nn.ReLU()]
            return nn.Sequential(*layers[:-1]).to(device)

        self.latent = plan.latent
        self.encoder, self.decoder = mlp(plan.encoder), mlp(plan.decoder)
        parameters = [*self.encoder.parameters(), *self.decoder.parameters()]
        self.adam = torch.optim.Adam(parameters, lr=LEARNING_RATE, **adam)

    def losses(self, x):
        import torch
        import torch.nn.functional as F

        mean, log_var = self.encoder(x).split(self.latent, -1)
        z = mean + torch.exp(log_var / 2) * torch.randn_like(log_var)
        rl = F.binary_cross_entropy_with_logits(self.decoder(z), x, reduction="sum")
        return rl, -0.5 * (1 + log_var - mean * mean - log_var.exp()).sum()


def torch_epochs(plan, images, device, kind):
    import torch

    is_plain = kind == "torch"
    model = TorchModel(plan, device, **({} if is_plain else {"fused": True}))
    data = torch.from_numpy(images.copy()).to(device)
    controller = plan.controller()
    kl = 0.0

    def losses(pixels, rows):
        return model.losses(pixels[rows].float() / 255)

    if kind == "torch-compile":
        losses = torch.compile(losses)

    def epoch():
        nonlocal kl
        order = torch.randperm(len(data), device=device)
        for start in range(0, len(data), plan.batch):
            rows = order[start : start + plan.batch]
            beta = controller.next_beta(kl)
            rl, kl_sum = losses(data, rows)
            model.adam.zero_grad()
            (rl + beta * kl_sum).backward()
            model.adam.step()
            kl = kl_sum.item() / len(rows)
            if is_plain:
                rl.item()
        if device == "cuda":
            torch.cuda.synchronize()
        return len(data), kl

    return epoch, f"PyTorch {torch.__version__}"


def torch_graph_epochs(plan, images, on_device):
    import torch

    device = "cuda"
    model = TorchModel(plan, device, fused=True, capturable=True)
    data = torch.from_numpy(images.copy()).to(device)
    steps = len(data) // plan.batch
    controller = plan.controller()
    order = torch.empty(len(data), dtype=torch.long, device=device)
    first = torch.zeros(1, dtype=torch.long, device=device)
    rows = torch.arange(plan.batch, device=device)
    beta, integral, kl = (torch.zeros((), device=device) for _ in range(3))

    def control():
        if plan.beta is not None:
            beta.fill_(plan.beta)
            return
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
        kl.copy_(kl_sum.detach() / plan.batch)
        first.add_(plan.batch)

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
        return steps * plan.batch, kl.item()

    return epoch, f"PyTorch {torch.__version__}"


def jax_epochs(plan, images):
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_default_matmul_precision", "highest")
    data = jnp.asarray(images)
    steps = len(images) // plan.batch
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
        mean, log_var = heads[:, : plan.latent], heads[:, plan.latent :]
        logits = mlp(decoder, mean + jnp.exp(log_var / 2) * noise)
        rl = jnp.sum(jnp.maximum(logits, 0) - logits * x + jnp.log1p(jnp.exp(-jnp.abs(logits))))
        kl = -0.5 * jnp.sum(1 + log_var - mean * mean - jnp.exp(log_var))
        return rl + beta * kl, (rl, kl)

    def control(kl, integral):
        if plan.beta is not None:
            return plan.beta, integral
        error = SET_POINT - kl
        p = KP * jax.nn.sigmoid(-error)
        candidate = integral - KI * error
        u = p + candidate + BETA_MIN
        hold = ((u > BETA_MAX) & (error < 0)) | ((u < BETA_MIN) & (error > 0))
        integral = jnp.where(hold, integral, candidate)
        return jnp.clip(p + integral + BETA_MIN, BETA_MIN, BETA_MAX), integral

    def step(carry, rows):
        parameters, m, v, t, kl, integral, key = carry
        beta, integral = control(kl, integral)
        key, noise_key = jax.random.split(key)
        x = data[rows].astype(jnp.float32) / 255
        noise = jax.random.normal(noise_key, (plan.batch, plan.latent))
        grad = jax.value_and_grad(objective, has_aux=True)
        (_, (rl, kl)), g = grad(parameters, x, noise, beta)
        t = t + 1
        m = tree(lambda a, b: 0.9 * a + 0.1 * b, m, g)
        v = tree(lambda a, b: 0.999 * a + 0.001 * b * b, v, g)
        root = jnp.sqrt(1 - 0.999**t)
        size = LEARNING_RATE * root / (1 - 0.9**t)
        parameters = tree(lambda a, b, c: a - size * b / (jnp.sqrt(c) + 1e-8 * root), parameters, m, v)
        return (parameters, m, v, t, kl / plan.batch, integral, key), (rl / plan.batch, kl / plan.batch, beta)

    @jax.jit
    def run_epoch(carry, key):
        order = jax.random.permutation(key, len(images))[: steps * plan.batch].reshape(steps, plan.batch)
        return jax.lax.scan(step, carry, order)

    key = jax.random.PRNGKey(0)
    parameters = (init(key, plan.encoder), init(jax.random.fold_in(key, 1), plan.decoder))
    zeros = tree(jnp.zeros_like, parameters)
    zero = jnp.float32(0)
    state = {"carry": (parameters, zeros, zeros, zero, zero, zero, key), "key": key}

    def epoch():
        state["key"], epoch_key = jax.random.split(state["key"])
        state["carry"], logs = run_epoch(state["carry"], epoch_key)
        jax.block_until_ready(state["carry"])
        return steps * plan.batch, float(logs[1][-1])

    return epoch, f"JAX {jax.__version__}"


def epochs_of(name, plan, images, device, threads):
    """The named peer: a function that trains an epoch, and what it is."""
    if name == "jax":
        return jax_epochs(plan, images)
    import torch

    torch.set_num_threads(threads)
    if name.startswith("torch-graph"):
        if device != "cuda":
            raise SystemExit(f"{name} needs --device cuda")
        return torch_graph_epochs(plan, images, name == "torch-graph-device")
    return torch_epochs(plan, images, device, name)


def measured(epoch, epochs, seconds):
    """Images per second of each epoch, and the KL divergence at the end."""
    speeds = []
    begun = time.perf_counter()
    while len(speeds) < 1 or (
        len(speeds) < epochs if seconds is None else time.perf_counter() - begun < seconds
    ):
        start = time.perf_counter()
        count, kl = epoch()
        speeds.append(count / (time.perf_counter() - start))
    return speeds, kl


def options():
    names = ["torch", "torch-fused", "torch-compile", "torch-graph", "torch-graph-device", "jax"]
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", required=True)
    parser.add_argument("--only", required=True, choices=names)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--seconds", type=float)
    parser.add_argument("--device", default="cpu", choices=["cpu", "cuda"])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--batch", type=int, default=Plan.batch)
    parser.add_argument("--hidden", type=lambda text: tuple(map(int, text.split(","))), default=Plan.hidden)
    parser.add_argument("--latent", type=int, default=Plan.latent)
    parser.add_argument("--beta", type=float, help="a constant one; else the controller's")
    return parser.parse_args()


def main():
    a = options()
    # JAX has no setting for its threads; it takes as many as the process may use.
    if a.device == "cpu" and hasattr(os, "sched_setaffinity"):
        cores = sorted(os.sched_getaffinity(0))[: a.threads]
        os.sched_setaffinity(0, cores)
    # JAX takes a GPU where it finds one, and says nothing where it does not.
    os.environ["JAX_PLATFORMS"] = a.device
    plan = Plan(a.batch, a.hidden, a.latent, a.beta)
    images = load_images(a.data)
    epoch, version = epochs_of(a.only, plan, images, a.device, a.threads)
    epoch()
    speeds, kl = measured(epoch, a.epochs, a.seconds)
    print(
        json.dumps(
            {
                "name": a.only,
                "version": version,
                "device": a.device,
                "training": speeds,
                "us_per_step": [plan.batch * 1e6 / speed for speed in speeds],
                "kl": kl,
            }
        )
    )


if __name__ == "__main__":
    main()
