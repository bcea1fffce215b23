"""DiffAugment and ADA in PyTorch, from the papers' formulas: the same images and draws give what Ganglion is compared with.

    python augment.py --method diff-augment|ada --inputs in.safetensors --out out.safetensors

Reads `images` [B, H, W, C], `weights` of the same shape, `p` [1] and `draw/0`, `draw/1` … in the order in which Ganglion
draws. Writes `made`, and `gradient`: that of sum(weights * (made + made^2 / 2)) with respect to the images.
"""

import argparse
import math

import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file


def each(numbers):
    """[B] -> [B, 1, 1, 1]"""
    return numbers.reshape(-1, 1, 1, 1)


def diff_augment(x, draws, _p):
    """Zhao et al. 2020, section 3: colour, translation, cut-out; x is [B, C, H, W]."""
    batch, channels, height, width = x.shape
    x = x + each(next(draws) - 0.5)
    u = next(draws)
    if channels > 1:
        mean = x.mean(1, keepdim=True)
        x = mean + (x - mean) * each(2 * u)
    mean = x.mean((1, 2, 3), keepdim=True)
    x = mean + (x - mean) * each(next(draws) + 0.5)

    u = next(draws)
    reach = [int(size * 0.125 + 0.5) for size in (height, width)]
    padded = F.pad(x, (reach[1], reach[1], reach[0], reach[0]))
    moved = []
    for one, (down, right) in zip(padded, u):
        top = 2 * reach[0] - int(down * (2 * reach[0] + 1))
        left = 2 * reach[1] - int(right * (2 * reach[1] + 1))
        moved.append(one[:, top : top + height, left : left + width])
    x = torch.stack(moved)

    u = next(draws)
    mask = torch.ones(batch, 1, height, width)
    lengths = [int(size * 0.5 + 0.5) for size in (height, width)]
    for i in range(batch):
        middles = [int(u[i, a] * (s + 1 - n % 2)) for a, s, n in zip((0, 1), (height, width), lengths)]
        (top, left), (rows, columns) = [m - n // 2 for m, n in zip(middles, lengths)], lengths
        mask[i, :, max(0, top) : max(0, top + rows), max(0, left) : max(0, left + columns)] = 0
    return x * mask


def ada(x, draws, p):
    """Karras et al. 2020, appendix B, "bgc": one homogeneous matrix for all geometry, one for all colour."""
    batch, channels, height, width = x.shape

    def gate(parameter, neutral, chance=p):
        return torch.where(next(draws) < chance, parameter, torch.full_like(parameter, neutral))

    def matrix(rows):
        zero = torch.zeros(batch)
        return torch.stack([torch.stack([zero + value for value in row], -1) for row in rows], -2)

    def scale(sx, sy):
        return matrix([[sx, 0, 0], [0, sy, 0], [0, 0, 1]])

    def turn(angle):  # clockwise, y down
        c, s = torch.cos(angle), torch.sin(angle)
        return matrix([[c, -s, 0], [s, c, 0], [0, 0, 1]])

    def move(dx, dy):
        return matrix([[1, 0, dx], [0, 1, dy], [0, 0, 1]])

    g = torch.eye(3).expand(batch, 3, 3)  # pixel in -> pixel out
    flipped = gate(torch.floor(next(draws) * 2), 0)
    g = scale(1 - 2 * flipped, 1) @ g
    quarters = torch.floor(next(draws) * 4) if height == width else 2 * torch.floor(next(draws) * 2)
    g = turn(gate(quarters, 0) * (math.pi / 2)) @ g
    chosen = next(draws) < p
    dx, dy = (torch.round((next(draws) * 2 - 1) * 0.125 * size) for size in (width, height))
    g = move(torch.where(chosen, dx, 0 * dx), torch.where(chosen, dy, 0 * dy)) @ g

    one_of_two = 1 - math.sqrt(1 - p)
    size = gate(torch.exp2(next(draws) * 0.2), 1)
    before = gate((next(draws) * 2 - 1) * math.pi, 0, one_of_two)
    stretch = gate(torch.exp2(next(draws) * 0.2), 1)
    after = gate((next(draws) * 2 - 1) * math.pi, 0, one_of_two)
    chosen = next(draws) < p
    dx, dy = (next(draws) * 0.125 * size_ for size_ in (width, height))
    shift = move(torch.where(chosen, dx, 0 * dx), torch.where(chosen, dy, 0 * dy))
    g = shift @ turn(after) @ scale(stretch, 1 / stretch) @ turn(before) @ scale(size, size) @ g

    # align_corners: -1 and 1 are the middles of the outermost pixels
    unit = torch.diag(torch.tensor([2 / (width - 1), 2 / (height - 1), 1.0]))
    theta = unit @ torch.linalg.inv(g) @ torch.linalg.inv(unit)
    grid = F.affine_grid(theta[:, :2], list(x.shape), align_corners=True)
    x = F.grid_sample(x, grid, mode="bilinear", padding_mode="reflection", align_corners=True)

    axis = torch.tensor([1.0, 1.0, 1.0]) / math.sqrt(3)
    along = torch.outer(axis, axis)
    cross = torch.tensor([[0.0, -1, 1], [1, 0, -1], [-1, 1, 0]]) / math.sqrt(3)
    third = lambda numbers: numbers.reshape(-1, 1, 1)
    brightness = gate(next(draws) * 0.2, 0)
    contrast = gate(torch.exp2(next(draws) * 0.5), 1)
    colour = torch.eye(3) * third(contrast)
    luma = gate(torch.floor(next(draws) * 2), 0)
    colour = (torch.eye(3) - 2 * along * third(luma)) @ colour
    angle = gate((next(draws) * 2 - 1) * math.pi, 0)
    c, s = third(torch.cos(angle)), third(torch.sin(angle))
    hue = torch.eye(3) * c + cross * s + along * (1 - c)
    saturation = along + (torch.eye(3) - along) * third(gate(torch.exp2(next(draws)), 1))
    x = x + each(brightness)
    if channels == 1:
        return x * colour.sum(2)[:, :1].reshape(-1, 1, 1, 1)
    return torch.einsum("bij,bjhw->bihw", saturation @ hue @ colour, x)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--method", choices=["diff-augment", "ada"], required=True)
    parser.add_argument("--inputs", required=True)
    parser.add_argument("--out", required=True)
    arguments = parser.parse_args()

    given = load_file(arguments.inputs)
    count = sum(name.startswith("draw/") for name in given)
    draws = iter([given[f"draw/{i}"] for i in range(count)])
    images = given["images"].permute(0, 3, 1, 2).contiguous().requires_grad_()
    weights = given["weights"].permute(0, 3, 1, 2)
    method = {"diff-augment": diff_augment, "ada": ada}[arguments.method]
    made = method(images, draws, float(given["p"][0]))
    loss = (weights * (made + made.square() / 2)).sum()
    (gradient,) = torch.autograd.grad(loss, images)
    last = lambda tensor: tensor.detach().permute(0, 2, 3, 1).contiguous()
    assert next(draws, None) is None, "draws are left over"
    save_file({"made": last(made), "gradient": last(gradient)}, arguments.out)


main()
