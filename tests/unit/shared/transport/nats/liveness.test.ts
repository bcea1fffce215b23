// The pulse of a real server: stopped, continued, killed and started again.
import { expect, onTestFinished, test } from "vitest";
import { connectNatsServer } from "../../../../../shared/transport/nats/client/client.ts";
import { feelPulse } from "../../../../../shared/transport/nats/liveness.ts";
import { natsServer } from "../../../../support/nats-server.ts";

const QUICK = { everyMs: 10, patienceMs: 300 };
const SOON = { timeout: 20_000 };

test("a server that is stopped is felt no more, though its connection is open, and again when it goes on", async () => {
  const server = await natsServer();
  const client = await connectNatsServer({ url: server.url });
  onTestFinished(() => client.close());
  const pulse = feelPulse(client, QUICK);
  onTestFinished(pulse.stop);
  expect(pulse.isFelt()).toBe(true);
  server.signal("SIGSTOP");
  await expect.poll(pulse.isFelt, SOON).toBe(false);
  expect(client.connected()).toBe(true);
  server.signal("SIGCONT");
  await expect.poll(pulse.isFelt, SOON).toBe(true);
});

test("one that is killed is not felt, and is when it is back", async () => {
  const server = await natsServer();
  const client = await connectNatsServer({ url: server.url, reconnectMs: 20 });
  onTestFinished(() => client.close());
  const pulse = feelPulse(client, QUICK);
  onTestFinished(pulse.stop);
  await server.kill();
  await expect.poll(pulse.isFelt, SOON).toBe(false);
  await server.start();
  await expect.poll(pulse.isFelt, SOON).toBe(true);
});
