// How far one coordinator goes, in rounds a second against simulated nodes: `npm run bench:scale [-- --help]`.
import { spawn } from "node:child_process";
import { availableParallelism, cpus, loadavg } from "node:os";
import { createInterface } from "node:readline";
import { findNatsServer } from "../../support/find-nats-server.ts";
import { rowOf } from "./row.ts";
import { wantedBy } from "./settings.ts";

const { settings, seconds } = wantedBy(process.argv.slice(2));
process.stdout.write(
  `${cpus()[0].model}, ${availableParallelism()} cores, load ${loadavg()[0].toFixed(1)}; nodes share these cores\n\n` +
    "| transport | nodes × threads | parameters | rounds/s | MB a round | MB/s | coordinator CPU | peak memory |\n" +
    "|---|---|---|---|---|---|---|---|\n",
);
const broker = await startNatsServer();
try {
  for (const [i, setting] of settings.entries()) {
    tellProgress(`row ${i + 1} of ${settings.length}`);
    const row = await rowOf(setting, { natsUrl: broker.url, seconds });
    tellProgress("");
    process.stdout.write(`${row}\n`);
  }
} finally {
  broker.kill();
}

function tellProgress(line: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${line}`);
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
