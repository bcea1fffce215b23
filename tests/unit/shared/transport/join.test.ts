// Which transport an address is of.
import { expect, test } from "vitest";
import { joinCoordinator, nodeNameAt } from "../../../../shared/transport/join.ts";

test.each(["http://192.0.2.7:8701", "192.0.2.7:8701", "localhost:8701", ""])(
  "the address %j of no transport is refused, with those that there are",
  async (url) => {
    const joining = joinCoordinator({ url, name: "a", signal: new AbortController().signal, say() {} });
    await expect(joining).rejects.toMatchObject({
      code: "USAGE",
      message: `cannot join ${url}: write the address as ws://HOST:PORT, wss://HOST:PORT, nats://HOST:PORT or tls://HOST:PORT`,
    });
  },
);

test("a node at a NATS server goes by its user's name, and elsewhere by the one that it wants", async () => {
  expect(await nodeNameAt("nats://gpu-1@192.0.2.7", "a")).toBe("gpu-1/a");
  expect(await nodeNameAt("tls://gpu-1@192.0.2.7", undefined)).toBe("gpu-1");
  expect(await nodeNameAt("nats://192.0.2.7", "a")).toBe("a");
  expect(await nodeNameAt("WSS://192.0.2.7:8701", "a")).toBe("a");
  expect(await nodeNameAt("ws://192.0.2.7:8701", undefined)).toBeUndefined();
});
