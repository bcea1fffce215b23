"""The work of `ganglion bench`, done by PyTorch's DistributedDataParallel: gloo, one thread a process, one shard each.

Both networks' gradients and Adam in every step, as fast as plain PyTorch allows: D sees real and fake images in one
batch and once, each backward pass computes only the gradients of the network it trains, and nothing is read back.

    python3 pytorch_ddp.py --networks seed-gan --discriminator conv --processes 2 --shard 64 --steps 10

Prints one JSON line: milliseconds of every step after the warm-up, by the clock and of this processor (of one process).
"""
import argparse
import json
import os
import socket
import time

os.environ.setdefault("OMP_NUM_THREADS", "1")

import torch
import torch.distributed as distributed
import torch.multiprocessing as multiprocessing
from torch import nn
from torch.nn import functional
from torch.nn.parallel import DistributedDataParallel


def seed_generator(latent):
    return nn.Sequential(
        nn.Linear(latent, 7 * 7 * 128), nn.ReLU(), nn.Unflatten(1, (128, 7, 7)),
        nn.ConvTranspose2d(128, 128, 5, 1, 2), nn.LeakyReLU(0.2),
        nn.ConvTranspose2d(128, 128, 5, 2, 2, 1), nn.LeakyReLU(0.2),
        nn.ConvTranspose2d(128, 128, 5, 2, 2, 1), nn.LeakyReLU(0.2),
        nn.Conv2d(128, 1, 5, 1, 2), nn.Tanh())


def dense_discriminator():
    return nn.Sequential(nn.Flatten(), nn.Linear(28 * 28, 128), nn.LeakyReLU(0.2), nn.Linear(128, 1))


def conv_discriminator():
    return nn.Sequential(
        nn.Conv2d(1, 64, 5, 2, 2), nn.LeakyReLU(0.2), nn.Conv2d(64, 128, 5, 2, 2), nn.LeakyReLU(0.2),
        nn.Flatten(), nn.Linear(7 * 7 * 128, 1))


def dcgan_generator(latent, filters):
    return nn.Sequential(
        nn.Linear(latent, 7 * 7 * 2 * filters, bias=False), nn.BatchNorm1d(7 * 7 * 2 * filters), nn.ReLU(),
        nn.Unflatten(1, (2 * filters, 7, 7)),
        nn.ConvTranspose2d(2 * filters, filters, 4, 2, 1, bias=False), nn.BatchNorm2d(filters), nn.ReLU(),
        nn.ConvTranspose2d(filters, 1, 4, 2, 1), nn.Tanh())


def dcgan_discriminator(filters):
    return nn.Sequential(
        nn.Conv2d(1, filters, 4, 2, 1), nn.LeakyReLU(0.2), nn.Conv2d(filters, 2 * filters, 4, 2, 1),
        nn.LeakyReLU(0.2), nn.Flatten(), nn.Linear(7 * 7 * 2 * filters, 1))


def networks(name, discriminator):
    """(G, D, Z, learning rate) of Ganglion's preset."""
    if name == "seed-gan":
        return seed_generator(100), conv_discriminator() if discriminator == "conv" else dense_discriminator(), 100, 1e-4
    if name == "mnist":
        return dcgan_generator(100, 64), dcgan_discriminator(64), 100, 2e-4
    if name == "digits":
        return dcgan_generator(64, 32), dcgan_discriminator(32), 64, 5e-4
    raise SystemExit(f"no networks {name}: seed-gan, mnist or digits")


def adam(module, rate):
    """Adam as the preset's, in one fused kernel where this PyTorch has one for the CPU."""
    settings = dict(lr=rate, betas=(0.5, 0.999), eps=1e-7)
    try:
        return torch.optim.Adam(module.parameters(), fused=True, **settings)
    except (RuntimeError, TypeError):
        return torch.optim.Adam(module.parameters(), foreach=True, **settings)


def train(rank, options, port):
    torch.set_num_threads(1)
    torch.manual_seed(1)
    os.environ.update(MASTER_ADDR="127.0.0.1", MASTER_PORT=str(port))
    distributed.init_process_group("gloo", rank=rank, world_size=options.processes)
    generator, discriminator, latent, rate = networks(options.networks, options.discriminator)
    form = torch.channels_last if options.channels_last else torch.contiguous_format
    generator, discriminator = generator.to(memory_format=form), discriminator.to(memory_format=form)
    g = DistributedDataParallel(generator, gradient_as_bucket_view=True)
    d = DistributedDataParallel(discriminator, gradient_as_bucket_view=True)
    g_parameters, d_parameters = list(g.parameters()), list(d.parameters())
    optimizers = adam(g, rate), adam(d, rate)
    torch.manual_seed(2 + rank)
    shard = options.shard
    real = torch.rand(shard, 1, 28, 28).mul_(2).sub_(1).contiguous(memory_format=form)
    ones, zeros = torch.ones(shard, 1), torch.zeros(shard, 1)
    loss = functional.binary_cross_entropy_with_logits

    def step():
        fake = g(torch.randn(shard, latent))
        of_real, of_fake = d(torch.cat([real, fake])).split(shard)
        d_loss = (loss(of_real, ones) + loss(of_fake, zeros)) / 2
        g_loss = loss(of_fake, ones)
        for optimizer in optimizers:
            optimizer.zero_grad()
        d_loss.backward(inputs=d_parameters, retain_graph=True)
        g_loss.backward(inputs=g_parameters)
        for optimizer in optimizers:
            optimizer.step()

    times, computing = [], []
    for i in range(options.warm_up + options.steps):
        begun, busy = time.perf_counter(), time.process_time()
        step()
        if i >= options.warm_up:
            times.append((time.perf_counter() - begun) * 1000)
            computing.append((time.process_time() - busy) * 1000)
    if rank == 0:
        print(json.dumps({"timesMs": times, "cpuMs": computing}), flush=True)
    distributed.destroy_process_group()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--networks", default="seed-gan")
    parser.add_argument("--discriminator", choices=["preset", "conv"], default="preset")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--shard", type=int, default=64)
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--warm-up", type=int, default=2)
    parser.add_argument("--channels-last", action="store_true")
    options = parser.parse_args()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    multiprocessing.spawn(train, (options, port), options.processes)


if __name__ == "__main__":
    main()
