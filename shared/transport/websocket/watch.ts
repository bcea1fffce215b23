// Watches what a peer does with its socket: signs of life, progress of a message, and what a node would never do.
import type { Socket } from "node:net";
import type { WebSocket } from "ws";
import { type Allowance, STRANGER_BYTES } from "../allowance.ts";

export interface WatchOptions {
  readonly socket: WebSocket;
  /** The TCP socket below it, whose byte count is the sign of life. */
  readonly stream: Socket;
  readonly peer: string;
  readonly heartbeatMs: number;
  readonly allowance: Allowance;
}

/** Why a connection is cut off. */
export type Misconduct = "silent" | "stalled" | "talkative" | "before-hello";

export interface Watched {
  /** Whether messages of a frame have come, and more of them are due. */
  readonly unfinished: () => boolean;
  readonly cutOff: (why: Misconduct, sentence: string) => void;
}

const MISSED_HEARTBEATS = 3;
/** Half a minute: on a link that moves anything, some of a frame has come. */
const STALLED_HEARTBEATS = 6;
/** Pings and pongs between two heartbeats; a node sends one of each. */
const MAX_CONTROL_FRAMES = 100;
/** Pieces in which a stranger's next message may come: each costs more than its bytes. */
const MAX_STRANGER_PIECES = 256;

/**
 * Pings at every interval. The third without a byte from the peer is death; the sixth without progress of a frame that
 * has begun cuts it off, though pongs come. Returns how to stop it.
 */
export function watchPeer(options: WatchOptions, watched: Watched): () => void {
  const { socket, stream, peer, heartbeatMs, allowance } = options;
  let isCutOff = false;
  const cutOff: Watched["cutOff"] = (why, sentence) => {
    if (!isCutOff) watched.cutOff(why, sentence); // more of the kind may have been read already
    isCutOff = true;
  };
  let seenBytes = stream.bytesRead;
  let [missed, stalled] = [0, 0];
  /** Beside pings and pongs. */
  let [messageBytes, seenMessageBytes] = [0, 0];
  let [controlFrames, pieces] = [0, 0];

  const onData = (chunk: Buffer): void => {
    messageBytes += chunk.length;
    if (!allowance.isStranger) return;
    if (messageBytes <= STRANGER_BYTES && ++pieces <= MAX_STRANGER_PIECES) return;
    cutOff("before-hello", `${peer} sent more than a hello before it was admitted`);
  };
  const onControl = (payload: Buffer): void => {
    messageBytes -= payload.length + CONTROL_HEAD_BYTES;
    pieces = 0;
    if (++controlFrames > MAX_CONTROL_FRAMES)
      cutOff("talkative", `${peer} sends nothing but pings and pongs`);
  };
  stream.on("data", onData);
  socket.on("ping", onControl);
  socket.on("pong", onControl);
  socket.on("message", () => (pieces = 0));

  const timer = setInterval(() => {
    // While paused we do not read, so the silence is ours.
    const reads = !socket.isPaused;
    missed = stream.bytesRead === seenBytes && reads ? missed + 1 : 0;
    const waits =
      reads && messageBytes <= seenMessageBytes && (watched.unfinished() || isWithinMessage(socket));
    stalled = waits ? stalled + 1 : 0;
    [seenBytes, seenMessageBytes, controlFrames] = [stream.bytesRead, messageBytes, 0];
    const seconds = (intervals: number): string => `${(intervals * heartbeatMs) / 1000} s`;
    if (missed >= MISSED_HEARTBEATS)
      cutOff("silent", `no sign of life from ${peer} for ${seconds(MISSED_HEARTBEATS)}`);
    else if (stalled >= STALLED_HEARTBEATS)
      cutOff("stalled", `a frame of ${peer} was begun and did not go on for ${seconds(STALLED_HEARTBEATS)}`);
    else if (socket.readyState === socket.OPEN) socket.ping();
  }, heartbeatMs);
  timer.unref();
  return () => {
    clearInterval(timer);
    stream.off("data", onData);
  };
}

/** As a client masks it. */
const CONTROL_HEAD_BYTES = 6;

/** Of what `ws` puts messages together with, which tells nobody how far it is. */
interface Receiver {
  readonly _state: number;
  readonly _bufferedBytes: number;
  readonly _fragmented: number;
}

function isWithinMessage(socket: WebSocket): boolean {
  const { _receiver: receiver } = socket as unknown as { readonly _receiver: Receiver };
  return receiver._state !== 0 || receiver._bufferedBytes > 0 || receiver._fragmented !== 0;
}
