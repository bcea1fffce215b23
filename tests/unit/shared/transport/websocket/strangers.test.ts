// What a peer may make a coordinator hold over WebSockets: before its hello, after it, and how many peers there may be.
import { once } from "node:events";
import { afterEach, describe, expect, test, vi } from "vitest";
import { WebSocket } from "ws";
import { encodeFrame, mostFrameBytes } from "../../../../../shared/protocol/frame.ts";
import { FramePool, type FrameBuffer } from "../../../../../shared/transport/frame-pool.ts";
import type { Message } from "../../../../../shared/protocol/messages.ts";
import { cutFrame } from "../../../../../shared/transport/cut-frame.ts";
import { PART_BYTES } from "../../../../../shared/transport/websocket/part-assembly.ts";
import type { Connection, Hub } from "../../../../../shared/transport/transport.ts";
import { connectWebSocket } from "../../../../../shared/transport/websocket/client.ts";
import { type ListenOptions, listenWebSocket } from "../../../../../shared/transport/websocket/server.ts";

const cancel: Message = { type: "cancel", lease: 1 };
const weights: Message = { type: "weights", version: 1 };
const partsOf = (message: Message, bodyBytes: number): Uint8Array[] =>
  cutFrame(encodeFrame(message, new Uint8Array(bodyBytes)), PART_BYTES).map(({ bytes }) => bytes);

const hubs: Hub[] = [];
const raws: WebSocket[] = [];
afterEach(async () => {
  for (const raw of raws.splice(0)) raw.terminate();
  for (const hub of hubs.splice(0)) await hub.close();
  vi.restoreAllMocks();
});

async function openHub(options: Partial<ListenOptions> = {}) {
  const hub = await listenWebSocket({ host: "127.0.0.1", port: 0, ...options });
  hubs.push(hub);
  const arrivals = hub.connections()[Symbol.asyncIterator]();
  return { hub, accept: async () => (await arrivals.next()).value as Connection };
}

/** A peer that speaks plain WebSocket, and the coordinator's end of it. */
async function openRaw(options: Partial<ListenOptions> = {}) {
  const { hub, accept } = await openHub(options);
  const raw = new WebSocket(`${hub.address}/workers`, { perMessageDeflate: false });
  raws.push(raw);
  await once(raw, "open");
  raw.on("error", () => undefined); // cut off while it sends
  return { hub, raw, near: await accept() };
}

describe("before it is admitted, a peer", () => {
  test("sends a message without a body, and it arrives", async () => {
    const { raw, near } = await openRaw();
    raw.send(Buffer.concat(encodeFrame(cancel)));
    const { value } = await near.receive()[Symbol.asyncIterator]().next();
    expect(value).toMatchObject({ message: cancel });
  });

  test.each([4, 1000, PART_BYTES, 500_000_000])(
    "that begins a frame with a body of %i bytes is cut off at its beginning",
    async (bodyBytes) => {
      const take = vi.spyOn(FramePool.prototype, "take");
      const { hub, raw, near } = await openRaw();
      const beginning = Buffer.from(partsOf(weights, Math.min(bodyBytes, PART_BYTES))[0]);
      beginning.writeUInt32LE(bodyBytes, 12);
      raw.send(beginning);
      expect(await near.closed).toMatch(/too-large|more than a hello/);
      expect(Object.keys(hub.status().rejected)).toHaveLength(1);
      expect(take).not.toHaveBeenCalled();
    },
  );

  test("that sends more than 16 kB is cut off, be it in messages that nobody has read yet", async () => {
    const { hub, raw, near } = await openRaw();
    for (let i = 0; i < 10_000; i++) raw.send(Buffer.concat(encodeFrame(cancel))); // 450 kB
    expect(await near.closed).toMatch(/sent more than a hello before it was admitted$/);
    expect(hub.status().rejected).toEqual({ "before-hello": 1 });
    expect(hub.status().receivedMessages).toBeLessThan(3000); // what one read of the socket holds
  });

  test("that sends its hello in hundreds of pieces, each held with its cost, is cut off", async () => {
    const { hub, raw, near } = await openRaw();
    const socket = (raw as unknown as { _socket: import("node:net").Socket })._socket;
    socket.setNoDelay(true);
    socket.write(Buffer.of(0x82, 0xfe, 8, 0, 0, 0, 0, 0)); // a masked message of 2,048 bytes
    const sending = setInterval(() => socket.write(Buffer.of(0)), 0);
    expect(await near.closed).toMatch(/more than a hello/);
    clearInterval(sending);
    expect(hub.status().rejected).toEqual({ "before-hello": 1 });
  });
});

describe("a node that was admitted", () => {
  test.each([400, 3 * PART_BYTES])(
    "sends bodies of %i bytes where these are allowed, and not one number more",
    async (bodyBytes) => {
      const { hub, raw, near } = await openRaw();
      near.admit?.({ bodyBytes });
      const messages = near.receive()[Symbol.asyncIterator]();
      for (const part of partsOf(weights, bodyBytes)) raw.send(part);
      expect((await messages.next()).value).toMatchObject({ message: weights });
      for (const part of partsOf(weights, bodyBytes + 4)) raw.send(part);
      expect(await near.closed).toMatch(/too-large/);
      expect(hub.status().rejected).toEqual({ "too-large": 1 });
    },
  );

  test("holds of an unfinished frame what has come of it, and nothing once it has gone", async () => {
    const take = vi.spyOn(FramePool.prototype, "take");
    const drop = vi.spyOn(FramePool.prototype, "drop");
    const { raw, near } = await openRaw();
    near.admit?.({ bodyBytes: 2 ** 28 });
    const [first, second] = partsOf(weights, 2 * PART_BYTES);
    const claim = Buffer.from(first);
    claim.writeUInt32LE(2 ** 28, 12);
    raw.send(claim);
    for (let i = 0; i < 15; i++) raw.send(second);
    await vi.waitFor(() => expect(take).toHaveBeenCalledTimes(1));
    const room = take.mock.results[0].value as FrameBuffer;
    await vi.waitFor(() => expect(room.heldBytes).toBe(2 ** 21));
    raw.terminate();
    await near.closed;
    expect(drop.mock.calls).toEqual([[room]]);
  });

  test("that does not go on with a frame is cut off, though it answers pings", async () => {
    for (const begin of [
      (raw: WebSocket) => raw.send(partsOf(weights, 2 * PART_BYTES)[0]),
      // within the message that would have carried it
      (raw: WebSocket) => raw.send(partsOf(weights, 1000)[0], { fin: false }),
    ]) {
      const { hub, raw, near } = await openRaw({ heartbeatMs: 20 });
      near.admit?.({ bodyBytes: 2 ** 28 });
      begin(raw);
      expect(await near.closed).toMatch(/a frame of .* was begun and did not go on for 0.12 s$/);
      expect(hub.status().rejected).toEqual({ stalled: 1 });
    }
  });

  test("that goes on with a frame, slowly, is waited for", async () => {
    const { raw, near } = await openRaw({ heartbeatMs: 20 });
    near.admit?.({ bodyBytes: 2 ** 28 });
    const parts = partsOf(weights, 20 * PART_BYTES);
    for (const part of parts) {
      raw.send(part);
      for (let beats = 0; beats < 2; beats++) await once(raw, "ping");
    }
    const { value } = await near.receive()[Symbol.asyncIterator]().next();
    expect(value).toMatchObject({ message: weights });
  });

  test("that sends pings without end is cut off: each would be answered", async () => {
    const { hub, raw, near } = await openRaw();
    near.admit?.({ bodyBytes: 0 });
    for (let i = 0; i < 1000; i++) raw.ping();
    expect(await near.closed).toMatch(/sends nothing but pings and pongs$/);
    expect(hub.status().rejected).toEqual({ talkative: 1 });
  });

  test("whose messages nobody reads yet is slowed down at a frame or so of them", async () => {
    const { raw, near } = await openRaw();
    near.admit?.({ bodyBytes: 1000 });
    for (let i = 0; i < 10_000; i++) raw.send(partsOf(weights, 1000)[0]); // 10 MB
    let before = 0;
    await vi.waitFor(
      () => {
        const now = near.status().receivedMessages;
        const stands = now === before && now > 0;
        before = now;
        expect(stands).toBe(true);
      },
      { interval: 100, timeout: 10_000 },
    );
    // What is held at most, and as much again that was in hand when the socket was paused.
    expect(near.status().receivedMessages).toBeLessThan((2 * mostFrameBytes(1000)) / 500);
    expect(near.status().connected).toBe(true);
  });
});

test("the 257th that has not said hello is refused with a reason, and let in when another is admitted or gone", async () => {
  const { hub, accept } = await openHub();
  const join = (name: string): Promise<Connection> => connectWebSocket({ url: hub.address, name });
  await Promise.all(Array.from({ length: 256 }, (_, i) => join(`node-${i}`)));
  const [first, second] = [await accept(), await accept()];
  const refusal = {
    code: "TRANSPORT",
    message: `${hub.address} has no place for this node now: 256 nodes are joining already, and have not said hello yet: try again in a moment.`,
  };
  await expect(join("late")).rejects.toMatchObject(refusal);
  first.admit?.({ bodyBytes: 0 });
  await join("late");
  await expect(join("later")).rejects.toMatchObject(refusal);
  await second.close();
  await join("later");
  expect(hub.status().rejected).toEqual({ busy: 2 });
});

test("one more connection than there may be is refused with a reason, whoever the others are", async () => {
  const { hub, accept } = await openHub({ maxConnections: 3 });
  for (let i = 0; i < 3; i++) {
    await connectWebSocket({ url: hub.address, name: `node-${i}` });
    (await accept()).admit?.({ bodyBytes: 0 });
  }
  await expect(connectWebSocket({ url: hub.address, name: "late" })).rejects.toMatchObject({
    code: "TRANSPORT",
    message: `${hub.address} has no place for this node now: The coordinator has 3 connections, as many as it takes: a run of more nodes needs a NATS server (--nats).`,
  });
  expect(hub.status().rejected).toEqual({ full: 1 });
});
