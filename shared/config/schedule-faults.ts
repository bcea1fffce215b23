// What is wrong with numbers that change in the course of a run: what contradicts itself, and what comes too late.
import type { OptimizerConfig } from "./optimizer-config.ts";
import { type Ramp, type Scheduled, changesOverTime, scheduledAt } from "./scheduled.ts";

/** A field, and a sentence that follows its name. */
export interface Fault {
  readonly path: string[];
  readonly message: string;
}

interface Course {
  readonly average: number;
  readonly averageHalfLife?: Scheduled | undefined;
  readonly averageRampUp?: number | undefined;
  readonly optimizer: OptimizerConfig;
  readonly optimizers: Readonly<Record<string, OptimizerConfig | undefined>>;
}

export function scheduleFaults(config: Course): Fault[] {
  return [...averageFaults(config), ...rateFaults(config)];
}

function averageFaults({ average, averageHalfLife, averageRampUp }: Course): Fault[] {
  if (averageHalfLife !== undefined && average === 0)
    return [
      {
        path: ["averageHalfLife"],
        message:
          "the generator has no average (average is 0) that could have a half-life: leave one of the two out",
      },
    ];
  if (averageRampUp !== undefined && averageHalfLife === undefined)
    return [
      {
        path: ["averageRampUp"],
        message: `a ramp-up of ${averageRampUp} bounds the half-life, and there is none: give averageHalfLife (--average-half-life), in images, or leave it out`,
      },
    ];
  return [];
}

/** The rate would fall by both. */
function rateFaults({ optimizer, optimizers }: Course): Fault[] {
  const all: [string[], OptimizerConfig | undefined][] = [
    [["optimizer"], optimizer],
    ...Object.entries(optimizers).map(([name, own]): [string[], OptimizerConfig | undefined] => [
      ["optimizers", name],
      own,
    ]),
  ];
  return all.flatMap(([path, one]) => {
    const { kind = "constant" } = one?.learningRateSchedule ?? {};
    if (!changesOverTime(one?.learningRate) || kind === "constant") return [];
    return {
      path: [...path, "learningRate"],
      message: `it follows the images, and the schedule ${kind} changes it too: leave learningRateSchedule.kind (--learning-rate-schedule) out, or give one number`,
    };
  });
}

/**
 * A warning for each of these ramps that a run of so many images does not see whole: one that has not come to its end, or has
 * not begun.
 */
export function lateRamps(ramps: ReadonlyMap<string, Ramp>, runImages: number): string[] {
  return [...ramps].flatMap(([path, ramp]) => {
    const { from, to, startImages, endImages = runImages } = ramp;
    const [run, start, end] = [runImages, startImages, endImages].map((images) =>
      images.toLocaleString("en-US"),
    );
    if (startImages >= runImages)
      return `config field ${path} starts to change at ${start} images, and the run ends at ${run}: it stays at ${from}; give a smaller startImages, or more steps`;
    if (endImages <= runImages) return [];
    const last = Number(scheduledAt(ramp, { images: runImages, runImages }).toPrecision(3));
    return `config field ${path} comes to ${to} at ${end} images, and the run ends at ${run}, where it is ${last}: give a smaller endImages or leave it out, or more steps`;
  });
}
