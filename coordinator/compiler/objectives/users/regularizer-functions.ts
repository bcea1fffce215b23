// `regularizers` of a module's losses: the penalties that need no state, as functions of networks and images.
import type * as tf from "@tensorflow/tfjs-core";
import { regularizersSchema } from "../../../../shared/config/objectives/regularizers.ts";
import { dependsOn } from "../../gradients/gradient.ts";
import { shapeText } from "../../models/users/failures.ts";
import { activeRecorder } from "../../trace/recorder.ts";
import { inconsistency } from "../regularizers/consistency.ts";
import { aroundImages } from "../regularizers/dragan.ts";
import { meansApart } from "../regularizers/feature-matching.ts";
import { betweenImages } from "../regularizers/gradient-penalty.ts";
import { type Slopes, flatAt, slopesNear } from "../regularizers/image-gradients.ts";
import { withNoise } from "../regularizers/instance-noise.ts";
import { shiftedAndMirrored } from "../regularizers/shift-and-mirror.ts";
import { checkOptions, namedFunctions, slip } from "./checked-options.ts";
import type { Outputs, RegularizerFunctions, Weight } from "./function-types.ts";

const KEEPS = "it keeps a number from step to step, which losses cannot: use the config's field";

/** Those that are not functions, each with the reason. */
const WITH_STATE: Readonly<Record<string, string>> = {
  lecam: `${KEEPS} regularizers.lecam (--lecam) without losses of your own`,
  pathLength: `${KEEPS} regularizers.pathLength (--path-length) without losses of your own`,
  labelSmoothing: "give losses.nonSaturating and others targets, such as { real: 0.9 }",
};

/** With the defaults of the config's fields. They throw GanglionError MODEL. */
export function regularizerFunctions(tools: Pick<Slopes, "tf" | "gradients">): RegularizerFunctions {
  const { tf: tfjs } = tools;
  const usual = usualValues();
  const functions: RegularizerFunctions = {
    r1(options) {
      const name = "regularizers.r1";
      checkOptions(name, options, { discriminator: "function", samples: "images" }, { gamma: "weight" });
      const { discriminator, samples, gamma = usual.r1.gamma } = options;
      return flatAt(slopesOf(name, tools, discriminator), samples, scalar(gamma));
    },
    r2(options) {
      const name = "regularizers.r2";
      checkOptions(name, options, { discriminator: "function", fake: "images" }, { gamma: "weight" });
      const { discriminator, fake, gamma = usual.r2.gamma } = options;
      return flatAt(slopesOf(name, tools, discriminator), fake, scalar(gamma));
    },
    gradientPenalty(options) {
      const name = "regularizers.gradientPenalty";
      const needed = { discriminator: "function", samples: "images", fake: "images" } as const;
      checkOptions(name, options, needed, { weight: "weight", target: "number" });
      const { discriminator, samples, fake } = options;
      const { weight = usual.gradientPenalty.weight, target = usual.gradientPenalty.target } = options;
      expectPairs(name, samples, fake);
      const between = betweenImages(tools, samples, fake);
      return slopesNear(slopesOf(name, tools, discriminator), between, { weight: scalar(weight), target });
    },
    dragan(options) {
      const name = "regularizers.dragan";
      checkOptions(name, options, { discriminator: "function", samples: "images" }, { weight: "weight" });
      const { discriminator, samples, weight = usual.dragan.weight } = options;
      const around = aroundImages(tools, samples);
      return slopesNear(slopesOf(name, tools, discriminator), around, { weight: scalar(weight), target: 1 });
    },
    consistency(options) {
      const name = "regularizers.consistency";
      const needed = { discriminator: "function", samples: "images", fake: "images" } as const;
      checkOptions(name, options, needed, { weight: "weight", flip: "boolean" });
      const { discriminator, samples, fake } = options;
      const { weight = usual.consistency.weight, flip = usual.consistency.flip } = options;
      const { logitsOf } = slopesOf(name, tools, discriminator);
      const penalties = [samples, fake].map((images) =>
        inconsistency({ tf: tfjs, logitsOf }, logitsOf(images), shiftedAndMirrored(tfjs, images, flip)),
      );
      return tfjs.mul(scalar(weight), tfjs.addN(penalties));
    },
    featureMatching(options) {
      const name = "regularizers.featureMatching";
      checkOptions(name, options, { real: "tensor", fake: "tensor" }, { weight: "weight" });
      const { real, fake, weight = usual.featureMatching.weight } = options;
      expectPairs(name, real, fake);
      return tfjs.mul(scalar(weight), meansApart(tfjs, real, fake));
    },
    instanceNoise(options) {
      checkOptions("regularizers.instanceNoise", options, { images: "images" }, { stddev: "weight" });
      const { images, stddev = usual.instanceNoise.stddev } = options;
      return withNoise(tfjs, images, scalar(stddev));
    },
  };
  return namedFunctions("regularizers", functions, WITH_STATE);

  function scalar(weight: Weight): number | tf.Scalar {
    return typeof weight === "number" ? weight : tfjs.reshape(weight, []);
  }
}

/** D's outputs, which have to come from the images that they are asked for: any other has a slope of nothing. */
function slopesOf(
  name: string,
  { tf: tfjs, gradients }: Pick<Slopes, "tf" | "gradients">,
  discriminator: (images: tf.Tensor) => Outputs,
): Slopes {
  return {
    tf: tfjs,
    gradients,
    logitsOf(images) {
      const made: unknown = discriminator(images);
      checkOptions(
        name,
        { "what discriminator returns": made },
        { "what discriminator returns": "outputs" },
        {},
      );
      const outputs = [made as Outputs].flat() as tf.Tensor[];
      const backend = activeRecorder();
      if (backend && !outputs.some((output) => dependsOn(backend, output, images)))
        throw slip(
          `${name}: what discriminator returns does not depend on the images that it is given, so the penalty would be that of no slope: compute it from its argument, as (images) => discriminator(images)`,
        );
      return outputs;
    },
  };
}

function expectPairs(name: string, real: tf.Tensor, fake: tf.Tensor): void {
  const [ofReal, ofFake] = [real, fake].map(({ shape }) => shapeText(shape.slice(1)));
  if (ofReal !== ofFake)
    throw slip(
      `${name} is given real ones of shape ${ofReal} and generated ones of ${ofFake}, for each sample: give it the same of both`,
    );
}

/** Of the config's fields, each as it is where it is on. */
function usualValues(): Readonly<{
  r1: { gamma: number };
  r2: { gamma: number };
  gradientPenalty: { weight: number; target: number };
  dragan: { weight: number };
  consistency: { weight: number; flip: boolean };
  featureMatching: { weight: number };
  instanceNoise: { stddev: number };
}> {
  const { r1, r2, gradientPenalty, dragan, consistency, featureMatching, instanceNoise } =
    regularizersSchema.parse({
      r1: {},
      r2: {},
      gradientPenalty: {},
      dragan: {},
      consistency: {},
      featureMatching: {},
      instanceNoise: {},
    });
  return { r1, r2, gradientPenalty, dragan, consistency, featureMatching, instanceNoise } as ReturnType<
    typeof usualValues
  >;
}
