// Takes the weights of a trained classifier out of its run, as the file of a built-in extractor:
//
//   npx jiti tests/bench/evaluation/extractor-weights.ts RUN OUT.safetensors "the command that trained it"
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { loadNewestCheckpoint } from "../../../coordinator/records/checkpoint/checkpoint.ts";
import { findRun } from "../../../coordinator/records/run-folder.ts";
import { type Tensor, encodeSafetensors } from "../../../coordinator/records/files/safetensors.ts";
import { viewOf } from "../../../shared/protocol/layout.ts";

const [run, out, command] = process.argv.slice(2);
const { checkpoint } = await loadNewestCheckpoint(await findRun(run));
const { imageShape, classes } = checkpoint.config;
const tensors = checkpoint.layout.slots.map((slot): [string, Tensor] => [
  slot.name,
  { dtype: "F32", shape: slot.shape, data: viewOf(checkpoint.weights, slot).slice() },
]);
const stats = await readFile(join(run, "stats.jsonl"), "utf8");
const lines = stats
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line) as Record<string, unknown>);
const { evaluation } = lines.findLast((line) => "evaluation" in line)! as {
  readonly evaluation: { readonly accuracy: number };
};
const metadata = {
  imageShape: JSON.stringify(imageShape),
  classes: String(classes),
  accuracy: String(evaluation.accuracy),
  command,
};
await writeFile(out, encodeSafetensors({ tensors: new Map(tensors), metadata }));
