// One measurement: the real coordinator, in a process of its own, against nodes that compute nothing:
// `coordinator.ts TRANSPORT NODES THREADS SECONDS`.
//
// Prints {"address":…} once nodes may join, then one line with the result.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { EventHistory } from "../../../coordinator/dashboard/history.ts";
import { runCoordinator } from "../../../coordinator/main.ts";
import { createRunFolder } from "../../../coordinator/records/run-folder.ts";
import { parseConfig } from "../../../shared/config/config.ts";
import { createLog } from "../../../shared/log.ts";
import { createMemoryHub } from "../../../shared/transport/memory.ts";
import { listenNats } from "../../../shared/transport/nats/nats.ts";
import type { Hub } from "../../../shared/transport/transport.ts";
import { listenWebSocket } from "../../../shared/transport/websocket/websocket.ts";
import { randomDataset } from "../../support/small-run.ts";
import { simulateNode, startTogether } from "./simulated-node.ts";

export interface Measurement {
  readonly rounds: number;
  readonly seconds: number;
  /** Of the coordinator's process, user and system; in process it includes the nodes. */
  readonly cpuSeconds: number;
  /** Both ways, frames included where there are any. */
  readonly bytes: number;
  /** The process's largest resident set. */
  readonly peakBytes: number;
  readonly parameters: number;
}

/**
 * Before the clock starts; fewer where these take longer than what is then counted. Never one: the first round may be
 * of the node alone that was ready first, and weights are still on their way to the others when it ends.
 */
const WARM_UP_ROUNDS = 3;
const LEAST_WARM_UP_ROUNDS = 2;
/** While the clock runs. */
const LEAST_ROUNDS = 2;

const transport = process.argv[2];
const [nodes, threads, leastSeconds] = process.argv.slice(3).map(Number);
const out = await mkdtemp(join(tmpdir(), "ganglion-scale-"));
try {
  process.stdout.write(`${JSON.stringify(await measure())}\n`);
} finally {
  await rm(out, { recursive: true, force: true });
}
process.exit(0);

async function measure(): Promise<Measurement> {
  const shards = nodes * threads;
  const config = parseConfig({
    model: { kind: "module", file: fileURLToPath(new URL("./networks.ts", import.meta.url)) },
    data: "random",
    latentSize: 4,
    batch: shards,
    shard: 1,
    average: 0,
    length: { kind: "steps", steps: 1_000_000 },
    sampleEvery: 1_000_000,
    sampleCount: 1,
    checkpointEvery: 1_000_000,
    checkpointMinutes: 1_000_000,
  });
  const halt = new AbortController();
  const history = new EventHistory();
  const hub = await openHub();
  const measured = watch(history, hub, () => halt.abort(new Error("measured")));
  const folder = await createRunFolder({ out, name: "scale" });
  await runCoordinator({
    config,
    train: await randomDataset(Math.max(64, shards), [8, 8, 1]),
    test: null,
    folder,
    checkpoint: null,
    hub,
    history,
    log: createLog({ file: folder.logFile, stderr: "silent" }),
    stop: new AbortController().signal,
    halt: halt.signal,
  }).catch((error: unknown) => {
    if (error !== halt.signal.reason) throw error;
  });
  return measured;
}

/** Over memory the nodes are here; else others join the printed address. */
async function openHub(): Promise<Hub> {
  if (transport === "memory") {
    const hub = createMemoryHub();
    const together = startTogether(nodes);
    const start = (): Promise<void> => together.arrive();
    for (let i = 0; i < nodes; i++) {
      const node = `node-${i}`;
      void simulateNode({ connection: hub.connect(node), node, threads, start });
    }
    return hub;
  }
  const hub =
    transport === "nats"
      ? await listenNats({ url: process.env["GANGLION_BENCH_NATS"] ?? "", run: `scale-${process.pid}` })
      : await listenWebSocket({ host: "127.0.0.1", port: 0 });
  process.stdout.write(`${JSON.stringify({ address: hub.address })}\n`);
  return hub;
}

interface Beginning {
  readonly at: number;
  readonly cpu: NodeJS.CpuUsage;
  readonly bytes: number;
}

/** Counts rounds once all nodes are ready, from the warm-up's end until there are enough. */
function watch(history: EventHistory, hub: Hub, enough: () => void): Promise<Measurement> {
  let ready = 0;
  let [rounds, parameters] = [0, 0];
  let readyAt: number | null = null;
  let begun: Beginning | null = null;
  const bytes = (): number => hub.status().sentBytes + hub.status().receivedBytes;
  const since = (at: number): number => (performance.now() - at) / 1000;
  return new Promise((resolve) => {
    history.subscribe((event) => {
      if (event.type === "run")
        parameters = Object.values(event.parameters).reduce((sum, each) => sum + each, 0);
      if (event.type === "workers") ready = event.nodes.filter(({ state }) => state === "ready").length;
      if (ready === nodes) readyAt ??= performance.now();
      if (event.type !== "step" || ready < nodes) return;
      rounds++;
      if (!begun) {
        const isLong = since(readyAt!) >= leastSeconds;
        if (rounds < (isLong ? LEAST_WARM_UP_ROUNDS : WARM_UP_ROUNDS)) return;
        begun = { at: performance.now(), cpu: process.cpuUsage(), bytes: bytes() };
        rounds = 0;
        return;
      }
      const seconds = since(begun.at);
      if (rounds < LEAST_ROUNDS || seconds < leastSeconds) return;
      const { user, system } = process.cpuUsage(begun.cpu);
      resolve({
        rounds,
        seconds,
        cpuSeconds: (user + system) / 1e6,
        bytes: bytes() - begun.bytes,
        peakBytes: process.resourceUsage().maxRSS * 1024,
        parameters,
      });
      enough();
    });
  });
}
