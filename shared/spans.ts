// Where a step's time goes, for listeners in this thread (`ganglion bench --breakdown`).
import { channel } from "node:diagnostics_channel";

export type SpanName = "compute" | "averaging" | "optimizer";

/** Times are of `performance.now()`, milliseconds. */
export interface Span {
  readonly name: SpanName;
  readonly from: number;
  readonly to: number;
}

/** Without a listener a span costs one look. */
const spans = channel("ganglion:span");

export function span<Result>(name: SpanName, body: () => Result): Result {
  if (!spans.hasSubscribers) return body();
  const from = performance.now();
  const result = body();
  spans.publish({ name, from, to: performance.now() } satisfies Span);
  return result;
}

export async function asyncSpan<Result>(name: SpanName, body: () => Promise<Result>): Promise<Result> {
  if (!spans.hasSubscribers) return body();
  const from = performance.now();
  const result = await body();
  spans.publish({ name, from, to: performance.now() } satisfies Span);
  return result;
}

/** Calls `listener` for every span until the returned function is called. */
export function listenToSpans(listener: (span: Span) => void): () => void {
  const hear = (message: unknown): void => listener(message as Span);
  spans.subscribe(hear);
  return () => spans.unsubscribe(hear);
}
