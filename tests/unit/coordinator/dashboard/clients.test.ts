// A client that does not read costs at most one mebibyte, slows nobody, and goes.
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { afterEach, expect, test } from "vitest";
import { WebSocketServer, type WebSocket } from "ws";
import { Clients } from "../../../../coordinator/dashboard/clients.ts";
import { EventHistory } from "../../../../coordinator/dashboard/history.ts";
import { Listener, stepEvent, warningEvent } from "./support.ts";

const MEBIBYTE = 1 << 20;
const closers: (() => void)[] = [];

afterEach(() => {
  for (const close of closers.splice(0)) close();
});

test("sends a client that never reads at most one mebibyte, while another one gets everything", async () => {
  const { history, url, accepted } = await start();
  const [idle, idleSocket] = await connect(url, accepted);
  idle.socket.pause();
  const [reader] = await connect(url, accepted);
  publishBig(history);
  await reader.until(COUNT);
  expect(reader.ids).toEqual(Array.from({ length: COUNT }, (_, i) => i + 1));
  await expect.poll(() => idleSocket.bufferedAmount).toBeGreaterThan(MEBIBYTE - BIG.length);
  // The last event that fitted may reach beyond the limit.
  expect(idleSocket.bufferedAmount).toBeLessThan(MEBIBYTE + BIG.length + 200);
  publishBig(history);
  await reader.until(2 * COUNT);
  expect(idleSocket.bufferedAmount).toBeLessThan(MEBIBYTE + BIG.length + 200);
});

test("skips all steps but the newest for a client that is late, and nothing else", async () => {
  const { history, url, accepted, clients } = await start();
  const [late, lateSocket] = await connect(url, accepted);
  late.socket.pause();
  publishBig(history);
  await expect.poll(() => lateSocket.bufferedAmount).toBeGreaterThan(MEBIBYTE - BIG.length);
  for (let step = 1; step <= 2000; step++) history.publish(stepEvent(step));
  history.publish(warningEvent("the last"));
  late.socket.resume();
  await late.until(COUNT + 2);
  expect(late.ids).toEqual([...Array.from({ length: COUNT }, (_, i) => i + 1), COUNT + 2000, COUNT + 2001]);
  expect(clients.counts.coalesced).toBe(1999);
});

test("skips nothing of the history that a client asks for, even when it is late", async () => {
  const { history, url, accepted } = await start();
  for (let step = 1; step <= 3000; step++) history.publish(stepEvent(step));
  const [client] = await connect(url, accepted);
  for (let step = 3001; step <= 5000; step++) history.publish(stepEvent(step));
  await client.until(3001);
  expect(client.ids).toEqual([...Array.from({ length: 3000 }, (_, i) => i + 1), 5000]);
});

test("tells a client that was late for longer than the history remembers how much it missed", async () => {
  const { history, url, accepted } = await start(50);
  const [late, lateSocket] = await connect(url, accepted);
  late.socket.pause();
  while (lateSocket.bufferedAmount < MEBIBYTE) {
    for (let i = 0; i < 25; i++) history.publish(warningEvent(BIG));
    await new Promise((resolve) => setImmediate(resolve));
  }
  for (let i = 0; i < 60; i++) history.publish(warningEvent("small"));
  const { newest } = history;
  late.socket.resume();
  await expect.poll(() => late.ids.at(-1)).toBe(newest);
  const gap = late.heard.findLast((event) => event.type === "gap");
  const before = late.ids[late.ids.lastIndexOf(0) - 1];
  // It has heard up to `before`; the newest 50 follow the gap.
  expect(gap).toEqual({ type: "gap", missed: newest - 50 - before, oldest: newest - 49, newest });
  expect(late.ids.slice(-50)).toEqual(Array.from({ length: 50 }, (_, i) => newest - 49 + i));
});

test("closes a client that neither reads nor answers between two heartbeats, and keeps the others", async () => {
  const { url, accepted, clients } = await start();
  const [idle, idleSocket] = await connect(url, accepted);
  idle.socket.pause();
  const [, readerSocket] = await connect(url, accepted);
  const pong = once(readerSocket, "pong");
  clients.beat();
  await pong;
  const closed = once(idleSocket, "close");
  clients.beat();
  await closed;
  expect(clients.size).toBe(1);
  expect(clients.counts.stalled).toBe(1);
});

test("closes a client that answers before it has read, to look alive", async () => {
  const { history, url, accepted, clients } = await start();
  const [liar, liarSocket] = await connect(url, accepted);
  liar.socket.pause();
  publishBig(history);
  await expect.poll(() => liarSocket.bufferedAmount).toBeGreaterThan(MEBIBYTE - BIG.length);
  const pong = once(liarSocket, "pong");
  clients.beat();
  liar.socket.pong();
  await pong;
  const closed = once(liarSocket, "close");
  clients.beat();
  await closed;
  expect(clients.counts.stalled).toBe(1);
});

test("closes and counts a client that sends messages", async () => {
  const { url, accepted, clients } = await start();
  const [talker] = await connect(url, accepted);
  const closed = talker.closed();
  talker.socket.send("stop the training");
  expect(await closed).toBe(1008);
  expect(clients.counts.talkative).toBe(1);
});

test("closes and counts a client that floods it with pings", async () => {
  const { url, accepted, clients } = await start();
  const [talker] = await connect(url, accepted);
  const closed = talker.closed();
  for (let i = 0; i < 100; i++) talker.socket.ping();
  await closed;
  expect(clients.counts.talkative).toBeGreaterThan(0);
});

const COUNT = 400;
/** `COUNT` of these are 26 MB, more than the buffers of the operating system hold. */
const BIG = "x".repeat(65_000);

function publishBig(history: EventHistory): void {
  for (let i = 0; i < COUNT; i++) history.publish(warningEvent(BIG));
}

/** Real sockets, with the server's ends in `accepted`. */
async function start(capacity = 10_000) {
  const history = new EventHistory({ capacity });
  const clients = new Clients(history);
  const accepted: WebSocket[] = [];
  const upgrader = new WebSocketServer({ noServer: true, perMessageDeflate: false });
  const server = createServer();
  server.on("upgrade", (request, stream: Duplex, head) => {
    upgrader.handleUpgrade(request, stream, head, (socket) => {
      accepted.push(socket);
      clients.add(socket, stream, 0);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  closers.push(() => {
    for (const socket of accepted) socket.terminate();
    server.close();
  });
  return { history, clients, accepted, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

async function connect(url: string, accepted: readonly WebSocket[]): Promise<[Listener, WebSocket]> {
  const listener = new Listener(url);
  await once(listener.socket, "open");
  return [listener, accepted[accepted.length - 1]];
}
