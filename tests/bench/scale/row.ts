// One row of the table: a coordinator and its simulated nodes, in processes of their own.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { freemem } from "node:os";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Measurement } from "./coordinator.ts";
import { lacking, limitOf } from "./cost.ts";
import type { Setting } from "./settings.ts";

export interface Ground {
  readonly natsUrl: string;
  /** How long the rounds are counted. */
  readonly seconds: number;
}

/** Simulated nodes that share one process. */
const NODES_A_PROCESS = 64;
const JITI = fileURLToPath(new URL("../../../node_modules/jiti/lib/jiti-cli.mjs", import.meta.url));

/** A line of a Markdown table; where there is no measurement, it says why. */
export async function rowOf(setting: Setting, ground: Ground): Promise<string> {
  const { transport, nodes, threads, parameters } = setting;
  const begin = [transport, `${nodes} × ${threads}`, `${parameters / 1e6} M`];
  const measured = lacking(setting, freemem()) ?? (await measure(setting, ground));
  if (typeof measured === "string") return `| ${[...begin, measured].join(" | ")} | | | | |`;
  const { rounds, seconds, cpuSeconds, bytes, peakBytes } = measured;
  const cells = [
    ...begin,
    (rounds / seconds).toPrecision(3),
    (bytes / rounds / 1e6).toFixed(1),
    (bytes / seconds / 1e6).toFixed(0),
    `${((100 * cpuSeconds) / seconds).toFixed(0)} % of a core`,
    `${(peakBytes / 1e9).toFixed(2)} GB`,
  ];
  return `| ${cells.join(" | ")} |`;
}

/** The measurement, or why there is none. */
async function measure(setting: Setting, { natsUrl, seconds }: Ground): Promise<Measurement | string> {
  const { transport, nodes, threads, parameters } = setting;
  const environment = {
    ...process.env,
    GANGLION_BENCH_PARAMETERS: String(parameters),
    GANGLION_BENCH_NATS: natsUrl,
  };
  const start = (script: string, ...words: (string | number)[]): ChildProcess =>
    spawn(process.execPath, [JITI, fileURLToPath(new URL(script, import.meta.url)), ...words.map(String)], {
      stdio: ["pipe", "pipe", "inherit"],
      env: environment,
    });
  const coordinator = start("./coordinator.ts", transport, nodes, threads, seconds);
  const children = [coordinator];
  const limitMs = limitOf(setting, seconds);
  const late = setTimeout(() => children.forEach((child) => child.kill("SIGKILL")), limitMs);
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
  return measurement ?? `no result in ${Math.round(limitMs / 1000)} s`;
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
