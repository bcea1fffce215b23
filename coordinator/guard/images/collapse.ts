// Recognizes a generator that has collapsed: all of its images are one, or they are near copies of a few.
import type { RunConfig } from "../../../shared/config/config.ts";
import { PROBE } from "../../../shared/protocol/slot-names.ts";
import { type Collapsed, collapseMessage, partialCollapseMessage } from "../game-messages.ts";
import { groupsOf } from "./groups.ts";
import type { Look } from "./look.ts";
import { type Spread, Spreads } from "./spread.ts";

export interface CollapseWarning {
  readonly code: "GENERATOR_COLLAPSE" | "PARTIAL_COLLAPSE";
  readonly message: string;
}

/** Data of which two images differ by less, of 2 from black to white, have no variety that a generator could lack. */
const CONSTANT_DATA = 0.01;

/**
 * Generated images beside the data's distance. Healthy generators were seen to begin at 0.04 (seed-gan at step 50), and grow
 * from there; after some hundred steps all were above 0.5.
 */
const COLLAPSED = 0.03;
/** So little is never on its way up from noise: one probe fewer will do. */
const NOTHING = 1e-3;
/** What grows by more from one probe to the next but one is a young generator that learns. */
const GROWTH = 1.25;
/** Probes in a row. */
const PROBES = 3;

/** Share of images with a near copy; in the presets' healthy runs it was 0 at every step … */
const COPIED = 0.5;
/** … and in data it may be more by right: the generator's must be so many times that. */
const BESIDE_DATA = 5;
/** Noise of fewer numbers makes neighbours that are near by right, as in a plane 64 points are. */
const LEAST_NOISE = 4;
/** Features tell more than pixels where noise hides that images are one; only where they differ at all, and nearly all. */
const FEATURES_ALIVE = 0.1;
const FEATURES_COPIED = 0.9;

export class CollapseDetector {
  readonly #latentSize: number;
  readonly #isByClass: boolean;
  readonly #spreads = new Spreads();
  /** Ratios of the newest probes, newest last. */
  #ratios: number[] = [];
  #partial = 0;

  constructor({ latentSize, conditional }: Pick<RunConfig, "latentSize" | "conditional">) {
    this.#latentSize = latentSize;
    this.#isByClass = conditional;
  }

  /** Takes in what a probe saw, and returns what is worth a warning. */
  observe({ rows }: Look): CollapseWarning | null {
    const [real, fake] = [rows[PROBE.images.real], rows[PROBE.images.fake]];
    if (!real || !fake || fake.length < 4) return null;
    const [data, made] = [this.#spreads.of(real), this.#spreads.of(fake)];
    if (data.distance < CONSTANT_DATA) return null;
    const ratio = made.distance / data.distance;
    this.#ratios = [...this.#ratios, ratio].slice(-PROBES);
    const images = { real: data, fake: made };
    if (this.#isTotal())
      return { code: "GENERATOR_COLLAPSE", message: collapseMessage(seen(images, this.#featuresOf(rows))) };
    if (ratio < COLLAPSED || this.#latentSize < LEAST_NOISE) {
      this.#partial = 0;
      return null;
    }
    const features = this.#featuresOf(rows);
    const copies = copiesByPixels(images) ?? (features && copiesByFeatures(features));
    this.#partial = copies ? this.#partial + 1 : 0;
    if (!copies || this.#partial < PROBES) return null;
    const evidence = { ...seen(images, features), ...copies, isByClass: this.#isByClass };
    return { code: "PARTIAL_COLLAPSE", message: partialCollapseMessage(evidence) };
  }

  /** Of what D makes of the images, where it shows that. */
  #featuresOf(rows: Look["rows"]): Distances | null {
    const [real, fake] = [rows[PROBE.features.real], rows[PROBE.features.fake]];
    return real && fake ? { real: this.#spreads.of(real), fake: this.#spreads.of(fake) } : null;
  }

  #isTotal(): boolean {
    const ratios = this.#ratios;
    const newest = ratios.at(-1)!;
    const enough = newest < NOTHING ? PROBES - 1 : PROBES;
    const last = ratios.slice(-enough);
    return last.length === enough && last.every((ratio) => ratio < COLLAPSED) && newest <= GROWTH * last[0];
  }
}

/** The same vectors of real and of generated images: pixels, or features. */
interface Distances {
  readonly real: Spread;
  readonly fake: Spread;
}

interface Copies {
  readonly copied: number;
  readonly different: number;
  readonly copiedData: number;
}

/** Near copies that the data do not have in such numbers. */
function copiesByPixels(images: Distances): Copies | null {
  const copies = copiesOf(images);
  return copies.copied >= COPIED && copies.copied >= BESIDE_DATA * copies.copiedData ? copies : null;
}

/** The same by what D makes of them. */
function copiesByFeatures(features: Distances): Copies | null {
  if (features.fake.distance < FEATURES_ALIVE * features.real.distance) return null; // D has shut its eyes
  const copies = copiesOf(features);
  const isCollapsed = copies.copied >= FEATURES_COPIED && copies.copied >= BESIDE_DATA * copies.copiedData;
  return isCollapsed ? copies : null;
}

function copiesOf({ real, fake }: Distances): Copies {
  return { ...groupsOf(fake), copiedData: groupsOf(real).copied };
}

/** Evidence, for a message. */
function seen({ real, fake }: Distances, features: Distances | null): Collapsed {
  return {
    images: fake.nearest.length,
    made: fake.distance,
    data: real.distance,
    ...(features && { features: { made: features.fake.distance, data: features.real.distance } }),
  };
}
