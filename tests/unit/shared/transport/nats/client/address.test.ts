// The address of a NATS server.
import { expect, test } from "vitest";
import { parseNatsUrl } from "../../../../../../shared/transport/nats/client/address.ts";

test("an address has a host, a port, a user and a run", () => {
  expect(parseNatsUrl("nats://gpu-1@10.0.0.5/my%20run")).toEqual({
    address: "nats://10.0.0.5:4222",
    user: "gpu-1",
    path: "my run",
    loopback: false,
  });
  expect(parseNatsUrl("tls://[::1]:5000")).toMatchObject({
    address: "tls://[::1]:5000",
    user: null,
    path: "",
    loopback: true,
  });
});
