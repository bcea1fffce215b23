"""A training step of every kind of run that is compared, as fast as plain PyTorch allows.

D sees real and generated images in one batch and once where it may, each backward pass computes only the gradients of the
network that it trains, G's images for D's own rounds are made without a graph, and nothing is read back.
"""
import contextlib

import torch
from torch import nn
from torch.nn import functional
from torch.nn.utils import parametrize

from losses import adversarial

HALVED = ("non-saturating", "minimax")


class Judged(nn.Module):
    """D with its loss: one forward pass for each backward pass, as DistributedDataParallel wants it."""

    def __init__(self, discriminator, peer):
        super().__init__()
        self.discriminator = discriminator
        self.loss, self.regularizers = peer["loss"], peer["regularizers"]
        self.half = 0.5 if self.loss in HALVED else 1
        self.couples = discriminator.couples_samples()
        self.caches = discriminator.has_spectral_norms()

    def forward(self, real, fake, share):
        """(loss of D, loss of G)"""
        with parametrize.cached() if self.caches else contextlib.nullcontext():
            of_real, of_fake, penalty = self.outputs(real, fake)
            of_d, of_g = adversarial(self.loss, of_real, of_fake, None)
            if "gradientPenalty" in self.regularizers:
                penalty = penalty + self.gradient_penalty(real, fake, share)
        return of_d + self.half * penalty, of_g

    def outputs(self, real, fake):
        """(D(x), D(G(z)), R1 and R2)"""
        wanted = [name in self.regularizers for name in ("r1", "r2")]
        if not any(wanted):
            return *self.judge_both(real, fake), 0
        sides = [real, fake]
        for i, images in enumerate(sides):
            if wanted[i] and not images.requires_grad:
                sides[i] = images.detach().requires_grad_()
        if all(wanted) and not self.couples:
            both = torch.cat(sides)
            scores = self.discriminator(both)
            of_real, of_fake = scores.split(len(real))
            [slope] = torch.autograd.grad(scores.sum(), both, create_graph=True)
            slopes = slope.split(len(real))
        else:
            of_real, of_fake = (self.discriminator(images) for images in sides)
            slopes = [torch.autograd.grad(scores.sum(), images, create_graph=True)[0] if is_wanted else None
                      for scores, images, is_wanted in zip((of_real, of_fake), sides, wanted)]
        gammas = [self.regularizers[name]["gamma"] for name, is_wanted in zip(("r1", "r2"), wanted) if is_wanted]
        flat = [slope for slope in slopes if slope is not None]
        return of_real, of_fake, sum(gamma / 2 * squares(slope).mean() for gamma, slope in zip(gammas, flat))

    def judge_both(self, real, fake):
        if self.couples:
            return self.discriminator(real), self.discriminator(fake)
        return self.discriminator(torch.cat([real, fake])).split(len(real))

    def gradient_penalty(self, real, fake, share):
        """Gulrajani et al. 2017."""
        between = torch.lerp(real, fake, share)
        if not between.requires_grad:
            between.requires_grad_()
        [slope] = torch.autograd.grad(self.discriminator(between).sum(), between, create_graph=True)
        config = self.regularizers["gradientPenalty"]
        return config["weight"] * ((squares(slope) + 1e-12).sqrt() - config["target"]).square().mean()


def squares(slope):
    return slope.square().sum((1, 2, 3))


class Gan:
    """`wrap` makes a module's gradients the mean over all processes."""

    def __init__(self, networks, peer, wrap):
        self.rounds, self.loss = peer["discriminatorRounds"], peer["loss"]
        self.plain = networks
        self.generator = wrap(networks["generator"])
        self.judged = wrap(Judged(networks["discriminator"], peer))
        self.parameters = {name: list(network.parameters()) for name, network in networks.items()}
        self.optimizers = {name: adam(self.parameters[name], peer["optimizers"][name]) for name in networks}

    def step(self, draw):
        """`draw` gives the samples, noise and shares of one round."""
        if self.rounds == 0:
            of_d, of_g = self.both(draw())
            for optimizer in self.optimizers.values():
                optimizer.zero_grad()
            of_d.backward(inputs=self.parameters["discriminator"], retain_graph=True)
            of_g.backward(inputs=self.parameters["generator"])
            for optimizer in self.optimizers.values():
                optimizer.step()
            return
        for _ in range(self.rounds):
            self.update("discriminator", self.of_discriminator(draw()))
        self.update("generator", self.of_generator(draw()))

    def update(self, name, loss):
        self.optimizers[name].zero_grad()
        loss.backward(inputs=self.parameters[name])
        self.optimizers[name].step()

    def both(self, drawn):
        real, noise, share = drawn
        return self.judged(real, self.generator(noise), share)

    def of_discriminator(self, drawn):
        real, noise, share = drawn
        with torch.no_grad():
            fake = self.plain["generator"](noise)
        return self.judged(real, fake, share)[0]

    def of_generator(self, drawn):
        real, noise, _ = drawn
        fake = self.generator(noise)
        discriminator = self.plain["discriminator"]
        of_fake = discriminator(fake)
        of_real = discriminator(real) if self.loss.startswith("relativistic") else of_fake
        return adversarial(self.loss, of_real, of_fake, None)[1]

    def losses(self, phase, drawn):
        """By network, as Ganglion's phases name them."""
        if phase == "both":
            of_d, of_g = self.both(drawn)
            return dict(discriminator=of_d, generator=of_g)
        return {phase: self.of_discriminator(drawn) if phase == "discriminator" else self.of_generator(drawn)}


class Classifier:
    def __init__(self, networks, peer, wrap):
        self.network = wrap(networks["classifier"])
        self.optimizer = adam(list(networks["classifier"].parameters()), peer["optimizers"]["classifier"])

    def step(self, draw):
        loss = self.loss(draw())
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()

    def loss(self, drawn):
        images, labels = drawn
        return functional.cross_entropy(self.network(images), labels)

    def losses(self, _phase, drawn):
        return dict(classifier=self.loss(drawn))


def adam(parameters, rates):
    """In one fused kernel where this PyTorch has one for the device."""
    betas = float(rates["beta1"]), float(rates["beta2"])  # JSON's 0 is no float
    settings = dict(lr=rates["learningRate"], betas=betas, eps=rates["epsilon"])
    try:
        return torch.optim.Adam(parameters, fused=True, **settings)
    except (RuntimeError, TypeError):
        return torch.optim.Adam(parameters, foreach=True, **settings)


def create(peer, networks, wrap=lambda module: module):
    kind = Classifier if peer["task"] == "classifier" else Gan
    return kind(networks, peer, wrap)
