// Scalars that a GAN's objective keeps from step to step: non-trained weights, as moving statistics are.
//
// They lie in the flat vector, so the coordinator averages what the shards write, checkpoints it, and gives it to all nodes.
import * as tf from "@tensorflow/tfjs-core";
import type { RunConfig } from "../../../shared/config/config.ts";
import type { NetworkName } from "../../../shared/config/optimizer-config.ts";
import { STATE_PREFIX } from "../../../shared/protocol/slot-names.ts";
import type { NamedWeight, WeightVariable } from "../models/weights.ts";
import { augmentationState } from "./augment/augmentation.ts";
import { usedRegularizers } from "./regularizers/regularizers.ts";

/** Of layers: a position in the network that none has. */
export const NO_LAYER = -1;

interface Slot {
  readonly network: NetworkName;
  /** `lecam/real` */
  readonly name: string;
  readonly initial: number;
}

/** The scalars of a run; each is written in phases that train its network. */
export class ObjectiveState {
  readonly weights: readonly NamedWeight[];
  readonly #scalars = new Map<string, Scalar>();
  readonly #initial: readonly tf.Tensor[];

  constructor(config: RunConfig) {
    const slots = config.task === "gan" ? slotsOf(config) : [];
    this.#initial = slots.map(({ initial }) => tf.scalar(initial));
    this.weights = slots.map(({ network, name }, i) => {
      const variable = scalarOf(this.#initial[i]);
      this.#scalars.set(name, variable);
      return {
        name: `${STATE_PREFIX}${network}/objective/${name}`,
        network,
        position: NO_LAYER,
        trainable: false,
        variable,
      };
    });
  }

  /** As it was before the step, or as it was written in it. */
  read(name: string): tf.Scalar {
    return this.#find(name).read() as tf.Scalar;
  }

  write(name: string, value: tf.Tensor): void {
    this.#find(name).write(tf.reshape(value, []));
  }

  dispose(): void {
    for (const tensor of this.#initial) tensor.dispose();
  }

  #find(name: string): Scalar {
    const scalar = this.#scalars.get(name);
    if (!scalar) throw new RangeError(`the objective keeps no ${name}`);
    return scalar;
  }
}

function slotsOf(config: RunConfig): Slot[] {
  const ofRegularizers = usedRegularizers(config).flatMap(
    ({ name, regularizer: { network, state = {} } }): Slot[] =>
      Object.entries(state).map(([own, initial]) => ({ network, name: `${name}/${own}`, initial })),
  );
  const ofAugmentation = Object.entries(augmentationState(config.augment)).map(([name, initial]): Slot => ({
    network: "discriminator",
    name,
    initial,
  }));
  return [...ofRegularizers, ...ofAugmentation];
}

type Scalar = WeightVariable & { read(): tf.Tensor };

function scalarOf(initial: tf.Tensor): Scalar {
  let value = initial;
  return {
    shape: [],
    constraint: null as never,
    read: () => value,
    write: (next) => (value = next),
  };
}
