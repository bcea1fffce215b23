// What a peer may make a coordinator hold over NATS: before its hello, after it, and a frame that does not go on.
import { expect, onTestFinished, test, vi } from "vitest";
import { encodeFrame } from "../../../../../shared/protocol/frame.ts";
import { FramePool, type FrameBuffer } from "../../../../../shared/transport/frame-pool.ts";
import type { Message } from "../../../../../shared/protocol/messages.ts";
import {
  type Packet,
  decodePacket,
  encodePacket,
} from "../../../../../shared/transport/nats/stream/packets.ts";
import { connectNatsServer } from "../../../../../shared/transport/nats/client/client.ts";
import { askToJoin } from "../../../../../shared/transport/nats/handshake.ts";
import { nodeTokens, runSubjects } from "../../../../../shared/transport/nats/subjects.ts";
import { listenNats } from "../../../../../shared/transport/nats/nats.ts";
import type { Connection } from "../../../../../shared/transport/transport.ts";
import { natsServer } from "../../../../support/nats-server.ts";

const weights: Message = { type: "weights", version: 1 };
const PART_BYTES = 100_000;

/** A peer that sends packets of its own making, and the coordinator's end of its session. */
async function openLiar(heartbeatMs = 3000) {
  vi.restoreAllMocks();
  const { url } = await natsServer();
  const hub = await listenNats({ url, run: "run", heartbeatMs });
  onTestFinished(() => hub.close());
  const client = await connectNatsServer({ url });
  onTestFinished(() => client.close());
  const subjects = runSubjects("run");
  const node = nodeTokens(client.user, "liar");
  const id = await askToJoin(client, subjects.join(node), "run");
  const near = (await hub.connections()[Symbol.asyncIterator]().next()).value as Connection;
  const send = (packet: Packet): void => client.publish(subjects.up(node, id), encodePacket(packet));
  /** Signs of life, as often as the coordinator gives them. */
  client.nats.subscribe(subjects.down(node, id), {
    callback(_error, { data }) {
      const packet = decodePacket(data);
      if (typeof packet === "string" || packet.kind !== "status") return;
      send({ ...packet, sent: 0, received: 0, acknowledged: 0, asks: false, missing: false, wants: false });
    },
  });
  await client.flush();
  const chunk = (index: number, bytes: Uint8Array, count = 5000): void =>
    send({ kind: "chunk", seq: index, index, count, bytes });
  return { hub, near, chunk };
}

/** Parts of a frame with a body of 500 MB, as it declares. */
function claim(): Buffer {
  const part = Buffer.alloc(PART_BYTES, 7);
  part.set(Buffer.concat(encodeFrame(weights, new Float32Array(1))).subarray(0, 48));
  part.writeUInt32LE(500_000_000, 12);
  return part;
}

test("before it is admitted, a node that sends more than a hello is cut off at 16 kB", async () => {
  const { hub, near, chunk } = await openLiar();
  const take = vi.spyOn(FramePool.prototype, "take");
  chunk(0, claim());
  expect(await near.closed).toMatch(/refused a message of liar .*: before-hello more than a hello$/);
  expect(hub.status().rejected).toMatchObject({ "before-hello": 1 });
  expect(take).not.toHaveBeenCalled();
});

test("before it is admitted, a node that sends out of order is cut off at 16 kB too", async () => {
  const { hub, near, chunk } = await openLiar();
  for (let i = 1; i < 20; i++) chunk(i, Buffer.alloc(1000));
  expect(await near.closed).toContain("before-hello");
  expect(hub.status().rejected).toMatchObject({ "before-hello": 1 });
});

test("once admitted, a frame holds as much memory as has come of it, and none once it exceeds its limit", async () => {
  const { near, chunk } = await openLiar();
  near.admit?.({ bodyBytes: 900_000 });
  const take = vi.spyOn(FramePool.prototype, "take");
  const drop = vi.spyOn(FramePool.prototype, "drop");
  chunk(0, claim());
  await vi.waitFor(() => expect(take).toHaveBeenCalledTimes(1));
  const room = take.mock.results[0].value as FrameBuffer;
  expect(room.heldBytes).toBe(2 ** 18);
  for (let i = 1; i < 10; i++) chunk(i, Buffer.alloc(PART_BYTES)); // 1 MB
  expect(await near.closed).toContain("too-large");
  expect(room.heldBytes).toBeLessThan(1_000_000);
  expect(drop.mock.calls).toEqual([[room]]);
});

test("once admitted, a node may send a body as large as its limit", async () => {
  const { near, chunk } = await openLiar();
  near.admit?.({ bodyBytes: 400 });
  const messages = near.receive()[Symbol.asyncIterator]();
  const frameOf = (floats: number): Buffer => Buffer.concat(encodeFrame(weights, new Float32Array(floats)));
  chunk(0, frameOf(100), 1);
  expect((await messages.next()).value).toMatchObject({ message: weights });
  expect(near.status().connected).toBe(true);
});

test("a body of one number more than the limit ends the session", async () => {
  const { hub, near, chunk } = await openLiar();
  near.admit?.({ bodyBytes: 400 });
  chunk(0, Buffer.concat(encodeFrame(weights, new Float32Array(101))), 1);
  expect(await near.closed).toContain("too-large a body of 404 bytes");
  expect(hub.status().rejected).toMatchObject({ "too-large": 1 });
});

test("a frame that is begun and not continued ends the session, although its node gives signs of life", async () => {
  const { hub, near, chunk } = await openLiar(30);
  near.admit?.({ bodyBytes: 900_000 });
  chunk(0, claim());
  expect(await near.closed).toMatch(/liar .* began a frame and did not continue it for 10 heartbeats$/);
  expect(hub.status().rejected).toMatchObject({ stalled: 1 });
});
