// How far one coordinator goes: `npm run bench:scale [-- --quick]`. Rounds a second against simulated nodes.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { availableParallelism, cpus, loadavg } from "node:os";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
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

const settings = process.argv.includes("--quick") ? quick() : all();
process.stdout.write(
  `${cpus()[0].model}, ${availableParallelism()} cores, load ${loadavg()[0].toFixed(1)}; nodes share these cores\n\n` +
    "| transport | nodes × threads | parameters | rounds/s | MB a round | MB/s | coordinator CPU | peak memory |\n" +
    "|---|---|---|---|---|---|---|---|\n",
);
const broker = await startNatsServer();
try {
  for (const setting of settings) process.stdout.write(`${rowOf(setting, await measure(setting))}\n`);
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

function quick(): Setting[] {
  return (["memory", "ws", "nats"] as const).map((transport) => ({
    transport,
    nodes: 4,
    threads: 1,
    parameters: 1e6,
  }));
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

async function measure({ transport, nodes, threads, parameters }: Setting): Promise<Measurement> {
  const environment = {
    ...process.env,
    GANGLION_BENCH_PARAMETERS: String(parameters),
    GANGLION_BENCH_NATS: broker.url,
  };
  const start = (script: string, ...parametersOfIt: (string | number)[]): ChildProcess =>
    spawn(
      process.execPath,
      [JITI, fileURLToPath(new URL(script, import.meta.url)), ...parametersOfIt.map(String)],
      { stdio: ["ignore", "pipe", "inherit"], env: environment },
    );
  const coordinator = start("./coordinator.ts", transport, nodes, threads);
  const joined: ChildProcess[] = [];
  let measurement: Measurement | null = null;
  const lines = createInterface({ input: coordinator.stdout! });
  lines.on("line", (line) => {
    const said = JSON.parse(line) as Measurement | { readonly address: string };
    if ("address" in said) {
      for (let first = 0; first < nodes; first += NODES_A_PROCESS)
        joined.push(
          start("./nodes.ts", said.address, first, Math.min(NODES_A_PROCESS, nodes - first), threads),
        );
    } else measurement = said;
  });
  await once(lines, "close");
  for (const child of joined) if (child.exitCode === null) child.kill();
  if (!measurement) throw new Error(`no measurement of ${JSON.stringify({ transport, nodes, parameters })}`);
  return measurement;
}

function rowOf({ transport, nodes, threads, parameters }: Setting, measured: Measurement): string {
  const { rounds, seconds, cpuSeconds, bytes, peakBytes } = measured;
  const cells = [
    transport,
    `${nodes} × ${threads}`,
    `${parameters / 1e6} M`,
    (rounds / seconds).toPrecision(3),
    (bytes / rounds / 1e6).toFixed(1),
    (bytes / seconds / 1e6).toFixed(0),
    `${((100 * cpuSeconds) / seconds).toFixed(0)} % of a core`,
    `${(peakBytes / 1e9).toFixed(2)} GB`,
  ];
  return `| ${cells.join(" | ")} |`;
}
