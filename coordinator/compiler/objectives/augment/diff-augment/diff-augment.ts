// DiffAugment: every image is augmented, always (Zhao et al. 2020, "Differentiable Augmentation for Data-Efficient GAN Training").
import {
  DIFF_AUGMENT_POLICIES,
  type DiffAugmentPolicy,
} from "../../../../../shared/config/objectives/choices.ts";
import { onColours } from "../colour-channels.ts";
import { type Tensor, type Tensorflow } from "../tensorflow.ts";
import { brightness, contrast, saturation } from "./colour.ts";
import { cutout } from "./cutout.ts";
import { translation } from "./translation.ts";

/** Images [B, H, W, C] in [-1, 1] with new draws for each of them; `policy` says which of the three are done. */
export function diffAugment(
  tf: Tensorflow,
  images: Tensor,
  policy: readonly DiffAugmentPolicy[] = DIFF_AUGMENT_POLICIES,
): Tensor {
  const batch = images.shape[0];
  return DIFF_AUGMENT_POLICIES.filter((name) => policy.includes(name)).reduce((augmented, name) => {
    switch (name) {
      case "colour":
        return onColours(tf, augmented, (colours) => {
          const draws = [brightness, saturation, contrast].map((change) => ({
            change,
            u: tf.randomUniform([batch]),
          }));
          return draws.reduce((recoloured, { change, u }) => change(tf, recoloured, u), colours);
        });
      case "translation":
        return translation(tf, augmented, tf.randomUniform([batch, 2]));
      case "cutout":
        return cutout(tf, augmented, tf.randomUniform([batch, 2]));
      default:
        return name satisfies never;
    }
  }, images);
}
