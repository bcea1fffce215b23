// The page: pictures first, the charts beside them, then what computes and what happened.
import type { VNode } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Charts } from "./charts/charts.tsx";
import { EventLog } from "./cluster/event-log.tsx";
import { Nodes } from "./cluster/nodes.tsx";
import type { Snapshot, Store } from "./live/store.ts";
import { useSnapshot } from "./live/use-snapshot.ts";
import { Pictures } from "./pictures/pictures.tsx";
import { useKeys } from "./pictures/use-keys.ts";
import { Facts } from "./run/facts.tsx";
import { Header } from "./run/header.tsx";
import { Warnings } from "./run/warnings.tsx";
import { AT_NEWEST, type Cursor } from "./state/cursor.ts";
import { hasEnded } from "./state/run-view.ts";

export function App({ store }: { readonly store: Store }): VNode {
  const now = useSnapshot(store);
  const name = now.view.run?.run;
  useEffect(() => {
    document.title = name === undefined ? "Ganglion" : `${name} - Ganglion`;
  }, [name]);
  return <Run key={name ?? ""} store={store} now={now} />;
}

/** Another run is looked at anew: from its newest grid on, over all its steps. */
function Run({ store, now }: { readonly store: Store; readonly now: Snapshot }): VNode {
  const [cursor, setCursor] = useState<Cursor>(AT_NEWEST);
  const { view } = now;
  const { run, grids } = view;
  useKeys(grids, setCursor);
  const absence = hasEnded(view)
    ? "No picture was drawn before the run ended."
    : "No pictures yet: the first are drawn at the step that --sample-every gives.";
  return (
    <div class="page">
      <Header now={now} />
      <main class="main">
        <Pictures run={run?.run ?? "run"} {...{ grids, cursor, setCursor, absence }} />
        <div class="side">
          <Warnings warnings={view.warnings} />
          <Charts
            {...{ store, now }}
            pinned={cursor.step}
            onPick={(step) => setCursor((old) => ({ ...old, step, isPlaying: false }))}
          />
        </div>
      </main>
      <div class="below">
        <Nodes nodes={view.nodes} refused={view.refused} />
        <EventLog log={view.log} />
        <Facts view={view} />
      </div>
      <footer class="foot">
        <kbd>space</kbd> plays · <kbd>←</kbd> <kbd>→</kbd> step through the grids, with <kbd>shift</kbd> by
        ten · <kbd>home</kbd> <kbd>end</kbd> first and newest · drag over a chart to zoom, double-click for
        all, click to see the pictures of that step
      </footer>
    </div>
  );
}
