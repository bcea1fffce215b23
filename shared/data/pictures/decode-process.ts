// The process that `decodeApart` starts: loads one data set, so that the cache has it.
import { GanglionError, messageOf } from "../../errors.ts";
import { loadDataset } from "../load.ts";
import type { ApartMessage, ApartOrder } from "./decode-apart.ts";

const EVERY_MS = 100;

process.on("disconnect", () => process.exit(1)); // whoever waited for it is gone
const { source, split, ...options } = JSON.parse(process.argv[2]) as ApartOrder;
let toldAt = 0;
try {
  await loadDataset(source, split, {
    ...options,
    memoryBytes: 0,
    isApart: true,
    say: (sentence) => tell({ type: "say", sentence }),
    onProgress(doing, done, total) {
      if (performance.now() - toldAt < EVERY_MS && done < total) return;
      toldAt = performance.now();
      tell({ type: "progress", doing, done, total });
    },
  });
  tell({ type: "done" });
} catch (error) {
  const code = error instanceof GanglionError ? error.code : null;
  tell({ type: "failed", code, message: messageOf(error) });
}
process.removeAllListeners("disconnect");
process.disconnect();

function tell(message: ApartMessage): void {
  process.send!(message);
}
