// Which transport serves a run, and how a node on this machine joins it.
import { expect, onTestFinished, test } from "vitest";
import { EventHistory } from "../../../../coordinator/dashboard/history.ts";
import type { ServeOptions } from "../../../../deploy/transports/served.ts";
import { TRANSPORTS, transportOf } from "../../../../deploy/transports/transports.ts";

test("a coordinator listens for WebSockets, unless a flag names a server", () => {
  expect(transportOf({})).toBe(TRANSPORTS.ws);
  expect(transportOf({ nats: "nats://192.0.2.7" })).toBe(TRANSPORTS.nats);
});

const OPTIONS: ServeOptions = {
  listen: { host: "127.0.0.1", port: 0 },
  server: { url: "nats://192.0.2.7" },
  run: "a run",
  datasets: [],
  history: new EventHistory(),
  dashboard: null,
};

test("a node's process joins where this one listens", async () => {
  const { hub, join } = await TRANSPORTS.ws.serve(OPTIONS);
  onTestFinished(() => hub.close());
  expect(join).toEqual({ kind: "process", flags: ["--join", hub.address], environment: {} });
});

test("a node inside this process connects to the hub that it serves", async () => {
  const { hub, join } = await TRANSPORTS.memory.serve(OPTIONS);
  onTestFinished(() => hub.close());
  if (join.kind !== "in process") throw new Error("its nodes are threads of this process");
  const node = join.connect("worker-0");
  for await (const connection of hub.connections()) {
    await connection.close("enough");
    break;
  }
  expect(await node.closed).toBe("enough");
});
