"""Adversarial losses, written from their papers."""
import torch
from torch.nn import functional

softplus = functional.softplus


def adversarial(name, real, fake, smoothing):
    """(loss of D, loss of G) for outputs of D."""
    ones, zeros = torch.ones_like(real), torch.zeros_like(real)
    targets = (ones * smoothing["real"], zeros + smoothing["fake"]) if smoothing else (ones, zeros)
    if name in ("non-saturating", "minimax"):
        entropy = functional.binary_cross_entropy_with_logits
        of_d = (entropy(real, targets[0]) + entropy(fake, targets[1])) / 2
        return of_d, entropy(fake, ones) if name == "non-saturating" else -entropy(fake, zeros)
    if name == "least-squares":
        distance = functional.mse_loss
        return (distance(real, targets[0]) + distance(fake, targets[1])) / 2, distance(fake, ones) / 2
    if name == "hinge":
        return functional.relu(1 - real).mean() + functional.relu(1 + fake).mean(), -fake.mean()
    if name == "wasserstein":
        return fake.mean() - real.mean(), -fake.mean()
    if name == "relativistic-average":
        log = functional.logsigmoid
        more, less = real - fake.mean(), fake - real.mean()
        return -log(more).mean() - log(-less).mean(), -log(less).mean() - log(-more).mean()
    if name == "relativistic-pairing":
        return softplus(-(real - fake)).mean(), softplus(-(fake - real)).mean()
    raise ValueError(f"no loss {name}")
