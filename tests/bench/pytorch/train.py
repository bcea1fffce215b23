"""The work of `ganglion bench`, done by PyTorch: one thread a process, one shard each, gradients averaged over gloo.

    python3 train.py FOLDER --check                                     the same parameters and first losses?
    python3 train.py FOLDER --processes 2 --shard 64 --steps 10         how fast?
    python3 train.py FOLDER --processes 1 --shard 64 --device cuda      on a GPU: eager, in one process
    python3 train.py FOLDER --processes 1 --shard 64 --turns            so many steps for each line of standard input

FOLDER holds what Ganglion wrote of its networks and objective. Prints one JSON line: with --check counts, losses and the
faster memory format; else milliseconds of every step after the warm-up, by the clock and of the processor (of one
process), and the peak memory of all processes (on a GPU also what PyTorch took of its memory). With --turns a line when it
has warmed up, one for each turn, and at the end one of the memory.

A GPU is handed its work ahead: a step's time there is the mean of the turn's, from an idle GPU to an idle GPU.
"""
import argparse
import inspect
import json
import math
import os
import resource
import socket
import sys
import time
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import torch
import torch.distributed as distributed
import torch.multiprocessing as multiprocessing
from torch.nn.parallel import DistributedDataParallel

from layers import Form
from networks import build, parameters_of, place_weights
from steps import create


class Peer:
    """What lies in the folder."""

    def __init__(self, folder, device):
        self.facts, self.device = json.loads((Path(folder) / "peer.json").read_text()), device
        self.floats = torch.frombuffer(bytearray((Path(folder) / "peer.bin").read_bytes()), dtype=torch.float32).to(device)

    def build(self, form):
        return {name: network.to(self.device) for name, network in build(self.facts, form).items()}

    def tensor(self, place):
        size = torch.Size(place["shape"]).numel()
        return self.floats[place["offset"]:place["offset"] + size].view(place["shape"])

    def weight(self, name):
        return self.tensor(self.facts["weights"][name])

    def given(self, phase):
        """Samples, noise and shares of the compared round; of a classifier, samples and labels."""
        inputs = {name: self.tensor(place) for name, place in phase["inputs"].items()}
        samples = inputs["samples"].permute(0, 3, 1, 2) if "samples" in inputs else None
        if self.facts["task"] == "classifier":
            return samples, inputs["labels"].argmax(1)
        return samples, inputs["noise"], inputs.get("random/0")

    def drawer(self, shard, form):
        """Draws what a round takes; the images stay the same."""
        height, width, channels = self.facts["imageShape"]
        memory = torch.channels_last if form.channels_last else torch.contiguous_format
        there = dict(device=self.device)
        real = torch.rand(shard, channels, height, width, **there).mul_(2).sub_(1).contiguous(memory_format=memory)
        if self.facts["task"] == "classifier":
            labels = torch.randint(0, self.facts["classes"], (shard,), **there)
            return lambda: (real, labels)
        latent = self.facts["latentSize"]
        return lambda: (real, torch.randn(shard, latent, **there), torch.rand(shard, 1, 1, 1, **there))


def check(peer, options):
    networks = peer.build(Form(exact=True, channels_last=True))
    for network in networks.values():
        place_weights(network, peer.weight)
    losses = {}
    for phase in peer.facts["phases"]:
        for network in networks.values():
            place_weights(network, peer.weight)  # spectral norms move
        made = create(peer.facts, networks).losses(phase["name"], peer.given(phase))
        losses.update({f"{phase['name']}/{name}": loss.item() for name, loss in made.items()})
    parameters = {name: parameters_of(network) for name, network in networks.items()}
    faster = min((False, True), key=lambda last: least_ms(peer, options.shard, Form(exact=False, channels_last=last)))
    if not all(map(math.isfinite, losses.values())):
        raise SystemExit(f"the first losses are not finite: {losses}")
    return dict(parameters=parameters, losses=losses, channelsLast=faster)


def least_ms(peer, shard, form):
    torch.manual_seed(1)
    run = create(peer.facts, peer.build(form))
    draw = peer.drawer(shard, form)
    take(run, draw, 1, peer.device)
    times, _ = take(run, draw, 3, peer.device)
    return min(times)


def take(run, draw, steps, device):
    """Milliseconds of each step, by the clock and of the processor."""
    if device == "cuda":
        return take_together(run, draw, steps)
    times, computing = [], []
    for _ in range(steps):
        begun, busy = time.perf_counter(), time.process_time()
        run.step(draw)
        times.append((time.perf_counter() - begun) * 1000)
        computing.append((time.process_time() - busy) * 1000)
    return times, computing


def take_together(run, draw, steps):
    torch.cuda.synchronize()
    begun, busy = time.perf_counter(), time.process_time()
    for _ in range(steps):
        run.step(draw)
    torch.cuda.synchronize()
    each = (time.perf_counter() - begun) * 1000 / steps, (time.process_time() - busy) * 1000 / steps
    return [each[0]], [each[1]]


def train(rank, options, port):
    torch.set_num_threads(1)
    torch.manual_seed(1)
    peer = Peer(options.folder, options.device)
    form = Form(exact=False, channels_last=options.channels_last)
    networks = peer.build(form)
    wrap = lambda module: module
    if options.processes > 1:
        os.environ.update(MASTER_ADDR="127.0.0.1", MASTER_PORT=str(port))
        distributed.init_process_group("gloo", rank=rank, world_size=options.processes)
        wrap = parallel
    run = create(peer.facts, networks, wrap)
    torch.manual_seed(2 + rank)
    draw = peer.drawer(options.shard, form)
    if options.warm_up > 0:
        take(run, draw, options.warm_up, options.device)
    if options.turns:
        return take_turns(run, draw, options)
    times, computing = take(run, draw, options.steps, options.device)
    memory = torch.tensor([peak_bytes()], dtype=torch.float64)
    if options.processes > 1:
        distributed.all_reduce(memory)
        distributed.destroy_process_group()
    if rank == 0:
        say(timesMs=times, cpuMs=computing, peakBytes=memory.item(), **gpu_bytes(options.device))


def take_turns(run, draw, options):
    """The end of standard input ends it."""
    say(ready=True)
    for _ in iter(sys.stdin.readline, ""):
        times, computing = take(run, draw, options.steps, options.device)
        say(timesMs=times, cpuMs=computing)
    say(peakBytes=peak_bytes(), **gpu_bytes(options.device))


def say(**facts):
    print(json.dumps(facts), flush=True)


def gpu_bytes(device):
    """The most that PyTorch's allocator held, without CUDA's own context."""
    return dict(gpuBytes=torch.cuda.max_memory_reserved()) if device == "cuda" else {}


def open_device(options):
    """TF32 rounds factors to 10 bits of mantissa; without --tf32 products are those of float32."""
    if options.device != "cuda":
        return
    if not torch.cuda.is_available():
        raise SystemExit(f"PyTorch {torch.__version__} sees no GPU (torch.cuda.is_available() is False)")
    if options.processes > 1:
        raise SystemExit(f"a GPU is measured in one process, and --processes is {options.processes}")
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = options.tf32
    torch.backends.cudnn.benchmark = True


def parallel(module):
    """Statistics of normalization stay each process's own, whatever this PyTorch calls that."""
    names = inspect.signature(DistributedDataParallel).parameters
    own = "forward_sync_buffers" if "forward_sync_buffers" in names else "broadcast_buffers"
    return DistributedDataParallel(module, gradient_as_bucket_view=True, **{own: False})


def peak_bytes():
    """Of this process. Linux's own count is since the program began; getrusage's would have its parent's too."""
    status = Path("/proc/self/status")
    if status.exists():
        [line] = [line for line in status.read_text().splitlines() if line.startswith("VmHWM:")]
        return int(line.split()[1]) * 1024
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--shard", type=int, default=64)
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--warm-up", type=int, default=2)
    parser.add_argument("--channels-last", action="store_true")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--tf32", action="store_true")
    parser.add_argument("--turns", action="store_true")
    options = parser.parse_args()
    open_device(options)
    if options.check:
        torch.set_num_threads(1)
        say(**check(Peer(options.folder, options.device), options))
    elif options.processes == 1:
        train(0, options, None)
    else:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        multiprocessing.spawn(train, (options, port), options.processes)


if __name__ == "__main__":
    main()
