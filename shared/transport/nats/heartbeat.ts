// Signs of life over NATS: when the other end is silent it is dead, when the server is silent it is waited for.
import type { Outlet } from "./stream/send-buffer.ts";

const MISSED_HEARTBEATS = 3;

export interface HeartbeatOptions {
  readonly peer: string;
  readonly outlet: Pick<Outlet, "open" | "answers">;
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

/**
 * Judges the other end at every heartbeat. Silence counts against it only where the server answered in each heartbeat of
 * it: a server that is stopped, or cannot be reached, keeps its connections open and says nothing either.
 *
 * Returns how to stop it.
 */
export function startHeartbeat(
  { peer, outlet, heartbeatMs, awayMs }: HeartbeatOptions,
  life: Life,
): () => void {
  let missed = 0;
  let answered = true;
  let lostAt: number | null = null;
  const judge = (): void => {
    if (!outlet.open()) return waitForServer();
    if (life.heard()) {
      [missed, lostAt] = [0, null];
      return;
    }
    missed++;
    if (missed > 1 && !answered) return waitForServer();
    if (missed >= MISSED_HEARTBEATS)
      return life.die(`no sign of life from ${peer} for ${(MISSED_HEARTBEATS * heartbeatMs) / 1000} s`);
    answered = false;
    void outlet.answers().then((there) => (answered ||= there));
  };
  const waitForServer = (): void => {
    missed = 0; // the silence is the server's
    lostAt ??= performance.now();
    if (performance.now() - lostAt > awayMs)
      life.die(`the NATS server has been away for ${Math.round(awayMs / 1000)} s`);
  };
  // Judged after the pending input was read: a busy process must not take its own delay for the other's.
  const timer = setInterval(() => {
    life.beat();
    setImmediate(judge);
  }, heartbeatMs);
  return () => clearInterval(timer);
}
