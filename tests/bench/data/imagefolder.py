"""Decodes a folder of pictures by torchvision's ImageFolder and a DataLoader, as PyTorch's users do.

    python3 imagefolder.py --folder ./flowers --size 64 --processes 2

Resize and CenterCrop to bytes, in as many worker processes as wanted, a batch of 64 at a time. Prints one JSON line:
pictures, seconds, and the seconds of processor time of all processes.
"""
import argparse
import json
import resource
import time

import torch
from torch.utils.data import DataLoader
from torchvision.datasets import ImageFolder
from torchvision.transforms import CenterCrop, Compose, PILToTensor, Resize


def processor_seconds():
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in used)


def decode(folder, size, processes):
    transform = Compose([Resize(size), CenterCrop(size), PILToTensor()])
    loader = DataLoader(ImageFolder(folder, transform), batch_size=64, num_workers=processes)
    return sum(len(images) for images, _ in loader)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--folder", required=True)
    parser.add_argument("--size", type=int, required=True)
    parser.add_argument("--processes", type=int, required=True)
    wanted = parser.parse_args()
    torch.set_num_threads(1)
    began, used = time.perf_counter(), processor_seconds()
    images = decode(wanted.folder, wanted.size, wanted.processes)
    seconds = time.perf_counter() - began
    print(json.dumps({"images": images, "seconds": seconds, "cpuSeconds": processor_seconds() - used}))


if __name__ == "__main__":
    main()
