// A real training run that stands still between its turns: one for each line of standard input.
import { readSync, writeSync } from "node:fs";
import { peakMemory } from "../../../deploy/bench/peak-memory.ts";
import { differences, processorMs, trainTimed } from "../../../deploy/bench/ganglion.ts";
import type { Work } from "../../../deploy/bench/work.ts";
import { messageOf } from "../../../shared/errors.ts";
import type { EngineChoice } from "../../../worker/engine/engine-choice.ts";
import type { TurnLine } from "./turn-process.ts";

export interface TurnsRequest {
  readonly choice: EngineChoice;
  /** `steps` are those of all turns. */
  readonly work: Work;
  /** Of a turn; the first of them does not count, since a part of it was computed before the turn. */
  readonly turnSteps: number;
}

const STDIN = 0;
const STDOUT = 1;

try {
  await takeTurns(JSON.parse(process.argv[2]) as TurnsRequest);
} catch (cause) {
  process.stderr.write(`${messageOf(cause)}\n`); // in one line, which its parent repeats
  process.exit(1);
}

async function takeTurns({ choice, work, turnSteps }: TurnsRequest): Promise<void> {
  const stop = new AbortController();
  let steps = 0;
  let ends: number[] = [];
  let busy: number[] = [];
  const stepEnds = (): void => {
    steps += 1;
    if (steps < work.warmUp) return;
    if (steps === work.warmUp) tell({ ready: true });
    else {
      ends.push(performance.now());
      busy.push(processorMs());
      if (ends.length < turnSteps) return;
      tell({ timesMs: differences(ends), cpuMs: differences(busy) });
      [ends, busy] = [[], []];
    }
    if (!isToGoOn()) stop.abort();
  };
  const say = (sentence: string): void => void process.stderr.write(`${sentence}\n`);
  await trainTimed(work, { choice, say, stop: stop.signal, stepEnds });
  tell({ peakBytes: peakMemory() });
}

function tell(line: TurnLine): void {
  writeSync(STDOUT, `${JSON.stringify(line)}\n`);
}

/** Waits for a byte, and the whole thread with it; false at the end of standard input. */
function isToGoOn(): boolean {
  return readSync(STDIN, Buffer.alloc(1)) > 0;
}
