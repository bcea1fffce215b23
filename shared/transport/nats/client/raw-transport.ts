// The `nats` library over a socket of our own: it logs in, subscribes and keeps the connection alive; packets bypass it.
//
// This costs two imports of the library's internals. Through its public interface alone, a run moves about half as many
// bytes per second, each for 2.5 times the coordinator's CPU: the library reads into new memory every time, and copies what
// it parses and what it sends, all of which is garbage. (`npm run bench:scale`, both ways by turns.)
import { type Socket, createConnection } from "node:net";
import type { ConnectionOptions, NatsConnection } from "nats";
import { NatsConnectionImpl, setTransportFactory } from "nats/lib/nats-base-client/internal_mod.js";
import { NodeTransport, nodeResolveHost } from "nats/lib/src/node_transport.js";
import { type PacketHandler, Parser } from "./parser.ts";

export interface RawPackets {
  /** When anything was last read from the server, by `performance.now()`. */
  readonly lastReadAt: number;
  /** Messages of this subscription go to `handler`, except empty ones and those with headers, which stay with the library. */
  handle(subscription: number, handler: PacketHandler): void;
  /** Hands a message to the socket without copying it: its bytes must not change until they are written. */
  publish(subject: string, payload: Uint8Array): void;
}

/** As the library's `connect`, with our transport. */
export async function connectRaw(
  settings: ConnectionOptions,
): Promise<{ readonly nats: NatsConnection; readonly packets: RawPackets }> {
  setTransportFactory({ factory: () => new RawTransport(), dnsResolveFn: nodeResolveHost });
  const nats = await NatsConnectionImpl.connect(settings);
  const { protocol } = nats as unknown as NatsConnectionImpl;
  return { nats, packets: protocol.transport as RawTransport };
}

const LINE_END = Buffer.from("\r\n");

class RawTransport extends NodeTransport implements RawPackets {
  lastReadAt = performance.now();
  readonly #parser = new Parser((bytes) => {
    this.yields.push(bytes);
    this.signal.resolve();
  });
  #dialed: Socket | null = null;

  /** The socket reads into the parser's memory. TLS reads from the socket in its own way: those bytes are copied. */
  override dial({ hostname: host, port }: { hostname: string; port: number }): Promise<Socket> {
    return new Promise((resolve, reject) => {
      const socket: Socket = createConnection({
        host,
        port,
        noDelay: true,
        onread: {
          buffer: () => this.#parser.space(),
          callback: (sizeBytes, buffer) => {
            this.lastReadAt = performance.now();
            if (this.connected) this.#parser.parse(sizeBytes);
            else socket.emit("data", Buffer.from(buffer.subarray(0, sizeBytes))); // the greeting is the library's
            return true;
          },
        },
      });
      this.#dialed = socket;
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
    this.socket.removeAllListeners("data");
    this.socket.on("data", (bytes: Buffer) => {
      this.lastReadAt = performance.now();
      this.#parser.feed(bytes);
    });
  }

  /**
   * After a time-out the library gives up an attempt to connect, but not its socket: a server that hung would find an open
   * connection for every attempt when it goes on, and this process could not end.
   */
  override close(error?: Error): Promise<void> {
    this.#dialed?.destroy();
    return super.close(error);
  }

  /** The library would wait for the system to take all that is still to be sent: a quarter of an hour, on a dead link. */
  override disconnect(): void {
    void this.close();
  }

  handle(subscription: number, handler: PacketHandler): void {
    this.#parser.handle(subscription, handler);
  }

  publish(subject: string, payload: Uint8Array): void {
    if (this.isClosed) return;
    const { socket } = this;
    if (socket.writableCorked === 0) {
      socket.cork(); // what is published in one turn of the event loop goes out in one system call
      process.nextTick(() => socket.uncork());
    }
    socket.write(Buffer.from(`PUB ${subject} ${payload.length}\r\n`, "latin1"));
    socket.write(payload);
    socket.write(LINE_END);
  }
}
