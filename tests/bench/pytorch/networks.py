"""Networks built from what `ganglion bench` writes of them, and their weights from its flat file."""
import torch
from torch import nn

from layers import Basis, SelfAttention, layer

# Their result may be overwritten: none of them, nor what comes before, needs it for its own gradient.
OVERWRITTEN = {"Dense", "Conv2D", "Conv2DTranspose", "DepthwiseConv2D", "GanglionGroupedConv2D", "GanglionSpectralNorm",
               "BatchNormalization", "Add"}
NORMS = dict(gamma="weight", beta="bias", moving_mean="running_mean", moving_variance="running_var")


class Network(nn.Module):
    """Calls of layers, in order; the value 0 is the input. A final softmax is left out with `logits`."""

    def __init__(self, description, form, logits=False):
        super().__init__()
        self.calls, self.output, self.form = description["calls"], description["output"], form
        uses = [value for call in self.calls for value in call["inputs"]]
        makers = {call["output"]: call for call in self.calls}
        modules, self.plan, last_use = {}, [], {}
        for call in self.calls:
            [first, *_] = call["inputs"]
            inplace = uses.count(first) == 1 and first in makers and is_overwritten(makers[first])
            key = str(call["position"])
            if key not in modules:
                parts = layer(call, form, inplace)
                modules[key] = parts[0] if len(parts) == 1 else nn.Sequential(*parts)
            self.plan.append((key, tuple(call["inputs"]), call["output"]))
        self.layers = nn.ModuleDict(modules)
        if logits:
            without_softmax(self.layers)
        chained = all(inputs == (output - 1,) for _, inputs, output in self.plan)
        self.chain = nn.Sequential(*self.layers.values()) if chained and len(modules) == len(self.plan) else None
        for i, (_, inputs, _) in enumerate(self.plan):
            last_use.update({value: i for value in inputs})
        self.free = [tuple(value for value, at in last_use.items() if at == i and value != self.output) for i in range(len(self.plan))]

    def forward(self, x):
        if self.chain is not None:
            return self.chain(x)
        values = {0: x}
        for (key, inputs, output), done in zip(self.plan, self.free):
            values[output] = self.layers[key](*(values[value] for value in inputs))
            for value in done:
                del values[value]
        return values[self.output]

    def couples_samples(self):
        """Whether what it says of an image depends on the others in the batch."""
        return any(call["layer"] == "BatchNormalization" for call in self.calls)

    def has_spectral_norms(self):
        return any(call["layer"] == "GanglionSpectralNorm" or call["config"].get("spectralNorm") for call in self.calls)


def is_overwritten(call):
    config = call["config"]["layer"]["config"] if "layer" in call["config"] else call["config"]
    return call["layer"] in OVERWRITTEN and config.get("activation") in (None, "linear")


def without_softmax(layers):
    *_, last = layers.values()
    if isinstance(last, nn.Sequential) and isinstance(last[-1], nn.Softmax):
        del last[-1]


def build(peer, form):
    """By name, in that memory format."""
    logits = peer["task"] == "classifier"
    made = {name: Network(described, form, logits) for name, described in peer["networks"].items()}
    memory = torch.channels_last if form.channels_last else torch.contiguous_format
    return {name: network.to(memory_format=memory) for name, network in made.items()}


def parameters_of(network):
    return sum(parameter.numel() for parameter in network.parameters() if parameter.requires_grad)


@torch.no_grad()
def place_weights(network, read):
    """Every weight of the description, once; `read` gives it by its name in the layout, axes as in TensorFlow."""
    done = set()
    for call in network.calls:
        if call["position"] in done:
            continue
        done.add(call["position"])
        place = network.layers[str(call["position"])]
        owners = list(place) if isinstance(place, nn.Sequential) else [place]
        [owner] = [module for module in owners if module.state_dict()] or [None]
        for name, stored in call["weights"].items():
            target, value = weight_of(owner, name, read(stored))
            target.copy_(value.reshape(target.shape))


def weight_of(owner, name, value):
    """(PyTorch's tensor, the value with its axes)"""
    if isinstance(owner, SelfAttention) and name != "gamma":
        part, what = name.split("_")
        inner = getattr(owner, part)
        return (vector(inner), value) if what == "u" else (kernel(inner), value.permute(3, 2, 0, 1))
    if isinstance(owner, Basis):
        return (owner.basis, value.permute(2, 0, 1)) if name == "basis" else (owner.linear.weight, value.T)
    if isinstance(owner, (nn.BatchNorm1d, nn.BatchNorm2d)):
        return getattr(owner, NORMS[name]), value
    if name == "u":
        return vector(owner), value
    if name == "kernel":
        order = {2: (1, 0), 4: (3, 2, 0, 1)}[value.ndim]  # a transposed one's [h, w, O, I] too: [I, O, h, w]
        return kernel(owner), value.permute(order)
    if name == "depthwise_kernel":
        return kernel(owner), value.permute(2, 3, 0, 1)
    return getattr(owner, name), value


def kernel(module):
    return module.parametrizations.weight.original if hasattr(module, "parametrizations") else module.weight


def vector(module):
    return module.parametrizations.weight[0].u
