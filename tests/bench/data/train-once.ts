// Trains the built program for some steps, in a process of its own, and watches what it takes; on Linux.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { median } from "../../../deploy/bench/speed.ts";

export interface Training {
  /** Of one image: the median over the steps after the warm-up, by the clock and of the processors. */
  readonly seconds: number;
  readonly cpuSeconds: number;
  /** The most memory that the process had, the images in it. */
  readonly peakBytes: number;
}

const CLI = fileURLToPath(new URL("../../../dist/deploy/cli.js", import.meta.url));
/** Steps that are not counted. */
const WARM_UP = 2;
const TICKS_A_SECOND = 100;

/** @throws Error when the program is not built, or fails */
export async function trainOnce(
  flags: readonly (string | number)[],
  steps: number,
  cache: string,
): Promise<Training> {
  if (!existsSync(CLI)) throw new Error("build the program first: npm run build");
  const words = ["train", ...flags, "--steps", WARM_UP + steps, "--json", "--dashboard", "off"].map(String);
  const child = spawn(process.execPath, [CLI, ...words], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, GANGLION_CACHE: cache },
  });
  const seen: { readonly images: number; readonly seconds: number; readonly cpuSeconds: number }[] = [];
  let peakBytes = 0;
  const ended = once(child, "exit");
  for await (const line of createInterface({ input: child.stdout })) {
    const event = JSON.parse(line) as { event: string; images: number; seconds: number };
    if (event.event !== "step") continue;
    const { images, seconds } = event;
    seen.push({ images, seconds, cpuSeconds: processorSeconds(child.pid!) });
    peakBytes = peakMemory(child.pid!);
  }
  const [code] = (await ended) as [number | null];
  if (code !== 0 || seen.length < WARM_UP + steps)
    throw new Error(`ganglion ${words.join(" ")} ended with ${code}`);
  const each = (name: "seconds" | "cpuSeconds"): number =>
    median(
      seen.slice(WARM_UP).map((step, i) => {
        const before = seen[WARM_UP + i - 1];
        return (step[name] - before[name]) / (step.images - before.images);
      }),
    );
  return { seconds: each("seconds"), cpuSeconds: each("cpuSeconds"), peakBytes };
}

/** Of all its threads (proc_pid_stat(5), fields 14 and 15). */
function processorSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "latin1")
    .replace(/^.*\) /s, "")
    .split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS_A_SECOND;
}

function peakMemory(pid: number): number {
  return 1024 * Number(/^VmHWM:\s*(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "latin1"))![1]);
}
