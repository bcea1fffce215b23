// Where requests to a run are taken in, whichever way they come, and what it says of itself to who may ask.
import type { ControlDesk } from "../../../coordinator/dashboard/control/answer-control.ts";
import type { EventHistory } from "../../../coordinator/dashboard/history.ts";
import { listCheckpoints } from "../../../coordinator/records/checkpoint/list-checkpoints.ts";
import type { RunPaths } from "../../../coordinator/records/run-paths.ts";
import type { SteeringView } from "../../../coordinator/steering/requests.ts";
import type { Steering } from "../../../coordinator/steering/steering.ts";

export interface DeskOptions {
  readonly steering: Steering;
  readonly history: EventHistory;
  readonly folder: Pick<RunPaths, "name" | "checkpoints">;
}

export function openDesk({ steering, history, folder }: DeskOptions): ControlDesk {
  let newest = 0;
  history.subscribe((event) => {
    if (event.type === "step") newest = event.step;
  });
  const stateOf = (): SteeringView["state"] => {
    if (steering.isOver) return "over";
    if (steering.stop.aborted) return "stopping";
    const state = history.latestRun()?.state ?? "preparing";
    return state === "preparing" || state === "paused" ? state : "training";
  };
  return {
    submit: (request, from) => steering.submit(request, from),
    pendingOf: (request) => steering.pendingOf(request),
    async view() {
      const checkpoints = (await listCheckpoints(folder.checkpoints)).map(({ step }) => step);
      return {
        run: folder.name,
        state: stateOf(),
        step: Math.max(steering.step, newest),
        checkpoints,
        config: steering.config,
        pending: steering.pending,
      };
    },
  };
}
