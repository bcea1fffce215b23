// What a transport counts: messages and bytes both ways, and what it refused, by reason.
import type { TransportStatus } from "./transport.ts";

export interface Counters {
  sent(sizeBytes: number): void;
  received(sizeBytes: number): void;
  /** `reason` comes from a closed set of codes, never from the peer's bytes: the table must not grow. */
  rejected(reason: string): void;
  status(connected: boolean): TransportStatus;
}

/** Counters from zero. What is counted here is counted in `total` too: a hub's sum outlives its connections. */
export function createCounters(total?: Counters): Counters {
  let sentBytes = 0;
  let receivedBytes = 0;
  let sentMessages = 0;
  let receivedMessages = 0;
  const rejected = new Map<string, number>();
  return {
    sent(sizeBytes) {
      sentBytes += sizeBytes;
      sentMessages += 1;
      total?.sent(sizeBytes);
    },
    received(sizeBytes) {
      receivedBytes += sizeBytes;
      receivedMessages += 1;
      total?.received(sizeBytes);
    },
    rejected(reason) {
      rejected.set(reason, (rejected.get(reason) ?? 0) + 1);
      total?.rejected(reason);
    },
    status: (connected) => ({
      connected,
      sentBytes,
      receivedBytes,
      sentMessages,
      receivedMessages,
      rejected: Object.fromEntries(rejected),
    }),
  };
}
