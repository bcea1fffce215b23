// The list of runs and the stored objects, in a real server with JetStream.
import { expect, onTestFinished, test } from "vitest";
import { type StatusRecord, isAlive } from "../../../../../shared/status-record.ts";
import { type NatsClient, connectNatsServer } from "../../../../../shared/transport/nats/client/client.ts";
import { listRuns, onlyRun, openRegistry } from "../../../../../shared/transport/nats/registry.ts";
import { awaitObject, getObject, hasObject, putObject } from "../../../../../shared/transport/nats/store.ts";
import { natsServer } from "../../../../support/nats-server.ts";

const record = (run: string, changes: Partial<StatusRecord> = {}): StatusRecord => ({
  run,
  state: "training",
  step: 3,
  steps: 10,
  version: 6,
  imagesPerSecond: 99.5,
  dashboard: "http://127.0.0.1:8700",
  host: "h",
  nodes: [{ node: "n", threads: 2, engine: "graph", device: "cpu", state: "ready", contributions: 5 }],
  refused: { stale: 1 },
  heartbeat: Date.now(),
  ...changes,
});

async function openClient(config?: string): Promise<NatsClient> {
  const server = await natsServer({ jetStream: true, ...(config !== undefined && { config }) });
  const client = await connectNatsServer({ url: server.url });
  onTestFinished(() => client.close());
  return client;
}

test("runs are listed by their last records, the newest first, and records that do not parse are counted", async () => {
  const client = await openClient();
  expect(await listRuns(client)).toEqual({ runs: [], strange: 0 }); // there is no bucket yet
  const registry = await openRegistry(client);
  const [old, young] = [record("old run/ü", { heartbeat: 1 }), record("young", { heartbeat: 2 })];
  for (const each of [record("young", { step: 1 }), old, young]) await registry.put(each);
  expect(await listRuns(client)).toEqual({ runs: [young, old], strange: 0 });
  await client.nats.jetstream().publish("$KV.ganglion-runs.stranger", Buffer.from('{"run":1}'));
  expect(await listRuns(client)).toEqual({ runs: [young, old], strange: 1 });
});

test("a record is written again when the server has lost the bucket", async () => {
  const client = await openClient();
  const registry = await openRegistry(client);
  await registry.put(record("a"));
  await (await client.nats.jetstreamManager()).streams.delete("KV_ganglion-runs");
  await registry.put(record("a", { step: 4 }));
  expect((await listRuns(client)).runs).toMatchObject([{ run: "a", step: 4 }]);
});

test("a run is alive while it is in progress and its coordinator sends heartbeats", () => {
  expect(isAlive(record("a", { heartbeat: 1000 }), 5000)).toBe(true);
  expect(isAlive(record("a", { heartbeat: 1000 }), 12_000)).toBe(false);
  expect(isAlive(record("a", { heartbeat: 1000, state: "done" }), 1000)).toBe(false);
});

test("a node joins the only run in progress, and is given the names if there are several", async () => {
  const client = await openClient();
  const registry = await openRegistry(client);
  await registry.put(record("ended", { state: "done" }));
  await registry.put(record("silent", { heartbeat: 1 }));
  await expect(onlyRun(client)).rejects.toMatchObject({
    code: "TRANSPORT",
    message: expect.stringContaining("no run is in progress"),
  });
  await registry.put(record("a"));
  expect(await onlyRun(client)).toBe("a");
  await registry.put(record("b"));
  await expect(onlyRun(client)).rejects.toMatchObject({
    code: "USAGE",
    message: expect.stringMatching(/2 runs are in progress \((a, b|b, a)\).*--run NAME/),
  });
});

test("an object comes back complete, in chunks that the server accepts, and a new one replaces it", async () => {
  const client = await openClient("max_payload: 20000");
  const read = async (name: string): Promise<Buffer> => {
    const pieces: Uint8Array[] = [];
    for await (const piece of getObject(client, "ganglion-data", name)) pieces.push(piece);
    return Buffer.concat(pieces);
  };
  const first = Buffer.alloc(100_001, "first");
  await putObject(client, "ganglion-data", "x", [first.subarray(0, 7), first.subarray(7)]);
  await putObject(client, "ganglion-data", "yy", [Buffer.from("other")]); // its pieces lie between
  expect((await read("x")).equals(first)).toBe(true);
  await putObject(client, "ganglion-data", "x", [Buffer.alloc(50_000, "second")]);
  expect((await read("x")).equals(Buffer.alloc(50_000, "second"))).toBe(true);
  expect((await read("yy")).toString()).toBe("other");
  expect([
    await hasObject(client, "ganglion-data", "x"),
    await hasObject(client, "ganglion-data", "z"),
  ]).toEqual([true, false]);
  await expect(read("z")).rejects.toMatchObject({
    code: "DATA",
    message: expect.stringContaining("has no z"),
  });
});

test("a reader of an object that is replaced meanwhile is told to read again", async () => {
  const client = await openClient("max_payload: 20000");
  await putObject(client, "ganglion-data", "x", [Buffer.alloc(100_001, "first")]);
  const reading = getObject(client, "ganglion-data", "x");
  await reading.next();
  await putObject(client, "ganglion-data", "x", [Buffer.from("second")]);
  const rest = async (): Promise<void> => {
    while (!(await reading.next()).done);
  };
  await expect(rest()).rejects.toMatchObject({
    code: "TRANSPORT",
    message: expect.stringContaining("was replaced while it was fetched"),
  });
});

test("an object that is still being sent is waited for, but not for ever", async () => {
  const client = await openClient();
  const patient = { patienceMs: 60_000, everyMs: 5 };
  const there = awaitObject(client, "ganglion-data", "x", patient);
  await putObject(client, "ganglion-data", "x", [Buffer.from("late")]);
  expect(await there).toBe(true);
  expect(await awaitObject(client, "ganglion-data", "y", { patienceMs: 20, everyMs: 5 })).toBe(false);
  const stop = AbortSignal.abort(new Error("stopped"));
  await expect(awaitObject(client, "ganglion-data", "y", { ...patient, signal: stop })).rejects.toThrow();
});
