// Where the transport knows who a node is, the node cannot say that it is another.
import { AS_THEY_ARE } from "../../../../shared/data/image-options.ts";
import { expect, onTestFinished, test } from "vitest";
import { Members } from "../../../../coordinator/members/members.ts";
import { serveNodes } from "../../../../coordinator/members/sessions.ts";
import { Weights } from "../../../../coordinator/update/weights.ts";
import { createLog } from "../../../../shared/log.ts";
import { createLayout } from "../../../../shared/protocol/layout.ts";
import { PROTOCOL_VERSION, type Plan } from "../../../../shared/protocol/messages.ts";
import { createMemoryHub } from "../../../../shared/transport/memory.ts";
import type { Connection } from "../../../../shared/transport/transport.ts";

const WEIGHTS = createLayout([{ name: "generator/w", shape: [2] }]);
const PLAN: Plan = {
  run: "00001-test",
  seed: 1,
  weights: WEIGHTS,
  phases: [
    {
      name: "both",
      program: "c".repeat(64),
      contribution: WEIGHTS,
      shards: 1,
      shardSize: 1,
      usesSamples: true,
      every: 1,
    },
  ],
  latentSize: 1,
  data: { name: "none", fingerprint: "a".repeat(64), test: null, images: AS_THEY_ARE },
  generate: null,
  evaluate: null,
  probe: null,
  extractor: null,
};

test("a node that calls itself by another's name is refused, and does not fence the other", async () => {
  const { members, join } = open();
  const honest = join("gpu-1", "gpu-1");
  await honest.next();
  const { connection, next } = join("gpu-2", "gpu-1");
  expect((await next()).value.message).toEqual({
    type: "refused",
    code: "AUTH",
    reason: "the node calls itself gpu-1, but it joined as gpu-2",
  });
  await connection.closed;
  expect(members.views()).toMatchObject([{ node: "gpu-1" }]);
  expect(honest.connection.status().connected).toBe(true);
});

/** Members behind a transport whose connections are named by who joined. */
function open() {
  const hub = createMemoryHub();
  async function* named(): AsyncGenerator<Connection> {
    for await (const connection of hub.connections()) yield { ...connection, identity: connection.peer };
  }
  const log = createLog({ stderr: "silent" });
  const warn = (): void => undefined;
  const weights = new Weights(new Float32Array(2), 0);
  const members = new Members({ hub, weights, log, warn, changed: () => undefined });
  const answers = { contribution: () => undefined, failed: () => undefined };
  const namedHub = { ...hub, connections: named };
  const serving = serveNodes({ hub: namedHub, plan: PLAN, programs: new Map(), members, answers, log, warn });
  onTestFinished(async () => {
    await hub.close();
    await serving;
  });
  return {
    members,
    join: (identity: string, node: string) => {
      const connection = hub.connect(identity);
      const rest = { threads: 1, engine: "graph", device: "cpu", arithmetic: "test" };
      void connection.send({ type: "hello", protocol: PROTOCOL_VERSION, node, ...rest });
      const arrivals = connection.receive()[Symbol.asyncIterator]();
      return { connection, next: () => arrivals.next() };
    },
  };
}
