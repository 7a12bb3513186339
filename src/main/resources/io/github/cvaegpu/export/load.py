# SPDX-License-Identifier: Apache-2.0
"""The variational autoencoder of this folder in PyTorch: `from load import load; model = load()`."""

import json
from pathlib import Path

import torch
from safetensors.torch import load_file

ACTIVATIONS = {"relu": torch.nn.ReLU, "tanh": torch.nn.Tanh}


def continuous_bernoulli(logits):
    """1 / (1 - exp(-l)) - 1 / l, near 0 by its series."""
    square = logits * logits
    series = logits * (1 / 12 - square * (1 / 720 - square / 30240))
    is_small = logits.abs() < 0.5
    safe = torch.where(is_small, 1, logits)
    return 0.5 + torch.where(is_small, series, 0.5 / torch.tanh(safe / 2) - 1 / safe)


# Of a pixel, of the decoder's logits.
MEANS = {
    "bernoulli": torch.sigmoid,
    "continuous_bernoulli": continuous_bernoulli,
    "gaussian": lambda logits: logits,
}


def layers(widths, activation):
    """Linear layers with an activation between them."""
    chain = []
    for before, after in zip(widths, widths[1:]):
        chain += [torch.nn.Linear(before, after), activation()]
    return torch.nn.Sequential(*chain[:-1])


class Vae(torch.nn.Module):
    def __init__(self, inputs, hidden, latent, activation, likelihood):
        super().__init__()
        between = ACTIVATIONS[activation]
        self.encoder = layers([inputs, *hidden, 2 * latent], between)
        self.decoder = layers([latent, *reversed(hidden), inputs], between)
        self.mean = MEANS[likelihood]

    def encode(self, x):
        """Mean and log variance, (batch, latent) each, of intensities from 0 to 1, (batch, inputs)."""
        return self.encoder(x).chunk(2, dim=1)

    def decode(self, z):
        """Mean of each pixel, 0 black, 1 white, (batch, inputs), of latent points, (batch, latent)."""
        return self.mean(self.decoder(z))


def load(folder=Path(__file__).parent):
    config = json.loads((Path(folder) / "config.json").read_text(encoding="utf-8"))
    model = Vae(**{name: config[name] for name in ("inputs", "hidden", "latent", "activation", "likelihood")})
    weights = load_file(Path(folder) / "model.safetensors")
    weights.pop("log_sigma", None)  # config.json has it as sigma
    model.load_state_dict(weights)
    return model.eval()
