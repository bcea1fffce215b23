// The augmentation that a run's config asks for: what it makes of images, and what it learns from what D says of them.
import type { RunConfig } from "../../../../shared/config/config.ts";
import type { AugmentConfig } from "../../../../shared/config/objectives/augment.ts";
import { USUAL_LOSS, lossOf } from "../../../../shared/config/objectives/losses.ts";
import { ada } from "./ada/ada.ts";
import { decided, meanSign, moveOf, observed } from "./ada/adaptive-probability.ts";
import { diffAugment } from "./diff-augment/diff-augment.ts";
import type { Tensor, Tensorflow } from "./tensorflow.ts";

export interface Augmentation {
  /** Images [B, H, W, C] as D is to see them, with new draws at each call. */
  readonly augment: (images: Tensor) => Tensor;
  /**
   * Takes note of D's outputs for real images, once in a round; what of it is to last counts where the round trains D.
   * Gives metrics.
   */
  readonly observe: (real: readonly Tensor[]) => Readonly<Record<string, Tensor>>;
}

export interface AugmentationSetting {
  readonly tf: Tensorflow;
  readonly config: Pick<RunConfig, "augment" | "batch" | "loss">;
  /** The scalars that `augmentationState` names. */
  readonly state: {
    readonly read: (name: string) => Tensor;
    readonly write: (name: string, value: Tensor) => void;
  };
  /** A scheduled number of the config by its path: itself, or a scalar. */
  readonly number: (path: string) => number | Tensor;
}

const PROBABILITY = "ada/probability";
const SIGNS = "ada/signs";
const ROUNDS = "ada/rounds";

/** Scalars that the objective keeps for it, with what they begin with. Of ada always, so that a fixed p may be let go. */
export function augmentationState({ kind }: AugmentConfig): Readonly<Record<string, number>> {
  return kind === "ada" ? { [PROBABILITY]: 0, [SIGNS]: 0, [ROUNDS]: 0 } : {};
}

export function createAugmentation(setting: AugmentationSetting): Augmentation {
  const { tf, config, number } = setting;
  const { augment } = config;
  switch (augment.kind) {
    case "none":
      return { augment: (images) => images, observe: () => ({}) };
    case "diff-augment":
      return { augment: (images) => diffAugment(tf, images, augment.policy), observe: () => ({}) };
    case "ada": {
      if (augment.probability === undefined) return adaptive(setting, augment);
      const p = number("augment.probability");
      return {
        augment: (images) => ada(tf, images, p, augment.transforms),
        observe: () => ({ "augment/p": typeof p === "number" ? tf.scalar(p) : p }),
      };
    }
    default:
      return augment satisfies never;
  }
}

function adaptive(
  { tf, config, state }: AugmentationSetting,
  { target, every, images, transforms }: Extract<AugmentConfig, { readonly kind: "ada" }>,
): Augmentation {
  const before = {
    probability: state.read(PROBABILITY),
    signs: state.read(SIGNS),
    rounds: state.read(ROUNDS),
  };
  const now = decided(tf, before, { target, every, move: moveOf(every, config.batch, images) });
  return {
    augment: (given) => ada(tf, given, now.probability, transforms),
    observe(real) {
      const sign = meanSign(tf, real, lossOf(config.loss ?? USUAL_LOSS).boundary);
      const after = observed(tf, now, sign);
      state.write(PROBABILITY, after.probability);
      state.write(SIGNS, after.signs);
      state.write(ROUNDS, after.rounds);
      return { "augment/p": now.probability, "augment/sign": sign };
    },
  };
}
