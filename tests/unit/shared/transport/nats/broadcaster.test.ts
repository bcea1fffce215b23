// When the memory of a broadcast may be used again: never while a copy of a packet may still wait to be written.
import { expect, test, vi } from "vitest";
import { encodeOwnFrame } from "../../../../../shared/protocol/own-message.ts";
import type { StatusPacket } from "../../../../../shared/transport/nats/stream/packets.ts";
import { createCounters } from "../../../../../shared/transport/counters.ts";
import { Broadcaster } from "../../../../../shared/transport/nats/broadcaster.ts";
import type { Outlet } from "../../../../../shared/transport/nats/stream/send-buffer.ts";
import type { NatsSession } from "../../../../../shared/transport/nats/session.ts";
import { PacketMemory } from "../../../../../shared/transport/nats/stream/packet-pool.ts";

type Settle = (received: boolean) => void;

/** A broadcast of 4 packets of 10 kB to two nodes; how each of them settles it is the test's. */
async function openBroadcast() {
  const memory = new PacketMemory(128 * 1024);
  const letGo = vi.spyOn(memory, "letGo");
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
  const outlet: Outlet = {
    open: () => true,
    answers: async () => true,
    packetBytes: () => 10_000,
    memory,
    publish: () => true,
    room: async () => undefined,
  };
  const counters = createCounters();
  const broadcaster = new Broadcaster({ outlet, subject: "all", sessions, counters, encode: encodeOwnFrame });
  await broadcaster.broadcast({ type: "weights", version: 1 }, new Float32Array(9000), () => true);
  const [a] = sessions.values();
  const status = { broadcast: broadcaster.published, parts: 2 } as StatusPacket;
  return {
    settled,
    letGo,
    /** A status of the first node. */
    hear: (wants: boolean) => broadcaster.hear(a, { ...status, wants }),
  };
}

test("a broadcast's memory is used again when every node has it", async () => {
  const { settled, letGo, hear } = await openBroadcast();
  hear(false);
  settled[0](true);
  expect(letGo).not.toHaveBeenCalled();
  settled[1](true);
  expect(letGo).toHaveBeenCalledTimes(4);
});

test("a broadcast's memory is not used again where some of it was repeated", async () => {
  const { settled, letGo, hear } = await openBroadcast();
  hear(true);
  for (const settle of settled) settle(true);
  expect(letGo).not.toHaveBeenCalled();
});

test("a broadcast's memory is not used again where a session ended before its node had it", async () => {
  const { settled, letGo } = await openBroadcast();
  settled[0](false);
  settled[1](true);
  expect(letGo).not.toHaveBeenCalled();
});
