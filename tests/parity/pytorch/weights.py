"""Where each weight of a PyTorch network lies in Ganglion's, and the order of its axes in both.

A letter an axis: O outputs, I inputs, C channels of a map, H rows, W columns, M channels of a depthwise output.
"""
from torch import nn

from networks import Basis, BiasedLeaky, Residual

NORMS = {"weight": "gamma", "bias": "beta", "running_mean": "moving_mean", "running_var": "moving_variance"}


def weights_of(network, sequential):
    """One entry a weight: which of Ganglion's (the n-th layer that has weights, and its name), axes here and there."""
    entries, layer = [], 0
    modules = list(sequential)
    for place, module in enumerate(modules):
        own = list(layer_weights(module, modules[:place], modules[place + 1:]))
        for weight, name, view, axes, to in own:
            entries.append(dict(network=network, layer=layer, weight=weight, tensor=f"{network}.{place}.{name}",
                                view=list(view), axes=axes, to=to))
        layer += bool(own)
    return entries


def layer_weights(module, before, after):
    """(Ganglion's name, PyTorch's name, the shape to view it in, axes of that shape, the same axes in Ganglion's order)."""
    if isinstance(module, nn.Linear):
        yield ("kernel", "weight", *linear_axes(module, before, after))
        if module.bias is not None:
            yield "bias", "bias", module.bias.shape, "O", "O"
    elif isinstance(module, nn.Conv2d):
        if module.groups > 1:
            yield "depthwise_kernel", "weight", module.weight.shape, "CMHW", "HWCM"
        else:
            yield "kernel", "weight", module.weight.shape, "OIHW", "HWIO"
        if module.bias is not None:
            yield "bias", "bias", module.bias.shape, "O", "O"
    elif isinstance(module, nn.ConvTranspose2d):
        yield "kernel", "weight", module.weight.shape, "IOHW", "HWOI"
        if module.bias is not None:
            yield "bias", "bias", module.bias.shape, "O", "O"
    elif isinstance(module, (nn.BatchNorm1d, nn.BatchNorm2d)):
        shape = map_after(after) if isinstance(module, nn.BatchNorm1d) else None
        for name, weight in NORMS.items():
            yield (weight, name, *((shape, "CHW", "HWC") if shape else ((module.num_features,), "C", "C")))
    elif isinstance(module, Basis):
        yield "basis", "basis", module.basis.shape, "CHW", "HWC"
        yield "kernel", "linear.weight", module.linear.weight.shape, "OI", "IO"
    elif isinstance(module, Residual):
        for name in ("widen", "grouped", "narrow"):
            yield name, f"{name}.weight", getattr(module, name).weight.shape, "OIHW", "HWIO"
        for name in ("first", "second"):
            yield f"{name}Bias", f"{name}.bias", getattr(module, name).bias.shape, "O", "O"
    elif any(True for _ in module.parameters()):
        raise TypeError(f"no axes are known for the weights of {module}")


def linear_axes(module, before, after):
    """Between a map and a vector, PyTorch counts channels first, and Ganglion channels last."""
    outputs, inputs = module.weight.shape
    if shape := map_after(after):
        return (*shape, inputs), "CHWI", "IHWC"
    if before and isinstance(before[-1], nn.Flatten):
        maker = next(m for m in reversed(before) if isinstance(m, nn.Conv2d))
        channels = maker.out_channels
        side = round((inputs / channels) ** 0.5)
        return (outputs, channels, side, side), "OCHW", "HWCO"
    return (outputs, inputs), "OI", "IO"


def map_after(modules):
    """(C, H, W) that a vector becomes, if it does."""
    found = next((m for m in modules if not isinstance(m, (nn.BatchNorm1d, nn.ReLU))), None)
    return tuple(found.unflattened_size) if isinstance(found, nn.Unflatten) else None
