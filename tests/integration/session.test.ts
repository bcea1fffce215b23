// A real node with real threads over the in-process transport; the test is its coordinator.
import { AS_THEY_ARE } from "../../shared/data/image-options.ts";
import { beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { parseConfig } from "../../shared/config/config.ts";
import { createLog } from "../../shared/log.ts";
import { type CompiledRun, compileRun } from "../../coordinator/compiler/compile-run.ts";
import type { Lease, Message, Plan } from "../../shared/protocol/messages.ts";
import { listenToSpans } from "../../shared/spans.ts";
import { createMemoryHub } from "../../shared/transport/memory.ts";
import type { Connection, Envelope } from "../../shared/transport/transport.ts";
import { VectorMemory } from "../../shared/simd/vector-memory.ts";
import { TreeSum } from "../../shared/tree-sum.ts";
import { type SessionOptions, runSession } from "../../worker/session.ts";
import { pixelsOf } from "../support/load-source.ts";
import { randomDataset } from "../support/small-run.ts";

const SHARDS = 4;
const DATA = await randomDataset(32, [28, 28, 1]);
const CONFIG = parseConfig({
  model: { kind: "preset", name: "digits" },
  latentSize: 8,
  batch: 8,
  shard: 8 / SHARDS,
  length: { kind: "steps", steps: 1 },
  sampleCount: 4,
});

let compiled: CompiledRun;
let plan: Plan;

beforeAll(async () => {
  compiled = await compileRun(CONFIG, DATA);
  const { phases, generate, evaluate, probe, layout } = compiled;
  plan = {
    run: "00001-test",
    seed: 5,
    weights: layout,
    phases: [...phases],
    latentSize: CONFIG.latentSize,
    data: { name: DATA.name, fingerprint: DATA.fingerprint, test: null, images: AS_THEY_ARE },
    generate,
    evaluate,
    probe,
    extractor: null,
  };
});

describe("a lease", () => {
  test("of four shards gives the tree sum of the four shards alone, bit for bit, on one thread and on two", async () => {
    const shards: Float32Array[] = [];
    for (const threads of [1, 2]) {
      const node = await join({ threads });
      const block = await node.compute(phaseLease(1, { first: 0, shards: SHARDS }));
      const pair = await node.compute(phaseLease(2, { first: 2, shards: 2 }));
      if (shards.length === 0) {
        for (let first = 0; first < SHARDS; first++)
          shards.push(await node.compute(phaseLease(10 + first, { first, shards: 1 })));
        expect(shards[0]).toHaveLength(plan.phases[0].contribution.length);
        expect(shards[0].some((value) => value !== 0)).toBe(true);
        expect(shards[1]).not.toEqual(shards[0]); // other samples, other noise
      }
      const sum = new TreeSum(SHARDS);
      shards.forEach((shard, first) => sum.add({ first, shards: 1 }, shard.slice(), () => undefined));
      expect(block).toEqual(sum.take().vector);
      expect(pair).toEqual(shards[2].map((value, i) => value + shards[3][i]));
      expect(await node.stop()).toBe("the run is over");
    }
  });

  test("of another step or place in the data gives another gradient, the same one the same", async () => {
    const node = await join();
    const gradient = (id: number, at: { step?: number; position?: number }): Promise<Float32Array> =>
      node.compute(phaseLease(id, { first: 1, shards: 1, ...at }));
    const here = await gradient(1, {});
    expect(await gradient(2, { step: 1 })).not.toEqual(here); // other noise
    expect(await gradient(3, { position: 8 })).not.toEqual(here); // other samples
    expect(await gradient(4, {})).toEqual(here);
    await node.stop();
  });

  test("that was cancelled sends nothing, and begins no further shard", async () => {
    const node = await join();
    let computed = 0;
    onTestFinished(listenToSpans(({ name }) => void (computed += Number(name === "compute"))));
    node.send(phaseLease(1, { first: 0, shards: SHARDS }));
    node.send({ type: "cancel", lease: 1 });
    node.send(phaseLease(2, { first: 0, shards: 1 }));
    expect((await node.next()).message).toMatchObject({ type: "contribution", lease: 2 }); // one thread: after lease 1
    await node.stop();
    expect(await node.rest()).toEqual([]);
    expect(computed).toBe(2); // the first shard of lease 1, which had begun, and that of lease 2
  });

  test("whose time is up is abandoned: it sends nothing, and begins no further shard", async () => {
    const node = await join();
    let computed = 0;
    onTestFinished(listenToSpans(({ name }) => void (computed += Number(name === "compute"))));
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    onTestFinished(() => void vi.useRealTimers());
    node.send({ ...phaseLease(1, { first: 0, shards: SHARDS }), deadlineMs: 20_000 });
    await new Promise(setImmediate); // it is with the node, whose one thread computes the first shard
    vi.advanceTimersByTime(20_000);
    node.send(phaseLease(2, { first: 0, shards: 1 }));
    expect((await node.next()).message).toMatchObject({ type: "contribution", lease: 2 });
    await node.stop();
    expect(await node.rest()).toEqual([]);
    expect(computed).toBe(2);
  });

  test("from which a thread does not come back ends the node with an error that says so", async () => {
    const node = await join();
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    onTestFinished(() => void vi.useRealTimers());
    node.send({ ...phaseLease(1, { first: 0, shards: SHARDS }), deadlineMs: 20_000 });
    await new Promise(setImmediate);
    vi.advanceTimersByTime(20_000 + 59_999);
    node.send({ type: "cancel", lease: 1 }); // the coordinator takes it back, too
    vi.advanceTimersByTime(1);
    await expect(node.ended).rejects.toMatchObject({
      code: "HUNG",
      message: expect.stringMatching(
        /^a thread has not come back from a shard of step 0 for 80 s: .*ganglion doctor$/,
      ),
    });
  });

  test("in process is answered in the memory that the coordinator computes in, so that nothing is copied there", async () => {
    const node = await join();
    node.send(phaseLease(1, { first: 0, shards: SHARDS }));
    const { message, body } = await node.next();
    expect(message).toMatchObject({ type: "contribution", lease: 1 });
    expect(node.vectors!.addressOf(body as Float32Array)).not.toBeNull();
    await node.stop();
  });

  test("for weights that are not here fails with the versions, and the node goes on", async () => {
    const node = await join();
    node.send({ ...phaseLease(1, { first: 0, shards: 1 }), version: 7 });
    expect((await node.next()).message).toEqual({
      type: "failed",
      lease: 1,
      reason: "weights 7 are not here: 0 are",
    });
    await node.compute(phaseLease(2, { first: 0, shards: 1 }));
    await node.stop();
  });

  test("after a hundred others allocates no shared memory", async () => {
    const node = await join({ threads: 2 });
    const work = { first: 0, shards: SHARDS };
    await node.compute(phaseLease(1, work));
    const allocated = countSharedBuffers();
    for (let id = 2; id <= 101; id++) await node.compute(phaseLease(id, work));
    expect(allocated()).toBe(0);
    expect(new SharedArrayBuffer(8).byteLength + allocated()).toBe(8 + 1); // it does count
    await node.stop();
  });
});

test("a thread has drawn the inputs of the next round before its weights come", async () => {
  const data = await randomDataset(32, [28, 28, 1]); // the same images, in memory of their own
  const pixels = pixelsOf(data);
  const kept = pixels.slice();
  const undisturbed = await join();
  const node = await join({ loadData: async () => ({ train: data, test: null }) });
  const round = (step: number): Lease =>
    phaseLease(step + 1, { first: 0, shards: 1, step, position: 8 * step });
  let isAhead = false;
  for (let step = 0; !isAhead && step < 200; step += 2) {
    await node.compute(round(step));
    await new Promise(setImmediate); // meanwhile, as long as nobody needs it, the thread draws
    pixels.fill(0);
    const next = await node.compute(round(step + 1));
    pixels.set(kept);
    isAhead = Buffer.compare(bytesOf(next), bytesOf(await undisturbed.compute(round(step + 1)))) === 0;
  }
  expect(isAhead).toBe(true);
  await undisturbed.stop();
  await node.stop();
});

describe("a node that is to stop", () => {
  test("finishes what is leased, says that it leaves, and ends", async () => {
    const stop = new AbortController();
    const node = await join({ stop: stop.signal });
    for (const id of [1, 2]) node.send(phaseLease(id, { first: 0, shards: 2 }));
    await new Promise(setImmediate); // both are with the node
    stop.abort();
    const messages = [await node.next(), await node.next(), await node.next()].map(({ message }) => message);
    expect(messages).toMatchObject([
      { type: "leaving" },
      { type: "contribution", lease: 1 },
      { type: "contribution", lease: 2 },
    ]);
    expect(await node.ended).toBe("the node leaves");
    expect(await node.rest()).toEqual([]);
  });

  test("before it has begun leaves at once", async () => {
    const node = connect({ stop: AbortSignal.abort() });
    expect((await node.next()).message.type).toBe("hello");
    expect((await node.next()).message.type).toBe("leaving");
    expect(await node.ended).toBe("the node leaves");
  });

  test("because the run is over while it prepares ends with that reason", async () => {
    const node = connect({
      async loadData() {
        node.send({ type: "stop", reason: "the run is over" });
        await node.close();
        return { train: DATA, test: null, images: AS_THEY_ARE };
      },
    });
    await node.admit();
    expect(await node.ended).toBe("the run is over");
  });
});

test("a node that would send what the coordinator refuses ends with what it was, and sends no more", async () => {
  const node = await join({ threads: 1 });
  onTestFinished(() => void vi.restoreAllMocks());
  vi.spyOn(performance, "now").mockReturnValue(Number.NaN); // a broken clock
  node.send(phaseLease(1, { first: 0, shards: 1 }));
  await expect(node.ended).rejects.toMatchObject({
    code: "PROTOCOL",
    exitCode: 1,
    message: expect.stringMatching(
      /^this program would send a contribution that its receiver refuses: computeMs: NaN .*please report it$/,
    ) as string,
  });
  expect(await node.rest()).toEqual([]);
});

test("a node with other data ends with an error that shows both fingerprints", async () => {
  const other = await randomDataset(32, [28, 28, 1], 2);
  const node = connect({ loadData: async () => ({ train: other, test: null, images: AS_THEY_ARE }) });
  await node.admit();
  await expect(node.ended).rejects.toMatchObject({
    code: "DATA_MISMATCH",
    message: expect.stringMatching(
      new RegExp(`${other.fingerprint.slice(0, 12)}.*${DATA.fingerprint.slice(0, 12)}`),
    ) as string,
  });
});

test("a node that is refused ends with the coordinator's reason", async () => {
  const node = connect();
  await node.next();
  node.send({ type: "refused", code: "VERSION_MISMATCH", reason: "install the same version" });
  await expect(node.ended).rejects.toThrow(
    "the coordinator refuses this node (VERSION_MISMATCH): install the same version",
  );
});

interface Node {
  /** Of its hub. */
  readonly vectors: VectorMemory | undefined;
  /** How the session ended. */
  readonly ended: Promise<string>;
  send(message: Message, body?: Float32Array | Uint8Array): void;
  /** The next message of the node; its body is given back at once. */
  next(): Promise<Envelope>;
  /** What came after that, once the session has ended. */
  rest(): Promise<Message[]>;
  /** Tells plan, programs and weights, as a coordinator does. */
  admit(): Promise<void>;
  /** Leases work and gives a copy of the result. */
  compute(lease: Lease): Promise<Float32Array>;
  /** Ends the run for the node. */
  stop(): Promise<string>;
  close(): Promise<void>;
}

async function join(options: Partial<SessionOptions> = {}): Promise<Node> {
  const node = connect(options);
  await node.admit();
  expect((await node.next()).message).toMatchObject({ type: "ready", fingerprint: DATA.fingerprint });
  return node;
}

function connect(options: Partial<SessionOptions> = {}): Node {
  const hub = createMemoryHub();
  const ended = runSession({
    node: "node",
    connection: hub.connect("node"),
    choice: { engine: "graph", device: "cpu" },
    threads: 1,
    loadData: async () => ({ train: DATA, test: null, images: AS_THEY_ARE }),
    log: createLog({ stderr: "silent" }),
    stop: new AbortController().signal,
    ...options,
  });
  ended.catch(() => undefined); // the test looks at it later
  onTestFinished(async () => {
    await hub.close();
    await ended.catch(() => undefined);
  });
  const near = hub.connections()[Symbol.asyncIterator]().next() as Promise<{ value: Connection }>;
  const arrivals = near.then(({ value }) => value.receive()[Symbol.asyncIterator]());
  const send = (message: Message, body?: Float32Array | Uint8Array): void =>
    void near.then(({ value }) => value.send(message, body)).catch(() => undefined);

  async function receive(): Promise<Envelope> {
    const { value, done } = await (await arrivals).next();
    if (done === true) throw new Error(`the node has closed: ${await ended}`);
    return value;
  }
  const node: Node = {
    vectors: hub.vectors,
    ended,
    send,
    async next() {
      const envelope = await receive();
      envelope.release();
      return envelope;
    },
    async rest() {
      const messages: Message[] = [];
      await hub.close();
      for (;;) {
        const next = await (await arrivals).next();
        if (next.done === true) return messages;
        messages.push(next.value.message);
      }
    },
    async admit() {
      expect((await node.next()).message).toMatchObject({ type: "hello", node: "node" });
      send({ type: "welcome", run: plan.run }, new TextEncoder().encode(JSON.stringify(plan)));
      for (const [hash, program] of compiled.programs) send({ type: "program", hash }, program);
      send({ type: "prepare", programs: [...compiled.programs.keys()] });
      send({ type: "weights", version: 0 }, compiled.initialWeights);
    },
    async compute(lease) {
      send(lease);
      const envelope = await receive();
      expect(envelope.message).toMatchObject({ type: "contribution", lease: lease.id });
      const result = (envelope.body as Float32Array).slice();
      envelope.release();
      return result;
    },
    stop() {
      send({ type: "stop", reason: "the run is over" });
      return ended;
    },
    close: async () => (await near).value.close("the coordinator closed"), // after what was sent before
  };
  return node;
}

interface Place {
  readonly first: number;
  readonly shards: number;
  readonly step?: number;
  readonly position?: number;
}

function phaseLease(id: number, { first, shards, step = 0, position = 0 }: Place): Lease {
  const work = { kind: "phase", phase: 0, step, first, shards, position } as const;
  return { type: "lease", id, version: 0, deadlineMs: 60_000, work };
}

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}

/** Counts what this thread allocates from here on; the threads of the node only read what they are given. */
function countSharedBuffers(): () => number {
  let count = 0;
  const counting = new Proxy(SharedArrayBuffer, {
    construct(target, [length]: [number]) {
      count++;
      return new target(length);
    },
  });
  vi.stubGlobal("SharedArrayBuffer", counting);
  const parts = vi.spyOn(VectorMemory.prototype, "floats"); // of one large memory
  onTestFinished(() => {
    vi.unstubAllGlobals();
    parts.mockRestore();
  });
  return () => count + parts.mock.calls.length;
}
