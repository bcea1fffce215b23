// Every answer to a lease is counted: received = accepted + duplicate + stale + rejected.
import type { Hub } from "../../shared/transport/transport.ts";
import type { Rejection } from "./task.ts";

/** Why an answer is refused, as a clause. */
export const REFUSALS: Readonly<Record<Rejection, string>> = {
  length: "it has another length than the work's result",
  body: "it has no numbers",
  "not finite": "not finite",
  "far off": "its norm is far off",
  "out of range": "it holds what no such work can give",
};

export class AnswerCounts {
  received = 0;
  accepted = 0;
  duplicate = 0;
  stale = 0;
  readonly rejected: Record<string, number> = {};

  reject(rejection: Rejection): void {
    this.#add(rejection, 1);
  }

  /** So many answers that were refused as far off are confirmed by now: their tasks had a result twice. */
  confirm(answers: number): void {
    this.#add("far off", -answers);
    this.duplicate += answers;
  }

  /** What did not count, by reason. */
  get refused(): Readonly<Record<string, number>> {
    const { duplicate, stale, rejected } = this;
    return { ...(duplicate > 0 && { duplicate }), ...(stale > 0 && { stale }), ...rejected };
  }

  #add(rejection: Rejection, answers: number): void {
    const total = (this.rejected[rejection] ?? 0) + answers;
    if (total > 0) this.rejected[rejection] = total;
    else delete this.rejected[rejection];
  }
}

/** As they are logged. */
export type LeaseCounts = Readonly<
  Pick<AnswerCounts, "received" | "accepted" | "duplicate" | "stale" | "rejected">
>;

/**
 * How often a coordinator has refused something since it started, by reason: what did not become a message, and answers
 * that did not count. Some reasons are known to both, such as a wrong length.
 */
export function refusalsOf(
  hub: Pick<Hub, "status">,
  { refused }: Pick<AnswerCounts, "refused">,
): Record<string, number> {
  const sum: Record<string, number> = { ...hub.status().rejected };
  for (const [reason, times] of Object.entries(refused)) sum[reason] = (sum[reason] ?? 0) + times;
  return sum;
}
