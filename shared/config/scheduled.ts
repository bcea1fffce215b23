// A number of the config that may follow the images which training has used: γ, a weight, a probability, β₂.
import { z } from "zod";
import { halfCosine } from "./learning-rate.ts";

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

interface Bounds {
  readonly least: number;
  readonly most: number;
}

/** The schema of such a number, whose values lie within the bounds. */
export function scheduledNumber({ least, most }: Bounds): z.ZodType<Scheduled, Scheduled | RampInput> {
  const value = z.number().min(least).max(most);
  const images = z.int().min(0);
  const ramp = z
    .strictObject({
      kind: z.literal(["linear", "cosine"]).default("cosine"),
      from: value.describe("until it starts"),
      to: value.describe("once it has ended"),
      startImages: images.default(0).describe("images that training has used when it starts"),
      endImages: images.optional().describe("images when it ends; default: those of the whole run"),
    })
    .refine(({ startImages, endImages }) => endImages === undefined || endImages > startImages, {
      message: "it ends before it starts: give a larger endImages",
    });
  return z.union(
    [value, ramp],
    `write a number from ${least} to ${most}, or {"kind": "cosine", "from": …, "to": …} with such numbers`,
  );
}

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
