// Packets past the NATS library: it connects, logs in, subscribes and keeps alive; its socket is ours for packets.
import { type Socket, createConnection } from "node:net";
import type { ConnectionOptions, NatsConnection } from "nats";
import { NatsConnectionImpl, setTransportFactory } from "nats/lib/nats-base-client/internal_mod.js";
import { NodeTransport, nodeResolveHost } from "nats/lib/src/node_transport.js";
import { type Diverted, Splitter } from "./parser.ts";

export interface Shortcut {
  /** When anything last came from the server, by the clock of `performance.now()`. */
  readonly heardAt: number;
  /** Messages of this subscription go to `hear`; those with headers, or nothing in them, still go the library's way. */
  divert(subscription: number, hear: Diverted): void;
  /** Hands a message to the socket, as it is: its bytes must not change until they are written. */
  publish(subject: string, payload: Uint8Array): void;
}

/** The library's `connect`, with a transport of ours. */
export async function connectWithShortcut(
  settings: ConnectionOptions,
): Promise<{ readonly nats: NatsConnection; readonly packets: Shortcut }> {
  setTransportFactory({ factory: () => new ShortcutTransport(), dnsResolveFn: nodeResolveHost });
  const nats = await NatsConnectionImpl.connect(settings);
  const { protocol } = nats as unknown as NatsConnectionImpl;
  return { nats, packets: protocol.transport as ShortcutTransport };
}

/** Of the socket, at once: a packet or two. */
const READ_BYTES = 256 * 1024;
const LINE_END = Buffer.from("\r\n");

class ShortcutTransport extends NodeTransport implements Shortcut {
  heardAt = performance.now();
  readonly #splitter = new Splitter((bytes) => {
    this.yields.push(bytes);
    this.signal.resolve();
  });
  /** The open socket, also when the library has let go of it: then it takes nothing more. */
  #wire: Socket | null = null;
  #corked = false;

  /** Reads into one buffer again and again, not into new memory each time; TLS reads from the socket in its own way. */
  override dial({ hostname: host, port }: { hostname: string; port: number }): Promise<Socket> {
    return new Promise((resolve, reject) => {
      const socket = createConnection({
        host,
        port,
        noDelay: true,
        onread: {
          buffer: Buffer.allocUnsafeSlow(READ_BYTES),
          callback: (sizeBytes, buffer) => {
            const read = Buffer.from(buffer.buffer, buffer.byteOffset, sizeBytes);
            if (this.#wire) this.#feed(read);
            else socket.emit("data", Buffer.from(read)); // the library looks at the server's greeting
            return true;
          },
        },
      });
      let failure: unknown = null;
      socket.on("error", (error) => (failure = error));
      socket.on("close", () => reject(failure));
      socket.on("connect", () => {
        socket.removeAllListeners();
        resolve(socket);
      });
    });
  }

  override setupHandlers(): void {
    super.setupHandlers();
    this.#wire = this.socket;
    this.#wire.removeAllListeners("data");
    this.#wire.on("data", (bytes: Buffer) => this.#feed(bytes));
  }

  #feed(bytes: Buffer): void {
    this.heardAt = performance.now();
    this.#splitter.feed(bytes);
  }

  divert(subscription: number, hear: Diverted): void {
    this.#splitter.divert(subscription, hear);
  }

  publish(subject: string, payload: Uint8Array): void {
    const wire = this.#wire;
    if (!wire || wire.destroyed) return;
    if (!this.#corked) {
      this.#corked = true;
      wire.cork(); // what is published in one turn goes out in one call
      process.nextTick(() => {
        this.#corked = false;
        wire.uncork();
      });
    }
    wire.write(Buffer.from(`PUB ${subject} ${payload.length}\r\n`, "latin1"));
    wire.write(payload);
    wire.write(LINE_END);
  }
}
