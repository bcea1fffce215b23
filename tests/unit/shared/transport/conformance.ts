// What every transport must do, as one suite: each implementation runs it on itself.
import { afterEach, describe, expect, test } from "vitest";
import { GanglionError } from "../../../../shared/errors.ts";
import type { Message } from "../../../../shared/protocol/messages.ts";
import { isOwnFault } from "../../../../shared/protocol/own-message.ts";
import { defectOf } from "../../../../shared/transport/own-faults.ts";
import type { Connection, Envelope, Hub } from "../../../../shared/transport/transport.ts";

export interface Opened {
  readonly hub: Hub;
  readonly connect: (name: string) => Promise<Connection>;
}

/** Both ends of one connection. */
interface Pair {
  readonly near: Connection;
  readonly far: Connection;
}

const cancel = (lease: number): Message => ({ type: "cancel", lease });
const weights: Message = { type: "weights", version: 1 };

export function describeTransport(name: string, open: () => Promise<Opened>): void {
  describe(`${name}, as any transport,`, () => {
    const hubs: Hub[] = [];
    afterEach(async () => {
      for (const hub of hubs.splice(0)) await hub.close();
    });

    async function openHub(): Promise<Opened & { readonly accept: () => Promise<Connection> }> {
      const opened = await open();
      hubs.push(opened.hub);
      const arrivals = opened.hub.connections()[Symbol.asyncIterator]();
      return { ...opened, accept: async () => admitted((await arrivals.next()).value as Connection) };
    }

    async function openPair(): Promise<Pair & { hub: Hub }> {
      const { hub, connect, accept } = await openHub();
      const far = await connect("node-1");
      return { hub, far, near: await accept() };
    }

    test("tells each end who is at the other", async () => {
      const { hub, near, far } = await openPair();
      expect(near.peer).toContain("node-1");
      expect(far.peer).toBe(hub.address);
    });

    test("keeps the order of messages with and without bodies, both ways", async () => {
      const { near, far } = await openPair();
      for (const [from, to] of [
        [near, far],
        [far, near],
      ]) {
        const sends: Promise<void>[] = [];
        for (let i = 0; i < 200; i++) {
          sends.push(i % 3 === 0 ? from.send(cancel(i), new Float32Array([i])) : from.send(cancel(i)));
        }
        const seen = await take(to, 200);
        expect(seen.map(({ message }) => message)).toEqual(Array.from({ length: 200 }, (_, i) => cancel(i)));
        expect(seen.map(({ body }) => body?.[0] ?? null)).toEqual(
          Array.from({ length: 200 }, (_, i) => (i % 3 === 0 ? i : null)),
        );
        await Promise.all(sends);
      }
    });

    test("carries a float body of 20 MB bit by bit, both ways", async () => {
      const { near, far } = await openPair();
      const body = new Float32Array(5_000_000); // 20 MB
      for (let i = 0; i < body.length; i++) body[i] = Math.fround(i * 0.1) * (i % 2 ? -1 : 1);
      for (const [from, to] of [
        [near, far],
        [far, near],
      ]) {
        const sent = from.send(weights, body);
        const [arrived] = await take(to, 1);
        expect(arrived.body).toBeInstanceOf(Float32Array);
        expect(sameBytes(arrived.body, body)).toBe(true);
        await sent;
      }
    });

    test("carries bytes as bytes", async () => {
      const { near, far } = await openPair();
      const sent = far.send(weights, Uint8Array.of(1, 2, 255));
      const [arrived] = await take(near, 1);
      expect([...(arrived.body ?? [])]).toEqual([1, 2, 255]);
      await sent;
    });

    test("delivers what was sent before it closes, then ends, and tells both sides why", async () => {
      const { near, far } = await openPair();
      for (let i = 0; i < 5; i++) await far.send(cancel(i));
      await far.close("enough for today");
      expect(await all(near)).toEqual([0, 1, 2, 3, 4].map(cancel));
      expect(await all(far)).toEqual([]);
      expect([await near.closed, await far.closed]).toEqual(["enough for today", "enough for today"]);
      expect([near.status().connected, far.status().connected]).toEqual([false, false]);
    });

    test("ends a reader that is waiting when the other side closes", async () => {
      const { near, far } = await openPair();
      const waiting = all(far);
      await near.close("bye");
      expect(await waiting).toEqual([]);
    });

    test("refuses to send after the close, and says why it closed", async () => {
      const { near, far } = await openPair();
      await near.close("the run is over");
      await far.closed;
      for (const end of [near, far]) {
        await expect(end.send(cancel(1))).rejects.toMatchObject({
          code: "TRANSPORT",
          message: expect.stringContaining("the run is over"),
        });
      }
    });

    test("sends nothing that its receiver would refuse, but says what is wrong with it, and goes on", async () => {
      const { hub, near, far } = await openPair();
      const lease = {
        type: "lease",
        id: 1,
        version: 0,
        deadlineMs: Infinity,
        work: { kind: "generate", first: 0, images: 1 },
      } as const;
      const wanted = {
        code: "PROTOCOL",
        message: expect.stringMatching(
          /^this program would send a lease that its receiver refuses: deadlineMs: Infinity \(.*\); this is a defect, please report it$/,
        ) as string,
      };
      let isTold = false;
      void hub.defect?.then(() => (isTold = true));
      for (const sent of [
        far.send(lease),
        far.send({ ...lease, deadlineMs: 1, id: -1 }),
        far.send({ ...lease, extra: 1 } as Message),
      ])
        expect(isOwnFault(await sent.catch((error: unknown) => error))).toBe(true);
      await expect(far.send(lease)).rejects.toMatchObject(wanted);
      expect(isTold).toBe(false); // the hub's own, not those of the nodes
      await expect(near.send(lease, new Float32Array(1))).rejects.toMatchObject(wanted);
      expect(await hub.defect).toMatchObject(wanted);
      await expect(hub.broadcast(lease, new Float32Array(5000))).rejects.toMatchObject(wanted);
      await far.send(cancel(1));
      await near.send(cancel(2));
      expect((await take(near, 1))[0].message).toEqual(cancel(1));
      expect((await take(far, 1))[0].message).toEqual(cancel(2));
      expect([near.status().rejected, far.status().rejected]).toEqual([{}, {}]);
    });

    test("does not take a fault of its peer, or a closed connection, for one of its own", async () => {
      const { hub, near } = await openPair();
      await near.close();
      const error = await near.send(cancel(1)).catch((thrown: unknown) => thrown);
      expect(isOwnFault(error)).toBe(false);
      expect(isOwnFault(new GanglionError("PROTOCOL", "a node may not send ready twice"))).toBe(false);
      expect(defectOf(hub).aborted).toBe(false);
    });

    test("may be closed twice, and the first reason stays", async () => {
      const { near } = await openPair();
      await near.close("first");
      await near.close("second");
      expect(await near.closed).toBe("first");
    });

    test("never runs the receiver inside the send", async () => {
      const { near, far } = await openPair();
      let inside = false;
      let received = 0;
      const reader = (async () => {
        for await (const _ of far.receive()) {
          expect(inside).toBe(false);
          received += 1;
        }
      })();
      await near.send(cancel(0)); // the reader waits by now, or will find it queued
      inside = true;
      const sent = near.send(cancel(1));
      inside = false;
      await sent;
      await near.close();
      await reader;
      expect(received).toBe(2);
    });

    test("broadcasts one message to every open connection and skips those that closed", async () => {
      const { hub, connect, accept } = await openHub();
      const nodes = [await connect("a"), await connect("b"), await connect("c")];
      const ends = [await accept(), await accept(), await accept()];
      await nodes[1].close();
      await Promise.all(ends.filter((end) => end.peer.startsWith("b")).map((end) => end.closed));
      const body = Float32Array.of(1, 2, 3);
      const sent = hub.broadcast(weights, body);
      for (const node of [nodes[0], nodes[2]]) {
        const [arrived] = await take(node, 1);
        expect(arrived.message).toEqual(weights);
        expect(arrived.body).toEqual(body);
      }
      expect(await all(nodes[1])).toEqual([]);
      await sent;
    });

    test("broadcasts to nobody without waiting", async () => {
      const { hub } = await openHub();
      await hub.broadcast(weights, Float32Array.of(1));
    });

    test("counts messages and bytes both ways, and the hub keeps the sum of closed connections", async () => {
      const { hub, near, far } = await openPair();
      await far.send(cancel(1));
      const sent = far.send(cancel(2), new Float32Array(100)); // 400 bytes
      await take(near, 2);
      await sent;
      expect(far.status()).toMatchObject({
        connected: true,
        sentMessages: 2,
        receivedMessages: 0,
        rejected: {},
      });
      expect(near.status()).toMatchObject({
        connected: true,
        sentMessages: 0,
        receivedMessages: 2,
        rejected: {},
      });
      expect(far.status().sentBytes).toBeGreaterThanOrEqual(400);
      expect(near.status().receivedBytes).toBe(far.status().sentBytes);
      await far.close();
      await near.closed;
      expect(hub.status()).toEqual({ ...near.status(), connected: true });
      await hub.close();
      expect(hub.status().connected).toBe(false);
    });

    test("closes every connection with the hub, and ends the iteration over them", async () => {
      const { hub, connect } = await open();
      const node = await connect("a");
      const names: string[] = [];
      const accepting = (async () => {
        for await (const connection of hub.connections()) {
          names.push(connection.peer);
          await hub.close("shutting down");
        }
      })();
      await accepting;
      expect(names).toHaveLength(1);
      expect(await node.closed).toBe("shutting down");
      await expect(connect("b")).rejects.toMatchObject({ code: "TRANSPORT" });
    });

    test("may be iterated once", async () => {
      const { near } = await openPair();
      near.receive()[Symbol.asyncIterator]();
      expect(() => near.receive()[Symbol.asyncIterator]()).toThrow(/already being read/);
    });

    test("counts what was not read when the reader stopped, and what arrives after", async () => {
      const { near, far } = await openPair();
      const bodies = [1, 2].map((lease) => far.send(cancel(lease), Float32Array.of(lease)));
      await take(near, 1, "stop"); // releases the first; the second was or will be unread
      await Promise.all(bodies);
      await far.send(cancel(3));
      await far.close();
      await near.closed;
      expect(near.status().rejected).toEqual({ unread: 2 });
    });
  });
}

/** A node of the run, which may send what these tests send. */
export function admitted(connection: Connection): Connection {
  connection.admit?.({ bodyBytes: 100 * 2 ** 20 });
  return connection;
}

const iterators = new WeakMap<Connection, AsyncIterator<Envelope>>();

/** The next envelopes, with copies of their bodies: they are released, and the transport may write there again. */
export async function take(
  connection: Connection,
  count: number,
  then: "go on" | "stop" = "go on",
): Promise<Envelope[]> {
  const iterator = iterators.get(connection) ?? connection.receive()[Symbol.asyncIterator]();
  iterators.set(connection, iterator);
  const envelopes: Envelope[] = [];
  while (envelopes.length < count) {
    const next = await iterator.next();
    if (next.done) throw new Error(`${connection.peer} ended after ${envelopes.length} of ${count} messages`);
    envelopes.push({ ...next.value, body: next.value.body?.slice() ?? null });
    next.value.release();
  }
  if (then === "stop") await iterator.return?.();
  return envelopes;
}

/** Every message until the end. */
async function all(connection: Connection): Promise<Message[]> {
  const messages: Message[] = [];
  for await (const envelope of connection.receive()) {
    messages.push(envelope.message);
    envelope.release();
  }
  return messages;
}

function sameBytes(a: Envelope["body"], b: Float32Array): boolean {
  return a !== null && Buffer.compare(viewOf(a), viewOf(b)) === 0;
}

function viewOf(body: Float32Array | Uint8Array): Buffer {
  return Buffer.from(body.buffer, body.byteOffset, body.byteLength);
}
