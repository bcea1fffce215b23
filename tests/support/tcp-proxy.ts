// A wire that can be cut: a TCP proxy whose directions a test freezes, thaws and breaks.
import { once } from "node:events";
import { type AddressInfo, type Socket, connect, createServer } from "node:net";
import { onTestFinished } from "vitest";

export interface TcpProxy {
  readonly port: number;
  /** Nothing passes any more in this direction; the connections stay, and new ones are no better. */
  freeze(direction: Direction): void;
  /** What was held back passes. */
  thaw(): void;
  /** Breaks every connection. */
  cut(): void;
}

type Direction = "up" | "down" | "both";

/** By who is read from: a paused socket holds its direction. */
interface Wire {
  readonly up: Socket;
  readonly down: Socket;
}

/** A proxy to `port` of this machine, for the length of a test. */
export async function tcpProxy(port: number): Promise<TcpProxy> {
  const wires = new Set<Wire>();
  let frozen: Direction | null = null;
  const server = createServer((client) => {
    const upstream = connect(port, "127.0.0.1");
    const wire: Wire = { up: client, down: upstream };
    wires.add(wire);
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ]) {
      from.pipe(to);
      from.on("error", () => to.destroy());
      from.on("close", () => {
        wires.delete(wire);
        to.destroy();
      });
    }
    if (frozen) freeze(wire, frozen);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const cut = (): void =>
    wires.forEach(({ up, down }) => [up, down].forEach((socket) => void socket.destroy()));
  onTestFinished(() => {
    cut();
    server.close();
  });
  return {
    port: (server.address() as AddressInfo).port,
    freeze(direction) {
      frozen = direction;
      for (const wire of wires) freeze(wire, direction);
    },
    thaw() {
      frozen = null;
      for (const { up, down } of wires) {
        up.unpipe(down).pipe(down); // once: what was not frozen is piped already
        down.unpipe(up).pipe(up);
      }
    },
    cut,
  };
}

function freeze({ up, down }: Wire, direction: Direction): void {
  if (direction !== "down") up.unpipe(down).pause();
  if (direction !== "up") down.unpipe(up).pause();
}
