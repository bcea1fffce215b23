// The config fields that stay as they are for the whole of a run, each with the reason.
import { type Fields, differences } from "./change.ts";

const ARCHITECTURE = "it decides the networks' layers, and the weights are those of the old ones";
const DATA = "it decides the images that the networks have learned from, which stay those of the run";

const STATE = "it keeps numbers of its own among the weights, from the first step on";

/** By path; it stands for what lies below it too. */
const FIXED: Readonly<Record<string, string>> = {
  preset: "it is what the run was started from",
  task: ARCHITECTURE,
  "model.kind": ARCHITECTURE,
  "model.name": ARCHITECTURE,
  "model.filters": ARCHITECTURE,
  "model.blocks": ARCHITECTURE,
  "model.spectralNorm": ARCHITECTURE,
  "model.minibatchStdDev": ARCHITECTURE,
  "model.attention": ARCHITECTURE,
  "model.equalized": ARCHITECTURE,
  "model.initializer": "the weights have been drawn already",
  conditional: ARCHITECTURE,
  "conditioning.generator": ARCHITECTURE,
  "conditioning.discriminator": ARCHITECTURE,
  "augment.kind": STATE,
  "regularizers.lecam": STATE,
  "regularizers.pathLength": STATE,
  latentSize: "it is the length of the noise that the generator takes, so its layers would be others",
  data: "a run learns from one data set; where that lies now is said with --data",
  "images.size": `the networks have been built for images of one size: ${DATA}`,
  "images.fit": DATA,
  "images.background": DATA,
  "images.channels": ARCHITECTURE,
  "images.skipBad": DATA,
  seed: "it decides the order of the samples and the noise, which begin with the run",
  from: "it is what the run was started from",
  history: "it is the list of the changes itself",
};

/** Why the field at this dotted path cannot change in a run; null where it can. */
export function whyFixed(path: string): string | null {
  const found = Object.keys(FIXED).find((fixed) => path === fixed || path.startsWith(`${fixed}.`));
  return found === undefined ? null : FIXED[found];
}

/** The first field that differs though it may not, with the reason; null where there is none. */
export function fixedDifference(
  before: Fields,
  after: Fields,
): { readonly path: string; readonly why: string } | null {
  for (const { path } of differences(before, after)) {
    const why = whyFixed(path);
    if (why !== null) return { path, why };
  }
  return null;
}
