// The broker of a launch takes any token, also those that look like something else in its configuration.
import { expect, onTestFinished, test } from "vitest";
import { startBroker } from "../../../../deploy/launch/broker.ts";
import { connectNatsServer } from "../../../../shared/transport/nats/client/client.ts";
import { findNatsServer } from "../../../support/find-nats-server.ts";
import { freePort } from "../../../support/free-port.ts";

test.each([
  "plain",
  "-begins_like-a-number",
  "1234",
  "7kabc",
  "true",
  'with "quotes" and $HOME',
  "it's",
  "back\\slash",
])("the token %s", async (token) => {
  const listen = `127.0.0.1:${await freePort()}`;
  const broker = await startBroker({ kind: "start", listen, program: await findNatsServer() }, token, {
    relay: () => undefined,
    warn: () => undefined,
  });
  onTestFinished(() => broker.stop());
  const client = await connectNatsServer({ url: `nats://${listen}`, token });
  await client.close();
  await expect(connectNatsServer({ url: `nats://${listen}`, token: "other" })).rejects.toMatchObject({
    code: "AUTH",
  });
});
