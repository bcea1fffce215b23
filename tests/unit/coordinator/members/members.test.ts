// Members and their sessions, over the in-process transport: who may join, what a node is sent, which session counts.
import { AS_THEY_ARE } from "../../../../shared/data/image-options.ts";
import { afterEach, describe, expect, onTestFinished, test, vi } from "vitest";
import type { NodeView } from "../../../../coordinator/dashboard/events.ts";
import { type MemberListener, Members } from "../../../../coordinator/members/members.ts";
import { type AnswerListener, serveNodes } from "../../../../coordinator/members/sessions.ts";
import { Weights } from "../../../../coordinator/update/weights.ts";
import { createLog } from "../../../../shared/log.ts";
import { createLayout } from "../../../../shared/protocol/layout.ts";
import {
  type Message,
  PROTOCOL_VERSION,
  type Plan,
  parsePlan,
} from "../../../../shared/protocol/messages.ts";
import { type MemoryHub, createMemoryHub } from "../../../../shared/transport/memory.ts";
import type { Connection, Envelope, Hub } from "../../../../shared/transport/transport.ts";

const FINGERPRINT = "a".repeat(64);
const PROGRAM = "c".repeat(64);
const PLAN: Plan = {
  run: "00001-test",
  seed: 1,
  weights: createLayout([{ name: "generator/w", shape: [2] }]),
  phases: [
    {
      name: "both",
      program: PROGRAM,
      contribution: createLayout([{ name: "gradient/generator/w", shape: [2] }]),
      shards: 1,
      shardSize: 1,
      usesSamples: true,
      every: 1,
    },
  ],
  latentSize: 1,
  data: { name: "none", fingerprint: FINGERPRINT, test: null, images: AS_THEY_ARE },
  generate: null,
  evaluate: null,
  probe: null,
  extractor: null,
};

afterEach(() => void vi.useRealTimers());

describe("a node that joins", () => {
  test("is told the plan and the programs, and gets the weights and takes leases once it is ready", async () => {
    const { members, heard, join } = open();
    const node = join("a", { threads: 3 });
    const [welcome, program, prepare] = await node.take(3);
    expect(parsePlan(JSON.parse(new TextDecoder().decode(welcome.body as Uint8Array)))).toEqual(PLAN);
    expect(program).toMatchObject({ message: { hash: PROGRAM }, body: Uint8Array.of(1, 2) });
    expect(prepare.message).toEqual({ type: "prepare", programs: [PROGRAM] });
    expect(members.views()).toMatchObject([{ node: "a", threads: 3, state: "joining", contributions: 0 }]);
    expect(members.ready()).toEqual([]);

    await node.send({ type: "ready", fingerprint: FINGERPRINT, prepareMs: 1 });
    await settled();
    expect(members.ready().map(({ id }) => id)).toEqual(["a"]);
    expect(heard).toEqual(["ready a"]);
    const [weights] = await node.take(1);
    expect(weights).toMatchObject({
      message: { type: "weights", version: 4 },
      body: Float32Array.of(0.5, 1.5),
    });
  });

  test("takes no more leases once it is leaving, and is a member until it has closed", async () => {
    const { members, heard, joinReady } = open();
    const node = await joinReady("a");
    await node.send({ type: "leaving" });
    await settled();
    expect(members.ready()).toEqual([]);
    expect(members.views()).toMatchObject([{ node: "a", state: "leaving" }]);
    await node.send({ type: "failed", lease: 7, reason: "too late" });
    await node.close();
    await settled();
    expect(members.views()).toEqual([]);
    expect(heard).toEqual(["ready a", "failed a 7 too late", "left a"]);
  });

  test("is told for the last time with all that it contributed", async () => {
    const { members, views, joinReady } = open();
    const node = await joinReady("a");
    members.ready()[0].contributions = 7; // since the last that was told
    await node.close();
    await settled();
    expect(views.slice(-2)).toMatchObject([[{ node: "a", state: "leaving", contributions: 7 }], []]);
  });

  test("and is gone before it was told everything is no member any more", async () => {
    const { members, join } = open();
    const node = join("a");
    await node.close();
    await settled();
    expect(members.views()).toEqual([]);
  });

  test("wakes those who wait for a change", async () => {
    const { members, join } = open();
    const change = members.change(new AbortController().signal);
    join("a");
    await change;
    const controller = new AbortController();
    const never = members.change(controller.signal);
    controller.abort(new Error("enough"));
    await expect(never).rejects.toThrow("enough");
  });
});

describe("nodes that become ready at once", () => {
  test("get their first weights together, while those of another are on their way", async () => {
    const { hub, published, sent } = slowHub();
    const { members, weights, heard, join } = open(hub);
    const [a, b, c, d] = await Promise.all(["a", "b", "c", "d"].map((id) => readyNow(join(id))));
    expect(published).toEqual([{ version: 4, nodes: 1 }]);
    expect(heard).toEqual(["ready a"]);
    expect(members.views().map(({ state }) => state)).toEqual(["ready", "joining", "joining", "joining"]);

    weights.commit(weights.draft());
    await d.close(); // while it waits
    sent();
    await settled();
    expect(published).toEqual([{ version: 4, nodes: 1 }, { version: 5, nodes: 2 }]); // prettier-ignore
    expect(heard).toEqual(["ready a", "left d", "ready b", "ready c"]);
    for (const [node, version] of [
      [a, 4],
      [b, 5],
      [c, 5],
    ] as const)
      // prettier-ignore
      expect((await node.take(1))[0].message).toEqual({ type: "weights", version });
  });

  test("do not wait for longer than five seconds for one that takes nothing", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const { hub, published } = slowHub();
    const { heard, join } = open(hub);
    for (const id of ["a", "b"]) await readyNow(join(id));
    await vi.advanceTimersByTimeAsync(4999);
    expect(heard).toEqual(["ready a"]);
    await vi.advanceTimersByTimeAsync(1);
    await settled();
    expect(heard).toEqual(["ready a", "ready b"]);
    expect(published).toHaveLength(2);
  });

  test("do not wait at all in process, where weights are read in place", async () => {
    const { heard, join } = open();
    for (const id of ["a", "b", "c"]) await readyNow(join(id));
    expect(heard).toEqual(["ready a", "ready b", "ready c"]);
  });

  test("are ready once: one that says so again is closed", async () => {
    const { warnings, joinReady } = open();
    const node = await joinReady("a");
    await node.send({ type: "ready", fingerprint: FINGERPRINT, prepareMs: 1 });
    expect(await node.closed).toBe("a node may not send ready twice");
    expect(warnings).toEqual([expect.stringMatching(/^PROTOCOL: .*ready twice$/)]);
  });
});

describe("a node that may not take part", () => {
  test("with another protocol version is refused with both versions", async () => {
    const { members, join } = open();
    const node = join("old", { protocol: PROTOCOL_VERSION + 1 });
    const [refused] = await node.take(1);
    expect(refused.message).toMatchObject({
      type: "refused",
      code: "VERSION_MISMATCH",
      reason: expect.stringContaining(
        `protocol ${PROTOCOL_VERSION + 1}, the coordinator ${PROTOCOL_VERSION}`,
      ) as string,
    });
    await node.closed;
    expect(members.views()).toEqual([]);
  });

  test("with other data is closed, and both fingerprints are told", async () => {
    const { members, warnings, join } = open();
    const node = join("other");
    await node.take(3);
    await node.send({ type: "ready", fingerprint: "b".repeat(64), prepareMs: 1 });
    expect(await node.closed).toMatch(/b{64}.*a{64}/);
    await settled();
    expect(members.views()).toEqual([]);
    expect(warnings).toEqual([expect.stringMatching(/^DATA_MISMATCH: .*b{64}.*a{64}/)]);
  });

  test("that says anything before hello, or what only a coordinator says, is closed", async () => {
    const { members, warnings, connect, joinReady } = open();
    const rude = connect("rude");
    await rude.send({ type: "leaving" });
    expect((await rude.take(1))[0].message).toMatchObject({ type: "refused", code: "PROTOCOL" });
    await rude.closed;

    const node = await joinReady("a");
    await node.send({ type: "stop", reason: "I say so" });
    expect(await node.closed).toMatch("a node may not send stop now");
    await settled();
    expect(members.views()).toEqual([]);
    expect(warnings.map((warning) => warning.split(":")[0])).toEqual(["PROTOCOL", "PROTOCOL"]);
  });

  test("that says nothing for ten seconds is closed", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const { connect } = open();
    const silent = connect("silent");
    await settled();
    vi.advanceTimersByTime(9999);
    expect(silent.status().connected).toBe(true);
    vi.advanceTimersByTime(1);
    expect(await silent.closed).toBe("no hello within 10 s");
  });
});

describe("a node that joins twice", () => {
  test("is fenced: the newer session counts, what the older one says does not", async () => {
    const { members, heard, warnings, joinReady } = open();
    const older = await joinReady("a");
    const newer = await joinReady("a");
    expect(await older.closed).toBe("the same node joined again");
    expect(warnings).toEqual(["WORKER: node a joined again: its older session is closed"]);
    expect(heard).toEqual(["ready a", "left a", "ready a"]);
    await settled();
    expect(members.views()).toHaveLength(1);
    expect(members.ready()[0].connection.status().connected).toBe(true);
    await newer.close();
    await settled();
    expect(members.views()).toEqual([]);
  });

  test("or three times at once leaves one session, and no connection that nobody serves", async () => {
    const { members, join } = open();
    const nodes = ["a", "a", "a"].map((id) => join(id));
    await Promise.all(nodes.slice(0, 2).map(({ closed }) => closed));
    await settled();
    expect(nodes.map((node) => node.status().connected)).toEqual([false, false, true]);
    expect(members.views()).toHaveLength(1);
  });
});

test("one that computes with another arithmetic is welcome, with a warning", async () => {
  const { members, warnings, joinReady } = open();
  await joinReady("a", { arithmetic: "ort 1 avx2" });
  await joinReady("b", { arithmetic: "ort 1 avx512f" });
  expect(members.ready()).toHaveLength(2);
  expect(warnings).toEqual([expect.stringMatching(/b computes with ort 1 avx512f, a with ort 1 avx2/)]);
});

interface Node extends Connection {
  take(count: number): Promise<Envelope[]>;
}

type Hello = Extract<Message, { type: "hello" }>;

/** Says that it is ready, once it was told all that it needs. */
async function readyNow(node: Node): Promise<Node> {
  await node.take(3);
  await node.send({ type: "ready", fingerprint: FINGERPRINT, prepareMs: 1 });
  await settled();
  return node;
}

/** A hub over which weights are on their way until `sent` is called. */
function slowHub() {
  const memory = createMemoryHub();
  const published: { readonly version: number; readonly nodes: number }[] = [];
  let sent = (): void => undefined;
  const broadcast: Hub["broadcast"] = async (message, body, to = () => true) => {
    let nodes = 0;
    const count = (connection: Connection): boolean => {
      const picked = to(connection);
      if (picked) nodes++;
      return picked;
    };
    void memory.broadcast(message, body, count);
    if (message.type !== "weights") return;
    published.push({ version: message.version, nodes });
    await new Promise<void>((resolve) => (sent = resolve));
  };
  const { inPlace: _, ...rest } = memory;
  return { hub: { ...rest, broadcast }, published, sent: () => sent() };
}

/** Members behind a hub, served until the test ends. */
function open(hub: MemoryHub = createMemoryHub()) {
  const heard: string[] = [];
  const warnings: string[] = [];
  const views: (readonly NodeView[])[] = [];
  const weights = new Weights(Float32Array.of(0.5, 1.5), 4);
  const log = createLog({ stderr: "silent" });
  const warn = (code: string, message: string): void => void warnings.push(`${code}: ${message}`);
  const members = new Members({
    hub,
    weights,
    log,
    warn,
    changed: (nodes) => void views.push(nodes),
  });
  const listener: MemberListener & AnswerListener = {
    ready: ({ id }) => void heard.push(`ready ${id}`),
    left: ({ id }) => void heard.push(`left ${id}`),
    failed: ({ id }, lease, reason) => void heard.push(`failed ${id} ${lease} ${reason}`),
    contribution(_member, _lease, envelope) {
      envelope.release();
    },
  };
  members.listen(listener);
  const programs = new Map([[PROGRAM, Uint8Array.of(1, 2)]]);
  const serving = serveNodes({ hub, plan: PLAN, programs, members, answers: listener, log, warn });
  onTestFinished(async () => {
    await hub.close();
    await serving;
  });

  function connect(name: string): Node {
    const connection = hub.connect(name);
    const arrivals = connection.receive()[Symbol.asyncIterator]();
    return {
      ...connection,
      async take(count) {
        const envelopes: Envelope[] = [];
        while (envelopes.length < count) {
          const next = await arrivals.next();
          if (next.done === true)
            throw new Error(`${name} was told ${envelopes.length} of ${count} messages`);
          envelopes.push(next.value);
          next.value.release();
        }
        return envelopes;
      },
    };
  }
  function join(node: string, options: Partial<Hello> = {}): Node {
    const connection = connect(node);
    const hello: Hello = {
      type: "hello",
      protocol: PROTOCOL_VERSION,
      node,
      threads: 1,
      engine: "graph",
      device: "cpu",
      arithmetic: "test",
      ...options,
    };
    void connection.send(hello);
    return connection;
  }
  async function joinReady(node: string, options: Partial<Hello> = {}): Promise<Node> {
    const connection = await readyNow(join(node, options));
    await connection.take(1);
    return connection;
  }
  return { members, weights, heard, warnings, views, connect, join, joinReady };
}

/** Every message in the process has arrived: they travel in microtasks. */
async function settled(): Promise<void> {
  for (let i = 0; i < 3; i++) await new Promise(setImmediate);
}
