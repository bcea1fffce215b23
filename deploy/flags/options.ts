// Flags that several commands share, one row each.
import type { Command } from "commander";
import {
  DEVICES,
  ENGINES,
  type DeviceName,
  type EngineChoice,
  type EngineName,
} from "../../worker/engine/engine-choice.ts";
import { type DashboardAddress, addressOrOff } from "./address.ts";
import { type Flag, type FlagValues, addFlags } from "./flag.ts";
import { FROM_WEIGHTS } from "../../shared/config/history/from-weights.ts";
import { LABEL_FLAGS } from "../run/journal/labels.ts";
import { byteSize, oneOf } from "./parsers.ts";

const USUAL_DASHBOARD: DashboardAddress = { host: "127.0.0.1", port: 8700, orFree: true };

/** Images beyond it stay in their file. */
export const DATA_MEMORY = {
  argument: "<size>",
  parse: byteSize,
  help: "the most memory that images may take, such as 500M or 4G; larger sets are read from their file as they are used (default: a quarter of the machine's)",
} as const satisfies Flag;

/** Where a run is kept and watched. */
export const RUN_FLAGS = {
  out: { argument: "<dir>", usual: "runs", help: "where run folders are made" },
  resume: {
    argument: "<dir>",
    help: "go on with a run from its newest checkpoint; of its config --steps or --epochs, --keep and how often it draws and saves may change, and what --change names; --data and --model may name where its data and module lie now, what they hold is compared",
  },
  change: {
    argument: "<field=value...>",
    help: "with --resume: another value from this step on, such as learning-rate=1e-4 batch=64 optimizer.beta2=0.99; recorded in config.json, so that a replay does the same. --steps and --epochs are such changes too",
  },
  from: {
    argument: "<run|checkpoint>",
    help: "start a new run from another's weights: those of the same name and shape are taken, the rest is drawn from the seed; what flags do not say is as that run had it",
  },
  fromWeights: {
    argument: "<which>",
    parse: oneOf(FROM_WEIGHTS),
    help: "with --from: raw, the weights that were trained, or ema, their average (default: raw, beside which the average goes on as the average)",
  },
  fromOptimizer: { help: "with --from: the optimizer's state too" },
  ...LABEL_FLAGS,
  dashboard: {
    argument: "<port|address>",
    parse: addressOrOff,
    usual: USUAL_DASHBOARD,
    usualText: "8700, or a free port where that is taken",
    help: "where browsers see the run: a port of 127.0.0.1, HOST:PORT (beyond loopback a token is needed), or off",
  },
  tensorboard: {
    help: "write numbers and sample grids for TensorBoard too, into tensorboard/ of the run's folder",
  },
  dataMemory: DATA_MEMORY,
  quiet: { help: "say only how it ended, and warnings" },
  json: { help: "one JSON event a line, the last is done" },
} as const satisfies Record<string, Flag>;

export function addRunFlags(command: Command): Command {
  return addFlags(command, RUN_FLAGS);
}

/** Where a coordinator's nodes join. */
export const COORDINATOR_FLAGS = {
  listen: {
    argument: "<host:port>",
    usual: "127.0.0.1:8701",
    help: "where workers join; beyond loopback a token is needed",
  },
  run: { argument: "<name>", help: "with --nats, what workers call the run (default: its folder's name)" },
} as const satisfies Record<string, Flag>;

/** What computes; `settleEngine` says what comes of it. */
const ENGINE_FLAGS = {
  engine: {
    argument: "<name>",
    parse: oneOf<EngineName | "auto">([...ENGINES, "auto"]),
    usual: "graph",
    help: "what executes the compiled step: graph (ONNX Runtime), tensorflow (libtensorflow, see setup), reference (plain JavaScript, slow), or auto for the fastest that works",
  },
  device: {
    argument: "<name>",
    parse: oneOf<DeviceName | "auto">([...DEVICES, "auto"]),
    help: "what the engine runs on: cpu, webgpu, cuda or auto (default: cpu, with --engine auto any)",
  },
  adapter: {
    argument: "<name>",
    help: "with webgpu on Linux: which Vulkan driver, by name or .json file",
  },
} as const satisfies Record<string, Flag>;
export type EngineFlags = FlagValues<typeof ENGINE_FLAGS>;

export function addEngineFlags(command: Command): Command {
  return addFlags(command, ENGINE_FLAGS);
}

/** The flags that make a worker process of one's choice. */
export function flagsOf({ engine, device, adapter }: EngineChoice): string[] {
  return ["--engine", engine, "--device", device, ...(adapter === undefined ? [] : ["--adapter", adapter])];
}
