// Recognizes a generator that has collapsed: all of its images are one, or they are near copies of a few.
import type { RunConfig } from "../../../shared/config/config.ts";
import { PROBE } from "../../../shared/protocol/slot-names.ts";
import { type Collapsed, collapseMessage, partialCollapseMessage } from "../game-messages.ts";
import { groupsOf } from "./groups.ts";
import type { Look } from "./look.ts";
import { type Spread, spreadOf } from "./spread.ts";

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
    const [data, made] = [spreadOf(real), spreadOf(fake)];
    if (data.distance < CONSTANT_DATA) return null;
    const ratio = made.distance / data.distance;
    this.#ratios = [...this.#ratios, ratio].slice(-PROBES);
    const seen: Collapsed = {
      images: fake.length,
      made: made.distance,
      data: data.distance,
      ...featuresOf(rows),
    };
    if (this.#isTotal()) return { code: "GENERATOR_COLLAPSE", message: collapseMessage(seen) };
    const copies = ratio < COLLAPSED ? null : this.#copies(rows, { real: data, fake: made });
    this.#partial = copies ? this.#partial + 1 : 0;
    if (!copies || this.#partial < PROBES) return null;
    return {
      code: "PARTIAL_COLLAPSE",
      message: partialCollapseMessage({ ...seen, ...copies, isByClass: this.#isByClass }),
    };
  }

  #isTotal(): boolean {
    const ratios = this.#ratios;
    const newest = ratios.at(-1)!;
    const enough = newest < NOTHING ? PROBES - 1 : PROBES;
    const last = ratios.slice(-enough);
    return last.length === enough && last.every((ratio) => ratio < COLLAPSED) && newest <= GROWTH * last[0];
  }

  /** Near copies that the data do not have in such numbers, by pixels or else by D's features. */
  #copies(
    rows: Look["rows"],
    pixels: { readonly real: Spread; readonly fake: Spread },
  ): { readonly copied: number; readonly different: number; readonly copiedData: number } | null {
    if (this.#latentSize < LEAST_NOISE) return null;
    const byPixels = copiesOf(rows, PROBE.images, pixels);
    if (byPixels.copied >= COPIED && byPixels.copied >= BESIDE_DATA * byPixels.copiedData) return byPixels;
    if (!rows[PROBE.features.real] || !rows[PROBE.features.fake]) return null;
    const spreads = { real: spreadOf(rows[PROBE.features.real]), fake: spreadOf(rows[PROBE.features.fake]) };
    if (spreads.fake.distance < FEATURES_ALIVE * spreads.real.distance) return null; // D has shut its eyes
    const seen = copiesOf(rows, PROBE.features, spreads);
    const isCollapsed = seen.copied >= FEATURES_COPIED && seen.copied >= BESIDE_DATA * seen.copiedData;
    return isCollapsed ? seen : null;
  }
}

function copiesOf(
  rows: Look["rows"],
  names: { readonly real: string; readonly fake: string },
  spreads: { readonly real: Spread; readonly fake: Spread },
): { readonly copied: number; readonly different: number; readonly copiedData: number } {
  const { copied, different } = groupsOf(rows[names.fake], spreads.fake);
  return { copied, different, copiedData: groupsOf(rows[names.real], spreads.real).copied };
}

/** Distances of D's features, for evidence. */
function featuresOf(rows: Look["rows"]): Pick<Collapsed, "features"> {
  const [real, fake] = [rows[PROBE.features.real], rows[PROBE.features.fake]];
  return real && fake ? { features: { made: spreadOf(fake).distance, data: spreadOf(real).distance } } : {};
}
