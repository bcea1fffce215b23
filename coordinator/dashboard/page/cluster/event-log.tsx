// The event log, newest first, by kind and by word.
import type { VNode } from "preact";
import { useState } from "preact/hooks";
import { LOG_KINDS, type LogKind, type LogLine } from "../state/event-log.ts";
import { Moment } from "../words/times.tsx";

/** Lines that are shown; what is searched for is searched for in all. */
const MOST_SHOWN = 200;

export function EventLog({ log }: { readonly log: readonly LogLine[] }): VNode {
  const [hidden, setHidden] = useState<ReadonlySet<LogKind>>(new Set());
  const [word, setWord] = useState("");
  const wanted = word.trim().toLowerCase();
  const found = log.filter(
    ({ kind, text }) => !hidden.has(kind) && (wanted === "" || text.toLowerCase().includes(wanted)),
  );
  const toggle = (kind: LogKind): void => {
    const next = new Set(hidden);
    if (!next.delete(kind)) next.add(kind);
    setHidden(next);
  };
  return (
    <section class="card log" aria-labelledby="log-title">
      <div class="bar">
        <h2 id="log-title">What happened</h2>
        <input
          type="search"
          placeholder="search"
          aria-label="search in what happened"
          value={word}
          onInput={({ currentTarget }) => setWord(currentTarget.value)}
        />
      </div>
      <div class="kinds" role="group" aria-label="kinds of events">
        {LOG_KINDS.map((kind) => (
          <button
            type="button"
            class="chip"
            key={kind}
            aria-pressed={!hidden.has(kind)}
            onClick={() => toggle(kind)}
          >
            {kind}
          </button>
        ))}
      </div>
      <div class="scroll" id="events" tabIndex={0} role="log" aria-label="what happened, newest first">
        {found.length === 0 && (
          <p class="quiet">{log.length === 0 ? "nothing yet" : "nothing of this kind"}</p>
        )}
        <ol>
          {found.slice(0, MOST_SHOWN).map(({ id, time, kind, text }) => (
            <li key={`${id} ${text}`} data-kind={kind}>
              <Moment iso={time} /> <span>{text}</span>
            </li>
          ))}
        </ol>
        {found.length > MOST_SHOWN && (
          <p class="quiet">{found.length - MOST_SHOWN} older ones are not shown: search for a word</p>
        )}
      </div>
    </section>
  );
}
