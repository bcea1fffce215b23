// The flags of what a run draws and keeps on its way: they change no weights, so a resumed run may have others.
import { InvalidArgumentError } from "commander";
import { positiveNumber, wholeNumber } from "../parsers.ts";
import type { ConfigFlag } from "./config-flag.ts";

export const KEEPING = {
  sampleEvery: {
    argument: "<steps>",
    path: "sampleEvery",
    parse: wholeNumber(1),
    onResume: "changes",
    help: "steps between sample grids (default: 250)",
  },
  sampleCount: {
    argument: "<n>",
    path: "sampleCount",
    parse: wholeNumber(1, 1024),
    help: "images in a grid (default: 64)",
  },
  checkpointEvery: {
    argument: "<steps>",
    path: "checkpointEvery",
    parse: wholeNumber(1),
    onResume: "changes",
    help: "steps between checkpoints (default: 500)",
  },
  checkpointMinutes: {
    argument: "<n>",
    path: "checkpointMinutes",
    parse: positiveNumber,
    onResume: "changes",
    help: "minutes between checkpoints where steps are slow (default: 10)",
  },
  keep: {
    argument: "<n|all|thinned>",
    path: "keep",
    parse: newestOrWord,
    onResume: "changes",
    help: "checkpoints that stay, beside the best by FID: the newest n, all, or thinned: the newest three and one of every ten (default)",
  },
} as const satisfies Record<string, ConfigFlag>;

function newestOrWord(text: string): number | "all" | "thinned" {
  if (text === "all" || text === "thinned") return text;
  try {
    return wholeNumber(1, 1_000_000)(text);
  } catch {
    throw new InvalidArgumentError("Give how many of the newest stay, such as 5, or all, or thinned.");
  }
}
