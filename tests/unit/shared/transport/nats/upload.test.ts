// Sending files to a NATS server: in a form that others read, and though it goes away meanwhile.
import { expect, onTestFinished, test } from "vitest";
import { connectNatsServer } from "../../../../../shared/transport/nats/client/client.ts";
import { getObject, putObject } from "../../../../../shared/transport/nats/store.ts";
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

test("a file is read from any byte on, also where another's chunks lie between its own", async () => {
  const server = await natsServer({ jetStream: true });
  const client = await connectNatsServer({ url: server.url });
  onTestFinished(() => client.close());
  const file = Buffer.from(Uint8Array.from({ length: 700_000 }, (_, i) => (i * 7) ^ (i >> 9)));
  await putObject(client, "ganglion-data", "alone", [file]);
  async function* withAnotherBetween(): AsyncGenerator<Uint8Array> {
    yield file.subarray(0, 400_000);
    await putObject(client, "ganglion-data", "other", [Buffer.alloc(300_000, 9)]);
    yield file.subarray(400_000);
  }
  await putObject(client, "ganglion-data", "mixed", withAnotherBetween());
  for (const name of ["alone", "mixed"])
    for (const from of [0, 1, 131_071, 131_072, 131_073, 500_000, 699_999]) {
      const pieces: Uint8Array[] = [];
      for await (const piece of getObject(client, "ganglion-data", name, from)) pieces.push(piece);
      expect([name, from, Buffer.concat(pieces).equals(file.subarray(from))]).toEqual([name, from, true]);
    }
});
