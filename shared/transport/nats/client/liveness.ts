// Whether a NATS server answers at present. One that hangs, or is cut off, keeps its connections open for a while.
import type { NatsClient } from "./client.ts";

export interface Liveness {
  /** False while the server is away, or has left a question unanswered for too long. */
  readonly isAlive: () => boolean;
  readonly stop: () => void;
}

export interface LivenessOptions {
  /** Between questions; default 1,000. */
  readonly everyMs?: number;
  /** How long an answer may take; default 3,000, more than a busy server needs. */
  readonly patienceMs?: number;
}

/** Asks one question at a time, until it is stopped. */
export function watchLiveness(
  client: Pick<NatsClient, "connected" | "flush">,
  { everyMs = 1000, patienceMs = 3000 }: LivenessOptions = {},
): Liveness {
  let askedAt: number | null = null;
  const settled = (): void => void (askedAt = null);
  const ask = (): void => {
    if (askedAt !== null || !client.connected()) return;
    askedAt = performance.now();
    client.flush().then(settled, settled); // if the connection is lost, `connected` says so
  };
  const timer = setInterval(ask, everyMs);
  return {
    isAlive: () => client.connected() && (askedAt === null || performance.now() - askedAt <= patienceMs),
    stop: () => clearInterval(timer),
  };
}
