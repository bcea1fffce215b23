// How long the models of `ganglion bench --suite` take from their config to the first step: a table, for docs/memory.md.
//
//   npm run build && npx jiti tests/bench/start/start.ts [--repeat 3] [MODEL …]
//
// Each run is a process of its own on one thread, with one step. Trace: the networks are built, every program is traced,
// twice where it is compared, and encoded. Prepare: the node's thread starts, lowers the programs, makes ONNX Runtime's
// sessions. The least of all repetitions counts: whatever else the machine does only adds.
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs, promisify } from "node:util";
import { writeImages } from "../../../deploy/bench/suite/images.ts";
import { prepareModel } from "../../../deploy/bench/suite/measure-model.ts";
import { type SuiteModel, chosenModels } from "../../../deploy/bench/suite/models.ts";

const CLI = fileURLToPath(new URL("../../../dist/deploy/cli.js", import.meta.url));
const { values, positionals } = parseArgs({
  options: { repeat: { type: "string", default: "1" } },
  allowPositionals: true,
});

interface Start {
  readonly traceMs: number;
  readonly prepareMs: number;
}

console.log("| model | programs traced, ms | prepared, ms | together |\n|---|---|---|---|");
for (const model of chosenModels(positionals)) {
  const starts: Start[] = [];
  for (let i = 0; i < Number(values.repeat); i++) starts.push(await startOf(model));
  const least = starts.reduce((a, b) => (sum(b) < sum(a) ? b : a));
  console.log(
    `| ${model.name} | ${least.traceMs} | ${least.prepareMs} | ${(sum(least) / 1000).toFixed(2)} s |`,
  );
}

function sum({ traceMs, prepareMs }: Start): number {
  return traceMs + prepareMs;
}

async function startOf(model: SuiteModel): Promise<Start> {
  const folder = await mkdtemp(join(tmpdir(), "ganglion-start-"));
  try {
    const { subject } = await prepareModel(model, 1, folder);
    const shard = String(model.shard);
    await writeImages(subject.data, model.shard, model.images, 10);
    const flags = ["--batch", shard, "--shard", shard, "--steps", "1", "--workers", "1", "--threads", "1"];
    for (const [name, value] of Object.entries(subject)) flags.push(`--${name}`, String(value));
    const surroundings = {
      env: { ...process.env, GANGLION_CACHE: join(folder, "cache") },
      maxBuffer: 2 ** 26,
    };
    const command = [CLI, "train", ...flags, "--json", "--dashboard", "off", "--out", folder];
    const { stdout } = await promisify(execFile)(process.execPath, command, surroundings);
    const events = stdout.trim().split("\n").map((line) => JSON.parse(line) as Partial<Start> & { readonly event: string; readonly nodes?: readonly Start[] }); // prettier-ignore
    const traceMs = events.find(({ event }) => event === "compiled")!.traceMs!;
    const prepared = events.flatMap(({ nodes = [] }) => nodes.map(({ prepareMs }) => prepareMs ?? 0));
    return { traceMs, prepareMs: Math.max(...prepared) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
