// What is warned of: each warning once, with its remedy, since when and how often.
import type { VNode } from "preact";
import { useState } from "preact/hooks";
import { partsOf, type Warned } from "../state/warnings.ts";
import { whole } from "../words/format.ts";
import { Moment } from "../words/times.tsx";

/** So many are open at once; the others behind a button. */
const FEW = 3;

export function Warnings({ warnings }: { readonly warnings: readonly Warned[] }): VNode | null {
  const [isOpen, setOpen] = useState(false);
  if (warnings.length === 0) return null;
  const shown = isOpen ? warnings : warnings.slice(0, FEW);
  return (
    <section class="warnings" aria-labelledby="warnings-title">
      <h2 id="warnings-title">
        Warnings <small>{warnings.length}</small>
      </h2>
      <ul id="warnings">
        {shown.map((warning) => (
          <Warning key={warning.key} warning={warning} />
        ))}
      </ul>
      {warnings.length > FEW && (
        <button type="button" class="chip" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
          {isOpen ? "fewer" : `${warnings.length - FEW} more`}
        </button>
      )}
    </section>
  );
}

function Warning({ warning }: { readonly warning: Warned }): VNode {
  const { code, times, firstStep, lastStep, time } = warning;
  const { diagnosis, remedy } = partsOf(warning);
  const isAgain = times > 1 && lastStep !== firstStep;
  return (
    <li>
      <p>{diagnosis}</p>
      {remedy && (
        <p class="remedy">
          <b>Remedy</b> {remedy}
        </p>
      )}
      <p class="when">
        <code>{code}</code>
        <span>{firstStep === null ? "before the first step" : `since step ${whole(firstStep)}`}</span>
        {isAgain && <span>last at step {whole(lastStep)}</span>}
        <span>{times === 1 ? "once" : `${whole(times)} times`}</span>
        {time !== null && <Moment iso={time} />}
      </p>
    </li>
  );
}
