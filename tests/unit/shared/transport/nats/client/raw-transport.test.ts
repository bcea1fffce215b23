// The library over our own socket: what becomes of the socket when nothing is read at its other end any more.
import { expect, test } from "vitest";
import { connectRaw } from "../../../../../../shared/transport/nats/client/raw-transport.ts";
import { natsServer } from "../../../../../support/nats-server.ts";
import { tcpProxy } from "../../../../../support/tcp-proxy.ts";

test("a connection whose pings are not answered is closed at once, whatever is still to be sent", async () => {
  const proxy = await tcpProxy((await natsServer()).port);
  const { nats, packets } = await connectRaw({
    servers: `127.0.0.1:${proxy.port}`,
    reconnect: false,
    pingInterval: 50,
  });
  proxy.freeze("up");
  const packet = new Uint8Array(1024 * 1024);
  for (let i = 0; i < 64; i++) packets.publish("s", packet); // more than the system buffers
  expect(await nats.closed()).toBeUndefined();
});
