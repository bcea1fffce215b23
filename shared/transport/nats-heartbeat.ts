// Signs of life over NATS: when the other end is silent it is dead, when the server is silent it is waited for.
import type { Outlet } from "./nats-outlet.ts";

const MISSED_HEARTBEATS = 3;

export interface HeartbeatOptions {
  readonly peer: string;
  readonly outlet: Outlet;
  readonly heartbeatMs: number;
  /** How long the server may be away. */
  readonly awayMs: number;
}

export interface Life {
  /** Gives a sign of life. */
  readonly beat: () => void;
  /** Whether the other end was heard since the last call. */
  readonly heard: () => boolean;
  readonly die: (reason: string) => void;
}

/** Returns how to stop it. */
export function startHeartbeat(
  { peer, outlet, heartbeatMs, awayMs }: HeartbeatOptions,
  life: Life,
): () => void {
  let missed = 0;
  let lostAt: number | null = null;
  const judge = (): void => {
    if (!outlet.open()) {
      lostAt ??= performance.now();
      missed = 0; // the silence is the server's
      if (performance.now() - lostAt > awayMs)
        life.die(`the NATS server has been away for ${Math.round(awayMs / 1000)} s`);
      return;
    }
    lostAt = null;
    missed = life.heard() ? 0 : missed + 1;
    if (missed >= MISSED_HEARTBEATS)
      life.die(`no sign of life from ${peer} for ${(MISSED_HEARTBEATS * heartbeatMs) / 1000} s`);
  };
  // Judged after the pending input was read: a busy process must not take its own delay for the other's.
  const timer = setInterval(() => {
    life.beat();
    setImmediate(judge);
  }, heartbeatMs);
  return () => clearInterval(timer);
}
