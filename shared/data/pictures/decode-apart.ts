// Decodes into the cache in a process of its own, where a machine has more cores than Node decodes with.
//
// libuv's threads decode: four, however many cores there are, unless a process starts with UV_THREADPOOL_SIZE.
import { fork } from "node:child_process";
import { once } from "node:events";
import { availableParallelism } from "node:os";
import { type ErrorCode, GanglionError } from "../../errors.ts";
import type { Split } from "../dataset.ts";
import type { OnProgress } from "../format.ts";
import type { ImageOptions } from "../image-options.ts";

/** What the process is to decode, in its environment's cache or in another. */
export interface ApartOrder {
  readonly source: string;
  readonly split: Split;
  readonly images: ImageOptions;
  /** The cache's folder. */
  readonly folder: string;
}

/** What it says meanwhile, and at the end. */
export type ApartMessage =
  | { readonly type: "progress"; readonly doing: string; readonly done: number; readonly total: number }
  | { readonly type: "say"; readonly sentence: string }
  | { readonly type: "done" }
  | { readonly type: "failed"; readonly code: ErrorCode | null; readonly message: string };

/** From the sources (in tests) the compiled file under dist runs. */
const ENTRY = new URL(
  import.meta.url.endsWith(".ts")
    ? "../../../dist/shared/data/pictures/decode-process.js"
    : "./decode-process.js",
  import.meta.url,
);

/** With as many cores as libuv has threads, this process decodes as fast. */
const USUAL_THREADS = 4;

/** Whether another process would decode faster. */
export function isWorthAProcess(cores = availableParallelism()): boolean {
  return cores > USUAL_THREADS && process.env["UV_THREADPOOL_SIZE"] === undefined;
}

/**
 * Resolves when the process has decoded what it could: what it has kept is in the cache then.
 *
 * @throws GanglionError as `loadDataset` there, and DATA when the process is lost, as by a decoder that crashes
 */
export async function decodeApart(
  order: ApartOrder,
  { onProgress, say }: { readonly onProgress?: OnProgress; readonly say?: (sentence: string) => void },
  cores = availableParallelism(),
): Promise<void> {
  const child = fork(ENTRY, [JSON.stringify(order)], {
    env: { ...process.env, UV_THREADPOOL_SIZE: String(cores) },
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  let end: Extract<ApartMessage, { type: "done" | "failed" }> | null = null;
  child.on("message", (message: ApartMessage) => {
    switch (message.type) {
      case "progress":
        return onProgress?.(message.doing, message.done, message.total);
      case "say":
        return say?.(message.sentence);
      case "done":
      case "failed":
        end = message;
        return undefined;
      default:
        return message satisfies never;
    }
  });
  const [code, signal] = (await once(child, "exit")) as [number | null, NodeJS.Signals | null];
  const last = end as Extract<ApartMessage, { type: "done" | "failed" }> | null; // assigned in the callback only
  if (last?.type === "done") return;
  if (last?.type === "failed" && last.code !== null) throw new GanglionError(last.code, last.message);
  const how = signal === null ? `exit code ${code}` : `signal ${signal}`;
  const why = last === null ? "" : ` (${last.message})`;
  throw new GanglionError(
    "DATA",
    `decoding ${order.source} ended with ${how}${why}: there may be too little memory, or a picture that crashes its decoder; ganglion data shows how far it comes`,
  );
}
