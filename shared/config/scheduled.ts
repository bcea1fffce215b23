// A number of the config that may follow the images which training has used: γ, a weight, a probability, β₂.
import { z } from "zod";
import { halfCosine } from "./half-cosine.ts";

/** Between two values, over images that training has used. */
export interface Ramp {
  readonly kind: "linear" | "cosine";
  readonly from: number;
  readonly to: number;
  readonly startImages: number;
  readonly endImages?: number | undefined;
}

/** The same all the time, or a ramp. */
export type Scheduled = number | Ramp;

/** Inclusive, but for `above` and `below`. */
type Bounds = ({ readonly least: number } | { readonly above: number }) &
  ({ readonly most: number } | { readonly below: number });

/** The schema of such a number, whose values lie within the bounds. */
export function scheduledNumber(bounds: Bounds): z.ZodType<Scheduled, Scheduled | RampInput> {
  const value = numberWithin(bounds);
  const ramp = rampOf(value).superRefine(({ startImages, endImages }, context) => {
    if (endImages === undefined || endImages > startImages) return;
    context.addIssue({
      code: "custom",
      path: ["endImages"],
      message: `it ends at ${endImages} images, and starts at ${startImages}: end it later`,
    });
  });
  return z.union(
    [value, ramp],
    `write a number ${boundsText(bounds)}, or {"kind": "cosine", "from": …, "to": …} with such numbers`,
  );
}

function numberWithin(bounds: Bounds): z.ZodNumber {
  const low = "least" in bounds ? z.number().min(bounds.least) : z.number().gt(bounds.above);
  return "most" in bounds ? low.max(bounds.most) : low.lt(bounds.below);
}

function boundsText(bounds: Bounds): string {
  const low = "least" in bounds ? `from ${bounds.least} to` : `above ${bounds.above}, up to`;
  return "most" in bounds ? `${low} ${bounds.most}` : `${low} less than ${bounds.below}`;
}

function rampOf(value: z.ZodNumber) {
  const images = z.int().min(0);
  return z.strictObject({
    kind: z.literal(["linear", "cosine"]).default("cosine"),
    from: value.describe("until it starts"),
    to: value.describe("once it has ended"),
    startImages: images.default(0).describe("images that training has used when it starts"),
    endImages: images.optional().describe("images when it ends; default: those of the whole run"),
  });
}

/** For messages that suggest a field's name. */
export const RAMP_VARIANTS = [rampOf(z.number())];

/** As a file has it. */
export interface RampInput {
  readonly kind?: Ramp["kind"] | undefined;
  readonly from: number;
  readonly to: number;
  readonly startImages?: number | undefined;
  readonly endImages?: number | undefined;
}

/** How far training is, in images. */
export interface ImagesUsed {
  /** Samples that training has used by now. */
  readonly images: number;
  /** That it will have used when the run ends. */
  readonly runImages: number;
}

/**
 * The value once training has used `images`, with p = (images - start) / (end - start), kept in 0 … 1:
 *
 *   linear     from + (to - from)·p
 *   cosine     from + (to - from)·(1 - cos πp) / 2
 */
export function scheduledAt(of: Scheduled, { images, runImages }: ImagesUsed): number {
  if (typeof of === "number") return of;
  const { kind, from, to, startImages, endImages = runImages } = of;
  const part = Math.min(1, Math.max(0, (images - startImages) / Math.max(1, endImages - startImages)));
  if (part === 1) return to;
  return from + (to - from) * (kind === "cosine" ? 1 - halfCosine(part) : part);
}

/** Whether it has another value later on. */
export function changesOverTime(of: unknown): of is Ramp {
  return typeof of === "object" && of !== null && "from" in of && "to" in of && "startImages" in of;
}

/** `cosine from 2 to 0.2, over images 0 to 200,000`: as people read it. */
export function describeScheduled(of: Scheduled): string {
  if (typeof of === "number") return String(of);
  const { kind, from, to, startImages, endImages } = of;
  const end = endImages === undefined ? "the end of the run" : endImages.toLocaleString("en-US");
  const start = startImages === 0 && endImages === undefined ? "" : ` ${startImages.toLocaleString("en-US")}`;
  return start === ""
    ? `${from} to ${to} (${kind}, over the whole run)`
    : `${from} to ${to} (${kind}, from image${start} to ${end})`;
}
