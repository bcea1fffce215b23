// The flags of the check.
import { parseArgs } from "node:util";
import { type SuiteModel, chosenModels } from "../../deploy/bench/suite/models.ts";
import { GanglionError } from "../../shared/errors.ts";
import type { GpuDevice } from "./report.ts";

export const PARTS = ["doctor", "agreement", "speed"] as const;
export type Part = (typeof PARTS)[number];

export interface Settings {
  readonly kind: "gpu" | "software";
  readonly models: readonly SuiteModel[];
  readonly devices: readonly GpuDevice[];
  readonly parts: readonly Part[];
  readonly budgetSeconds: number;
  /** Samples of a phase; absent: each model's own. */
  readonly shard?: number;
  readonly rounds: number;
  /** Steps before the first turn. */
  readonly warmUp: number;
  /** Absent: as many as take about half a second. */
  readonly turnSteps?: number;
  readonly pythons: readonly string[];
  readonly withPytorch: boolean;
  /** The report. */
  readonly out: string;
}

const DEVICES: readonly GpuDevice[] = ["webgpu", "cuda"];

/** @throws GanglionError USAGE naming the flag that is wrong */
export function settingsOf(flags: readonly string[]): Settings {
  const values = parsed(flags);
  const kind = values.software ? "software" : "gpu";
  const shard = values.shard === undefined && kind === "software" ? "2" : values.shard;
  return {
    kind,
    models: spread(chosenModels(values.models ? values.models.split(",") : [])),
    devices: listed("--devices", values.devices, DEVICES),
    parts: listed("--parts", values.parts, PARTS),
    budgetSeconds: whole("--budget", values.budget),
    ...(shard !== undefined && { shard: whole("--shard", shard) }),
    rounds: whole("--rounds", values.rounds),
    warmUp: whole("--warm-up", values["warm-up"]),
    ...(values["turn-steps"] !== undefined && { turnSteps: whole("--turn-steps", values["turn-steps"]) }),
    pythons: values.python ?? [],
    withPytorch: !values["without-pytorch"],
    out: values.out,
  };
}

function parsed(flags: readonly string[]): ReturnType<typeof parse>["values"] {
  try {
    return parse(flags).values;
  } catch (cause) {
    const said = cause instanceof Error ? cause.message : String(cause);
    throw new GanglionError("USAGE", `${said}; tests/gpu/run.sh begins with its flags`, { cause });
  }
}

function parse(flags: readonly string[]) {
  return parseArgs({
    args: [...flags],
    options: {
      software: { type: "boolean", default: false },
      models: { type: "string" },
      devices: { type: "string" },
      parts: { type: "string" },
      budget: { type: "string", default: "225" },
      shard: { type: "string" },
      rounds: { type: "string", default: "3" },
      "turn-steps": { type: "string" },
      "warm-up": { type: "string", default: "4" },
      python: { type: "string", multiple: true },
      "without-pytorch": { type: "boolean", default: false },
      out: { type: "string", default: "gpu-report.json" },
    },
  });
}

function listed<Name extends string>(
  flag: string,
  given: string | undefined,
  all: readonly Name[],
): readonly Name[] {
  if (given === undefined) return all;
  return given.split(",").map((word) => {
    const name = all.find((known) => known === word);
    if (name !== undefined) return name;
    throw new GanglionError("USAGE", `${flag} ${word}: give ${all.join(" or ")}, or several with commas`);
  });
}

function whole(flag: string, text: string): number {
  if (/^[1-9]\d*$/.test(text)) return Number(text);
  throw new GanglionError("USAGE", `${flag} ${text}: give a whole number from 1`);
}

/**
 * The suite goes from small to large; in this order the first few of it, however many there is time for, are of all sizes:
 * by the position's bits read backwards (van der Corput 1935).
 */
export function spread<Item>(items: readonly Item[]): readonly Item[] {
  const bits = Math.ceil(Math.log2(Math.max(2, items.length)));
  const backwards = (position: number): number =>
    Number.parseInt(position.toString(2).padStart(bits, "0").split("").reverse().join(""), 2);
  return Array.from({ length: 2 ** bits }, (_, position) => backwards(position))
    .filter((position) => position < items.length)
    .map((position) => items[position]);
}
