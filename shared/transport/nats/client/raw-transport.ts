// The NATS library's connection over a socket of our own: the library logs in, subscribes and keeps alive; packets go past it.
import { type Socket, createConnection } from "node:net";
import type { ConnectionOptions, NatsConnection } from "nats";
import { NatsConnectionImpl, setTransportFactory } from "nats/lib/nats-base-client/internal_mod.js";
import { NodeTransport, nodeResolveHost } from "nats/lib/src/node_transport.js";
import { type PacketHandler, Parser } from "./parser.ts";

export interface RawPackets {
  /** When anything last came from the server, by the clock of `performance.now()`. */
  readonly heardAt: number;
  /** Messages of this subscription go to `handler`; those with headers, or nothing in them, still go the library's way. */
  handle(subscription: number, handler: PacketHandler): void;
  /** Hands a message to the socket, as it is: its bytes must not change until they are written. */
  publish(subject: string, payload: Uint8Array): void;
}

/** The library's `connect`, with a transport of ours. */
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
  heardAt = performance.now();
  readonly #parser = new Parser((bytes) => {
    this.yields.push(bytes);
    this.signal.resolve();
  });
  #dialed: Socket | null = null;

  /** The socket reads into the parser's memory; over TLS, which reads from the socket in its own way, bytes are copied. */
  override dial({ hostname: host, port }: { hostname: string; port: number }): Promise<Socket> {
    return new Promise((resolve, reject) => {
      const socket: Socket = createConnection({
        host,
        port,
        noDelay: true,
        onread: {
          buffer: () => this.#parser.space(),
          callback: (sizeBytes, buffer) => {
            this.heardAt = performance.now();
            if (this.connected) this.#parser.parse(sizeBytes);
            else socket.emit("data", Buffer.from(buffer.subarray(0, sizeBytes))); // the greeting, which the library reads
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
      this.heardAt = performance.now();
      this.#parser.feed(bytes);
    });
  }

  /**
   * The library gives up an attempt to connect after a time-out, but not its socket: a server that was stopped and goes on
   * would find an open connection for each attempt, and the process that made them could not end.
   */
  override close(error?: Error): Promise<void> {
    this.#dialed?.destroy();
    return super.close(error);
  }

  /** The library would wait until the system has taken all that it has to send: over a dead wire, a quarter of an hour. */
  override disconnect(): void {
    void this.close();
  }

  handle(subscription: number, handler: PacketHandler): void {
    this.#parser.handle(subscription, handler);
  }

  publish(subject: string, payload: Uint8Array): void {
    if (this.isClosed) return;
    this.socket.cork(); // one call of the system for all three
    this.socket.write(Buffer.from(`PUB ${subject} ${payload.length}\r\n`, "latin1"));
    this.socket.write(payload);
    this.socket.write(LINE_END);
    this.socket.uncork();
  }
}
