// How a worker ends whose coordinator is away: with what it knows, and a code that says whether somebody should look.
import { expect, test } from "vitest";
import { createLog } from "../../shared/log.ts";
import { listenWebSocket } from "../../shared/transport/websocket/server.ts";
import { runNode } from "../../worker/main.ts";
import { startCli, temporaryFolder } from "../support/cli.ts";
import { freePort } from "../support/free-port.ts";

const worker = (address: unknown): string[] => ["worker", "--join", String(address), "--patience", "1"];

async function startCoordinator(steps: number): Promise<ReturnType<typeof startCli>> {
  const run = ["--preset", "digits", "--batch", "8", "--shard", "4", "--steps", String(steps)];
  const place = ["--out", await temporaryFolder(), "--listen", "127.0.0.1:0", "--dashboard", "off", "--json"];
  return startCli(["coordinator", ...run, ...place]);
}

test("one that never found a coordinator names the address, how long it tried, and what to do", async () => {
  const address = `ws://127.0.0.1:${await freePort()}`;
  const { code, stderr } = await startCli(worker(address)).finished;
  expect(stderr).toMatch(`no coordinator answered at ${address} within 1 s`);
  expect(stderr).toMatch(/start it first, check the address, or give the node more --patience\n$/);
  expect(code).toBe(1);
});

test("one whose coordinator dies does not say that the run has ended well, and ends with 1", async () => {
  const coordinator = await startCoordinator(100_000);
  const { address } = await coordinator.event(({ event }) => event === "listening");
  const node = startCli(worker(address));
  await coordinator.event(({ event }) => event === "step");
  coordinator.process.kill("SIGKILL");
  const { code, stderr } = await node.finished;
  expect(stderr).toMatch(`the coordinator at ${String(address)} has not answered for 1 s`);
  expect(stderr).toMatch(/if its run has ended, nothing is lost.*; if not, start the node again/);
  expect(code).toBe(1);
});

test("one that was told that the run is over ends with 0, however little patience it has", async () => {
  const coordinator = await startCoordinator(2);
  const { address } = await coordinator.event(({ event }) => event === "listening");
  const node = startCli(worker(address));
  expect((await coordinator.finished).code).toBe(0);
  const { code, stdout, stderr } = await node.finished;
  expect([code, stderr]).toEqual([0, ""]);
  expect(stdout).toContain("the run is over");
});

test("one whose sessions end at once joins again after pauses that become longer", async () => {
  const stop = new AbortController();
  const hub = await listenWebSocket({ host: "127.0.0.1", port: 0 });
  const joins: number[] = [];
  const log = createLog({ stderr: "silent" });
  const choice = { engine: "graph", device: "cpu" } as const;
  const node = {
    node: "a",
    url: hub.address,
    choice,
    threads: 1,
    dataMemory: Infinity,
    patienceMs: 60_000,
    log,
    stop: stop.signal,
  };
  const ended = runNode({ ...node, say: () => undefined });
  for await (const connection of hub.connections()) {
    joins.push(performance.now());
    void connection.close("not now");
    if (joins.length === 4) break;
  }
  stop.abort();
  await Promise.all([ended, hub.close()]);
  // 250, 500 and 1,000 ms; a timer may be a little early.
  expect(joins[3] - joins[0]).toBeGreaterThan(1700);
});
