"""One step of every objective, in double precision, from the weights, noise and draws of Ganglion's programs.

    python3 objectives.py --inputs given.safetensors --out torch.safetensors

Inputs are named CASE/PHASE/NAME, the cases are in the metadata: losses, regularizers with their numbers, and for each phase
the outputs that are wanted. The penalties are written here anew, from their papers, and the
losses in tests/bench/pytorch/losses.py. Axes are [B, H, W, C].
"""
import argparse
import json
import math
import sys
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch.nn import functional

sys.path.append(str(Path(__file__).resolve().parents[2] / "bench" / "pytorch"))
from losses import adversarial


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--inputs", required=True)
    parser.add_argument("--out", required=True)
    options = parser.parse_args()
    with safe_open(options.inputs, "pt") as file:
        cases = json.loads(file.metadata()["cases"])
        given = {name: file.get_tensor(name).double() for name in file.keys()}
    made = {}
    for i, case in enumerate(cases):
        for phase in case["phases"]:
            prefix = f"{i}/{phase['name']}/"
            inputs = {name[len(prefix):]: value for name, value in given.items() if name.startswith(prefix)}
            for name, value in Step(case, phase, inputs).outputs().items():
                made[prefix + name] = value.detach().float().contiguous()
    save_file(made, options.out, dict(torch=torch.__version__))


class Step:
    def __init__(self, case, phase, inputs):
        self.case, self.phase = case, phase
        self.inputs = {name: value.clone().requires_grad_() for name, value in inputs.items()}
        self.regularizers = case["regularizers"]
        self.draws = 0
        self.judged = {}
        self.state = {}

    def outputs(self):
        losses = self.losses()
        made = {}
        for name, shape in self.phase["outputs"].items():
            kind, rest = name.split("/", 1)
            if kind == "metric":
                made[name] = losses[rest.split("/")[1]]
            elif kind == "state":
                made[name] = self.state[rest.split("objective/")[1]]
            else:
                slope, weight = None, self.inputs.get(rest)
                if weight is not None:
                    loss = losses[rest.split("/")[0]]
                    [slope] = torch.autograd.grad(loss, weight, retain_graph=True, allow_unused=True)
                made[name] = torch.zeros(shape) if slope is None else slope
        return made

    def losses(self):
        """By network; in a phase of one penalty, that one, as many times as its steps are apart."""
        self.real, self.noise = self.inputs.get("samples"), self.inputs.get("noise")
        half = 0.5 if self.case["loss"] in ("non-saturating", "minimax") else 1
        penalty = self.phase["penalty"]
        if penalty:
            network = NETWORK_OF[penalty]
            if self.noise is not None:
                self.fake = self.generate(self.noise)
            value = self.penalty(penalty) * self.phase["every"]
            return {network: value * (half if network == "discriminator" else 1)}
        self.fake = self.generate(self.noise)
        if self.real is None:  # nothing in this phase depends on them
            self.real = torch.zeros_like(self.fake).requires_grad_()
        self.real_outputs, self.real_features = self.judge(self.real)
        self.fake_outputs, self.fake_features = self.judge(self.fake)
        pairs = [adversarial(self.case["loss"], real, fake, self.regularizers.get("labelSmoothing"))
                 for real, fake in zip(self.real_outputs, self.fake_outputs)]
        losses = {"discriminator": sum(d for d, _ in pairs) / len(pairs),
                  "generator": sum(g for _, g in pairs) / len(pairs)}
        for name in NETWORK_OF:
            if name in self.regularizers and self.regularizers[name].get("every", 1) == 1:
                network = NETWORK_OF[name]
                losses[network] = losses[network] + self.penalty(name) * (half if network == "discriminator" else 1)
        return losses

    def draw(self, *shape):
        """What the program's next random op has drawn; what nothing in this phase needs was not drawn."""
        value = self.inputs.get(f"random/{self.draws}")
        self.draws += 1
        return torch.zeros(shape, dtype=torch.float64) if value is None else value.detach().view(shape)

    def weight(self, layer, name):
        """0 where nothing in this phase depends on it, as on the bias of a slope."""
        return self.inputs.get(f"{layer}/{name}", torch.zeros((), dtype=torch.float64))

    def kept(self, name):
        """Of the objective's own numbers."""
        return self.inputs.get(f"state/{name}", torch.zeros((), dtype=torch.float64)).detach()

    def layers(self, network, kind):
        """By their numbers, those of the kind."""
        names = {name.rsplit("/", 1)[0] for name in self.inputs if name.startswith(f"{network}/")}
        return sorted(name for name in names if name.split("-", 1)[1] == kind)

    def generate(self, noise):
        [dense], [norm], [last] = (self.layers("generator", kind)
                                   for kind in ("dense", "batchnormalization", "conv2dtranspose"))
        x = self.dense(noise, dense)
        x = x.view(-1, 3, 3, 3)
        mean, variance = x.mean((0, 1, 2)), x.var((0, 1, 2), unbiased=False)
        x = (x - mean) / (variance + 1e-3).sqrt()
        x = torch.tanh(x * self.weight(norm, "gamma") + self.weight(norm, "beta"))
        kernel = self.weight(last, "kernel").permute(3, 2, 0, 1).contiguous()
        columns = kernel.flatten(1).T @ x.permute(0, 3, 1, 2).flatten(2)  # as matrices: differentiable twice in double
        x = functional.fold(columns, (6, 6), 4, padding=1, stride=2).permute(0, 2, 3, 1)
        return torch.tanh(x + self.weight(last, "bias"))

    def judge(self, images):
        """The same images are judged once: what D sees of them is drawn once."""
        if id(images) not in self.judged:
            self.judged[id(images)] = (images, self.say(images))
        return self.judged[id(images)][1]

    def say(self, images):
        """(outputs of D, what enters the last layer with weights before the first of them)"""
        if "instanceNoise" in self.regularizers:
            images = images + self.regularizers["instanceNoise"]["stddev"] * self.draw(*images.shape)
        (first, second), [dense] = self.layers("discriminator", "conv2d"), self.layers("discriminator", "dense")
        x = self.convolution(images, first, 2)
        if self.case["networks"] == "conv-gan":
            x = torch.tanh(self.convolution(functional.leaky_relu(x, 0.2), second, 1))
            features = x.reshape(len(x), -1)
            return [self.dense(features, dense)], features
        x = torch.tanh(x)
        return [self.convolution(x, second, 1), self.dense(x.reshape(len(x), -1), dense)], x

    def convolution(self, x, name, stride):
        kernel = self.weight(name, "kernel").permute(3, 2, 0, 1).contiguous()
        columns = functional.unfold(x.permute(0, 3, 1, 2), kernel.shape[2:], padding=1, stride=stride)
        x = (kernel.flatten(1) @ columns).unflatten(2, (3, 3)).permute(0, 2, 3, 1)  # maps are 3×3 in all of them
        return x + self.weight(name, "bias")

    def dense(self, x, name):
        return x @ self.weight(name, "kernel") + self.weight(name, "bias")

    def penalty(self, name):
        return getattr(self, name)(self.regularizers[name])

    def squared_slopes(self, images):
        outputs, _ = self.judge(images)
        [slope] = torch.autograd.grad(sum(one.sum() for one in outputs), images, create_graph=True)
        return slope.square().sum((1, 2, 3))

    def r1(self, config):
        return config["gamma"] / 2 * self.squared_slopes(self.real).mean()

    def r2(self, config):
        return config["gamma"] / 2 * self.squared_slopes(self.fake).mean()

    def gradientPenalty(self, config):
        share = self.draw(len(self.real), 1, 1, 1)
        between = (1 - share) * self.real + share * self.fake
        return config["weight"] * ((self.squared_slopes(between) + 1e-12).sqrt() - config["target"]).square().mean()

    def dragan(self, config):
        share, noise = self.draw(len(self.real), 1, 1, 1), self.draw(*self.real.shape)
        around = self.real + share * 0.5 * self.real.std(unbiased=False) * noise
        return config["weight"] * ((self.squared_slopes(around) + 1e-12).sqrt() - 1).square().mean()

    def consistency(self, config):
        # real images are moved and judged before the generated ones
        total = 0
        for images, before in ((self.real, self.real_outputs), (self.fake, self.fake_outputs)):
            after, _ = self.judge(self.moved(images, config["flip"]))
            per_image = [(a.flatten(1).mean(1) - b.flatten(1).mean(1)).square().mean() for a, b in zip(before, after)]
            total = total + sum(per_image) / len(per_image)
        return config["weight"] * total

    def moved(self, images, flip):
        """Mirrored, padded by reflection, cropped: image by image."""
        count, height, width, _ = images.shape
        most = [min(side - 1, max(1, round(side / 8))) for side in (height, width)]
        shifts = [torch.floor(self.draw(count) * (2 * m + 1)).long() - m for m in most]
        mirrored = self.draw(count) >= 0.5 if flip else torch.zeros(count, dtype=torch.bool)
        turned = torch.where(mirrored.view(-1, 1, 1, 1), images.flip(2), images)
        padded = functional.pad(turned.permute(0, 3, 1, 2), (most[1], most[1], most[0], most[0]), mode="reflect")
        made = []
        for i in range(count):
            down, right = (int(shifts[axis][i]) + most[axis] for axis in (0, 1))
            made.append(padded[i, :, down:down + height, right:right + width])
        return torch.stack(made).permute(0, 2, 3, 1)

    def lecam(self, config):
        before = {key: self.kept(f"discriminator/objective/lecam/{key}") for key in ("real", "fake")}
        means = {"real": self.real_outputs, "fake": self.fake_outputs}
        for key, outputs in means.items():
            mean = sum(one.mean() for one in outputs) / len(outputs)
            self.state[f"lecam/{key}"] = config["decay"] * before[key] + (1 - config["decay"]) * mean
        self.state["lecam/isStarted"] = torch.ones(())
        distances = [(real - before["fake"]).square().mean() + (fake - before["real"]).square().mean()
                     for real, fake in zip(self.real_outputs, self.fake_outputs)]
        return config["weight"] * sum(distances) / len(distances)

    def featureMatching(self, config):
        return config["weight"] * (self.real_features.mean(0) - self.fake_features.mean(0)).square().sum()

    def pathLength(self, config):
        directions = self.draw(*self.fake.shape) / math.sqrt(self.fake.shape[1] * self.fake.shape[2])
        [slope] = torch.autograd.grad((self.fake * directions).sum(), self.noise, create_graph=True)
        lengths = (slope.square().sum(1) + 1e-12).sqrt()
        before = self.kept("generator/objective/pathLength/length")
        usual = torch.lerp(before, lengths.mean(), config["decay"])
        self.state["pathLength/length"] = usual
        return config["weight"] * (lengths - usual).square().mean()


# In the order in which Ganglion computes them.
NETWORK_OF = dict(r1="discriminator", r2="discriminator", gradientPenalty="discriminator", dragan="discriminator",
                  consistency="discriminator", lecam="discriminator", featureMatching="generator", pathLength="generator")


if __name__ == "__main__":
    main()
