"""A run of the parity test, trained by PyTorch, with all that it was started from.

    python3 reference.py --model wgan-gp --learning-rate 1e-4 --images images.safetensors --out run.safetensors

Draws initial weights, noise, the order of the samples and the shares of WGAN-GP, trains, and writes one safetensors file:

    initial/NAME, final/NAME   weights under PyTorch's names and in PyTorch's axes; "weights" in the metadata says where
                               Ganglion has them
    images                     [N, H, W, C] bytes, as they were given
    order                      [steps, phases, B] which of them
    noise                      [steps, phases, B, Z]
    random/0                   [steps, phases, B] shares in [0, 1), for WGAN-GP
    loss/NETWORK               [steps, rounds] what the network minimized, in each round that trained it
    loss64/NETWORK             with --float64: the same run in double precision
"""
import argparse
import copy
import json
import platform

import torch
from safetensors.torch import load_file, save_file
from torch.nn import functional

from networks import dcgan, r3gan
from weights import weights_of

MODELS = {
    # Ganglion's preset `mnist`; one round in which both learn.
    "mnist": dict(networks=lambda: dcgan(100, 64), latent=100, rounds=0,
                  adam=dict(betas=(0.5, 0.999), eps=1e-7)),
    # What `ganglion init --variant wgan-gp` writes.
    "wgan-gp": dict(networks=lambda: dcgan(100, 32), latent=100, rounds=5,
                    adam=dict(betas=(0.0, 0.9), eps=1e-7)),
    "r3gan": dict(networks=lambda: r3gan(64), latent=64, rounds=1,
                  adam=dict(betas=(0.0, 0.99), eps=1e-8)),
}


def main():
    options = arguments()
    torch.set_num_threads(1)  # faster than two for layers of this size
    model = MODELS[options.model]
    torch.manual_seed(options.seed)
    networks = model["networks"]()
    inputs = draw_inputs(model, options)
    initial = named_weights(networks)
    double = [copy.deepcopy(network).double() for network in networks] if options.float64 else None
    tensors = {f"initial/{name}": value for name, value in initial.items()}
    tensors |= inputs
    for network, losses in train(options, networks, inputs).items():
        tensors[f"loss/{network}"] = losses
    tensors |= {f"final/{name}": value for name, value in named_weights(networks).items()}
    if double:
        for network, losses in train(options, double, inputs).items():
            tensors[f"loss64/{network}"] = losses
    entries = weights_of("generator", networks[0]) + weights_of("discriminator", networks[1])
    metadata = dict(model=options.model, weights=json.dumps(entries), torch=torch.__version__, python=platform.python_version())
    save_file({name: value.contiguous() for name, value in tensors.items()}, options.out, metadata)


def draw_inputs(model, options):
    """Everything that a step takes besides weights, for all steps."""
    images = load_file(options.images)["images"]
    phases = model["rounds"] + 1
    at = (options.steps, phases, options.batch)
    inputs = {
        "images": images,
        "order": torch.randint(0, len(images), at, dtype=torch.int32),
        "noise": torch.randn(*at, model["latent"]),
    }
    if options.model == "wgan-gp":
        inputs["random/0"] = torch.rand(*at)
    return inputs


def train(options, networks, inputs):
    """The losses of all steps, by network: [steps, rounds]."""
    model = MODELS[options.model]
    generator, discriminator = networks
    form = next(generator.parameters()).dtype
    optimizers = [torch.optim.Adam(network.parameters(), lr=options.learning_rate, **model["adam"]) for network in networks]
    step = step_of(options.model)
    steps, phases = inputs["noise"].shape[:2]
    losses = {"discriminator": [], "generator": []}
    for i in range(steps):
        for phase in range(phases):
            real = inputs["images"][inputs["order"][i, phase].long()].permute(0, 3, 1, 2).to(form) / 127.5 - 1
            z = inputs["noise"][i, phase].to(form)
            share = inputs["random/0"][i, phase].to(form).view(-1, 1, 1, 1) if "random/0" in inputs else None
            if phases == 1:
                trained = (0, 1)  # G and D see the same weights and the same G(z)
            else:
                trained = (1,) if phase < phases - 1 else (0,)
            objectives = step(generator, discriminator, real, z, share, trained)
            gradients = {n: torch.autograd.grad(objectives[n], list(networks[n].parameters()), retain_graph=True)
                         for n in trained}
            for n in trained:
                for parameter, gradient in zip(networks[n].parameters(), gradients[n]):
                    parameter.grad = gradient
                optimizers[n].step()
                losses[("generator", "discriminator")[n]].append(objectives[n].detach())
    return {network: torch.stack(values).view(steps, -1).float() for network, values in losses.items()}


def step_of(name):
    """(G, D, x, z, share, trained) -> (loss of G, loss of D); what is not trained may be None."""
    return {"mnist": usual_losses, "wgan-gp": wasserstein_losses, "r3gan": relativistic_losses}[name]


def usual_losses(generator, discriminator, real, z, _share, _trained):
    fake = generator(z)
    of_real, of_fake = discriminator(real), discriminator(fake)
    loss = functional.binary_cross_entropy_with_logits
    ones, zeros = torch.ones_like(of_real), torch.zeros_like(of_real)
    return loss(of_fake, ones), (loss(of_real, ones) + loss(of_fake, zeros)) / 2


def wasserstein_losses(generator, discriminator, real, z, share, trained):
    """Gulrajani et al. 2017."""
    fake = generator(z)
    of_fake = discriminator(fake)
    if 1 not in trained:
        return -of_fake.mean(), None
    between = (real * share + fake.detach() * (1 - share)).requires_grad_()
    [slope] = torch.autograd.grad(discriminator(between).sum(), between, create_graph=True)
    length = (slope.square().sum((1, 2, 3)) + 1e-12).sqrt()
    penalty = (length - 1).square().mean()
    return None, of_fake.mean() - discriminator(real).mean() + 10 * penalty


def relativistic_losses(generator, discriminator, real, z, _share, trained):
    """Huang et al. 2024, with gamma = 1."""
    fake = generator(z)
    if 1 not in trained:
        return functional.softplus(discriminator(real) - discriminator(fake)).mean(), None
    fake = fake.detach().requires_grad_()
    real = real.requires_grad_()
    of_real, of_fake = discriminator(real), discriminator(fake)
    [r1] = torch.autograd.grad(of_real.sum(), real, create_graph=True)
    [r2] = torch.autograd.grad(of_fake.sum(), fake, create_graph=True)
    penalty = sum(slope.square().sum((1, 2, 3)).mean() for slope in (r1, r2))
    return None, functional.softplus(of_fake - of_real).mean() + penalty / 2


def named_weights(networks):
    names = ("generator", "discriminator")
    return {f"{name}.{key}": value.detach().clone() for name, network in zip(names, networks)
            for key, value in network.state_dict().items() if not key.endswith("num_batches_tracked")}


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", choices=list(MODELS), required=True)
    parser.add_argument("--images", required=True, help="a safetensors file with `images` [N, H, W, C], bytes")
    parser.add_argument("--out", required=True)
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--learning-rate", type=float, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--float64", action="store_true", help="train once more in double precision")
    return parser.parse_args()


if __name__ == "__main__":
    main()
