// The nodes of a run: they join, get leases, and are reported on, until it is closed.
import type { Log } from "../shared/log.ts";
import type { Plan } from "../shared/protocol/messages.ts";
import { defectOf } from "../shared/transport/own-faults.ts";
import type { Hub } from "../shared/transport/transport.ts";
import { withTimeout } from "../shared/async/with-timeout.ts";
import type { RunEvent } from "./dashboard/events.ts";
import { refusalsOf } from "./leases/answer-counts.ts";
import { Leases } from "./leases/leases.ts";
import { SpeedModel } from "./leases/speed/speed-model.ts";
import { operationsOf } from "./leases/speed/work-size.ts";
import { StallDetector } from "./leases/stall-detector.ts";
import { Members } from "./members/members.ts";
import { MembershipEvents } from "./members/membership-events.ts";
import { READ_EVERY_MS, reachableTime } from "./members/reachable-time.ts";
import { serveNodes } from "./members/sessions.ts";
import { haltWithoutWorkers } from "./members/stop-without-workers.ts";
import type { Weights } from "./update/weights.ts";

export interface NodesOptions {
  readonly hub: Hub;
  readonly plan: Plan;
  /** By hash, encoded. */
  readonly programs: ReadonlyMap<string, Uint8Array>;
  readonly weights: Weights;
  /** What decided the bits of the run so far, beside config and code; null before its first step. */
  readonly numerics: string | null;
  readonly log: Log;
  readonly publish: (event: RunEvent) => void;
  readonly warn: (code: string, message: string) => void;
  /** Called with what a run that stalls waits for, and with null when it makes progress again. */
  readonly stalled: (waitsFor: string | null) => void;
  /** The run is to stop after the present step. */
  readonly stop: AbortSignal;
  /** The run is to end now. */
  readonly halt: AbortSignal;
}

export interface Nodes {
  readonly members: Members;
  readonly leases: Leases;
  readonly speedModel: SpeedModel;
  readonly stallDetector: StallDetector;
  /** The given `halt`, or a defect of the transport, or a stop that no node is there to finish a step for. */
  readonly halt: AbortSignal;
  /** What decides the bits beside config and code, of a node that is ready, or was. */
  readonly numerics: () => string;
  /**
   * Resolves once a node is ready.
   *
   * @throws the reason of `halt` when it is aborted
   */
  firstReady(): Promise<void>;
  /**
   * Sends the nodes away, and closes the hub. Of a run that is going on they are only cut off, as by a coordinator that is
   * started again: they join anew.
   */
  close(options: { readonly isGoingOn: boolean }): Promise<void>;
}

/** No node for so long is worth a warning. */
const LONELY_MS = 15_000;

/** How long sending the nodes away may take: a broker may be unreachable. */
const FAREWELL_MS = 5000;

/** How often an event lists what each node has contributed. */
const VIEWS_MS = 5000;

export function openNodes(options: NodesOptions): Nodes {
  const { hub, plan, programs, weights, log, publish, warn } = options;
  let numerics = options.numerics ?? "none";
  const isReachable = (): boolean => hub.status().connected;
  const now = reachableTime(isReachable);
  const membershipEvents = new MembershipEvents(publish);
  const members = new Members({
    hub,
    weights,
    log,
    warn,
    changed(nodes) {
      membershipEvents.changed(nodes);
      numerics = members.ready()[0]?.numerics ?? numerics; // a checkpoint has it also when all have left
      stallDetector.nodesChanged();
    },
  });
  const speedModel = new SpeedModel({ warn, now, operations: operationsOf(plan, programs) });
  const leases = new Leases({ members, speedModel, log, warn, now, isClosed: hub.inPlace === true });
  const phases = plan.phases.map(({ name }) => name);
  const stallDetector = new StallDetector({ now, members, leases, phases, warn, changed: options.stalled });
  let isClosing = false;
  const serving = serveNodes({
    hub,
    plan,
    programs,
    members,
    answers: leases,
    log,
    warn,
    isClosing: () => isClosing,
  });
  const halt = AbortSignal.any([
    options.halt,
    defectOf(hub),
    haltWithoutWorkers({
      stop: options.stop,
      halt: options.halt,
      members,
      isReachable,
      isSilent: () => leases.isSilent(),
    }),
  ]);
  const warnIfLonely = (): void => {
    if (members.ready().length > 0 || halt.aborted || !isReachable()) return;
    const benched = members.benched().map(({ id }) => id);
    const others =
      benched.length > 0 ? `; ${benched.join(", ")} made mistakes, and will be given work again later` : "";
    warn("NO_WORKERS", `no worker is ready: they join at ${hub.address}${others}`);
  };
  const view = (): void =>
    publish({ type: "workers", nodes: members.views(), refused: refusalsOf(hub, leases.counts) });
  const timers = [
    setInterval(warnIfLonely, LONELY_MS),
    setInterval(now, READ_EVERY_MS),
    setInterval(view, VIEWS_MS),
  ];
  return {
    members,
    leases,
    speedModel,
    stallDetector,
    halt,
    numerics: () => numerics,
    async firstReady() {
      while (members.ready().length === 0) {
        halt.throwIfAborted();
        await members.change(halt);
      }
      if (options.numerics === null || options.numerics === numerics) return;
      warn(
        "OTHER_NUMERICS",
        `the steps so far were computed with ${options.numerics}, those from here on with ${numerics}: the run goes on, but its bits differ from those of a run on one of them; for the same bits, resume it with nodes that have ${options.numerics}`,
      );
    },
    async close({ isGoingOn }) {
      isClosing = true;
      stallDetector.stop();
      for (const timer of timers) clearInterval(timer);
      membershipEvents.flush();
      view();
      log.info({ leases: leases.counts, transport: hub.status() }, "accounting");
      if (!isGoingOn) await withTimeout(members.stop("the run is over"), FAREWELL_MS);
      await hub.close(isGoingOn ? "the run's config changes" : undefined, isGoingOn);
      await serving;
    },
  };
}
