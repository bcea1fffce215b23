// The same work done by PyTorch, in processes of its own: finds a Python that has it and runs the script of tests/bench.
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { z } from "zod";
import { GanglionError, messageOf } from "../../shared/errors.ts";
import { type Work, subjectOf } from "./work.ts";
import { type Speed, speedOf } from "./speed.ts";

const run = promisify(execFile);

export interface PyTorch {
  readonly python: string;
  readonly version: string;
}

export const HOW_TO_GET_PYTORCH =
  "no PyTorch was found: on Debian `apt-get install python3-torch libopenblas0-openmp`, elsewhere `pip install torch`, then --python FILE where it is not the usual python3";

/** Where a Python usually is; Debian's packages belong to the one in /usr/bin. */
const USUAL = ["python3", "/usr/bin/python3", "python"];
const IMPORT_TIMEOUT_MS = 60_000;

/** The Pythons among `pythons`, or of the usual places the first, that can import PyTorch with its gloo backend. */
export async function findPyTorch(pythons: readonly string[]): Promise<readonly PyTorch[]> {
  const given = pythons.length > 0;
  const found: PyTorch[] = [];
  for (const python of given ? pythons : USUAL) {
    const version = await versionOf(python);
    if (version === null && given) {
      throw new GanglionError("USAGE", `${python} cannot import torch: give a --python that can, or none`);
    }
    if (version !== null) found.push({ python, version });
    if (version !== null && !given) break;
  }
  return found;
}

async function versionOf(python: string): Promise<string | null> {
  try {
    const { stdout } = await run(
      python,
      [
        "-c",
        "import torch, torch.distributed as d; assert d.is_gloo_available() if hasattr(d, 'is_gloo_available') else d.is_available(); print(torch.__version__)",
      ],
      { timeout: IMPORT_TIMEOUT_MS },
    );
    return stdout.trim();
  } catch {
    return null; // not there, or without PyTorch: both are "not found"
  }
}

/** Networks that the script has. */
const NETWORKS: Readonly<Record<string, readonly string[]>> = {
  "seed-gan": ["--networks", "seed-gan"],
  "seed-gan-conv": ["--networks", "seed-gan", "--discriminator", "conv"],
  mnist: ["--networks", "mnist"],
  digits: ["--networks", "digits"],
};

const times = z.array(z.number().positive()).min(1);
const answer = z.object({ timesMs: times, cpuMs: times });

/**
 * The script's flags for the same networks.
 *
 * @throws GanglionError USAGE where it lacks them
 */
export function networksOf(work: Work): readonly string[] {
  const { preset = "", ...other } = subjectOf(work);
  const networks = NETWORKS[preset];
  if (!networks || Object.keys(other).length > 0) {
    throw new GanglionError(
      "USAGE",
      `PyTorch's script has only the networks ${Object.keys(NETWORKS).join(", ")}, on images of its own: name one of them with --preset, and nothing else of networks and data`,
    );
  }
  return networks;
}

/** @throws GanglionError USAGE where the script lacks the preset's networks, ENGINE where it fails */
export async function measurePyTorch({ python }: PyTorch, work: Work, channelsLast: boolean): Promise<Speed> {
  const { threads, shard, steps, warmUp } = work;
  const networks = networksOf(work);
  const script = fileURLToPath(new URL("tests/bench/pytorch_ddp.py", packageRoot()));
  const flags = ["--processes", threads, "--shard", shard, "--steps", steps, "--warm-up", warmUp].map(String);
  if (channelsLast) flags.push("--channels-last");
  try {
    const { stdout } = await run(python, [script, ...networks, ...flags]);
    const line = stdout.trim().split("\n").at(-1)!;
    const { timesMs, cpuMs } = answer.parse(JSON.parse(line));
    return speedOf(timesMs, cpuMs, threads * shard);
  } catch (cause) {
    throw new GanglionError("ENGINE", `PyTorch's script failed: ${messageOf(cause).slice(-2000)}`, { cause });
  }
}

/** Two levels up from the sources, three from dist. */
function packageRoot(): URL {
  const near = new URL("../../", import.meta.url);
  return existsSync(new URL("package.json", near)) ? near : new URL("../", near);
}
