// Sending files to a NATS server: in a form that others read, and though it goes away meanwhile.
import { expect, onTestFinished, test } from "vitest";
import { connectNatsServer } from "../../../../../shared/transport/nats/client/client.ts";
import { putObject } from "../../../../../shared/transport/nats/store.ts";
import { natsServer } from "../../../../support/nats-server.ts";

test("a server that goes away while a file is read fails the upload, and nothing else", async () => {
  const server = await natsServer({ jetStream: true });
  const client = await connectNatsServer({ url: server.url });
  onTestFinished(() => client.close());
  async function* slowly(): AsyncGenerator<Uint8Array> {
    yield Buffer.alloc(300_000);
    await server.kill();
    await expect.poll(() => client.connected()).toBe(false);
    yield Buffer.alloc(300_000);
  }
  await expect(putObject(client, "ganglion-data", "x", slowly())).rejects.toMatchObject({
    code: "TRANSPORT",
  });
});

test("the library's own client reads an uploaded file, and a file of its own is replaced completely", async () => {
  const server = await natsServer({ jetStream: true });
  const client = await connectNatsServer({ url: server.url });
  onTestFinished(() => client.close());
  const store = await client.nats.jetstream().views.os("ganglion-data");
  await store.putBlob({ name: "a b/x.c*" }, new Uint8Array(400_000).fill(1));
  const file = Buffer.alloc(1_000_003, "seven words that are not one piece long");
  await putObject(client, "ganglion-data", "a b/x.c*", [
    file.subarray(0, 5),
    file.subarray(5, 5),
    file.subarray(5),
  ]);
  const read = Buffer.from((await store.getBlob("a b/x.c*"))!);
  expect(read.equals(file)).toBe(true);
  expect((await store.status()).size).toBeLessThan(1_010_000); // the old pieces are gone
  await putObject(client, "ganglion-data", "empty", []);
  expect(await store.getBlob("empty")).toHaveLength(0);
});
