// `augment` of a module's losses: both augmentations as functions, which say what is wrong with what they are given.
import { GanglionError } from "../../../../shared/errors.ts";
import { nearest } from "../../../../shared/config/nearest.ts";
import {
  ADA_TRANSFORMS,
  type AdaTransform,
  DIFF_AUGMENT_POLICIES,
  type DiffAugmentPolicy,
} from "../../../../shared/config/objectives/choices.ts";
import { ada } from "./ada/ada.ts";
import { diffAugment } from "./diff-augment/diff-augment.ts";
import type { Tensor, Tensorflow } from "./tensorflow.ts";

/**
 * Differentiable augmentations of images [B, H, W, C] in [-1, 1], with new draws at every call: give D nothing but what
 * they return, of real and generated images, in the losses of both networks.
 */
export interface AugmentFunctions {
  /** DiffAugment; by default with all of its policy: colour, translation, cutout. */
  readonly diffAugment: (
    images: Tensor,
    options?: { readonly policy?: readonly DiffAugmentPolicy[] },
  ) => Tensor;
  /** ADA's pipeline, each transformation with probability `p`; by default all: blit, geometry, colour. */
  readonly ada: (
    images: Tensor,
    options: { readonly p: number | Tensor; readonly transforms?: readonly AdaTransform[] },
  ) => Tensor;
}

/** With the tfjs that the functions compute with; they throw GanglionError MODEL. */
export function augmentFunctions(tf: Tensorflow): AugmentFunctions {
  return {
    diffAugment(images, options = {}) {
      const name = "augment.diffAugment";
      expectImages(name, images);
      expectOptions(name, options, ["policy"]);
      return diffAugment(tf, images, subset(name, "policy", options.policy, DIFF_AUGMENT_POLICIES));
    },
    ada(images, options) {
      const name = "augment.ada";
      expectImages(name, images);
      expectOptions(name, options, ["p", "transforms"]);
      expectProbability(options.p);
      return ada(tf, images, options.p, subset(name, "transforms", options.transforms, ADA_TRANSFORMS));
    },
  };
}

function expectImages(name: string, images: unknown): void {
  const shape = shapeOf(images);
  if (shape?.length === 4) return;
  complain(
    name,
    `takes images [B, H, W, C], and was given ${shape ? `a tensor of shape [${shape.join(", ")}]` : typeof images}`,
  );
}

function expectOptions(name: string, options: unknown, known: readonly string[]): void {
  if (typeof options !== "object" || options === null || shapeOf(options) !== null)
    complain(
      name,
      `takes its options as an object, { ${known.join(", ")} }, and was given ${typeof options}`,
    );
  const strange = Object.keys(options).find((key) => !known.includes(key));
  if (strange !== undefined)
    complain(name, `has no option ${strange}: did you mean ${nearest(strange, known)}?`);
}

function expectProbability(p: unknown): void {
  if (typeof p === "number" ? p >= 0 && p <= 1 : shapeOf(p)?.every((size) => size === 1)) return;
  const shape = shapeOf(p);
  const given = shape ? `a tensor of shape [${shape.join(", ")}]` : String(p);
  complain("augment.ada", `takes p, a number from 0 to 1 or a scalar tensor, and was given ${given}`);
}

function subset<Name extends string>(
  name: string,
  option: string,
  chosen: readonly Name[] | undefined,
  known: readonly Name[],
): readonly Name[] {
  if (chosen === undefined) return known;
  const list = known.map((one) => JSON.stringify(one)).join(", ");
  if (!Array.isArray(chosen)) complain(name, `takes ${option} as an array of ${list}`);
  for (const one of chosen as readonly string[])
    if (!known.some((other) => other === one))
      complain(name, `knows no ${option} ${JSON.stringify(one)}: give any of ${list}`);
  return chosen;
}

function shapeOf(value: unknown): readonly number[] | null {
  const shape: unknown = (value as { readonly shape?: unknown } | null | undefined)?.shape;
  return Array.isArray(shape) ? (shape as number[]) : null;
}

function complain(name: string, what: string): never {
  throw new GanglionError("MODEL", `${name} ${what}`);
}
