// Hubs over WebSockets and raw peers for tests, closed after each.
import { once } from "node:events";
import { afterEach } from "vitest";
import { WebSocket } from "ws";
import type { Connection, Hub } from "../../../../../shared/transport/transport.ts";
import { type ListenOptions, listenWebSocket } from "../../../../../shared/transport/websocket/server.ts";
import { admitted } from "../conformance.ts";

export const LOOPBACK = { host: "127.0.0.1", port: 0 };

const hubs: Hub[] = [];
const raws: WebSocket[] = [];
afterEach(async () => {
  for (const raw of raws.splice(0)) raw.terminate();
  for (const hub of hubs.splice(0)) await hub.close();
});

export async function openHub(
  options: Partial<ListenOptions> = {},
): Promise<{ hub: Hub; readonly accept: () => Promise<Connection> }> {
  const hub = await listenWebSocket({ ...LOOPBACK, ...options });
  hubs.push(hub);
  const arrivals = hub.connections()[Symbol.asyncIterator]();
  return { hub, accept: async () => admitted((await arrivals.next()).value as Connection) };
}

/** A peer that speaks plain WebSocket, for what a node would never do. */
export async function openRaw(hub: Hub, options: WebSocket.ClientOptions = {}): Promise<WebSocket> {
  const raw = new WebSocket(`${hub.address}/workers`, { perMessageDeflate: false, ...options });
  raws.push(raw);
  await once(raw, "open");
  raw.on("error", () => undefined);
  return raw;
}
