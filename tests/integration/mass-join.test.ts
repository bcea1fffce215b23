// Many nodes that become ready within a moment over a real NATS server: one by one they would get a copy each.
import { AS_THEY_ARE } from "../../shared/data/image-options.ts";
import { expect, test } from "vitest";
import { Members } from "../../coordinator/members/members.ts";
import { serveNodes } from "../../coordinator/members/sessions.ts";
import { Weights } from "../../coordinator/update/weights.ts";
import { createLog } from "../../shared/log.ts";
import { createLayout } from "../../shared/protocol/layout.ts";
import { PROTOCOL_VERSION, type Plan } from "../../shared/protocol/messages.ts";
import { joinNats } from "../../shared/transport/nats/join.ts";
import { listenNats } from "../../shared/transport/nats/nats.ts";
import type { Connection, Envelope } from "../../shared/transport/transport.ts";
import { natsServer } from "../support/nats-server.ts";

const NODES = 8;
/** More than may be on its way to the server at once, so that the first copy takes its time. */
const PARAMETERS = 12 * 1024 * 1024;
const PLAN: Plan = {
  run: "mass-join",
  seed: 1,
  weights: createLayout([{ name: "generator/w", shape: [PARAMETERS] }]),
  phases: [],
  latentSize: 1,
  data: { name: "none", fingerprint: "a".repeat(64), test: null, images: AS_THEY_ARE },
  generate: null,
  evaluate: null,
  probe: null,
  extractor: null,
};

test("eight nodes that become ready at once get their weights by one copy for the first and one for all others", async () => {
  const { url } = await natsServer();
  const hub = await listenNats({ url, run: PLAN.run });
  const weights = Float32Array.from({ length: PARAMETERS }, (_, i) => i % 251);
  const warnings: string[] = [];
  const log = createLog({ stderr: "silent" });
  const warn = (_code: string, message: string): void => void warnings.push(message);
  const members = new Members({
    hub,
    weights: new Weights(weights, 7),
    log,
    warn,
    changed: () => undefined,
  });
  const answers = { contribution: () => undefined, failed: () => undefined };
  const serving = serveNodes({ hub, plan: PLAN, programs: new Map(), members, answers, log, warn });
  const names = Array.from({ length: NODES }, (_, i) => `node-${i}`);
  const nodes = await Promise.all(names.map((name) => prepare(url, name)));
  const before = hub.status().sentBytes;
  const received = nodes.map(async ({ connection, messages }) => {
    await connection.send({ type: "ready", fingerprint: PLAN.data.fingerprint, prepareMs: 1 });
    const envelope = await next(messages);
    const { message, body } = envelope;
    const isWhole = body instanceof Float32Array && Buffer.compare(bytesOf(body), bytesOf(weights)) === 0;
    envelope.release();
    return { message, isWhole };
  });
  expect(await Promise.all(received)).toEqual(
    names.map(() => ({ message: { type: "weights", version: 7 }, isWhole: true })),
  );
  const copies = (hub.status().sentBytes - before) / weights.byteLength;
  expect(copies).toBeGreaterThanOrEqual(2);
  expect(copies).toBeLessThan(NODES / 2); // on a busy machine one may come later than all others
  expect(members.ready()).toHaveLength(NODES);
  expect(warnings).toEqual([]);
  await Promise.all(nodes.map(({ connection }) => connection.close()));
  await hub.close();
  await serving;
});

interface Prepared {
  readonly connection: Connection;
  readonly messages: AsyncIterator<Envelope>;
}

/** A node that could say that it is ready. */
async function prepare(url: string, name: string): Promise<Prepared> {
  const connection = await joinNats({ url, run: PLAN.run, name });
  await connection.send({
    type: "hello",
    protocol: PROTOCOL_VERSION,
    node: name,
    threads: 1,
    engine: "none",
    device: "none",
    arithmetic: "none",
  });
  const messages = connection.receive()[Symbol.asyncIterator]();
  for (const type of ["welcome", "prepare"]) {
    const envelope = await next(messages);
    expect(envelope.message.type).toBe(type);
    envelope.release();
  }
  return { connection, messages };
}

async function next(messages: AsyncIterator<Envelope>): Promise<Envelope> {
  const { value, done } = await messages.next();
  if (done === true) throw new Error("the connection closed");
  return value;
}

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
