// The memory that a dry run predicts beside the peak of the real run: a table, for docs/memory.md.
//
//   npm run build && npx jiti tests/bench/memory/peaks.ts [--data FOLDER_OR_TAR_OF_COLOUR_PICTURES]
//
// Each run is a process of its own with as few steps as fill its memory; the peak is VmHWM of /proc, so Linux only.
import { execFile, spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs, promisify } from "node:util";

const CLI = fileURLToPath(new URL("../../../dist/deploy/cli.js", import.meta.url));
const { data = "cifar10" } = parseArgs({ options: { data: { type: "string" } } }).values;
const colour = (side: number): string[] => ["--data", data, "--image-size", String(side)];
const STEPS = 4;
const POLL_MS = 20;

const RUNS: readonly (readonly [what: string, flags: readonly string[]])[] = [
  ["digits, 64", ["--preset", "digits"]],
  ["mnist, 64", ["--preset", "mnist", "--batch", "64", "--shard", "64"]],
  ["seed-gan, 64", ["--preset", "seed-gan", "--batch", "64", "--shard", "64"]],
  ["seed-gan, 16", ["--preset", "seed-gan", "--batch", "16", "--shard", "16"]],
  ["dcgan 32, 16", ["--preset", "dcgan", ...colour(32), "--batch", "16", "--shard", "16"]],
  ["dcgan 64, 16", ["--preset", "dcgan", ...colour(64), "--batch", "16", "--shard", "16"]],
  ["dcgan 64, 2 threads × 16", ["--preset", "dcgan", ...colour(64), "--batch", "32", "--shard", "16", "--threads", "2"]],
  ["dcgan 128, 64 filters, 16", ["--preset", "dcgan", ...colour(128), "--filters", "64", "--batch", "16", "--shard", "16"]],
  ["r3gan 32, 16", ["--preset", "r3gan", ...colour(32), "--batch", "16", "--shard", "16"]],
  ["resnet 32, 128 filters, 16", ["--preset", "resnet", ...colour(32), "--filters", "128", "--batch", "16", "--shard", "16"]],
]; // prettier-ignore

console.log(
  "| run, samples a shard | predicted MB | measured MB | predicted / measured |\n|---|---|---|---|",
);
for (const [what, flags] of RUNS) {
  const all = ["train", ...flags, "--workers", "1", "--steps", String(STEPS), "--json"];
  const predicted = await predictedBytes([...all, "--dry-run"]);
  const measured = await peakBytes(all);
  const [a, b] = [predicted, measured].map((bytes) => Math.round(bytes / 1e6).toLocaleString("en-US"));
  console.log(`| ${what} | ${a} | ${b} | ${(predicted / measured).toFixed(2)} |`);
}

async function predictedBytes(flags: readonly string[]): Promise<number> {
  const { stdout } = await promisify(execFile)(process.execPath, [CLI, ...flags], { maxBuffer: 2 ** 26 });
  const { memory } = JSON.parse(stdout) as { readonly memory: { readonly total: number } };
  return memory.total;
}

/** Of a run that ends well. */
async function peakBytes(flags: readonly string[]): Promise<number> {
  const out = await mkdtemp(join(tmpdir(), "ganglion-memory-"));
  const child = spawn(process.execPath, [CLI, ...flags, "--dashboard", "off", "--out", out], {
    stdio: "ignore",
  });
  let peak = 0;
  const timer = setInterval(() => {
    void readFile(`/proc/${child.pid}/status`, "utf8").then(
      (status) => (peak = Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? peak / 1024) * 1024),
      () => undefined, // it has just ended
    );
  }, POLL_MS);
  const code = await new Promise((resolve) => child.on("exit", resolve));
  clearInterval(timer);
  await rm(out, { recursive: true, force: true });
  if (code !== 0) throw new Error(`ganglion ${flags.join(" ")} ended with ${String(code)}`);
  return peak;
}
