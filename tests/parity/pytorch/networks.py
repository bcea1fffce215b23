"""The networks of the parity test as a PyTorch user writes them: a DCGAN, and R3GAN's at 28x28."""
import math
import sys
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional

sys.path.append(str(Path(__file__).resolve().parents[2] / "bench" / "pytorch"))
from layers import Basis, Resample


class BiasedLeaky(nn.Module):
    """A bias for each channel, then LeakyReLU 0.2."""

    def __init__(self, channels):
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, x):
        return functional.leaky_relu(x + self.bias.view(1, -1, 1, 1), 0.2)


class Residual(nn.Module):
    """x + 1x1(act(grouped 3x3(act(1x1 x)))), twice as wide inside, 16 channels a group, no normalization."""

    def __init__(self, channels, blocks):
        super().__init__()
        inner = 2 * channels
        gain = math.sqrt(2 / 1.04) * blocks ** -0.25
        self.widen = weighted(nn.Conv2d(channels, inner, 1, bias=False), gain)
        self.first = BiasedLeaky(inner)
        self.grouped = weighted(nn.Conv2d(inner, inner, 3, padding=1, groups=inner // 16, bias=False), gain)
        self.second = BiasedLeaky(inner)
        self.narrow = weighted(nn.Conv2d(inner, channels, 1, bias=False), 0)

    def forward(self, x):
        return x + self.narrow(self.second(self.grouped(self.first(self.widen(x)))))


def basis(latent, channels, side):
    """A learned map, each of its channels times one number: linear(z)."""
    made = Basis(latent, channels, (side, side))
    weighted(made.linear, 1)
    return made


def weighted(layer, gain):
    """Weights from N(0, gain^2 / fan-in)."""
    fan_in = layer.weight[0].numel()
    with torch.no_grad():
        layer.weight.normal_(0, 1).mul_(gain / math.sqrt(fan_in))
    return layer


def r3gan(latent, widths=(128, 64, 32), side=7):
    """R3GAN (Huang et al. 2024), one block a stage: G [B, Z] -> [B, 1, 28, 28], D back to one number."""
    blocks = len(widths)
    one = lambda a, b: weighted(nn.Conv2d(a, b, 1, bias=False), 1)
    up, down = [], []
    for wide, narrow in zip(widths, widths[1:]):
        up += [Residual(wide, blocks), one(wide, narrow), Resample(narrow, up=True)]
        down = [Resample(narrow, up=False), one(narrow, wide), Residual(wide, blocks)] + down
    last = widths[-1]
    generator = nn.Sequential(basis(latent, widths[0], side), *up, Residual(last, blocks), one(last, 1))
    discriminator = nn.Sequential(
        one(1, last), Residual(last, blocks), *down,
        weighted(nn.Conv2d(widths[0], widths[0], side, groups=widths[0], bias=False), 1),
        nn.Flatten(), weighted(nn.Linear(widths[0], 1, bias=False), 1))
    return generator, discriminator


def dcgan(latent, filters):
    """For 28x28 grey images. `epsilon` and momentum of the normalization as in Keras, whose decay 0.9 is 0.1 here."""
    norm = dict(eps=1e-3, momentum=0.1)
    wide = 2 * filters
    generator = nn.Sequential(
        nn.Linear(latent, wide * 7 * 7, bias=False), nn.BatchNorm1d(wide * 7 * 7, **norm), nn.ReLU(),
        nn.Unflatten(1, (wide, 7, 7)),
        nn.ConvTranspose2d(wide, filters, 4, 2, 1, bias=False), nn.BatchNorm2d(filters, **norm), nn.ReLU(),
        nn.ConvTranspose2d(filters, 1, 4, 2, 1), nn.Tanh())
    discriminator = nn.Sequential(
        nn.Conv2d(1, filters, 4, 2, 1), nn.LeakyReLU(0.2),
        nn.Conv2d(filters, wide, 4, 2, 1), nn.LeakyReLU(0.2),
        nn.Flatten(), nn.Linear(wide * 7 * 7, 1))
    with torch.no_grad():
        for network in (generator, discriminator):
            for name, parameter in network.named_parameters():
                if parameter.ndim > 1:
                    parameter.normal_(0, 0.02)  # Radford et al. 2016
                elif name.endswith("bias"):
                    parameter.normal_(0, 0.01)  # not 0: a bias in a wrong place has to show
    return generator, discriminator
