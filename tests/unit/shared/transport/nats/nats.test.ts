// The NATS transport against a real nats-server: the shared suite, and what only a broker between the ends can do.
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import type { Message } from "../../../../../shared/protocol/messages.ts";
import { decodePacket } from "../../../../../shared/transport/nats/stream/packets.ts";
import { connectNatsServer } from "../../../../../shared/transport/nats/client/client.ts";
import { joinNats } from "../../../../../shared/transport/nats/join.ts";
import { type NatsHubOptions, listenNats } from "../../../../../shared/transport/nats/nats.ts";
import type { Connection, Envelope, Hub } from "../../../../../shared/transport/transport.ts";
import { type NatsServer, natsServer, startNatsServer } from "../../../../support/nats-server.ts";
import { tcpProxy } from "../../../../support/tcp-proxy.ts";
import { admitted, describeTransport, take } from "../conformance.ts";

let shared: Awaited<ReturnType<typeof startNatsServer>>;
beforeAll(async () => {
  shared = await startNatsServer();
});
afterAll(() => shared.stop());

let runs = 0;

describeTransport("the NATS transport", async () => {
  const run = `run-${++runs}`;
  const { url } = shared;
  return { hub: await listenNats({ url, run }), connect: (name) => joinNats({ url, run, name }) };
});

const cancel = (lease: number): Message => ({ type: "cancel", lease });
const weights = (version: number): Message => ({ type: "weights", version });

interface Cluster {
  readonly hub: Hub;
  readonly near: readonly Connection[];
  readonly far: readonly Connection[];
}

async function openRun({ url }: Pick<NatsServer, "url">, options: Partial<NatsHubOptions> = {}) {
  const run = `run-${++runs}`;
  const hub = await listenNats({ url, run, reconnectMs: 20, ...options });
  onTestFinished(() => hub.close());
  const arrivals = hub.connections()[Symbol.asyncIterator]();
  return { run, hub, accept: async () => admitted((await arrivals.next()).value as Connection) };
}

async function openCluster(
  server: Pick<NatsServer, "url">,
  names: readonly string[],
  options: Partial<NatsHubOptions> = {},
): Promise<Cluster> {
  const { run, hub, accept } = await openRun(server, options);
  const far: Connection[] = [];
  const near: Connection[] = [];
  for (const name of names) {
    far.push(await joinNats({ url: server.url, run, reconnectMs: 20, ...options, name }));
    near.push(await accept());
  }
  return { hub, near, far };
}

/** A node whose wire to the server a test can freeze. */
async function openByWire(heartbeatMs: number) {
  const proxy = await tcpProxy(shared.port);
  const { run, hub, accept } = await openRun(shared, { heartbeatMs });
  const url = `nats://127.0.0.1:${proxy.port}`;
  const far = await joinNats({ url, run, name: "a", heartbeatMs });
  return { proxy, hub, far, near: await accept() };
}

/** P floats that differ from each other and from version to version. */
function vector(length: number, version = 0): Float32Array {
  const values = new Float32Array(length);
  for (let i = 0; i < length; i++) values[i] = (i % 65_521) + version / 8;
  return values;
}

describe("the NATS transport", () => {
  test("cuts frames to the size that the server announces, both ways and in broadcasts", async () => {
    const server = await natsServer({ config: "max_payload: 4096" });
    const { hub, near, far } = await openCluster(server, ["a", "b"]);
    const body = vector(100_000, 1); // 400 kB, about 100 packets
    const sends = [near[0].send(weights(1), body), far[0].send(weights(2), body)];
    expect(sameFloats((await take(far[0], 1))[0].body, body)).toBe(true);
    expect(sameFloats((await take(near[0], 1))[0].body, body)).toBe(true);
    await Promise.all(sends);
    await hub.broadcast(weights(3), body);
    for (const node of far) expect(sameFloats((await take(node, 1))[0].body, body)).toBe(true);
  });

  test("sends a broadcast once, however many nodes there are", async () => {
    const { hub, far } = await openCluster(shared, ["a", "b", "c", "d"]);
    const body = vector(250_000); // 1 MB
    const before = hub.status().sentBytes;
    await hub.broadcast(weights(1), body);
    for (const node of far) expect(sameFloats((await take(node, 1))[0].body, body)).toBe(true);
    expect(hub.status().sentBytes - before).toBeLessThan(1_001_000); // the frame, and a few numbers for each node
  });

  test("keeps broadcasts in order with what is sent to one node, and away from nodes that are not picked", async () => {
    const { hub, near, far } = await openCluster(shared, ["a", "b", "c"]);
    for (let version = 1; version <= 20; version++) {
      void hub.broadcast(weights(version), vector(50_000, version), (node) => node !== near[2]);
      for (const node of near) void node.send(cancel(version));
    }
    for (const node of far.slice(0, 2)) {
      const seen = await take(node, 40);
      const expected = Array.from({ length: 20 }, (_, i) => [weights(i + 1), cancel(i + 1)]).flat();
      expect(seen.map(({ message }) => message)).toEqual(expected);
      expect(sameFloats(seen[38].body, vector(50_000, 20))).toBe(true);
    }
    expect((await take(far[2], 20)).map(({ message }) => message.type)).toEqual(Array(20).fill("cancel"));
  });

  test("loses nothing when the server is killed and started again, again and again", async () => {
    const server = await natsServer();
    const { hub, near, far } = await openCluster(server, ["a", "b"]);
    const count = 300;
    let restarted: Promise<void> = Promise.resolve();
    const sending = (async () => {
      for (let i = 0; i < count; i++) {
        await Promise.all([far[0].send(cancel(i), vector(5000, i)), near[1].send(cancel(i))]);
        if (i % 10 === 0)
          void hub.broadcast(weights(i), vector(20_000, i), (node) => node === near[1] || node === near[0]);
        if (i % 100 === 50) {
          await restarted;
          await server.kill();
          restarted = server.start();
        }
      }
    })();
    const up = await take(near[0], count);
    expect(up.map(({ message }) => message)).toEqual(Array.from({ length: count }, (_, i) => cancel(i)));
    expect(up.every(({ body }, i) => sameFloats(body, vector(5000, i)))).toBe(true);
    const down = await take(far[1], count + count / 10);
    const leases = down.filter(({ message }) => message.type === "cancel");
    expect(leases.map(({ message }) => message)).toEqual(Array.from({ length: count }, (_, i) => cancel(i)));
    const published = down.filter(({ message }) => message.type === "weights");
    expect(
      published.every(({ message, body }) =>
        sameFloats(body, vector(20_000, (message as { version: number }).version)),
      ),
    ).toBe(true);
    await sending;
    await restarted;
    expect(hub.status().connected).toBe(true);
  });

  test("slows down a sender whose reader does not read, and loses nothing", async () => {
    const { near, far } = await openCluster(shared, ["a"]);
    const count = 20;
    const body = vector(1_000_000); // 4 MB; 16 MiB may be on their way, and 16 unread
    let sent = 0;
    const sending = (async () => {
      for (; sent < count; sent++) await far[0].send(cancel(sent), body);
    })();
    const iterator = near[0].receive()[Symbol.asyncIterator]();
    await iterator.next();
    // When nothing more is under way, the sender stands: its next message goes when more is read.
    for (let before = -1; before !== sent;) {
      before = sent;
      await roundTrips(shared, 20);
    }
    expect(sent).toBeGreaterThan(4);
    expect(sent).toBeLessThan(11);
    for (let lease = 1; lease < count; lease++)
      expect((await iterator.next()).value).toMatchObject({ message: cancel(lease) });
    await sending;
  });

  test.each(["up", "down", "broadcast"] as const)(
    "lends a body until it is released, and then reuses its memory (%s)",
    async (way) => {
      const { hub, near, far } = await openCluster(shared, ["a", "b"]);
      const reader = (way === "up" ? near : far)[0].receive()[Symbol.asyncIterator]();
      const bring = async (version: number): Promise<Envelope> => {
        const [message, body] = [weights(version), vector(100_000, version)];
        if (way === "broadcast") await hub.broadcast(message, body);
        else await (way === "up" ? far : near)[0].send(message, body);
        body.fill(-1); // it may be used again
        return (await reader.next()).value as Envelope;
      };
      const [held, free] = [await bring(1), await bring(2)];
      expect(sameFloats(free.body, vector(100_000, 2))).toBe(true);
      free.release();
      const third = await bring(3);
      expect(third.body?.buffer === free.body?.buffer).toBe(true);
      expect(sameFloats(held.body, vector(100_000, 1))).toBe(true);
      expect(sameFloats(third.body, vector(100_000, 3))).toBe(true);
    },
  );

  test("shares what the server holds for a coordinator among many nodes that send at once", async () => {
    const { run, accept } = await openRun(shared);
    const spy = await connectNatsServer({ url: shared.url });
    onTestFinished(() => spy.close());
    const allowed = new Map<string, number>(); // the bytes that each node was last told it may have on its way
    spy.nats.subscribe(`ganglion.${run}.down.*.*.*`, {
      callback(_error, { subject, data }) {
        const packet = decodePacket(data);
        if (typeof packet === "object" && packet.kind === "status") allowed.set(subject, packet.parts);
      },
    });
    await spy.flush();
    const far: Connection[] = [];
    const near: Connection[] = [];
    for (let i = 0; i < 40; i++) {
      far.push(await joinNats({ url: shared.url, run, name: `node-${i}` }));
      near.push(await accept());
    }
    while (allowed.size < 40) await spy.flush();
    const together = [...allowed.values()].reduce((sum, each) => sum + each, 0);
    expect(together).toBeLessThan(48 * 2 ** 20); // of 64 MiB; 32 to 40 nodes with a 32nd of 32 MiB each
    const body = vector(1_000_000); // 4 MB of each, 160 MB together
    const sends = far.map((node, i) => node.send(cancel(i), body));
    for (const [i, node] of near.entries()) {
      const [{ message, body: arrived }] = await take(node, 1);
      expect(message).toEqual(cancel(i));
      expect(sameFloats(arrived, body)).toBe(true);
    }
    await Promise.all(sends);
  });

  test("begins a new session if the server comes back with a lower limit than packets were cut for", async () => {
    const server = await natsServer({ config: "max_payload: 65536" });
    const away = heardOnce();
    const { far, near } = await openCluster(server, ["a"], { say: away.hear });
    await server.kill();
    await away.heard;
    const sent = Promise.allSettled([far[0].send(weights(1), vector(100_000))]);
    await server.start("max_payload: 4096");
    expect(await far[0].closed).toBe("the NATS server now accepts at most 4096 bytes per message");
    await sent; // all of it may have been sent before, or not
    expect(near[0].status().receivedMessages).toBe(0);
  });

  test("waits for a server that is away, but no longer than it may", async () => {
    const server = await natsServer();
    const said: string[] = [];
    const { far, near } = await openCluster(server, ["a"], {
      heartbeatMs: 50,
      awayMs: 300,
      say: (sentence) => said.push(sentence),
    });
    await server.kill();
    expect(await far[0].closed).toBe("the NATS server has been away for 0 s");
    expect(await near[0].closed).toBe("the NATS server has been away for 0 s");
    expect(said[0]).toMatch(`lost the NATS server at ${server.url} at `);
    await expect(far[0].send(cancel(1))).rejects.toMatchObject({ code: "TRANSPORT" });
  });

  test("outlives a minute without the server", async () => {
    const server = await natsServer();
    const lost = heardOnce();
    // Heartbeats and their clock run at the test's will, the client's attempts to reconnect at the machine's.
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "performance"] });
    onTestFinished(() => void vi.useRealTimers());
    const { near, far } = await openCluster(server, ["a"], { say: lost.hear });
    await server.kill();
    await lost.heard;
    const sent = far[0].send(cancel(7));
    for (let second = 0; second < 60; second++) await vi.advanceTimersByTimeAsync(1000);
    expect(near[0].status().connected).toBe(true);
    await server.start();
    expect((await take(near[0], 1))[0].message).toEqual(cancel(7));
    await sent;
  });

  test("sends a large broadcast at the pace of its nodes", async () => {
    const { hub, near, far } = await openCluster(shared, ["a", "b"]);
    const body = vector(20_000_000); // 80 MB, more than the server buffers for a client
    const broadcast = hub.broadcast(weights(1), body);
    for (const node of far) expect(sameFloats((await take(node, 1))[0].body, body)).toBe(true);
    await broadcast;
    expect(near.map((node) => node.status().connected)).toEqual([true, true]);
    expect(hub.status().rejected).toEqual({});
  });

  test("closes a node that leaves too much unacknowledged", async () => {
    const { hub, near, far } = await openCluster(shared, ["a", "b"]);
    const body = vector(5_000_000); // 20 MB; "b" reads nothing, so nothing is acknowledged after 16 MiB
    const reading = (async () => {
      for await (const envelope of far[0].receive()) envelope.release();
    })();
    for (let version = 1; near[1].status().connected; version++) {
      expect(version).toBeLessThan(9);
      await hub.broadcast(weights(version), body);
    }
    expect(await near[1].closed).toMatch(/too slow: \d+ bytes behind, the limit is 80000\d+/);
    expect(near[0].status().connected).toBe(true);
    expect(hub.status().rejected).toMatchObject({ slow: 1 });
    await hub.close();
    await reading;
  });

  test.each(["up", "both"] as const)(
    "ends a session at the coordinator when its node falls silent (%s)",
    async (direction) => {
      const { proxy, hub, near, far } = await openByWire(50);
      proxy.freeze(direction);
      expect(await near.closed).toMatch(/no sign of life from .* for 0.15 s/);
      proxy.thaw();
      await hub.close();
      await far.closed;
    },
  );

  test("keeps a session while the server is silent, because it may be suspended or out of reach", async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "performance"] });
    onTestFinished(() => void vi.useRealTimers());
    const stopped = await natsServer();
    const { near, far } = await openCluster(stopped, ["a"]);
    const wire = await openByWire(3000);
    stopped.signal("SIGSTOP");
    wire.proxy.freeze("down"); // the node hears nothing, the coordinator hears the node
    const silent = [...near, ...far, wire.near, wire.far];
    for (let second = 0; second < 60; second++) {
      await vi.advanceTimersByTimeAsync(1000);
      await roundTrips(shared, 1); // what arrived is heard
    }
    expect(silent.map((connection) => connection.status().connected)).toEqual([true, true, true, true]);
    stopped.signal("SIGCONT");
    wire.proxy.thaw();
    for (const from of silent) await from.send(cancel(1));
    for (const to of silent) expect((await take(to, 1))[0].message).toEqual(cancel(1));
  });

  test("waits for a silent server as for one that is gone, but no longer than it may", async () => {
    const server = await natsServer();
    const { near, far } = await openCluster(server, ["a"], { heartbeatMs: 20, awayMs: 200 });
    server.signal("SIGSTOP");
    const gone = "the NATS server has been away for 0 s";
    expect([await near[0].closed, await far[0].closed]).toEqual([gone, gone]);
  });

  test("sends again what was lost when one node's connection was cut, broadcasts too", async () => {
    const proxy = await tcpProxy(shared.port);
    const { run, hub, accept } = await openRun(shared);
    const steady = await joinNats({ url: shared.url, run, name: "steady" });
    const cut = await joinNats({ url: `nats://127.0.0.1:${proxy.port}`, run, name: "cut", reconnectMs: 20 });
    const near = [await accept(), await accept()];
    for (let version = 1; version <= 30; version++) {
      void hub.broadcast(weights(version), vector(100_000, version));
      for (const node of near) void node.send(cancel(version));
      if (version % 10 === 5) proxy.cut();
      await take(steady, 2);
    }
    const seen = await take(cut, 60);
    expect(seen.map(({ message }) => message)).toEqual(
      Array.from({ length: 30 }, (_, i) => [weights(i + 1), cancel(i + 1)]).flat(),
    );
    expect(seen.every(({ body }, i) => i % 2 === 1 || sameFloats(body, vector(100_000, i / 2 + 1)))).toBe(
      true,
    );
  });

  test("refuses a second coordinator of one run, and says that a run has none", async () => {
    const run = `run-${++runs}`;
    const { url } = shared;
    await expect(joinNats({ url, run, name: "a" })).rejects.toMatchObject({
      code: "TRANSPORT",
      message: expect.stringContaining(`no coordinator serves the run ${run}`),
    });
    const hub = await listenNats({ url, run });
    await expect(listenNats({ url, run })).rejects.toMatchObject({
      code: "USAGE",
      message: expect.stringContaining(`another coordinator serves the run ${run}`),
    });
    await hub.close();
    await (await listenNats({ url, run })).close();
  });

  test("keeps a coordinator that was suspended while another took its place out of the other's sessions", async () => {
    const proxy = await tcpProxy(shared.port);
    const run = `run-${++runs}`;
    const stopped = await listenNats({ url: `nats://127.0.0.1:${proxy.port}`, run });
    proxy.freeze("both");
    const hub = await listenNats({ url: shared.url, run }); // waits 5 s for an answer of the other
    const node = await joinNats({ url: shared.url, run, name: "a" });
    const near = admitted((await hub.connections()[Symbol.asyncIterator]().next()).value as Connection);
    proxy.thaw();
    const double = (await stopped.connections()[Symbol.asyncIterator]().next()).value as Connection;
    await near.send(cancel(1));
    await double.send(cancel(2));
    await node.send(cancel(3), vector(10));
    expect((await take(near, 1))[0].message).toEqual(cancel(3));
    await roundTrips(shared, 5);
    expect(double.status()).toMatchObject({ receivedMessages: 0, connected: true });
    expect(stopped.status().rejected["unknown-session"]).toBeGreaterThan(0);
    expect((await take(node, 1))[0].message).toEqual(cancel(1));
    expect(node.status()).toMatchObject({ receivedMessages: 1, connected: true });
    proxy.cut();
    await hub.close();
    await stopped.close();
  });

  test("tells a node that knows only an earlier coordinator that its session is over", async () => {
    const { hub, far } = await openCluster(shared, ["a"], { heartbeatMs: 50 });
    expect(hub.address).toMatch(/\/run-\d+$/);
    await hub.close("gone for good");
    expect(await far[0].closed).toBe("gone for good");
  });
});

/** A listener, and the promise that it was called. */
function heardOnce(): { readonly hear: () => void; readonly heard: Promise<void> } {
  let hear: () => void = () => undefined;
  const heard = new Promise<void>((resolve) => {
    hear = resolve;
  });
  return { hear: () => hear(), heard };
}

/** What was sent before is delivered: the server has answered, and the event loop has turned. */
async function roundTrips({ url }: Pick<NatsServer, "url">, count: number): Promise<void> {
  const client = await connectNatsServer({ url });
  for (let i = 0; i < count; i++) await client.flush();
  await client.close();
}

function sameFloats(a: Envelope["body"], b: Float32Array): boolean {
  const bytes = (floats: Float32Array): Buffer =>
    Buffer.from(floats.buffer, floats.byteOffset, floats.byteLength);
  return a instanceof Float32Array && bytes(a).equals(bytes(b));
}
