// `ganglion setup`: what it can provision, and the flags of each.
import type { Command } from "commander";
import type { SetupCudaFlags } from "../../actions/machine/setup-cuda.ts";
import type { SetupTensorflowFlags } from "../../actions/machine/setup-tensorflow.ts";
import { oneOf } from "../../flags/parsers.ts";

/** Newest release whose C API the binding was tried with: every kernel, every preset's gradient. */
const TENSORFLOW_VERSION = "2.21.0";

export function addSetup(program: Command): void {
  const setup = program.command("setup").description("fetch and build what an engine needs, once a machine");
  addCuda(setup);
  setup
    .command("tensorflow")
    .description("libtensorflow and its binding, for --engine tensorflow")
    .option("--device <name>", "what it computes on: cpu or cuda", oneOf(["cpu", "cuda"]), "cpu")
    .option(
      "--from <source>",
      "wheel (of the Python package index, with pip) or package (where tfjs-node-gpu's own install script gets it)",
      oneOf(["wheel", "package"]),
      "wheel",
    )
    .option("--tensorflow <version>", "which wheel", TENSORFLOW_VERSION)
    .option("--libtensorflow <folder>", "an unpacked libtensorflow, or site-packages/tensorflow of a Python")
    .option("--node-headers <folder>", "where node_api.h is, if not beside the node that runs this")
    .option("--force", "set it up again")
    .addHelpText("after", TENSORFLOW_NOTES)
    .action(async (flags: SetupTensorflowFlags) =>
      (await import("../../actions/machine/setup-tensorflow.ts")).setUpTensorflow(flags),
    );
}

const TENSORFLOW_NOTES = `
It lands in $GANGLION_TENSORFLOW, or else in $XDG_CACHE_HOME/ganglion/tensorflow (~/.cache/ganglion/tensorflow), and
needs g++, python3 with pip for a wheel, and 2 GB of disk while it works. Nothing is written into node_modules.

Examples:
  ganglion setup tensorflow                                        for the CPU
  ganglion setup tensorflow --device cuda                          for NVIDIA GPUs, CUDA 12 and cuDNN included
  ganglion setup tensorflow --libtensorflow /opt/libtensorflow     from a folder
`;

function addCuda(setup: Command): void {
  setup
    .command("cuda")
    .description("ONNX Runtime with CUDA, for --engine graph --device cuda")
    .option(
      "--onnxruntime <folder>",
      "the lib folder of an unpacked ONNX Runtime for GPUs, of the same version",
    )
    .option("--no-nvidia", "without NVIDIA's libraries: the system has CUDA 13 and cuDNN 9")
    .option("--force", "set it up again")
    .addHelpText("after", CUDA_NOTES)
    .action(async (flags: SetupCudaFlags) =>
      (await import("../../actions/machine/setup-cuda.ts")).setUpCuda(flags),
    );
}

const CUDA_NOTES = `
It lands in $GANGLION_ONNXRUNTIME, or else in $XDG_CACHE_HOME/ganglion/onnxruntime-cuda (~/.cache/ganglion/onnxruntime-cuda),
and needs python3 with pip and 5 GB of disk while it works. NVIDIA's driver must be 580 or newer.
Nothing is written into node_modules.
`;
