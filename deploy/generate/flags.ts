// The flags of `ganglion generate`, and which of them go together.
import { stat } from "node:fs/promises";
import { dirname, extname } from "node:path";
import { GanglionError } from "../../shared/errors.ts";
import type { EngineFlags } from "../flags/options.ts";
import type { SingleKind } from "./kinds.ts";

export interface GenerateFlags extends EngineFlags {
  readonly checkpoint?: string;
  readonly runs: string;
  readonly count?: number;
  readonly out?: string;
  readonly seed?: number;
  readonly seeds?: string;
  readonly class?: string;
  readonly truncation: number;
  readonly raw?: boolean;
  readonly columns?: number;
  readonly single?: SingleKind | true;
  readonly interpolate?: number | true;
  readonly frames?: number;
  readonly seconds?: number;
  readonly threads?: number;
  readonly model?: string;
  readonly quiet?: boolean;
}

/** What is written: by the flags, and by how `--out` ends. */
export type Form =
  | { readonly kind: "grid" }
  | { readonly kind: "singles"; readonly image: SingleKind }
  | { readonly kind: "array" }
  | { readonly kind: "animation" };

/** The most images of a grid that can still be looked at. */
const MOST_IN_GRID = 4096;

/** @throws GanglionError USAGE with a sentence for each combination that contradicts itself */
export function formOf(flags: GenerateFlags): Form {
  const { out, single, interpolate, seed, seeds, count, columns } = flags;
  const refuse = (what: string): never => {
    throw new GanglionError("USAGE", what);
  };
  if (seeds !== undefined && seed !== undefined)
    refuse(`--seed ${seed} and --seeds ${seeds} both say which noise: give one of them`);
  if (seeds !== undefined && count !== undefined)
    refuse(`--seeds ${seeds} says how many images there are: leave --count ${count} out`);
  if (single !== undefined && interpolate !== undefined)
    refuse("--single and --interpolate make different things of the same images: give one of them");
  for (const [name, value] of Object.entries({ frames: flags.frames, seconds: flags.seconds }))
    if (value !== undefined && interpolate === undefined)
      refuse(`--${name} ${value} is for --interpolate: add that, or leave it out`);
  const ending = out === undefined ? "" : extname(out).toLowerCase();
  const form = formBy(flags, ending);
  if (columns !== undefined && (form.kind === "singles" || form.kind === "array"))
    refuse(`--columns ${columns} is for grids and animations: leave it out`);
  if (form.kind === "grid" && count !== undefined && count > MOST_IN_GRID)
    refuse(
      `--count ${count}: a grid has at most ${MOST_IN_GRID} images; write files with --single, or an array with --out images.npy`,
    );
  return form;
}

function formBy({ out, single, interpolate }: GenerateFlags, ending: string): Form {
  const refuse = (why: string): never => {
    throw new GanglionError("USAGE", `--out ${out} ${why}`);
  };
  if (interpolate !== undefined) {
    if (out !== undefined && ending !== ".webp" && ending !== ".gif")
      refuse("is no animation by its name: end it in .webp or .gif");
    return { kind: "animation" };
  }
  if (single !== undefined) {
    if ([".png", ".webp", ".npy", ".npz", ".gif"].includes(ending))
      refuse("is one file by its name, and --single writes many: name a folder");
    return { kind: "singles", image: single === true ? "png" : single };
  }
  if (ending === ".npy" || ending === ".npz") return { kind: "array" };
  if (out !== undefined && ending !== ".png" && ending !== ".webp")
    refuse(
      ending === ".gif"
        ? "is an animation by its name: add --interpolate"
        : "is neither a picture (.png, .webp) nor an array (.npy, .npz) by its name; for files in a folder add --single",
    );
  return { kind: "grid" };
}

/** Before the work, not after it. @throws GanglionError USAGE */
export async function checkOut(out: string, form: Form): Promise<void> {
  const refuse = (why: string): never => {
    throw new GanglionError("USAGE", `--out ${out} ${why}`);
  };
  const [folder, old] = await Promise.all([dirname(out), out].map((path) => stat(path).catch(() => null)));
  if (!folder?.isDirectory()) refuse(`is in no folder (${dirname(out)}): name one that exists`);
  if (form.kind === "singles" && old) refuse("is there already: name a folder that does not exist yet");
  if (form.kind !== "singles" && old?.isDirectory()) refuse("is a folder: name a file in it");
}
