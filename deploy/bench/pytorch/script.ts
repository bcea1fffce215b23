// PyTorch's side of a comparison, in processes of its own: runs tests/bench/pytorch/train.py.
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { z } from "zod";
import { GanglionError, messageOf } from "../../../shared/errors.ts";
import { packageFile } from "../package-file.ts";
import { type Speed, speedOf } from "../speed.ts";
import type { Work } from "../work.ts";
import type { PyTorch } from "./find-pytorch.ts";
import type { StepFacts } from "./write-peer.ts";

const run = promisify(execFile);

const measured = z.object({
  timesMs: z.array(z.number().positive()).min(1),
  cpuMs: z.array(z.number().nonnegative()).min(1),
  peakBytes: z.number().positive(),
});
const checked = z.object({
  parameters: z.record(z.string(), z.number()),
  losses: z.record(z.string(), z.number()),
  channelsLast: z.boolean(),
});

export interface Checked extends StepFacts {
  /** The faster memory format here. */
  readonly channelsLast: boolean;
}

/** The peer's parameters and first losses. */
export function checkInPyTorch(
  { python, device }: Pick<PyTorch, "python" | "device">,
  folder: string,
  shard: number,
  stop?: AbortSignal,
): Promise<Checked> {
  return answerOf(python, [folder, "--check", "--shard", String(shard), "--device", device], checked, stop);
}

export interface PeerForm {
  readonly channelsLast: boolean;
  /** Products of factors that are rounded to 10 bits of mantissa, on a GPU; by default those of float32. */
  readonly tf32?: boolean;
}

/** The script's flags for so many steps. A GPU has one process, whose batch is that of all threads. */
export function peerFlags(
  { device }: Pick<PyTorch, "device">,
  folder: string,
  { threads, shard, steps, warmUp }: Pick<Work, "threads" | "shard" | "steps" | "warmUp">,
  { channelsLast, tf32 = false }: PeerForm,
): readonly string[] {
  const [processes, batch] = device === "cpu" ? [threads, shard] : [1, threads * shard];
  const sizes = ["--processes", processes, "--shard", batch, "--steps", steps, "--warm-up", warmUp].map(
    String,
  );
  const form = [...(channelsLast ? ["--channels-last"] : []), ...(tf32 ? ["--tf32"] : [])];
  return [folder, ...sizes, "--device", device, ...form];
}

/** @throws GanglionError ENGINE where the script fails */
export async function measurePyTorch(
  pytorch: Pick<PyTorch, "python" | "device">,
  folder: string,
  work: Pick<Work, "threads" | "shard" | "steps" | "warmUp">,
  { stop, ...form }: PeerForm & { readonly stop: AbortSignal | undefined },
): Promise<Speed> {
  const flags = peerFlags(pytorch, folder, work, form);
  const { timesMs, cpuMs, peakBytes } = await answerOf(pytorch.python, flags, measured, stop);
  return { ...speedOf(timesMs, cpuMs, work.threads * work.shard), peakBytes };
}

async function answerOf<Answer>(
  python: string,
  flags: readonly string[],
  schema: z.ZodType<Answer>,
  signal?: AbortSignal,
): Promise<Answer> {
  const script = peerScript();
  try {
    const { stdout } = await run(python, [script, ...flags], {
      env: { ...process.env, PYTHONDONTWRITEBYTECODE: "1" },
      ...(signal && { signal }),
    });
    return schema.parse(JSON.parse(stdout.trim().split("\n").at(-1)!));
  } catch (cause) {
    const { stderr = "", signal: by } = cause as {
      readonly stderr?: string;
      readonly signal?: string | null;
    };
    const said = stderr.trim().split("\n").at(-1)!; // of a traceback, what went wrong
    const last = said || (by ? `it was ended by ${by}` : messageOf(cause));
    throw new GanglionError("ENGINE", `PyTorch's script failed: ${last}`, { cause });
  }
}

/** @throws GanglionError ENGINE where this package has no such file */
export function peerScript(): string {
  const script = fileURLToPath(packageFile("tests/bench/pytorch/train.py"));
  if (existsSync(script)) return script;
  throw new GanglionError(
    "ENGINE",
    `PyTorch's side of the comparison is ${script}, which is not there: install the package anew, or run from a copy of its repository`,
  );
}
