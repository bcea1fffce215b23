// A run's life as its commands lead it: set up from flags, run in segments, with nodes that join each of them.
import { EventHistory } from "../../coordinator/dashboard/history.ts";
import type { NumberedEvent } from "../../coordinator/dashboard/events.ts";
import { type Outcome, runCoordinator } from "../../coordinator/main.ts";
import type { Answered } from "../../coordinator/steering/requests.ts";
import { Steering } from "../../coordinator/steering/steering.ts";
import { type RunFlags, type RunSetup, setUpRun } from "../../deploy/run/run-setup.ts";
import { runSegments } from "../../deploy/run/segments/segments.ts";
import { createLog } from "../../shared/log.ts";
import { type MemoryHub, createMemoryHub } from "../../shared/transport/memory.ts";
import { startFakeNode } from "./fake-node.ts";

export interface Lived {
  readonly outcome: Outcome;
  readonly setup: RunSetup;
  /** What the terminal would have said. */
  readonly said: readonly string[];
  readonly events: readonly NumberedEvent[];
  /** What was asked of the run by `steer`, as it was answered. */
  readonly answers: readonly Answered[];
}

export interface LifeOptions {
  /** Stops after this step. */
  readonly stopAfter?: number;
  /** Called with every event of a run that can be steered. */
  readonly steer?: (steering: Steering, event: NumberedEvent) => void;
  /** Lets nodes join, once a segment; by default one of canned gradients. */
  readonly nodes?: (hub: MemoryHub, setup: RunSetup) => void;
}

/** Runs it to its end, or until it is stopped; the folder stays, without its lock. */
export async function live(flags: RunFlags, options: LifeOptions = {}): Promise<Lived> {
  const { stopAfter, steer, nodes = (hub) => void startFakeNode({ hub, id: "a", threads: 2 }) } = options;
  const said: string[] = [];
  const say = (sentence: string): void => void said.push(sentence);
  const setup = await setUpRun(flags, {
    say,
    note: say,
    warn: (_code, message) => say(message),
    progress: () => undefined,
  });
  const history = new EventHistory();
  const events: NumberedEvent[] = [];
  const stop = new AbortController();
  const answers: Answered[] = [];
  const steering = steer ? new Steering({ heard: (answer) => void answers.push(answer) }) : null;
  history.subscribe((event) => {
    events.push(event);
    if (event.type === "step" && event.step === stopAfter) stop.abort();
    if (steering) steer?.(steering, event);
  });
  const log = createLog({ file: setup.folder.logFile, stderr: "silent" });
  try {
    const first = {
      ...setup,
      history,
      log,
      stop: steering ? AbortSignal.any([stop.signal, steering.stop]) : stop.signal,
      steering,
    };
    const outcome = await runSegments(first, say, (segment) => {
      const hub = createMemoryHub();
      nodes(hub, setup);
      return runCoordinator({ ...segment, hub, halt: new AbortController().signal });
    });
    return { outcome, setup, said, events, answers };
  } finally {
    steering?.close("the run is over");
    await setup.folder.release();
  }
}
