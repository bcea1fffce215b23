// Signs of life over NATS: if the other end is silent it is dead, if the server is silent it is waited for.
import type { SendBuffer } from "./stream/send-buffer.ts";

const MISSED_HEARTBEATS = 3;

export interface HeartbeatOptions {
  readonly peer: string;
  readonly sendBuffer: Pick<SendBuffer, "open" | "answers">;
  readonly heartbeatMs: number;
  /** How long the server may be away. */
  readonly awayMs: number;
}

export interface HeartbeatHandlers {
  /** Gives a sign of life. */
  readonly beat: () => void;
  /** Whether the other end was heard since the last call. */
  readonly wasHeard: () => boolean;
  readonly onDeath: (reason: string) => void;
}

/**
 * Judges the other end at every heartbeat. Silence counts against it only if the server answered in each heartbeat of it:
 * a server that hangs, or cannot be reached, keeps its connections open and is silent as well.
 *
 * Returns how to stop it.
 */
export function startHeartbeat(
  { peer, sendBuffer, heartbeatMs, awayMs }: HeartbeatOptions,
  { beat, wasHeard, onDeath }: HeartbeatHandlers,
): () => void {
  let missed = 0;
  let answered = true;
  let lostAt: number | null = null;
  const judge = (): void => {
    if (!sendBuffer.open()) return waitForServer();
    if (wasHeard()) {
      [missed, lostAt] = [0, null];
      return;
    }
    missed++;
    if (missed > 1 && !answered) return waitForServer();
    if (missed >= MISSED_HEARTBEATS)
      return onDeath(`no sign of life from ${peer} for ${(MISSED_HEARTBEATS * heartbeatMs) / 1000} s`);
    answered = false;
    void sendBuffer.answers().then((there) => (answered ||= there));
  };
  const waitForServer = (): void => {
    missed = 0; // the silence is the server's
    lostAt ??= performance.now();
    if (performance.now() - lostAt > awayMs)
      onDeath(`the NATS server has been away for ${Math.round(awayMs / 1000)} s`);
  };
  // Judged after pending input was read: a busy process must not take its own delay for the other end's silence.
  const timer = setInterval(() => {
    beat();
    setImmediate(judge);
  }, heartbeatMs);
  return () => clearInterval(timer);
}
