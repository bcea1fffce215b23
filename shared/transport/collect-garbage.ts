// Asks V8 to free large memory that was let go of: it does not count shared memory, so by itself it might never free it.
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** A collection costs tens of milliseconds: less is not worth it. */
const WORTH_BYTES = 8 * 1024 * 1024;
/** Of the program's time, whoever makes it let go of memory. */
const MOST_TIME = 0.05;

let collect: (() => void) | null = null;
let droppedBytes = 0;
let notBefore = 0;
let timer: NodeJS.Timeout | null = null;

/** So many bytes of shared memory are referred to by nobody any more: soon they are the system's again. */
export function letGoOfShared(sizeBytes: number): void {
  droppedBytes += sizeBytes;
  if (droppedBytes < WORTH_BYTES || timer) return;
  // Later, when whoever let go has returned: what a stack may still refer to is kept.
  timer = setTimeout(run, Math.max(0, notBefore - performance.now())).unref();
}

function run(): void {
  [timer, droppedBytes] = [null, 0];
  const begun = performance.now();
  (collect ??= collector())();
  const ended = performance.now();
  notBefore = ended + (ended - begun) / MOST_TIME;
}

/** Node's own way to a collection is a flag of V8, which can be set while it runs. */
function collector(): () => void {
  setFlagsFromString("--expose-gc");
  return runInNewContext("gc") as () => void;
}
