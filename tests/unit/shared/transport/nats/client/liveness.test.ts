// The liveness of a real server: suspended, continued, killed and started again.
import { expect, onTestFinished, test } from "vitest";
import { connectNatsServer } from "../../../../../../shared/transport/nats/client/client.ts";
import { watchLiveness } from "../../../../../../shared/transport/nats/client/liveness.ts";
import { natsServer } from "../../../../../support/nats-server.ts";

const QUICK = { everyMs: 10, patienceMs: 300 };
const SOON = { timeout: 20_000 };

test("a server that is suspended is not alive, although its connection is open, and is alive again when it goes on", async () => {
  const server = await natsServer();
  const client = await connectNatsServer({ url: server.url });
  onTestFinished(() => client.close());
  const liveness = watchLiveness(client, QUICK);
  onTestFinished(liveness.stop);
  expect(liveness.isAlive()).toBe(true);
  server.signal("SIGSTOP");
  await expect.poll(liveness.isAlive, SOON).toBe(false);
  expect(client.connected()).toBe(true);
  server.signal("SIGCONT");
  await expect.poll(liveness.isAlive, SOON).toBe(true);
});

test("a server that is killed is not alive until it is back", async () => {
  const server = await natsServer();
  const client = await connectNatsServer({ url: server.url, reconnectMs: 20 });
  onTestFinished(() => client.close());
  const liveness = watchLiveness(client, QUICK);
  onTestFinished(liveness.stop);
  await server.kill();
  await expect.poll(liveness.isAlive, SOON).toBe(false);
  await server.start();
  await expect.poll(liveness.isAlive, SOON).toBe(true);
});
