// deploy/nats.conf in a real server: what each role may do, and above all what a node may not.
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { type NatsConnection, connect } from "nats";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { encodePacket } from "../../shared/transport/nats/stream/packets.ts";
import type { StatusRecord } from "../../shared/status-record.ts";
import { connectNatsServer } from "../../shared/transport/nats/client/client.ts";
import { listRuns, openRegistry } from "../../shared/transport/nats/registry.ts";
import { getObject, putObject } from "../../shared/transport/nats/store.ts";
import { joinNats } from "../../shared/transport/nats/join.ts";
import { listenNats } from "../../shared/transport/nats/nats.ts";
import { type NatsServer, natsServer } from "../support/nats-server.ts";
import { take } from "../unit/shared/transport/conformance.ts";

const CONFIG = fileURLToPath(new URL("../../deploy/nats.conf", import.meta.url));

const PASSWORDS = {
  GANGLION_COORDINATOR: "c",
  GANGLION_VIEWER: "v",
  GANGLION_GPU_1: "one",
  GANGLION_GPU_2: "two",
} as const;

const RECORD: StatusRecord = {
  run: "r",
  state: "training",
  step: 1,
  steps: 2,
  version: 1,
  imagesPerSecond: 3,
  dashboard: null,
  host: "h",
  nodes: [],
  refused: {},
  heartbeat: 1,
};

let server: NatsServer;
beforeEach(async () => {
  const config = await readFile(CONFIG, "utf8");
  server = await natsServer({ config, environment: PASSWORDS });
});

const as = (user: string, token: string) => ({ url: server.url.replace("//", `//${user}@`), token });

describe("with deploy/nats.conf", () => {
  test("a coordinator and two nodes work together", async () => {
    const hub = await listenNats({ ...as("coordinator", "c"), run: "r" });
    const arrivals = hub.connections()[Symbol.asyncIterator]();
    const one = await joinNats({ ...as("gpu-1", "one"), run: "r", name: "gpu-1" });
    const two = await joinNats({ ...as("gpu-2", "two"), run: "r", name: "gpu-2" });
    const near = (await arrivals.next()).value;
    expect(near.identity).toBe("gpu-1");
    await hub.broadcast({ type: "weights", version: 1 }, new Float32Array(10_000).fill(3));
    for (const node of [one, two]) expect((await take(node, 1))[0].body?.[9999]).toBe(3);
    await one.send({ type: "leaving" });
    expect((await take(near, 1))[0].message).toEqual({ type: "leaving" });
    await hub.close("the run is over");
    expect([await one.closed, await two.closed]).toEqual(["the run is over", "the run is over"]);
  });

  test("a machine runs several nodes under its one user, each by a name of its own", async () => {
    const hub = await listenNats({ ...as("coordinator", "c"), run: "r" });
    onTestFinished(() => hub.close());
    const arrivals = hub.connections()[Symbol.asyncIterator]();
    for (const name of ["gpu-1/gpu0", "gpu-1/gpu1", "gpu-1/a.b *"]) {
      const node = await joinNats({ ...as("gpu-1", "one"), run: "r", name });
      const near = (await arrivals.next()).value;
      expect(near.identity).toBe(name);
      await Promise.all([node.send({ type: "leaving" }), near.send({ type: "cancel", lease: 1 })]);
      expect((await take(near, 1))[0].message).toEqual({ type: "leaving" });
      expect((await take(node, 1))[0].message).toEqual({ type: "cancel", lease: 1 });
    }
  });

  test("runs are listed for the viewer and the nodes, and data sets reach the nodes", async () => {
    const [writer, viewer, node] = [
      await client("coordinator", "c"),
      await client("viewer", "v"),
      await client("gpu-1", "one"),
    ];
    await (await openRegistry(writer)).put(RECORD);
    for (const reader of [viewer, node])
      expect(await listRuns(reader)).toEqual({ runs: [RECORD], strange: 0 });
    const bytes = Buffer.from("x".repeat(300_000)); // three pieces
    await putObject(writer, "ganglion-data", "f", [bytes]);
    const pieces: Uint8Array[] = [];
    for await (const piece of getObject(node, "ganglion-data", "f")) pieces.push(piece);
    expect(pieces.length).toBeGreaterThan(2);
    expect(Buffer.concat(pieces).equals(bytes)).toBe(true);
  });

  test("a node cannot speak for another, nor as the coordinator, nor write what others read", async () => {
    const forger = await open("gpu-2", "two");
    const session = "0".repeat(32);
    const contribution = encodePacket({
      kind: "chunk",
      seq: 0,
      index: 0,
      count: 1,
      bytes: Buffer.from("forged"),
    });
    for (const subject of [
      `ganglion.r.up.gpu-1.gpu-1.${session}`,
      "ganglion.r.join.gpu-1.gpu-1",
      "ganglion.r.join.=.gpu-1",
      `ganglion.r.down.gpu-1.gpu-1.${session}`,
      "ganglion.r.all",
      "ganglion.r.who",
      "$KV.ganglion-runs.r",
      "$O.ganglion-data.C.x",
      "$JS.API.STREAM.DELETE.KV_ganglion-runs",
      "$JS.API.CONSUMER.CREATE.OBJ_ganglion-data",
      "$JS.API.STREAM.MSG.GET.OBJ_ganglion-checkpoints",
      "_INBOX.coordinator.x",
    ])
      expect(await refusal(forger, () => forger.publish(subject, contribution)), subject).toMatchObject({
        operation: "publish",
        subject,
      });
    expect(
      await refusal(forger, () => forger.publish(`ganglion.r.up.gpu-2.gpu-2.${session}`, contribution)),
    ).toBe("permitted");
  });

  test("a node cannot listen to another, nor to what nodes send", async () => {
    const spy = await open("gpu-2", "two");
    for (const subject of [
      ">",
      "ganglion.>",
      "ganglion.*.down.*.*.*",
      "ganglion.*.up.gpu-1.>",
      "ganglion.*.down.gpu-1.>",
      "_INBOX.gpu-1.>",
      "_INBOX.>",
    ])
      expect(await refusal(spy, () => void spy.subscribe(subject)), subject).toMatchObject({
        operation: "subscription",
        subject,
      });
  });

  test("who is no coordinator cannot serve a run", async () => {
    for (const [user, token] of [
      ["viewer", "v"],
      ["gpu-1", "one"],
    ])
      await expect(listenNats({ ...as(user, token), run: "r" })).rejects.toMatchObject({ code: "AUTH" });
  });

  test.each(["gpu-1", "gpu-1/gpu0", "gpu-20", "gpu-2-x"])(
    "a node under another's name, %s, is refused by the coordinator, and is told so",
    async (name) => {
      const hub = await listenNats({ ...as("coordinator", "c"), run: "r" });
      onTestFinished(() => hub.close());
      await expect(joinNats({ ...as("gpu-2", "two"), run: "r", name })).rejects.toMatchObject({
        code: "AUTH",
        message: expect.stringContaining("its name belongs to another user"),
      });
      expect(hub.status().rejected).toEqual({ join: 1 });
    },
  );

  test("who the server does not know, or may not do what it wants, is told which user that is", async () => {
    const hub = await listenNats({ ...as("coordinator", "c"), run: "r" });
    onTestFinished(() => hub.close());
    await expect(joinNats({ ...as("gpu-1", "wrong"), run: "r", name: "gpu-1" })).rejects.toMatchObject({
      code: "AUTH",
      message: expect.stringContaining("refuses the user gpu-1"),
    });
    await expect(joinNats({ ...as("viewer", "v"), run: "r", name: "viewer" })).rejects.toMatchObject({
      code: "AUTH",
      message: expect.stringMatching(
        /does not allow the user viewer .*ganglion\.r\.join\.viewer.*deploy\/nats\.conf/,
      ),
    });
  });
});

async function client(user: string, token: string) {
  const opened = await connectNatsServer(as(user, token));
  onTestFinished(() => opened.close());
  return opened;
}

async function open(user: string, pass: string): Promise<NatsConnection> {
  const connection = await connect({ servers: server.url, user, pass });
  onTestFinished(() => connection.close());
  return connection;
}

/** What the server says of an act that it does not permit; fails when it permits it. */
async function refusal(connection: NatsConnection, act: () => void): Promise<unknown> {
  const told = (async () => {
    for await (const status of connection.status())
      if (status.permissionContext) return status.permissionContext;
    return null;
  })();
  act();
  await connection.flush(); // errors come before the answer
  return await Promise.race([told, connection.flush().then(() => "permitted")]);
}
