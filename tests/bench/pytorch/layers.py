"""One layer of tf.layers as a PyTorch module: images are [B, C, H, W], everything else as there.

Padding `same` is asymmetric where its sum is odd. With `exact` it is so here too; else the sum is rounded up and split
evenly where the output has the same size, as a PyTorch user writes it: as much work, without a copy.
"""
import torch
from torch import nn
from torch.nn import functional
from torch.nn.utils import parametrize


class Form:
    """How networks are built: `exact` as above; `channels_last`: images lie in memory as in TensorFlow."""

    def __init__(self, exact, channels_last):
        self.exact, self.channels_last = exact, channels_last

    @property
    def is_tensorflow_order(self):
        """Whether the numbers of an image follow one another channels last when it becomes a vector: then it is no copy."""
        return self.exact or self.channels_last


class Flatten(nn.Module):
    def __init__(self, form):
        super().__init__()
        self.last = form.is_tensorflow_order

    def forward(self, x):
        return (x.permute(0, 2, 3, 1) if self.last and x.ndim == 4 else x).flatten(1)


class Reshape(nn.Module):
    def __init__(self, shape, form):
        super().__init__()
        self.shape, self.last = shape, form.is_tensorflow_order

    def forward(self, x):
        if x.ndim == 4:
            x = x.permute(0, 2, 3, 1) if self.last else x
        if len(self.shape) != 3:
            return x.reshape(-1, *self.shape)
        height, width, channels = self.shape
        if self.last:
            return x.reshape(-1, height, width, channels).permute(0, 3, 1, 2)
        return x.reshape(-1, channels, height, width)


class Cropped(nn.Module):
    """Without the last rows and columns."""

    def __init__(self, size):
        super().__init__()
        self.size = size

    def forward(self, x):
        return x[:, :, :self.size[0], :self.size[1]]


class Sum(nn.Module):
    def forward(self, *terms):
        total = terms[0]
        for term in terms[1:]:
            total = total + term
        return total


class Joined(nn.Module):
    """Channels of images, or numbers of vectors, side by side."""

    def forward(self, *parts):
        return torch.cat(parts, 1)


class SumPooling(nn.Module):
    def forward(self, x):
        return x.sum((2, 3))


class MeanPooling(nn.Module):
    def forward(self, x):
        return x.mean((2, 3))


class Basis(nn.Module):
    """R3GAN's beginning: learned maps, each times one number, linear(z)."""

    def __init__(self, latent, channels, size):
        super().__init__()
        self.basis = nn.Parameter(torch.randn(channels, *size))
        self.linear = nn.Linear(latent, channels, bias=False)

    def forward(self, z):
        return self.basis * self.linear(z)[:, :, None, None]


class Resample(nn.Module):
    """By a separable filter of four taps: halves, or doubles, each side."""

    def __init__(self, channels, up, taps=(1.0, 3.0, 3.0, 1.0)):
        super().__init__()
        self.channels, self.up = channels, up
        line = torch.tensor(taps) / sum(taps)
        kernel = torch.outer(line, line) * (4 if up else 1)
        self.register_buffer("kernel", kernel.expand(channels, 1, 4, 4).contiguous(), persistent=False)

    def forward(self, x):  # [B, C, H, W]
        resample = functional.conv_transpose2d if self.up else functional.conv2d
        return resample(x, self.kernel, stride=2, padding=1, groups=self.channels)


class SelfAttention(nn.Module):
    """SAGAN's, with pooled keys and values (Zhang et al. 2019, Brock et al. 2019)."""

    def __init__(self, channels):
        super().__init__()
        few, half = max(1, channels // 8), max(1, channels // 2)
        self.theta, self.phi, self.g = (nn.Conv2d(channels, wide, 1, bias=False) for wide in (few, few, half))
        self.out = nn.Conv2d(half, channels, 1, bias=False)
        self.gamma = nn.Parameter(torch.zeros(1))

    def forward(self, x):
        batch, _, height, width = x.shape
        pool = lambda maps: functional.max_pool2d(maps, 2, ceil_mode=True).flatten(2)
        queries = self.theta(x).flatten(2).transpose(1, 2)
        weights = torch.softmax(queries @ pool(self.phi(x)), -1)
        seen = weights @ pool(self.g(x)).transpose(1, 2)
        return x + self.gamma * self.out(seen.transpose(1, 2).reshape(batch, -1, height, width))


ACTIVATIONS = dict(relu=nn.ReLU, tanh=nn.Tanh, sigmoid=nn.Sigmoid, elu=nn.ELU, selu=nn.SELU, softplus=nn.Softplus,
                   swish=nn.SiLU)


def activation(name, inplace=False):
    """A list of one module, or of none."""
    if name in (None, "linear"):
        return []
    if name == "softmax":
        return [nn.Softmax(-1)]
    if name not in ACTIVATIONS:
        raise SystemExit(f"no activation {name}")
    return [nn.ReLU(inplace) if name == "relu" else ACTIVATIONS[name]()]


def same(size, kernel, stride):
    """[(before, after)] of the rows and of the columns."""
    sums = [max((-(-n // s) - 1) * s + k - n, 0) for n, k, s in zip(size, kernel, stride)]
    return [(total // 2, total - total // 2) for total in sums]


def padded(call, kernel, stride, form):
    """(modules before a convolution, its own padding)"""
    if call["config"]["padding"] == "valid":
        return [], (0, 0)
    size = call["inputShape"]
    both = same(size, kernel, stride)
    if all(before == after for before, after in both):
        return [], tuple(before for before, _ in both)
    wider = tuple(after for _, after in both)
    sizes = [(n + 2 * p - k) // s + 1 for n, p, k, s in zip(size, wider, kernel, stride)]
    if not form.exact and sizes == call["outputShape"][:2]:
        return [], wider
    (top, bottom), (left, right) = both
    return [nn.ZeroPad2d((left, right, top, bottom))], (0, 0)


def convolution(call, form, channels, outputs, groups=1):
    config = call["config"]
    if any(rate != 1 for rate in config.get("dilationRate") or [1]):
        raise SystemExit(f"no dilated convolutions such as {config['name']}")
    kernel, stride = config["kernelSize"], config["strides"]
    before, padding = padded(call, kernel, stride, form)
    module = nn.Conv2d(channels, outputs, tuple(kernel), tuple(stride), padding, groups=groups, bias=config["useBias"])
    return before, module, []


def transposed(call, form):
    config = call["config"]
    kernel, stride = config["kernelSize"], config["strides"]
    height, width, channels = call["inputShape"]
    whole = call["outputShape"][:2]
    shape = dict(in_channels=channels, out_channels=config["filters"], kernel_size=tuple(kernel), stride=tuple(stride),
                 bias=config["useBias"])
    both = same(whole, kernel, stride) if config["padding"] == "same" else [(0, 0), (0, 0)]
    exact = [before for before, _ in both]
    wider = exact if form.exact else [after for _, after in both]
    for padding in (wider, exact):
        reached = [(n - 1) * s - 2 * p + k for n, s, p, k in zip((height, width), stride, padding, kernel)]
        more = [n - r for n, r in zip(whole, reached)]
        if all(0 <= m < s for m, s in zip(more, stride)):
            return [], nn.ConvTranspose2d(**shape, padding=tuple(padding), output_padding=tuple(more)), []
    return [], nn.ConvTranspose2d(**shape, padding=tuple(exact)), [Cropped(whole)]


def pooling(kind):
    def build(call, form):
        config = call["config"]
        size, stride = config["poolSize"], config["strides"]
        if config["padding"] == "same" and any(n % s for n, s in zip(call["inputShape"], size)):
            raise SystemExit(f"no padded pooling such as {config['name']}")
        return [kind(tuple(size), tuple(stride))]
    return build


def normalization(call, _):
    config = call["config"]
    # Of a vector that becomes an image next, tf.layers normalizes each number: as BatchNorm1d does.
    kind = nn.BatchNorm2d if len(call["inputShape"]) == 3 else nn.BatchNorm1d
    affine = "gamma" in call["weights"] and "beta" in call["weights"]
    return [kind(call["inputShape"][-1], eps=config["epsilon"], momentum=1 - config["momentum"], affine=affine)]


def interpolation(call, _):
    config = call["config"]
    return [nn.Upsample(scale_factor=tuple(float(n) for n in config["size"]), mode=config.get("interpolation", "nearest"))]


def cropping(call, _):
    (top, bottom), (left, right) = call["config"]["cropping"]
    return [nn.ZeroPad2d((-left, -right, -top, -bottom))]


def zero_padding(call, _):
    (top, bottom), (left, right) = call["config"]["padding"]
    return [nn.ZeroPad2d((left, right, top, bottom))]


class Spectral(nn.Module):
    """W / sigma(W) by one power iteration, in the order of Miyato et al. 2018, algorithm 1: from u to v, and to u again."""

    def __init__(self, outputs, axis, epsilon):
        super().__init__()
        self.axis, self.epsilon = axis, epsilon
        self.register_buffer("u", functional.normalize(torch.randn(outputs), dim=0))

    def forward(self, weight):
        matrix = weight.movedim(self.axis, 0).flatten(1)
        with torch.no_grad():
            v = functional.normalize(torch.mv(matrix.t(), self.u), dim=0, eps=self.epsilon)
            u = functional.normalize(torch.mv(matrix, v), dim=0, eps=self.epsilon)
            self.u.copy_(u)
        return weight / torch.dot(u, torch.mv(matrix, v))


def spectral(module, epsilon):
    axis = 1 if isinstance(module, nn.ConvTranspose2d) else 0
    parametrize.register_parametrization(module, "weight", Spectral(module.weight.shape[axis], axis, epsilon))
    return module


def attention(call, _):
    module = SelfAttention(call["inputShape"][-1])
    if call["config"]["spectralNorm"]:
        for name in ("theta", "phi", "g", "out"):
            spectral(getattr(module, name), 1e-12)
    return [module]


# With a kernel: (modules before, the one that has it, modules behind).
KERNELS = {
    "Dense": lambda call, form: ([], nn.Linear(call["inputShape"][-1], call["config"]["units"], bias=call["config"]["useBias"]), []),
    "Conv2D": lambda call, form: convolution(call, form, call["inputShape"][-1], call["config"]["filters"]),
    "GanglionGroupedConv2D": lambda call, form: convolution(call, form, call["inputShape"][-1], call["config"]["filters"],
                                                            call["config"]["groups"]),
    "DepthwiseConv2D": lambda call, form: convolution(call, form, call["inputShape"][-1], call["outputShape"][-1],
                                                      call["inputShape"][-1]),
    "Conv2DTranspose": transposed,
}

OTHERS = {
    "BatchNormalization": normalization,
    "Flatten": lambda call, form: [Flatten(form)],
    "Reshape": lambda call, form: [Reshape(call["outputShape"], form)],
    "Add": lambda call, form: [Sum()],
    "Concatenate": lambda call, form: [Joined()],
    "UpSampling2D": interpolation,
    "AveragePooling2D": pooling(nn.AvgPool2d),
    "MaxPooling2D": pooling(nn.MaxPool2d),
    "GlobalAveragePooling2D": lambda call, form: [MeanPooling()],
    "Cropping2D": cropping,
    "ZeroPadding2D": zero_padding,
    "GanglionGlobalSumPooling": lambda call, form: [SumPooling()],
    "GanglionLearnedBasis": lambda call, form: [Basis(call["inputShape"][-1], call["config"]["channels"], call["config"]["size"])],
    "GanglionFirResample": lambda call, form: [Resample(call["inputShape"][-1], call["config"]["direction"] == "up",
                                                        call["config"]["taps"])],
    "GanglionSelfAttention": attention,
}
SLOPES = {"LeakyReLU": lambda config: config["alpha"], "ReLU": lambda config: 0.0}


def layer(call, form, inplace):
    """The modules of one call, to be run one after the other; `inplace`: its input is used by nothing else."""
    name, config = call["layer"], call["config"]
    if name == "GanglionSpectralNorm":
        inner = {**call, "layer": config["layer"]["className"], "config": config["layer"]["config"]}
        return kernel_layer(inner, form, lambda module: spectral(module, config["epsilon"]))
    if name in KERNELS:
        return kernel_layer(call, form)
    if name == "Activation":
        return activation(config["activation"], inplace)
    if name in SLOPES:
        slope = SLOPES[name](config)
        return [nn.LeakyReLU(slope, inplace) if slope else nn.ReLU(inplace)]
    if name not in OTHERS:
        raise SystemExit(f"no layer {name}")
    return OTHERS[name](call, form)


def kernel_layer(call, form, changed=lambda module: module):
    if call["layer"] not in KERNELS:
        raise SystemExit(f"no layer {call['layer']} with a spectral norm")
    before, module, behind = KERNELS[call["layer"]](call, form)
    return [*before, changed(module), *behind, *activation(call["config"].get("activation"), True)]
