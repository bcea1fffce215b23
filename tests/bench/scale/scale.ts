// How far one coordinator goes, in rounds a second against simulated nodes: `npm run bench:scale [-- FLAGS]`.
//
//   --transport NAME   only these rows: memory, ws or nats        --nodes N          only rows of N nodes
//   --parameters N     only rows of N million parameters          --threads N        only rows of N threads a node
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { availableParallelism, cpus, loadavg, totalmem } from "node:os";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { findNatsServer } from "../../support/find-nats-server.ts";
import type { Measurement } from "./coordinator.ts";

interface Setting {
  readonly transport: "memory" | "ws" | "nats";
  readonly nodes: number;
  readonly threads: number;
  readonly parameters: number;
}

/** Simulated nodes that share one process. */
const NODES_A_PROCESS = 64;
const JITI = fileURLToPath(new URL("../../../node_modules/jiti/lib/jiti-cli.mjs", import.meta.url));

/** Until its nodes have joined and its rounds are measured. */
const ROW_MS = 120_000;

const { values: only } = parseArgs({
  options: {
    transport: { type: "string" },
    nodes: { type: "string" },
    parameters: { type: "string" },
    threads: { type: "string" },
  },
});
const settings = all().filter(
  ({ transport, nodes, threads, parameters }) =>
    transport === (only.transport ?? transport) &&
    nodes === Number(only.nodes ?? nodes) &&
    threads === Number(only.threads ?? threads) &&
    parameters === 1e6 * Number(only.parameters ?? parameters / 1e6),
);
if (settings.length === 0) {
  process.stderr.write("no row of the table has all of these: leave a flag out\n");
  process.exit(2);
}
process.stdout.write(
  `${cpus()[0].model}, ${availableParallelism()} cores, load ${loadavg()[0].toFixed(1)}; nodes share these cores\n\n` +
    "| transport | nodes × threads | parameters | rounds/s | MB a round | MB/s | coordinator CPU | peak memory |\n" +
    "|---|---|---|---|---|---|---|---|\n",
);
const broker = await startNatsServer();
try {
  for (const [i, setting] of settings.entries()) {
    tellProgress(`row ${i + 1} of ${settings.length}`);
    const row = rowOf(setting, lacking(setting) ?? (await measure(setting)));
    tellProgress("");
    process.stdout.write(`${row}\n`);
  }
} finally {
  broker.kill();
}

function all(): Setting[] {
  const table: Setting[] = [];
  for (const transport of ["memory", "ws", "nats"] as const) {
    for (const [parameters, counts] of [
      [1e6, [1, 4, 16, 64, 256]],
      [1e7, [1, 4, 16, 64]],
      [1e8, [1, 4]],
    ] as const)
      for (const nodes of counts) table.push({ transport, nodes, threads: 1, parameters });
    table.push({ transport, nodes: 4, threads: 16, parameters: 1e6 }); // as many bytes as 4 × 1
  }
  return table;
}

function tellProgress(line: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${line}`);
}

/** Why this machine cannot hold a row: every node and its contribution are a network's size, as are some buffers more. */
function lacking({ nodes, parameters }: Setting): string | null {
  const bytes = 4 * parameters * (2 * nodes + 8);
  const gigabytes = (size: number): string => `${(size / 1e9).toFixed(0)} GB`;
  return bytes < totalmem() ? null : `takes ${gigabytes(bytes)} of memory, here are ${gigabytes(totalmem())}`;
}

/** A server of its own on a free port; it shares the cores too. */
async function startNatsServer(): Promise<{ readonly url: string; kill(): void }> {
  const child = spawn(await findNatsServer(), ["-a", "127.0.0.1", "-p", "-1"], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  for await (const line of createInterface({ input: child.stderr })) {
    const port = /Listening for client connections on .*:(\d+)$/.exec(line)?.[1];
    if (port === undefined) continue;
    child.stderr.resume(); // what it goes on to say is let go
    return { url: `nats://127.0.0.1:${port}`, kill: () => void child.kill() };
  }
  throw new Error("nats-server ended before it listened");
}

/** The measurement, or why there is none. */
async function measure({ transport, nodes, threads, parameters }: Setting): Promise<Measurement | string> {
  const environment = {
    ...process.env,
    GANGLION_BENCH_PARAMETERS: String(parameters),
    GANGLION_BENCH_NATS: broker.url,
  };
  const start = (script: string, ...parametersOfIt: (string | number)[]): ChildProcess =>
    spawn(
      process.execPath,
      [JITI, fileURLToPath(new URL(script, import.meta.url)), ...parametersOfIt.map(String)],
      { stdio: ["pipe", "pipe", "inherit"], env: environment },
    );
  const coordinator = start("./coordinator.ts", transport, nodes, threads);
  const children = [coordinator];
  const late = setTimeout(() => children.forEach((child) => child.kill("SIGKILL")), ROW_MS);
  let measurement: Measurement | null = null;
  const lines = createInterface({ input: coordinator.stdout! });
  lines.on("line", (line) => {
    const said = JSON.parse(line) as Measurement | { readonly address: string };
    if (!("address" in said)) measurement = said;
    else {
      const hosts = firstsOf(nodes).map((first) =>
        start("./nodes.ts", said.address, first, Math.min(NODES_A_PROCESS, nodes - first), threads),
      );
      children.push(...hosts);
      void letBegin(hosts);
    }
  });
  await once(lines, "close");
  clearTimeout(late);
  for (const child of children) if (child.exitCode === null) child.kill();
  return measurement ?? `no result in ${ROW_MS / 1000} s`;
}

/** The first node of each process. */
function firstsOf(nodes: number): number[] {
  return Array.from({ length: Math.ceil(nodes / NODES_A_PROCESS) }, (_, i) => i * NODES_A_PROCESS);
}

/** Tells the processes to go once the nodes of all have joined. */
async function letBegin(hosts: readonly ChildProcess[]): Promise<void> {
  await Promise.all(hosts.map(({ stdout }) => once(stdout!, "data")));
  for (const { stdin } of hosts) stdin!.write("go\n");
}

function rowOf({ transport, nodes, threads, parameters }: Setting, measured: Measurement | string): string {
  const setting = [transport, `${nodes} × ${threads}`, `${parameters / 1e6} M`];
  if (typeof measured === "string") return `| ${[...setting, measured].join(" | ")} | | | | |`;
  const { rounds, seconds, cpuSeconds, bytes, peakBytes } = measured;
  const cells = [
    ...setting,
    (rounds / seconds).toPrecision(3),
    (bytes / rounds / 1e6).toFixed(1),
    (bytes / seconds / 1e6).toFixed(0),
    `${((100 * cpuSeconds) / seconds).toFixed(0)} % of a core`,
    `${(peakBytes / 1e9).toFixed(2)} GB`,
  ];
  return `| ${cells.join(" | ")} |`;
}
