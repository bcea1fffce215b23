// The reliable stream over a network that loses, duplicates and reorders, and what it may keep meanwhile.
import { describe, expect, test } from "vitest";
import {
  decodePacket,
  encodePacket,
  type StreamPacket,
} from "../../../../../../shared/transport/nats/stream/packets.ts";
import { stream } from "../../../../../../shared/random/random.ts";
import { Incoming, Outgoing } from "../../../../../../shared/transport/nats/stream/reliable-stream.ts";

const SEEDS = 200;
const COUNT = 60;

/** A packet of about 100 bytes that is known by its content. */
function packet(seq: number): Uint8Array {
  const bytes = Buffer.from(String(seq).padStart(52, "."));
  return encodePacket({ kind: "chunk", seq, index: 0, count: 1, bytes });
}

describe("a reliable stream", () => {
  test(`brings ${COUNT} packets in order and once, over ${SEEDS} bad networks`, () => {
    const arrivals = new Map<string, number>();
    for (let seed = 1; seed <= SEEDS; seed++) {
      const random = stream(seed, "road");
      const network: Uint8Array[] = [];
      const outgoing = new Outgoing({
        windowBytes: () => 1000,
        open: () => true,
        publish: (bytes) => network.push(bytes),
      });
      const incoming = new Incoming();
      const taken: number[] = [];
      for (let seq = 0; seq < COUNT; seq++) outgoing.push(packet(outgoing.next));
      for (let turn = 0; taken.length < COUNT; turn++) {
        expect(turn, `seed ${seed}`).toBeLessThan(100_000);
        if (network.length === 0) {
          outgoing.acknowledge(incoming.taken);
          outgoing.goBack(incoming.received);
          continue;
        }
        const place = random.integer(4) === 0 ? random.integer(network.length) : 0; // else the first
        const [bytes] = network.splice(place, 1);
        const fate = random.integer(10);
        if (fate === 0) continue; // lost
        if (fate === 1) network.push(bytes); // doubled, and late
        const arrival = incoming.add(decodePacket(bytes) as StreamPacket);
        arrivals.set(arrival, (arrivals.get(arrival) ?? 0) + 1);
        for (let next = incoming.peek(); next; next = incoming.peek()) {
          taken.push(next.seq);
          incoming.take();
        }
      }
      expect(taken, `seed ${seed}`).toEqual(Array.from({ length: COUNT }, (_, i) => i));
      outgoing.acknowledge(COUNT);
      expect(outgoing.heldBytes, `seed ${seed}`).toBe(0);
    }
    expect([...arrivals.keys()].sort()).toEqual(["duplicate", "early", "in order"]);
  });

  test("has no more in flight than its window, and continues when it is acknowledged", () => {
    const sent: number[] = [];
    const outgoing = new Outgoing({
      windowBytes: () => 250,
      open: () => true,
      publish: (bytes) => sent.push((decodePacket(bytes) as StreamPacket).seq),
    });
    for (let seq = 0; seq < 6; seq++) outgoing.push(packet(seq)); // 100 bytes each
    expect(sent).toEqual([0, 1, 2]); // the third goes while 200 are under way
    outgoing.acknowledge(1);
    expect(sent).toEqual([0, 1, 2, 3]);
    outgoing.goBack(2); // 2 and 3 are in the air no more
    expect(sent).toEqual([0, 1, 2, 3, 2, 3]);
    outgoing.acknowledge(99); // of what was never sent: a lie changes nothing
    expect(outgoing.heldBytes).toBe(500);
    outgoing.acknowledge(4);
    expect(sent.slice(6)).toEqual([4, 5]);
    expect(outgoing.sent).toBe(6);
  });

  test("acknowledged beyond where it went back to, continues behind that", () => {
    const sent: number[] = [];
    let open = true;
    const outgoing = new Outgoing({
      windowBytes: () => 1000,
      open: () => open,
      publish: (bytes) => sent.push((decodePacket(bytes) as StreamPacket).seq),
    });
    for (let seq = 0; seq < 4; seq++) outgoing.push(packet(seq));
    open = false;
    outgoing.goBack(1); // the server is away: nothing goes
    outgoing.acknowledge(3); // but 0, 1 and 2 had arrived
    open = true;
    outgoing.pump();
    expect(sent).toEqual([0, 1, 2, 3, 3]);
    expect(outgoing.heldBytes).toBe(100);
  });

  test("sends nothing while the server is away, and reports when a packet was sent and when it is freed", () => {
    const events: string[] = [];
    let open = false;
    const outgoing = new Outgoing({
      windowBytes: () => 1000,
      open: () => open,
      publish: () => events.push("out"),
    });
    outgoing.push(packet(0), {
      heldBytes: 5000,
      onSent: () => events.push("sent"),
      onAcknowledged: (acknowledged) => events.push(acknowledged ? "acknowledged" : "freed"),
    });
    expect([outgoing.sent, outgoing.heldBytes, events]).toEqual([0, 5000, []]);
    open = true;
    outgoing.pump();
    outgoing.goBack(0);
    expect(events).toEqual(["out", "sent", "out"]);
    outgoing.close();
    expect(events.at(-1)).toBe("freed");
    expect(outgoing.heldBytes).toBe(0);
  });

  test("releases packets that were sent once: a socket may still have to write the others", () => {
    const free: number[] = [];
    const outgoing = new Outgoing({
      windowBytes: () => 1000,
      open: () => true,
      publish: () => undefined,
      release: (bytes) => free.push((decodePacket(bytes) as StreamPacket).seq),
    });
    for (let seq = 0; seq < 4; seq++) outgoing.push(packet(seq));
    outgoing.acknowledge(1);
    outgoing.goBack(2); // 1 may have gone again too, for all that the client knows
    outgoing.push(packet(4));
    outgoing.push(packet(5));
    outgoing.acknowledge(5);
    expect(free).toEqual([0, 4]);
    outgoing.close(); // what is not acknowledged may wait to be written
    expect(free).toEqual([0, 4]);
  });

  test("drops what comes too early, and keeps copies of what has to wait", () => {
    const incoming = new Incoming();
    const bytes = [0, 1, 2].map(packet);
    const add = (seq: number): string => incoming.add(decodePacket(bytes[seq]) as StreamPacket);
    expect([add(2), add(0), add(1), add(1), add(2)]).toEqual([
      "early",
      "in order",
      "in order",
      "duplicate",
      "in order",
    ]);
    expect([incoming.received, incoming.taken]).toEqual([3, 0]);
    incoming.take();
    bytes[1].fill(0); // the next is read into the same memory
    const kept = incoming.peek() as StreamPacket & { readonly kind: "chunk" };
    expect(encodePacket(kept)).toEqual(packet(1));
  });
});
