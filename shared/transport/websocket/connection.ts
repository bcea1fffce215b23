// One open WebSocket as a Connection: frames in and out, heartbeats, back-pressure both ways, why it closed.
import type { Socket } from "node:net";
import type { WebSocket } from "ws";
import { GanglionError } from "../../errors.ts";
import { decodeFrame } from "../../protocol/frame.ts";
import type { FramePool } from "../frame-pool.ts";
import { encodeOwnFrame } from "../../protocol/own-message.ts";
import { cutFrame } from "../cut-frame.ts";
import { PART_BYTES, PartAssembly } from "./part-assembly.ts";
import type { Frame } from "../frame-builder.ts";
import { type Allowance, MESSAGE_BYTES } from "../allowance.ts";
import { createClosing } from "../closing.ts";
import type { Counters } from "../counters.ts";
import { createQueue } from "../queue.ts";
import type { Body, Connection, Envelope } from "../transport.ts";
import { watchPeer } from "./watch.ts";

export interface WebSocketConnection extends Connection {
  /** Bytes accepted by `write` that the operating system has not taken yet. */
  backlogBytes(): number;
  /** Sends the pieces of one frame, borrowed until it resolves (handed to the system) or rejects (closed). */
  write(frame: readonly Uint8Array[]): Promise<void>;
  /** Closes at once, without a farewell: for peers that do not answer. */
  drop(reason: string): void;
}

export interface WebSocketConnectionOptions {
  readonly socket: WebSocket;
  /** The TCP socket below it, whose byte count is the sign of life. */
  readonly stream: Socket;
  readonly peer: string;
  readonly counters: Counters;
  readonly heartbeatMs: number;
  /** What the peer may send. */
  readonly allowance: Allowance;
  /** Where large frames arrive; they leave it when their envelope is released. */
  readonly memory: FramePool;
  /** Makes a frame of a message of ours; default `encodeOwnFrame`. */
  readonly encode?: typeof encodeOwnFrame;
  /** Of the coordinator's end: hears that the peer is a node of the run. */
  readonly onAdmitted?: () => void;
}

/**
 * Takes over an open socket. A text message, or a frame that does not decode, is counted and closes the connection
 * with code 1008: a peer that sends rubbish is not a node. Three heartbeats without a byte from the peer close it
 * too; bytes of a large frame still on its way are a sign of life. More that is read than the peer's allowance, and not
 * yet iterated, pauses the socket, and TCP slows the sender down.
 */
export function openWebSocketConnection(options: WebSocketConnectionOptions): WebSocketConnection {
  const { socket, stream, peer, counters, allowance, memory, encode = encodeOwnFrame, onAdmitted } = options;
  const parts = new PartAssembly({
    memory,
    get maxFrameBytes() {
      return allowance.maxFrameBytes;
    },
    get maxBodyBytes() {
      return allowance.maxBodyBytes;
    },
  });
  const unsettled = new Set<(error: Error) => void>();
  const closing = createClosing();
  let unreadBytes = 0;
  let refused = false;

  const inbox = createQueue<Arrival>({
    name: `receive() from ${peer}`,
    onLeave(arrival) {
      unreadBytes -= arrival.sizeBytes;
      if (socket.isPaused && unreadBytes < allowance.readAheadBytes) socket.resume();
    },
    onUnread: () => counters.rejected("unread"),
  });

  function refuse(fault: string, detail: string): void {
    refused = true;
    parts.abandon();
    counters.rejected(fault);
    closing.because(`refused a message of ${peer}: ${detail}`);
    socket.close(fault === "too-large" ? 1009 : 1008, fitting(`message refused: ${detail}`));
  }

  function drop(reason: string): void {
    closing.because(reason);
    socket.terminate();
  }

  socket.on("message", (data, isBinary) => {
    if (refused) return;
    if (!isBinary || !Buffer.isBuffer(data)) {
      refuse("text", "text, where binary frames are due");
      return;
    }
    const whole = parts.add(data);
    if (whole === null) return;
    if (typeof whole === "string") refuse(whole, `${whole} ${data.length} bytes`);
    else deliver(whole);
  });

  function deliver({ bytes, release }: Frame): void {
    const frame = decodeFrame(bytes);
    if (!frame.ok) {
      refuse(frame.reason, `${frame.reason} ${frame.detail}`.trimEnd());
      return;
    }
    const { message, body } = frame;
    counters.received(bytes.length);
    const sizeBytes = weigh(bytes, body);
    unreadBytes += sizeBytes;
    if (!inbox.push({ message, body, sizeBytes, release })) {
      unreadBytes -= sizeBytes;
      counters.rejected("unread");
    }
    if (unreadBytes >= allowance.readAheadBytes && !closing.started()) socket.pause();
  }

  const stopWatching = watchPeer(options, {
    unfinished: () => parts.unfinished,
    cutOff(why, sentence) {
      if (why !== "silent") counters.rejected(why);
      refused = true;
      drop(sentence);
    },
  });

  socket.on("error", (error: Error & { code?: string }) => {
    const fault = error.code?.startsWith("WS_ERR_") ? (SOCKET_FAULTS.get(error.code) ?? "websocket") : null;
    if (fault) counters.rejected(fault);
    closing.because(`${peer}: ${error.message}`);
  });

  socket.on("close", (code, farewell) => {
    stopWatching();
    parts.abandon();
    inbox.end();
    const reason = closing.finish(farewell.toString() || describeCode(peer, code));
    for (const reject of unsettled)
      reject(new GanglionError("TRANSPORT", `connection to ${peer} closed: ${reason}`));
  });

  function write(frame: readonly Uint8Array[]): Promise<void> {
    const cut = cutFrame(frame, PART_BYTES);
    return new Promise((resolve, reject) => {
      unsettled.add(reject);
      const settle = (error?: Error | null): void => {
        // Node calls a write done that was under way when the stream was destroyed: the close tells what it was.
        if (!error && stream.destroyed) return;
        unsettled.delete(reject);
        if (error) {
          reject(
            new GanglionError("TRANSPORT", `cannot send to ${peer}: ${error.message}`, { cause: error }),
          );
          return;
        }
        counters.sent(cut.reduce((sum, { bytes }) => sum + bytes.length, 0));
        resolve();
      };
      // In order, so the last is settled after the others, and fails with them.
      for (const { index, bytes } of cut)
        socket.send(bytes, { binary: true }, index < cut.length - 1 ? undefined : settle);
    });
  }

  return {
    peer,
    closed: closing.closed,
    drop,
    write,
    backlogBytes: () => socket.bufferedAmount,
    ...(onAdmitted && {
      admit({ bodyBytes }) {
        allowance.admit(bodyBytes);
        onAdmitted();
      },
    }),
    async send(message, body) {
      if (socket.readyState !== socket.OPEN) {
        throw new GanglionError(
          "TRANSPORT",
          `cannot send ${message.type} to ${peer}, it is closed: ${closing.reason()}`,
        );
      }
      await write(encode(message, body));
    },
    receive: () => inbox.iterate(),
    status: () => counters.status(socket.readyState === socket.OPEN),
    async close(reason = "closed") {
      if (socket.readyState === socket.OPEN) {
        closing.because(reason);
        socket.close(1000, fitting(reason));
        if (socket.isPaused) socket.resume();
      }
      await closing.closed;
    },
  };
}

/** What the queue holds: an envelope and what it weighs. */
interface Arrival extends Envelope {
  readonly sizeBytes: number;
}

/** What a message holds of memory until it is read: a small body lies in all that was read from the socket with it. */
function weigh(bytes: Uint8Array, body: Body | null): number {
  return (
    MESSAGE_BYTES +
    (body === null ? 0 : Math.max(bytes.length, Math.min(bytes.buffer.byteLength, PART_BYTES)))
  );
}

/** Refusals that `ws` makes by itself, as reasons to count. */
const SOCKET_FAULTS: ReadonlyMap<string, string> = new Map([
  ["WS_ERR_UNSUPPORTED_MESSAGE_LENGTH", "too-large"],
  ["WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH", "too-large"],
  ["WS_ERR_TOO_MANY_BUFFERED_PARTS", "fragments"],
]);

function describeCode(peer: string, code: number): string {
  if (code === 1006) return `${peer} went away without a word`;
  if (code === 1009) return `${peer} refused a frame over its size limit`;
  return `${peer} closed with code ${code}`;
}

/** A close frame holds 123 bytes of UTF-8; the last character may be cut off, never cut in two. */
function fitting(reason: string): string {
  return new TextDecoder().decode(Buffer.from(reason).subarray(0, 123), { stream: true });
}
