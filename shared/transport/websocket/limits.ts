// What bounds a WebSocket: the options that both ends share, their defaults, and what they mean to `ws`.
import { GanglionError } from "../../errors.ts";
import { PART_BYTES } from "./part-assembly.ts";

export interface WebSocketOptions {
  /** Largest frame accepted, in bytes; default 512 MiB. */
  readonly maxFrameBytes?: number;
  /** How often to ping; three intervals without a byte from the peer and it is dead. Default 5,000. */
  readonly heartbeatMs?: number;
}

export const DEFAULT_HEARTBEAT_MS = 5_000;
export const DEFAULT_MAX_FRAME_BYTES = 512 * 1024 * 1024;

/** The options of `ws` that bound what one peer can make us hold. */
export function socketLimits({ maxFrameBytes = DEFAULT_MAX_FRAME_BYTES }: WebSocketOptions) {
  if (!Number.isInteger(maxFrameBytes) || maxFrameBytes < 1 || maxFrameBytes > 0x7fff_ffff) {
    throw new GanglionError(
      "USAGE",
      `maxFrameBytes is ${maxFrameBytes}: give an integer from 1 to 2147483647`,
    );
  }
  return {
    perMessageDeflate: false,
    maxPayload: Math.min(maxFrameBytes, PART_BYTES),
    maxFragments: MAX_FRAGMENTS,
    maxBufferedChunks: MAX_PIECES,
    closeTimeout: CLOSE_TIMEOUT_MS,
  };
}

/** A slow link delivers a part in pieces, hundreds at most; each costs hundreds of bytes besides its own. */
const MAX_PIECES = 4096;

/** How long a polite close waits for the peer's answer before the socket is destroyed. */
const CLOSE_TIMEOUT_MS = 5_000;

/** A part of ours travels in one piece, which a proxy may cut. */
const MAX_FRAGMENTS = 3;
