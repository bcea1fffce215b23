// A cluster over several hosts with addresses of their own: one command, one hash, whatever the network does.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { type JsonEvent, runCli, startCli, temporaryFolder, trainJson } from "../support/cli.ts";
import { type WatchedCluster, watchCluster } from "../support/clusters.ts";
import { findNatsServer } from "../support/find-nats-server.ts";
import {
  type TestHost,
  type TestNetwork,
  createNetwork,
  whyNoHosts,
  whyNoPartition,
} from "../support/hosts.ts";

/** Eight shards a phase, so that every node has work. */
const RUN = { preset: "digits", batch: 32, shard: 4, seed: 7, steps: 150 } as const;

/** Where every lost packet costs time. */
const SHORT = 30;

const missing = whyNoHosts();
if (missing !== null) process.stdout.write(`tests of several hosts are skipped: ${missing}\n`);
const noFilter = whyNoPartition();
if (missing === null && noFilter !== null)
  process.stdout.write(`tests of a lossy network are skipped: ${noFilter}\n`);

describe.skipIf(missing !== null).each(["ws", "nats"] as const)(
  "over hosts with addresses of their own, by %s,",
  (transport) => {
    test("nodes that scale adds and removes leave no trace in the weights", async () => {
      const network = createNetwork(3);
      const { running, ready, folder } = await launch(transport, network, [1, 1, 0]);
      await ready(2);
      expect((await runCli(["scale", await folder, "5"])).code).toBe(0);
      await ready(5);
      expect((await runCli(["scale", await folder, "1"])).code).toBe(0);
      await ready(1);
      const { code, events } = await running.finished;
      expect(code).toBe(0);
      expect(events.at(-1)).toMatchObject({ event: "done", weightsHash: await hashOfOne() });
    });

    test("a host that is cut off for a while works again afterwards, and the weights are the same", async () => {
      const network = createNetwork(2);
      const { running, ready, step } = await launch(transport, network, [1, 1]);
      await ready(2);
      await step(5);
      const [cut] = network.hosts;
      cut.disconnect();
      await ready(1); // the coordinator has missed its heartbeats
      cut.reconnect();
      const { code, events } = await running.finished;
      expect(code).toBe(0);
      expect(events.at(-1)).toMatchObject({ event: "done", weightsHash: await hashOfOne() });
    });

    test.skipIf(noFilter !== null)(
      "a network that loses one packet in a hundred leaves no trace",
      async () => {
        const network = createNetwork(2);
        const disturbed = network.hosts.map((host) => host.disturb());
        process.stdout.write(`${transport}: ${disturbed[0].what}\n`);
        const { running } = await launch(transport, network, [1, 1], SHORT);
        const { code, events } = await running.finished;
        expect(code).toBe(0);
        expect(events.at(-1)).toMatchObject({ event: "done", weightsHash: await hashOfOne(SHORT) });
        for (const { lost } of disturbed) expect(lost()).toBeGreaterThan(0);
      },
    );
  },
);

const alone = new Map<number, Promise<JsonEvent>>();

/** The weights of one worker on this machine, computed once. */
async function hashOfOne(steps: number = RUN.steps): Promise<unknown> {
  const flags = Object.entries({ ...RUN, steps, workers: 1, out: await temporaryFolder() });
  if (!alone.has(steps))
    alone.set(steps, trainJson(flags.flatMap(([name, value]) => [`--${name}`, String(value)])));
  return (await alone.get(steps)!)["weightsHash"];
}

/** One launched cluster, with `nodes` on each host of the network. */
async function launch(
  transport: "ws" | "nats",
  { address, hosts }: TestNetwork,
  nodes: readonly number[],
  steps: number = RUN.steps,
): Promise<WatchedCluster> {
  const out = await temporaryFolder();
  const file = join(out, "cluster.yaml");
  const between =
    transport === "ws"
      ? { coordinator: { listen: `${address}:8701`, join: `ws://${address}:8701` } }
      : { broker: { kind: "start", listen: `${address}:4222`, program: await findNatsServer() } };
  const working = hosts.map((host, i) => hostOf(host, nodes[i])).filter(({ nodes: some }) => some > 0);
  await writeFile(
    file,
    stringify({ run: { ...RUN, steps, out, dashboard: "off" }, ...between, hosts: working }),
  );
  return watchCluster(startCli(["launch", file, "--json"]));
}

function hostOf({ name }: TestHost, nodes: number): { name: string; nodes: number; reach: object } {
  return { name, nodes, reach: { kind: "command", command: `exec ip netns exec ${name} {command}` } };
}
