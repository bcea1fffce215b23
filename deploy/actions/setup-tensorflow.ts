// `ganglion setup`: provisions what an engine needs and no npm package brings.
import type { Command } from "commander";
import { type TensorflowDevice, tensorflowFolder } from "../../worker/engine/tensorflow/installation.ts";
import { oneOf } from "../flags/flags.ts";
import { say } from "../terminal/output.ts";
import { provisionTensorflow, provisioned } from "../install/tensorflow/provision.ts";
import type { Source } from "../install/tensorflow/sources.ts";
import { addSetupCuda } from "./setup-cuda.ts";

interface SetupTensorflowFlags {
  readonly device: TensorflowDevice;
  readonly from: "wheel" | "package";
  readonly tensorflow: string;
  readonly libtensorflow?: string;
  readonly nodeHeaders?: string;
  readonly force?: boolean;
}

/** Newest release whose C API the binding was tried with: every kernel, every preset's gradient. */
const TENSORFLOW_VERSION = "2.21.0";

export function addSetup(program: Command): void {
  const setup = program.command("setup").description("fetch and build what an engine needs, once a machine");
  addSetupCuda(setup);
  setup
    .command("tensorflow")
    .description("libtensorflow and its binding, for --engine tensorflow")
    .option("--device <name>", "what it shall compute on: cpu or cuda", oneOf(["cpu", "cuda"]), "cpu")
    .option(
      "--from <source>",
      "wheel (of the Python package index, with pip) or package (where tfjs-node-gpu's own install script gets it)",
      oneOf(["wheel", "package"]),
      "wheel",
    )
    .option("--tensorflow <version>", "which wheel", TENSORFLOW_VERSION)
    .option("--libtensorflow <folder>", "an unpacked libtensorflow, or site-packages/tensorflow of a Python")
    .option("--node-headers <folder>", "where node_api.h is, if not beside the node that runs this")
    .option("--force", "again, although it is set up")
    .addHelpText("after", NOTES)
    .action((flags: SetupTensorflowFlags) => setUpTensorflow(flags));
}

const NOTES = `
It lands in $GANGLION_TENSORFLOW, or else in $XDG_CACHE_HOME/ganglion/tensorflow (~/.cache/ganglion/tensorflow), and
needs g++, python3 with pip for a wheel, and 2 GB of disk while it works. Nothing is written into node_modules.

Examples:
  ganglion setup tensorflow                                        for the CPU
  ganglion setup tensorflow --device cuda                          for NVIDIA GPUs, CUDA 12 and cuDNN included
  ganglion setup tensorflow --libtensorflow /opt/libtensorflow     from a folder
`;

async function setUpTensorflow(flags: SetupTensorflowFlags): Promise<void> {
  const folder = tensorflowFolder();
  const present = flags.force ? null : provisioned(folder);
  if (present) {
    say(
      `libtensorflow ${present.tensorflow} is set up in ${folder} (${present.source}); --force does it again`,
    );
    return;
  }
  const made = await provisionTensorflow({
    source: sourceOf(flags),
    folder,
    say,
    ...(flags.nodeHeaders !== undefined && { nodeHeaders: flags.nodeHeaders }),
  });
  say(`libtensorflow ${made.tensorflow} is set up in ${folder}: ganglion doctor tries it`);
}

function sourceOf({ libtensorflow, from, tensorflow, device }: SetupTensorflowFlags): Source {
  if (libtensorflow !== undefined) return { kind: "folder", folder: libtensorflow };
  return from === "wheel" ? { kind: "wheel", version: tensorflow, device } : { kind: "package", device };
}
