// The WebSocket transport over real sockets on free ports: the shared suite, hostile and dying peers, large bodies.
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { describe, expect, test, vi } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { encodeFrame } from "../../../../../shared/protocol/frame.ts";
import { FramePool, type FrameBuffer } from "../../../../../shared/transport/frame-pool.ts";
import type { Message } from "../../../../../shared/protocol/messages.ts";
import { cutFrame } from "../../../../../shared/transport/cut-frame.ts";
import { PART_BYTES } from "../../../../../shared/transport/websocket/part-assembly.ts";
import type { Connection, Envelope } from "../../../../../shared/transport/transport.ts";
import { connectWebSocket } from "../../../../../shared/transport/websocket/client.ts";
import { listenWebSocket, type ListenOptions } from "../../../../../shared/transport/websocket/server.ts";
import { describeTransport, take } from "../conformance.ts";
import { LOOPBACK, openHub, openRaw } from "./support.ts";

const cancel = (lease: number): Message => ({ type: "cancel", lease });
const weights: Message = { type: "weights", version: 1 };
const frameOf = (message: Message, body?: Float32Array) => Buffer.concat(encodeFrame(message, body));
/** The messages that carry a frame. */
const partsOf = (message: Message, body?: Float32Array) =>
  cutFrame(encodeFrame(message, body), PART_BYTES).map(({ bytes }) => bytes);

describeTransport("the WebSocket transport", async () => {
  const hub = await listenWebSocket(LOOPBACK);
  return { hub, connect: (name) => connectWebSocket({ url: hub.address, name }) };
});

describe("a peer that sends rubbish", () => {
  /** What the peer is told, and what the hub counted. */
  async function misbehave(act: (raw: WebSocket) => void, options: Partial<ListenOptions> = {}) {
    const { hub, accept } = await openHub(options);
    const raw = await openRaw(hub);
    const near = await accept();
    const farewell = once(raw, "close");
    act(raw);
    const [code] = await farewell;
    const reason = await near.closed;
    return { code, reason, rejected: hub.status().rejected, received: hub.status().receivedMessages };
  }

  test("is closed after a text message", async () => {
    expect(await misbehave((raw) => raw.send("{}"))).toMatchObject({
      code: 1008,
      rejected: { text: 1 },
      received: 0,
    });
  });

  test("is closed after the first frame that does not decode, and nothing after it is read", async () => {
    const outcome = await misbehave((raw) => {
      raw.send(frameOf(cancel(1)));
      raw.send(Buffer.from("garbage"));
      raw.send(Buffer.from("more garbage"));
      raw.send(frameOf(cancel(2)));
    });
    expect(outcome).toMatchObject({ code: 1008, rejected: { truncated: 1 }, received: 1 });
    expect(outcome.reason).toContain("truncated");
  });

  test("is told which field of a message fails the schema", async () => {
    const { reason, rejected } = await misbehave((raw) => raw.send(frameOf({ type: "cancel", lease: -1 })));
    expect(reason).toMatch(/schema lease:/);
    expect(rejected).toEqual({ schema: 1 });
  });

  test("is closed when a frame is over the limit, before it has arrived", async () => {
    const outcome = await misbehave((raw) => raw.send(Buffer.alloc(2000)), { maxFrameBytes: 1000 });
    expect(outcome).toMatchObject({ code: 1009, rejected: { "too-large": 1 } });
  });

  test("is closed when a frame of many parts is over the limit, at the first of them", async () => {
    const maxFrameBytes = 2 * PART_BYTES;
    const [first, second] = partsOf(weights, new Float32Array(maxFrameBytes / 4));
    const outcome = await misbehave((raw) => raw.send(first), { maxFrameBytes });
    expect(outcome).toMatchObject({ code: 1009, rejected: { "too-large": 1 }, received: 0 });
    expect(second).toHaveLength(PART_BYTES);
  });

  test("is closed when a message is larger than a part, whatever it holds, before it has arrived", async () => {
    const outcome = await misbehave((raw) => raw.send(frameOf(weights, new Float32Array(PART_BYTES / 4))));
    expect(outcome).toMatchObject({ code: 1009, rejected: { "too-large": 1 } });
  });

  test("is closed when it sends a large frame byte by byte, at the first byte", async () => {
    const outcome = await misbehave((raw) => {
      const [first, second] = partsOf(weights, new Float32Array(PART_BYTES));
      raw.send(first);
      for (let i = 0; i < 1000; i++) raw.send(second.subarray(i, i + 1));
    });
    expect(outcome).toMatchObject({ code: 1008, rejected: { "part-size": 1 }, received: 0 });
    expect(outcome.reason).toMatch(/part-size 1 bytes$/);
  });

  test("is closed when it sends a frame in 4 fragments, or in 131,000", async () => {
    for (const fragments of [4, 131_000]) {
      const outcome = await misbehave((raw) => {
        for (let i = 0; i < fragments; i++) raw.send(Buffer.of(0), { fin: false });
      });
      expect(outcome).toMatchObject({ code: 1008, rejected: { fragments: 1 } });
    }
  });

  test("is told politely by a node too", async () => {
    const { hub, accept } = await openHub();
    const node = await connectWebSocket({ url: hub.address, name: "small", maxFrameBytes: 1000 });
    const near = await accept();
    await near.send(weights, new Float32Array(500));
    expect(await near.closed).toMatch(/refused a frame over its size limit$/);
    expect(await node.closed).toContain("Max payload size exceeded");
    expect(node.status().rejected).toEqual({ "too-large": 1 });
  });

  test("leaves the other peers alone", async () => {
    const { hub, accept } = await openHub();
    const node = await connectWebSocket({ url: hub.address, name: "good" });
    const near = await accept();
    const raw = await openRaw(hub);
    raw.send("rubbish");
    await once(raw, "close");
    await node.send(cancel(1));
    expect((await take(near, 1))[0].message).toEqual(cancel(1));
  });
});

describe("a peer that dies", () => {
  test("is noticed at once when its socket is destroyed", async () => {
    const { hub, accept } = await openHub();
    const raw = await openRaw(hub);
    const near = await accept();
    raw.terminate();
    expect(await near.closed).toMatch(/went away without a word$/);
    await expect(near.send(cancel(1))).rejects.toMatchObject({ code: "TRANSPORT" });
  });

  test("is noticed by the missing heartbeats when its socket stays open", async () => {
    const { hub, accept } = await openHub({ heartbeatMs: 20 });
    const raw = await openRaw(hub, { autoPong: false });
    const near = await accept();
    raw.send(frameOf(cancel(1))); // it was alive once
    await take(near, 1);
    expect(await near.closed).toMatch(/^no sign of life from .* for 0\.06 s$/);
  });

  test("is noticed by the node when it is the coordinator", async () => {
    const frozen = new WebSocketServer({ ...LOOPBACK, autoPong: false });
    await once(frozen, "listening");
    const url = `ws://127.0.0.1:${(frozen.address() as AddressInfo).port}`;
    const node = await connectWebSocket({ url, name: "a", heartbeatMs: 20 });
    expect(await node.closed).toMatch(/^no sign of life from ws:/);
    frozen.close();
  });

  test("rejects the sends it never took", async () => {
    const { hub, accept } = await openHub();
    const raw = await openRaw(hub);
    const near = await accept();
    raw.pause();
    const sent = near.send(weights, new Float32Array(16_000_000)); // 64 MB: more than the kernel buffers
    const outcome = expect(sent).rejects.toMatchObject({ code: "TRANSPORT" });
    raw.terminate();
    await outcome;
  });

  test("is not declared dead while it only answers pings", async () => {
    const { hub, accept } = await openHub({ heartbeatMs: 10 });
    const raw = await openRaw(hub);
    const near = await accept();
    for (let i = 0; i < 10; i++) await once(raw, "ping");
    expect(near.status().connected).toBe(true);
  });
});

describe("back-pressure", () => {
  test("a send resolves only when the system took the bytes", async () => {
    const { hub, accept } = await openHub();
    const raw = await openRaw(hub);
    const near = await accept();
    const other = await connectWebSocket({ url: hub.address, name: "other" });
    const otherEnd = await accept();
    raw.pause();
    let done = false;
    const sent = near.send(weights, new Float32Array(16_000_000)).finally(() => {
      done = true;
    });
    for (let i = 0; i < 20; i++) await roundTrip(other, otherEnd);
    expect(done).toBe(false);
    raw.resume();
    await sent;
  });

  test("a receiver that does not read slows the sender down, and loses nothing", async () => {
    const { hub, accept } = await openHub();
    const node = await connectWebSocket({ url: hub.address, name: "fast" });
    const near = await accept();
    const body = new Float32Array(250_000); // 1 MB
    const sends = Array.from({ length: 64 }, (_, i) => node.send(cancel(i), body));
    await vi.waitFor(() => expect(near.status().receivedMessages).toBeGreaterThanOrEqual(16), 10_000);
    const other = await connectWebSocket({ url: hub.address, name: "other" });
    const otherEnd = await accept();
    for (let i = 0; i < 20; i++) await roundTrip(other, otherEnd);
    expect(near.status().receivedMessages).toBeLessThan(20); // 16 MiB read ahead, and one frame in hand
    const arrived = await take(near, 64);
    expect(arrived.map(({ message }) => message)).toEqual(sends.map((_, i) => cancel(i)));
    await Promise.all(sends);
  });

  test("a broadcast does not wait for a stopped peer, which is closed when it is too far behind", async () => {
    const { hub, accept } = await openHub();
    const raw = await openRaw(hub);
    const stopped = await accept();
    raw.pause();
    const node = await connectWebSocket({ url: hub.address, name: "healthy" });
    await accept();
    const body = new Float32Array(5_000_000); // 20 MB: the limit is 4 frames
    for (let version = 0; version < 12 && stopped.status().connected; version++) {
      await hub.broadcast({ type: "weights", version }, body);
      expect((await take(node, 1))[0].message).toEqual({ type: "weights", version });
    }
    expect(await stopped.closed).toMatch(/is too slow: \d+ bytes behind, the limit is 8\d{7}$/);
    expect(hub.status().rejected).toEqual({ slow: 1 });
    expect(node.status().connected).toBe(true);
  });

  test("a broadcast body may be overwritten as soon as it resolves", async () => {
    const { hub, accept } = await openHub();
    const raw = await openRaw(hub);
    raw.pause();
    await accept();
    const node = await connectWebSocket({ url: hub.address, name: "healthy" });
    await accept();
    const body = new Float32Array(8_000_000).fill(1); // 32 MB: the paused peer holds most of it back
    const wanted = frameOf(weights, new Float32Array(8_000_000).fill(1));
    const arrived = collect(raw, 2 * wanted.length);
    const read = node.receive()[Symbol.asyncIterator]();
    for (const value of [2, 3]) {
      const sent = hub.broadcast(weights, body);
      await read.next();
      await sent;
      body.fill(value); // nor is the memory of the first used again before the paused peer has it
    }
    raw.resume();
    const frames = await arrived;
    expect(frames.subarray(0, wanted.length).equals(wanted)).toBe(true);
    const second = frameOf(weights, new Float32Array(8_000_000).fill(2));
    expect(frames.subarray(wanted.length).equals(second)).toBe(true);
  });
});

describe("large bodies", () => {
  const bodyOf = (envelope: Envelope): ArrayBufferLike => envelope.body!.buffer;

  test("arrive in shared memory at both ends, where the next lies when they are released", async () => {
    const { hub, accept } = await openHub();
    const node = await connectWebSocket({ url: hub.address, name: "a" });
    const near = await accept();
    for (const [from, to] of [
      [node, near],
      [near, node],
    ]) {
      const arrivals = to.receive()[Symbol.asyncIterator]();
      const sendNext = async (value: number): Promise<Envelope> => {
        await from.send(weights, new Float32Array(100_000).fill(value));
        return (await arrivals.next()).value as Envelope;
      };
      const first = await sendNext(1);
      expect(bodyOf(first)).toBeInstanceOf(SharedArrayBuffer);
      const second = await sendNext(2);
      expect(bodyOf(second)).not.toBe(bodyOf(first));
      first.release();
      expect(bodyOf(await sendNext(3))).toBe(bodyOf(first));
      expect(new Set(second.body)).toEqual(new Set([2]));
    }
  });

  test("are broadcast from the same memory again and again, once all have taken them", async () => {
    const { hub, accept } = await openHub();
    const nodes = await Promise.all(
      ["a", "b"].map(async (name) => {
        const node = await connectWebSocket({ url: hub.address, name });
        await accept();
        return node.receive()[Symbol.asyncIterator]();
      }),
    );
    const taken = vi.spyOn(FramePool.prototype, "take");
    for (let version = 0; version < 20; version++) {
      await hub.broadcast({ type: "weights", version }, new Float32Array(100_000).fill(version));
      for (const node of nodes) {
        const envelope = (await node.next()).value as Envelope;
        expect([envelope.message, envelope.body![0], envelope.body!.at(-1)]).toEqual([
          { type: "weights", version },
          version,
          version,
        ]);
        envelope.release();
      }
    }
    const memories = new Set(taken.mock.results.map(({ value }) => value as FrameBuffer));
    expect(taken.mock.calls).toHaveLength(60); // the hub's and both nodes' of 20 rounds
    expect(memories.size).toBeLessThan(10); // of each end, one or two
    taken.mockRestore();
  });

  test("are sent by a node as they are, behind a mask of zeros", async () => {
    const server = new WebSocketServer(LOOPBACK);
    await once(server, "listening");
    const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const chunks: Buffer[] = [];
    const wanted = Buffer.from(Float32Array.from({ length: 1000 }, (_, i) => i).buffer);
    const seen = new Promise<void>((resolve) => {
      server.on("connection", (_socket, { socket }) => {
        // Before `ws`, which takes the masks off in place.
        socket.prependListener("data", (chunk: Buffer) => {
          chunks.push(Buffer.from(chunk));
          if (Buffer.concat(chunks).includes(wanted)) resolve();
        });
      });
    });
    const node = await connectWebSocket({ url, name: "a" });
    await node.send(
      weights,
      Float32Array.from({ length: 1000 }, (_, i) => i),
    );
    await seen;
    await node.close();
    server.close();
  });
});

async function roundTrip(node: Connection, near: Connection): Promise<void> {
  await node.send(cancel(0));
  await take(near, 1);
  await near.send(cancel(0));
  await take(node, 1);
}

/** So many bytes of the messages that a peer receives, back to back. */
function collect(raw: WebSocket, sizeBytes: number): Promise<Buffer> {
  const messages: Buffer[] = [];
  let left = sizeBytes;
  return new Promise((resolve) => {
    raw.on("message", (message: Buffer) => {
      messages.push(message);
      left -= message.length;
      if (left <= 0) resolve(Buffer.concat(messages));
    });
  });
}
