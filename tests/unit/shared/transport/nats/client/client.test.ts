// One connection to a NATS server after the other: what becomes of those that a server accepts and never answers.
import { once } from "node:events";
import { type AddressInfo, type Socket, connect, createServer } from "node:net";
import { expect, onTestFinished, test, vi } from "vitest";
import { connectNatsServer } from "../../../../../../shared/transport/nats/client/client.ts";
import { natsServer } from "../../../../../support/nats-server.ts";
import { tcpProxy } from "../../../../../support/tcp-proxy.ts";

/** What listens, and whom it has met. */
async function listener(
  greet: (socket: Socket, nth: number) => void,
): Promise<{ readonly url: string; readonly met: readonly Socket[] }> {
  const met: Socket[] = [];
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    greet(socket, met.push(socket));
  });
  server.listen(0, "127.0.0.1");
  onTestFinished(() => void server.close());
  await once(server, "listening");
  return { url: `nats://127.0.0.1:${(server.address() as AddressInfo).port}`, met };
}

test("reports one reconnection, and has one connection, after a server accepted some that it never answered", async () => {
  const server = await natsServer();
  const { url, met } = await listener((socket, nth) => {
    const upstream = connect(server.port, "127.0.0.1");
    upstream.on("error", () => undefined);
    socket.on("close", () => upstream.destroy());
    upstream.pipe(socket); // its greeting too
    if (nth === 1 || nth > 3) socket.pipe(upstream);
    else socket.resume(); // what it says is lost
  });
  const said: string[] = [];
  let back!: () => void;
  const isBack = new Promise<void>((resolve) => (back = resolve));
  const say = (sentence: string): void => {
    said.push(sentence);
    if (sentence.includes("is back")) back();
  };
  const client = await connectNatsServer({ url, reconnectMs: 20, say });
  onTestFinished(() => client.close());
  const seen: string[] = [];
  client.subscribe("news", (_error, { data }) => seen.push(Buffer.from(data).toString()));
  met[0].destroy();
  await isBack;
  client.nats.publish("news", Buffer.from("one"));
  for (let i = 0; i < 5; i++) await client.flush(); // the server has answered, and the event loop has turned
  expect(said).toEqual([
    expect.stringMatching(`^lost the NATS server at ${url} at \\d\\d:\\d\\d:\\d\\d: waiting for it$`),
    expect.stringMatching(`^the NATS server at ${url} is back after \\d\\.\\d s$`),
  ]);
  expect(seen).toEqual(["one"]);
  expect(met.map(({ destroyed }) => destroyed)).toEqual([true, true, true, false]);
});

test("an absence counts from when the server was last heard, not from when it was given up", async () => {
  vi.useFakeTimers({ toFake: ["performance"] });
  onTestFinished(() => void vi.useRealTimers());
  const proxy = await tcpProxy((await natsServer()).port);
  let back!: (sentence: string) => void;
  const isBack = new Promise<string>((resolve) => (back = resolve));
  const say = (sentence: string): void => {
    if (sentence.includes("is back")) back(sentence);
  };
  const client = await connectNatsServer({ url: `nats://127.0.0.1:${proxy.port}`, reconnectMs: 20, say });
  onTestFinished(() => client.close());
  await client.flush();
  vi.advanceTimersByTime(12_000);
  proxy.cut();
  expect(await isBack).toMatch(/is back after 12 s$/);
});

test("closes a connection that a server accepted and never answered, before it tries again and when it closes", async () => {
  const client = await connectNatsServer({ url: (await natsServer()).url });
  onTestFinished(() => client.close());
  const { url, met } = await listener((socket) => void socket.resume());
  await expect(connectNatsServer({ url })).rejects.toThrow("TIMEOUT");
  expect(met).toHaveLength(3);
  for (const socket of met) if (!socket.closed) await once(socket, "close");
  await client.flush(); // other clients keep theirs
});
