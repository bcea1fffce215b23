"""Measures the cases of cases.json, in the folder given, with whatever of the known packages can be imported.

Prints {"missing": {package: why}, "values": {case: {"package: metric": value}}}; a value that is not finite becomes null.
"""

import contextlib
import importlib
import io
import json
import math
import os
import sys
import warnings

warnings.simplefilter("ignore")


def load(package):
    try:
        return importlib.import_module(package)
    except Exception as error:
        missing[package] = str(error)
        return None


def quiet():
    return contextlib.redirect_stdout(io.StringIO())


def frechet(numpy, linalg, real, generated):
    """As in the paper: the root of the product itself, of which the imaginary part is dropped."""
    a, b = (numpy.cov(x, rowvar=False) for x in (real, generated))
    root = linalg.sqrtm(a @ b).real
    return ((real.mean(0) - generated.mean(0)) ** 2).sum() + numpy.trace(a + b - 2 * root)


def measure(numpy, real, generated, predictions):
    linalg = load("scipy.linalg")
    if linalg:
        yield "scipy: Fréchet", frechet(numpy, linalg, real, generated)
        # Of symmetric matrices only: exact to about 1e-8 where covariances are singular too.
        a, b = (numpy.cov(x, rowvar=False) for x in (real, generated))
        values, vectors = linalg.eigh(a)
        half = vectors * numpy.sqrt(values.clip(0)) @ vectors.T
        root = numpy.sqrt(linalg.eigvalsh(half @ b @ half).clip(0)).sum()
        means = ((real.mean(0) - generated.mean(0)) ** 2).sum()
        yield "scipy: Fréchet, symmetric", means + numpy.trace(a + b) - 2 * root
    if prdc := load("prdc"):
        with quiet():
            found = prdc.compute_prdc(real, generated, nearest_k=5)
        for name, value in found.items():
            yield f"prdc: {name}", value
    if pytorch_fid := load("pytorch_fid.fid_score"):
        moments = [m for x in (real, generated) for m in (x.mean(0), numpy.cov(x, rowvar=False))]
        with quiet():
            yield "pytorch_fid: Fréchet", pytorch_fid.calculate_frechet_distance(*moments)
    if load("torch_fidelity"):
        torch = importlib.import_module("torch")
        x, y = torch.from_numpy(real), torch.from_numpy(generated)
        if len(x) == len(y):
            kid = importlib.import_module("torch_fidelity.metric_kid").kid_features_to_metric(
                x, y, kid_subsets=1, kid_subset_size=len(x), kid_degree=3, kid_gamma=None, kid_coef0=1,
                rng_seed=1, verbose=False,
            )
            yield "torch_fidelity: kernel", kid["kernel_inception_distance_mean"]
        fid = importlib.import_module("torch_fidelity.metric_fid")
        statistics = [fid.fid_features_to_statistics(f) for f in (x, y)]
        found = fid.fid_statistics_to_metric(*statistics, verbose=False)
        yield "torch_fidelity: Fréchet", found["frechet_inception_distance"]
        isc = importlib.import_module("torch_fidelity.metric_isc").isc_features_to_metric(
            torch.from_numpy(predictions).log(), splits=1, shuffle=False
        )
        yield "torch_fidelity: Inception score", isc["inception_score_mean"]
        # Its first features are the generated ones.
        prc = importlib.import_module("torch_fidelity.metric_prc").prc_features_to_metric(
            y, x, prc_neighborhood=5, prc_batch_size=10_000, save_cpu_ram=False, verbose=False
        )
        yield "torch_fidelity: precision", prc["precision"]
        yield "torch_fidelity: recall", prc["recall"]


missing = {}
values = {}
numpy = load("numpy")
if numpy:
    folder = sys.argv[1]
    with open(os.path.join(folder, "cases.json"), encoding="utf-8") as file:
        cases = json.load(file)
    for case in cases:
        arrays = [
            numpy.fromfile(os.path.join(folder, name), dtype="<f4").reshape(shape).astype(numpy.float64)
            for name, shape in case["files"]
        ]
        found = {name: float(value) for name, value in measure(numpy, *arrays)}
        values[case["name"]] = {name: value if math.isfinite(value) else None for name, value in found.items()}
print(json.dumps({"missing": missing, "values": values}))
