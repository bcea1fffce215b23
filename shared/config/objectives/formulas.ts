// The formulas of a GAN's objective in words, as --dry-run prints them: what each network minimizes, with the run's numbers.
import type { RunConfig } from "../config.ts";
import { type Scheduled, describeScheduled } from "../scheduled.ts";
import { USUAL_LOSS, lossOf } from "./losses.ts";
import type { RegularizerName, RegularizersConfig } from "./regularizers.ts";

/** Pairs of a name and a sentence: `discriminator` and `mean σ⁺(−(D(x) − D(x̂))) + R1 + R2`, then each part. */
export type Formula = readonly [name: string, text: string];

/** x are real images, x̂ = G(z). */
export function objectiveFormulas(config: Pick<RunConfig, "loss" | "regularizers">): Formula[] {
  const { loss: name = USUAL_LOSS, regularizers } = config;
  const loss = lossOf(name);
  const used = (Object.keys(PARTS) as RegularizerName[]).filter((one) => regularizers[one] !== undefined);
  const whole = (network: "discriminator" | "generator"): string => {
    const half = network === "discriminator" && loss.halved === true ? "½·" : "";
    const added = used.filter((one) => PARTS[one].network === network).map((one) => ` + ${half}${one}`);
    return `${loss.formula[network]}${added.join("")}`;
  };
  return [
    ["loss", `${name}: ${loss.help}`],
    ["discriminator", whole("discriminator")],
    ["generator", whole("generator")],
    ...used.map((one): Formula => [one, textOf(one, regularizers)]),
  ];
}

interface Part {
  /** Whose loss it is added to; null where it changes what D sees or is to say. */
  readonly network: "discriminator" | "generator" | null;
  readonly formula: string;
  /** The numbers in it, by the fields that they come from. */
  readonly letters: Readonly<Record<string, string>>;
}

const PARTS: Readonly<Record<RegularizerName, Part>> = {
  r1: { network: "discriminator", formula: "γ/2 · mean ‖∇D(x)‖²", letters: { gamma: "γ" } },
  r2: { network: "discriminator", formula: "γ/2 · mean ‖∇D(x̂)‖²", letters: { gamma: "γ" } },
  gradientPenalty: {
    network: "discriminator",
    formula: "λ · mean (‖∇D‖ − target)² between x and x̂",
    letters: { weight: "λ", target: "target" },
  },
  dragan: { network: "discriminator", formula: "λ · mean (‖∇D‖ − 1)² around x", letters: { weight: "λ" } },
  consistency: {
    network: "discriminator",
    formula: "λ · (mean (D(x) − D(T(x)))² + mean (D(x̂) − D(T(x̂)))²)",
    letters: { weight: "λ" },
  },
  lecam: {
    network: "discriminator",
    formula: "λ · (mean (D(x) − α_F)² + mean (D(x̂) − α_R)²)",
    letters: { weight: "λ", decay: "decay of α" },
  },
  featureMatching: {
    network: "generator",
    formula: "λ · ‖mean f(x) − mean f(x̂)‖²",
    letters: { weight: "λ" },
  },
  pathLength: {
    network: "generator",
    formula: "λ · mean (‖Jᵀy‖ − a)²",
    letters: { weight: "λ", decay: "decay of a" },
  },
  labelSmoothing: {
    network: null,
    formula: "D is to say other than 1 and 0",
    letters: { real: "of x", fake: "of x̂" },
  },
  instanceNoise: { network: null, formula: "D sees x + σ·n and x̂ + σ·n", letters: { stddev: "σ" } },
};

function textOf(name: RegularizerName, regularizers: RegularizersConfig): string {
  const { formula, letters } = PARTS[name];
  const field = regularizers[name] as Readonly<Record<string, Scheduled>>;
  const numbers = Object.entries(letters).map(
    ([key, letter]) => `${letter} = ${describeScheduled(field[key])}`,
  );
  const every = typeof field["every"] === "number" ? field["every"] : 1;
  const when = every > 1 ? `; in every ${every}th step only, ${every} times as much` : "";
  return `${formula}, ${numbers.join(", ")}${when}`;
}
