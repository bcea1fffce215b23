// Whether a NATS server answers at present. One that is stopped, or cut off, keeps its connections open for a while.
import type { NatsClient } from "./client/client.ts";

export interface Pulse {
  /** False while the server is away, and where it has let a question wait for too long. */
  readonly isFelt: () => boolean;
  readonly stop: () => void;
}

export interface PulseOptions {
  /** Between questions; default 1,000. */
  readonly everyMs?: number;
  /** So long an answer may take; default 3,000, which a server that is busy with others does not need. */
  readonly patienceMs?: number;
}

/** Asks for one answer at a time, until it is stopped. */
export function feelPulse(
  client: Pick<NatsClient, "connected" | "flush">,
  { everyMs = 1000, patienceMs = 3000 }: PulseOptions = {},
): Pulse {
  let askedAt: number | null = null;
  const settled = (): void => void (askedAt = null);
  const ask = (): void => {
    if (askedAt !== null || !client.connected()) return;
    askedAt = performance.now();
    client.flush().then(settled, settled); // a lost connection is no answer either, and `connected` says so
  };
  const timer = setInterval(ask, everyMs);
  return {
    isFelt: () => client.connected() && (askedAt === null || performance.now() - askedAt <= patienceMs),
    stop: () => clearInterval(timer),
  };
}
