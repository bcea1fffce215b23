// The in-process transport: the shared suite, and that bodies are lent, not copied.
import { describe, expect, test } from "vitest";
import { createMemoryHub } from "../../../../shared/transport/memory.ts";
import { describeTransport, take } from "./conformance.ts";

describeTransport("the memory transport", async () => {
  const hub = createMemoryHub();
  return { hub, connect: async (name) => hub.connect(name) };
});

async function openPair() {
  const hub = createMemoryHub();
  const far = hub.connect("node-1");
  const { value: near } = await hub.connections()[Symbol.asyncIterator]().next();
  return { hub, near, far };
}

describe("the memory transport", () => {
  test("hands over the message and the body themselves, shared memory included", async () => {
    const { near, far } = await openPair();
    const message = { type: "weights", version: 1 } as const;
    const body = new Float32Array(new SharedArrayBuffer(8)).subarray(1);
    const sent = near.send(message, body);
    const { value: arrived } = await far.receive()[Symbol.asyncIterator]().next();
    expect(arrived.message).toBe(message);
    expect(arrived.body).toBe(body);
    arrived.release();
    await sent;
  });

  test("resolves a send with a body when the receiver releases it, not before", async () => {
    const { near, far } = await openPair();
    const events: string[] = [];
    const sent = near
      .send({ type: "weights", version: 1 }, Float32Array.of(1))
      .then(() => events.push("reusable"));
    await near.send({ type: "cancel", lease: 1 }); // without a body it resolves at once
    events.push("sent without a body");
    const iterator = far.receive()[Symbol.asyncIterator]();
    const { value: envelope } = await iterator.next();
    await iterator.next();
    events.push("read both");
    envelope.release();
    envelope.release(); // a second release does nothing
    await sent;
    expect(events).toEqual(["sent without a body", "read both", "reusable"]);
  });

  test("resolves a send whose body nobody will release once the connection closes", async () => {
    const { near, far } = await openPair();
    const sent = near.send({ type: "weights", version: 1 }, Float32Array.of(1));
    await far.close();
    await sent;
  });

  test("resolves a broadcast when the last receiver has released the body", async () => {
    const { hub, far } = await openPair();
    const other = hub.connect("node-2");
    let done = false;
    const sent = hub.broadcast({ type: "weights", version: 1 }, Float32Array.of(1)).finally(() => {
      done = true;
    });
    await take(far, 1);
    await other.send({ type: "leaving" });
    expect(done).toBe(false);
    await take(other, 1);
    await sent;
  });
});
