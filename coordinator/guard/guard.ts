// Watches gradients: recognizes layers and networks whose gradient explodes, vanishes or is absent, and warns.
import { type RunConfig, optimizerOf } from "../../shared/config/config.ts";
import type { NetworkName } from "../../shared/config/optimizer-config.ts";
import { DeadRelus } from "./dead-relus.ts";
import { oscillationMessage } from "./game-messages.ts";
import { CollapseDetector } from "./images/collapse.ts";
import type { Look } from "./images/look.ts";
import { Rivalry } from "./images/rivalry.ts";
import { Swings } from "./oscillation.ts";
import { Pauses } from "./pauses.ts";
import type { UpdateResult } from "../update/update.ts";
import {
  absentMessage,
  explodingMessage,
  starvedMessage,
  vanishingMessage,
  wonMessage,
} from "./guard-messages.ts";
import { Trend } from "./trend.ts";

export interface GuardWarning {
  readonly code:
    | "EXPLODING_GRADIENT"
    | "VANISHING_GRADIENT"
    | "GENERATOR_COLLAPSE"
    | "PARTIAL_COLLAPSE"
    | "DISCRIMINATOR_WINS"
    | "DISCRIMINATOR_LOSES"
    | "OSCILLATION"
    | "DEAD_RELU";
  readonly message: string;
}

/** Before so many rounds a network has no usual size: the first steps of a fresh one change it by a factor of ten. */
const LEAST_ROUNDS = 10;

/** Healthy GANs were seen to reach 21 times the usual size in a layer (the presets, as D learns); a divergence passes 1e3. */
const GROWTH = 100;

/** What has grown is a danger only where it is large: the losses of GANs are of size 1, and so are healthy norms. */
const GROWN_NORM = 100;

/** No loss of size 1 has such a slope: even at a rate of 1e-6 a step, rate · norm², overshoots it. */
const LARGE_NORM = 1000;
/** In so many rounds in a row; a single one is a bad batch … */
const LARGE_ROUNDS = 3;
/** … unless it is of this size: then there may be no next one. */
const HOPELESS_NORM = 1e6;

/** A layer's gradient beside the largest of its network; the presets' least is 3e-3, and ten sigmoids leave 1e-6. */
const VANISHED = 1e-4;

/** A network's gradient beside the largest it has been. GANs fluctuate by a factor of 100 (the presets). */
const STARVED = 1e-3;
/** What a network gets that never had more; Adam's ε is larger than the share of a single weight. */
const NEARLY_NOTHING = 1e-6;

/** So many rounds in a row without any gradient are no accident of a batch. */
const ABSENT_ROUNDS = 10;

/** A metric that only the objective with cross-entropy has. */
const SCORE = "score/real";

/** A cross-entropy that has all samples right by 99 to 1; the presets' are never under 0.1 … */
const WON_LOSS = 0.01;
/** … and what is left of the gradient then. */
const WON_GRADIENT = 0.1;

interface Watched {
  readonly layers: Map<string, Trend>;
  readonly whole: Trend;
  /** Its cross-entropy; of another loss it is not known what is small. */
  readonly loss: Trend;
  /** Rounds in a row with a layer over LARGE_NORM. */
  large: number;
  /** Rounds in a row in which its gradient was exactly zero. */
  absent: number;
  /** The same by layer. */
  readonly zeros: Map<string, number>;
  readonly swings: Swings;
}

/** A function of what it has observed: a resumed run begins to observe anew. */
export class Guard {
  readonly #config: RunConfig;
  readonly #networks = new Map<string, Watched>();
  readonly #pauses = new Pauses();
  readonly #collapse: CollapseDetector;
  readonly #rivalry: Rivalry;
  readonly #relus = new DeadRelus();

  constructor(
    config: RunConfig,
    { hasOwnLosses }: { readonly hasOwnLosses: boolean } = { hasOwnLosses: false },
  ) {
    this.#config = config;
    this.#rivalry = new Rivalry({ isRealHigher: !hasOwnLosses });
    this.#collapse = new CollapseDetector(config);
  }

  /** Takes a finite round in, and returns what is worth a warning now. */
  observe(
    step: number,
    result: Pick<UpdateResult, "metrics" | "gradientNorms" | "layerGradientNorms">,
    { name, every }: { readonly name: string; readonly every: number } = { name: "", every: 1 },
  ): readonly GuardWarning[] {
    if (every > 1) return this.#observePenalty(step, result, name);
    const warnings: GuardWarning[] = [];
    for (const [network, norm] of Object.entries(result.gradientNorms)) {
      const layers = Object.entries(result.layerGradientNorms).filter(
        ([layer]) => networkOf(layer) === network,
      );
      const watched = this.#watched(network);
      const found = [this.#exploding(network, watched, layers)];
      for (const [layer, size] of layers) {
        trendOf(watched.layers, layer).add(size);
        watched.zeros.set(layer, size === 0 ? (watched.zeros.get(layer) ?? 0) + 1 : 0);
      }
      watched.whole.add(norm);
      watched.absent = norm === 0 ? watched.absent + 1 : 0;
      if (SCORE in result.metrics) watched.loss.add(result.metrics[`loss/${network}`]);
      found.push(
        this.#won(network, watched) ??
          this.#absent(network, watched) ??
          this.#vanishing(network, watched) ??
          this.#starved(network, watched),
        this.#oscillating(network, watched, result.metrics[`loss/${network}`]),
      );
      for (const warning of found)
        if (warning && this.#pauses.isDue(step, warning.code, network)) warnings.push(warning);
    }
    return warnings;
  }

  /** A lazy penalty may be far larger than the losses, and zero by right, as R1 is for the last bias: only its growth counts. */
  #observePenalty(
    step: number,
    { gradientNorms, layerGradientNorms }: Pick<UpdateResult, "gradientNorms" | "layerGradientNorms">,
    phase: string,
  ): readonly GuardWarning[] {
    return Object.keys(gradientNorms).flatMap((network) => {
      const layers = Object.entries(layerGradientNorms).filter(([layer]) => networkOf(layer) === network);
      const watched = this.#watched(`${phase} ${network}`);
      const warning = this.#exploding(network, watched, layers);
      for (const [layer, size] of layers) trendOf(watched.layers, layer).add(size);
      return warning && this.#pauses.isDue(step, warning.code, network) ? [warning] : [];
    });
  }

  /** Takes in what a probe saw of the images, and returns what is worth a warning now. */
  look(step: number, look: Look): readonly GuardWarning[] {
    const discriminator = this.#networks.get("discriminator")?.whole ?? null;
    const zeros = new Map([...this.#networks.values()].flatMap(({ zeros: own }) => [...own]));
    const collapse = this.#collapse.observe(look);
    const dead = this.#relus.observe(look, zeros);
    const found: readonly (readonly [warning: GuardWarning | null, network: string])[] = [
      [dead?.network === "generator" ? null : collapse, "generator"], // which explains it
      [this.#rivalry.observe(look, discriminator), "discriminator"],
      [dead, dead?.network ?? ""],
    ];
    return found.flatMap(([warning, network]) =>
      warning && this.#pauses.isDue(step, warning.code, network) ? [{ ...warning }] : [],
    );
  }

  /** A layer that is far over its usual size, or over any good one. Clipped gradients may be as long as they like. */
  #exploding(
    network: string,
    watched: Watched,
    layers: readonly (readonly [string, number])[],
  ): GuardWarning | null {
    const optimizer = optimizerOf(this.#config, network as NetworkName);
    if (optimizer.clip.kind !== "none") return null;
    const sizes = layers.map(([layer, norm]) => {
      const trend = trendOf(watched.layers, layer);
      return { layer, norm, usual: trend.count >= LEAST_ROUNDS ? trend.usual : null };
    });
    const grown = sizes.filter(
      ({ norm, usual }) => usual !== null && norm > GROWN_NORM && norm > GROWTH * usual,
    );
    const large = sizes.filter(({ norm }) => norm > LARGE_NORM);
    watched.large = large.length > 0 ? watched.large + 1 : 0;
    const lasting = watched.large >= LARGE_ROUNDS || large.some(({ norm }) => norm > HOPELESS_NORM);
    const bad = grown.length > 0 ? grown : lasting ? large : [];
    if (bad.length === 0) return null;
    const growth = ({ norm, usual }: (typeof bad)[number]): number => norm / (usual ?? 1);
    const worst = bad.reduce((most, other) => (growth(other) > growth(most) ? other : most));
    const usual = growth(worst) > 10 ? worst.usual : null;
    return {
      code: "EXPLODING_GRADIENT",
      message: explodingMessage({ ...worst, usual }),
    };
  }

  /** A layer that gets next to nothing beside what another one gets. */
  #vanishing(network: string, { layers }: Watched): GuardWarning | null {
    const sizes = [...layers].map(([layer, trend]) => ({ layer, norm: trend.recent, count: trend.count }));
    const strongest = sizes.reduce((most, other) => (other.norm > most.norm ? other : most));
    const weakest = sizes.reduce((least, other) => (other.norm < least.norm ? other : least));
    if (weakest.count < LEAST_ROUNDS || weakest.norm >= VANISHED * strongest.norm) return null;
    const optimizer = optimizerOf(this.#config, network as NetworkName);
    return {
      code: "VANISHING_GRADIENT",
      message: vanishingMessage({ ...weakest, strongest, optimizer }),
    };
  }

  /** A discriminator that makes no mistakes any more, so that neither network learns. */
  #won(network: string, { whole, loss }: Watched): GuardWarning | null {
    if (network !== "discriminator" || loss.count < LEAST_ROUNDS) return null;
    const { recent, highest } = whole;
    if (loss.recent >= WON_LOSS || recent >= WON_GRADIENT * highest) return null;
    return { code: "DISCRIMINATOR_WINS", message: wonMessage({ loss: loss.recent, norm: recent, highest }) };
  }

  /** A network that gets nothing at all, of any task: one that has learned all there is still has a little gradient left. */
  #absent(network: string, { absent }: Watched): GuardWarning | null {
    if (absent < ABSENT_ROUNDS) return null;
    return { code: "VANISHING_GRADIENT", message: absentMessage({ network, rounds: absent }) };
  }

  /** A network of a GAN that gets next to nothing at all; a classifier that does has learned what there is. */
  #starved(network: string, { whole }: Watched): GuardWarning | null {
    if (this.#config.task === "classifier" || whole.count < LEAST_ROUNDS) return null;
    const { recent, highest } = whole;
    if (recent >= Math.max(NEARLY_NOTHING, STARVED * highest)) return null;
    return { code: "VANISHING_GRADIENT", message: starvedMessage({ network, norm: recent, highest }) };
  }

  /** A loss that swings with a strong period: the two networks chase each other. */
  #oscillating(network: string, { swings }: Watched, loss: number | undefined): GuardWarning | null {
    if (this.#config.task === "classifier" || loss === undefined) return null;
    const swing = swings.add(loss);
    return swing && { code: "OSCILLATION", message: oscillationMessage({ network, ...swing }) };
  }

  #watched(network: string): Watched {
    const known = this.#networks.get(network) ?? {
      layers: new Map(),
      whole: new Trend(),
      loss: new Trend(),
      large: 0,
      absent: 0,
      zeros: new Map(),
      swings: new Swings(),
    };
    this.#networks.set(network, known);
    return known;
  }
}

function networkOf(layer: string): string {
  return layer.split("/", 1)[0];
}

function trendOf(trends: Map<string, Trend>, layer: string): Trend {
  const trend = trends.get(layer) ?? new Trend();
  trends.set(layer, trend);
  return trend;
}
