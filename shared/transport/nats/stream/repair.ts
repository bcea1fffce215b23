// What a receiver asks for again: lost packets of the stream, and the broadcast that the stream waits for.
import type { StatusPacket } from "./packets.ts";

/** What a status asks the other end for. */
export type StatusRequests = Partial<Pick<StatusPacket, "asks" | "missing" | "wants">>;

/** A request is repeated after this long: what is in flight should arrive first. */
export const REPEAT_MS = 250;

export interface RepairOptions {
  /** How many packets of the stream have come without a gap. */
  readonly received: () => number;
  /** The broadcast that the stream waits for; null when it waits for none. */
  readonly awaitedBroadcast: () => number | null;
  readonly sendStatus: (requests: StatusRequests) => void;
}

export class Repair {
  readonly #options: RepairOptions;
  /** The other end has sent at least so many packets: those that are not here are in flight or lost. */
  #sent = 0;
  /** The last requests: from which packet on, and for which broadcast. */
  #requested = NOTHING_REQUESTED;
  #wantedAt = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | null = null;

  constructor(options: RepairOptions) {
    this.#options = options;
  }

  /** Packets before number `sent` are missing: asks for them, at once for every new gap, then for as long as it is there. */
  onGap(sent: number): void {
    this.#sent = Math.max(this.#sent, sent);
    const missing = this.#options.received();
    if (this.#requested.missing !== missing) this.#options.sendStatus({ missing: true });
    this.#requested = { ...this.#requested, missing };
    this.#start();
  }

  /** The broadcast may be in flight or lost: asks the coordinator for its status, which says whether all of it was sent. */
  onAwaited(broadcast: number): void {
    if (this.#requested.asked !== broadcast) this.#options.sendStatus({ asks: true });
    this.#requested = { ...this.#requested, asked: broadcast };
    this.#start();
  }

  /** A sender's packets keep their order, so what was sent before its status and is not here is lost. */
  onStatus({ sent, broadcast }: StatusPacket): void {
    if (Math.max(this.#sent, sent) > this.#options.received()) this.onGap(sent);
    const wanted = this.#options.awaitedBroadcast();
    if (wanted === null || wanted > broadcast) return;
    const now = performance.now();
    if (this.#requested.wanted === wanted && now - this.#wantedAt < REPEAT_MS) return;
    this.#requested = { ...this.#requested, wanted };
    this.#wantedAt = now;
    this.#options.sendStatus({ wants: true });
  }

  /** After a reconnection the requests may be lost as well. */
  reset(): void {
    this.#requested = NOTHING_REQUESTED;
  }

  stop(): void {
    if (this.#timer) clearInterval(this.#timer);
    this.#timer = null;
  }

  /** What is sent again can be lost, and so can a request. */
  #start(): void {
    const { received, awaitedBroadcast, sendStatus } = this.#options;
    this.#timer ??= setInterval(() => {
      if (this.#sent > received()) sendStatus({ missing: true });
      else if (awaitedBroadcast() !== null) sendStatus({ asks: true });
      else this.stop();
    }, REPEAT_MS);
  }
}

const NOTHING_REQUESTED = { missing: -1, asked: -1, wanted: -1 };
