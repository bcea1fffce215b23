// Limits of a session over NATS: options that both ends share, with their defaults.

export interface SessionLimits {
  /** Largest frame accepted, in bytes; default 512 MiB. */
  readonly maxFrameBytes?: number;
  /** After three of these intervals of silence, while the server is there, the other end is dead. Default 3,000. */
  readonly heartbeatMs?: number;
  /** How long the server may be away before sessions are given up; default ten minutes. */
  readonly awayMs?: number;
}

const DEFAULT_MAX_FRAME_BYTES = 512 * 1024 * 1024;
const DEFAULT_HEARTBEAT_MS = 3000;
const DEFAULT_AWAY_MS = 600_000;

export function limitsOf(options: SessionLimits): Required<SessionLimits> {
  const { maxFrameBytes = DEFAULT_MAX_FRAME_BYTES } = options;
  const { heartbeatMs = DEFAULT_HEARTBEAT_MS, awayMs = DEFAULT_AWAY_MS } = options;
  return { maxFrameBytes, heartbeatMs, awayMs };
}
