// The head of the page: which run it is, how it is, how far, and whether the page hears of it.
import type { ComponentChildren, VNode } from "preact";
import type { Connection } from "../live/socket.ts";
import type { Snapshot } from "../live/store.ts";
import { useClock } from "../live/use-snapshot.ts";
import { hasEnded } from "../state/run-view.ts";
import { ago, duration, number, plural, whole } from "../words/format.ts";
import { healthOf } from "./health.ts";

interface HeaderProps {
  readonly now: Snapshot;
  /** Tools that act on the run. */
  readonly children?: ComponentChildren;
}

export function Header({ now, children }: HeaderProps): VNode {
  const { view } = now;
  const { run, step } = view;
  const health = healthOf(view);
  const left = leftOf(now);
  const rate = step ? `${whole(step.imagesPerSecond)} images/s` : "–";
  const figures = [
    { id: "step", name: "step", value: step ? `${whole(step.step)} / ${whole(run?.steps)}` : "–" },
    { id: "speed", name: "speed", value: stands(run?.state) ? run!.state : rate },
    { id: "remaining", name: "time left", value: left },
    { id: "images", name: "images", value: step ? whole(step.images) : "–" },
    { id: "epoch", name: "epoch", value: step ? number(Math.round(step.epoch * 100) / 100) : "–" },
  ];
  return (
    <header class="head">
      <div class="title">
        <div class="name">
          <p class="brand">Ganglion</p>
          <h1 id="run">{run?.run ?? "no run yet"}</h1>
        </div>
        {children && (
          <div class="tools" role="toolbar" aria-label="steer the run">
            {children}
          </div>
        )}
        <ConnectionLine now={now} />
      </div>
      <div class="health" data-tone={health.tone}>
        <strong id="state">{health.state}</strong>
        <p id="health" role="status">
          {health.sentence}
        </p>
        {view.warnings.length > 0 && (
          <a class="chip" href="#warnings-title">
            {plural(view.warnings.length, "warning")}
          </a>
        )}
      </div>
      <div class="figures" data-tone={health.tone}>
        <dl>
          {figures.map(({ id, name, value }) => (
            <div key={id}>
              <dt>{name}</dt>
              <dd id={id}>{value}</dd>
            </div>
          ))}
        </dl>
        <progress aria-label="steps made" max={run?.steps ?? 1} value={step?.step ?? 0} />
      </div>
    </header>
  );
}

function leftOf({ view }: Snapshot): string {
  if (hasEnded(view)) return "none";
  if (!view.step) return "–";
  return stands(view.run?.state) ? "unknown" : duration(view.step.remainingSeconds);
}

function ConnectionLine({ now }: { readonly now: Snapshot }): VNode {
  const clock = useClock();
  const { connection, heardAt, view } = now;
  const isLost = connection.kind === "lost" && !hasEnded(view);
  return (
    <p id="connection" class={`connection ${isLost ? "lost" : connection.kind}`} role="status">
      <i class="dot" />
      {connectionText(connection, { clock, heardAt, isOver: hasEnded(view) })}
    </p>
  );
}

interface Heard {
  /** Milliseconds. */
  readonly clock: number;
  readonly heardAt: number | null;
  readonly isOver: boolean;
}

export function connectionText(connection: Connection, { clock, heardAt, isOver }: Heard): string {
  switch (connection.kind) {
    case "connecting":
      return "connecting";
    case "open":
      if (heardAt === null) return "connected";
      return `connected, last event ${ago((clock - heardAt) / 1000)} ago`;
    case "lost": {
      if (isOver) return "the run has ended, and its coordinator with it: this is how it ended";
      const why = connection.reason ? ` (${connection.reason})` : "";
      const away = ago((clock - connection.since) / 1000);
      return `not connected for ${away}${why}, trying again; what follows is how it was then`;
    }
    default:
      return connection satisfies never;
  }
}

/** Whether it makes no steps, though it is not over. */
function stands(state: string | undefined): boolean {
  return state === "stalled" || state === "paused";
}
