// When the memory of a broadcast may be reused: never while a socket may still have to write one of its packets.
import { expect, test, vi } from "vitest";
import { encodeOwnFrame } from "../../../../../shared/protocol/own-message.ts";
import type { StatusPacket } from "../../../../../shared/transport/nats/stream/packets.ts";
import { createCounters } from "../../../../../shared/transport/counters.ts";
import { Broadcaster } from "../../../../../shared/transport/nats/broadcaster.ts";
import type { SendBuffer } from "../../../../../shared/transport/nats/stream/send-buffer.ts";
import type { NatsSession } from "../../../../../shared/transport/nats/session.ts";
import { PacketPool } from "../../../../../shared/transport/nats/stream/packet-pool.ts";

type Settle = (received: boolean) => void;

/** A broadcast of 4 packets of 10 kB to two nodes; how each of them settles it is the test's. */
async function openBroadcast() {
  const pool = new PacketPool(128 * 1024);
  const release = vi.spyOn(pool, "release");
  const settled: Settle[] = [];
  const session = (): NatsSession =>
    ({
      status: () => ({ connected: true }),
      backlogBytes: () => 0,
      refer: (_broadcast: number, _frameBytes: number, settle: Settle) => settled.push(settle),
      repeat: () => undefined,
    }) as unknown as NatsSession;
  const sessions = new Map([
    ["a", session()],
    ["b", session()],
  ]);
  const sendBuffer: SendBuffer = {
    open: () => true,
    answers: async () => true,
    packetBytes: () => 10_000,
    pool,
    publish: () => true,
    room: async () => undefined,
  };
  const counters = createCounters();
  const broadcaster = new Broadcaster({
    sendBuffer,
    subject: "all",
    sessions,
    counters,
    encode: encodeOwnFrame,
  });
  await broadcaster.broadcast({ type: "weights", version: 1 }, new Float32Array(9000), () => true);
  const [a] = sessions.values();
  const status = { broadcast: broadcaster.published, parts: 2 } as StatusPacket;
  return {
    settled,
    release,
    /** A status of the first node. */
    sendStatus: (wants: boolean) => broadcaster.onStatus(a, { ...status, wants }),
  };
}

test("a broadcast's memory is reused when every node has it", async () => {
  const { settled, release, sendStatus } = await openBroadcast();
  sendStatus(false);
  settled[0](true);
  expect(release).not.toHaveBeenCalled();
  settled[1](true);
  expect(release).toHaveBeenCalledTimes(4);
});

test("a broadcast's memory is not reused if some of it was repeated", async () => {
  const { settled, release, sendStatus } = await openBroadcast();
  sendStatus(true);
  for (const settle of settled) settle(true);
  expect(release).not.toHaveBeenCalled();
});

test("a broadcast's memory is not reused if a session ended before its node had it", async () => {
  const { settled, release } = await openBroadcast();
  settled[0](false);
  settled[1](true);
  expect(release).not.toHaveBeenCalled();
});
