// Nodes that connect to this process.
import { listenWebSocket } from "../../shared/transport/websocket/server.ts";
import type { ServeOptions, Served } from "./served.ts";

/** @throws GanglionError as `listenWebSocket` */
export async function serveByWebSocket({ listen }: ServeOptions): Promise<Served> {
  const hub = await listenWebSocket(listen);
  return { hub, join: { kind: "process", flags: ["--join", hub.address], environment: {} } };
}
