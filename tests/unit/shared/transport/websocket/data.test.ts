// Data sets over the coordinator's port: for who has the token, by fingerprint, whole.
import { expect, onTestFinished, test } from "vitest";
import { packDataset } from "../../../../../shared/data/packed/packed.ts";
import { fetchDataByHttp } from "../../../../../shared/transport/websocket/data.ts";
import { listenWebSocket } from "../../../../../shared/transport/websocket/server.ts";
import { randomDataset } from "../../../../support/small-run.ts";

const DATA = await randomDataset(5000, [28, 28, 1]); // 4 MB, four pieces

async function coordinator(token?: string): Promise<string> {
  const hub = await listenWebSocket({
    host: "127.0.0.1",
    port: 0,
    datasets: [DATA],
    ...(token !== undefined && { token }),
  });
  onTestFinished(() => hub.close());
  return hub.address;
}

async function read(pieces: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const piece of pieces) parts.push(piece);
  return Buffer.concat(parts);
}

test("a data set comes whole, also where the address names the path that nodes join at", async () => {
  const url = await coordinator("t");
  const expected = await read(packDataset(DATA));
  for (const address of [url, `${url}/`, `${url}/workers`])
    expect(
      (await read(fetchDataByHttp({ url: address, token: "t" }, DATA.fingerprint))).equals(expected),
    ).toBe(true);
});

test("a data set comes from any byte on, and from none behind its end", async () => {
  const url = await coordinator();
  const whole = await read(packDataset(DATA));
  for (const from of [1, 4096, 2_000_000, whole.length - 1])
    expect((await read(fetchDataByHttp({ url }, DATA.fingerprint, from))).equals(whole.subarray(from))).toBe(
      true,
    );
  await expect(read(fetchDataByHttp({ url }, DATA.fingerprint, whole.length))).rejects.toMatchObject({
    code: "DATA",
    message: expect.stringContaining("416"),
  });
});

test("who has no token, or the wrong one, or comes from a web page, gets nothing", async () => {
  const url = await coordinator("t");
  for (const token of [{}, { token: "wrong" }])
    await expect(read(fetchDataByHttp({ url, ...token }, DATA.fingerprint))).rejects.toMatchObject({
      code: "AUTH",
    });
  const page = await fetch(`${url.replace("ws", "http")}/data/${DATA.fingerprint}`, {
    headers: { authorization: "Bearer t", origin: "http://evil.example" },
  });
  expect(page.status).toBe(401);
});

test("another data set than the run's is not there, and a coordinator that is gone is told", async () => {
  const url = await coordinator();
  await expect(read(fetchDataByHttp({ url }, "0".repeat(64)))).rejects.toMatchObject({
    code: "DATA",
    message: expect.stringContaining("--data"),
  });
  await expect(read(fetchDataByHttp({ url: "ws://127.0.0.1:1" }, DATA.fingerprint))).rejects.toMatchObject({
    code: "TRANSPORT",
  });
});
