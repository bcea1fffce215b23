// The controls of the pictures' cursor: a slider over every grid, play, and a step by its number.
import type { VNode } from "preact";
import { type Grid, indexAt } from "../state/grids.ts";
import { whole } from "../words/format.ts";

interface ScrubberProps {
  readonly grids: readonly Grid[];
  readonly at: number;
  readonly other: Grid | undefined;
  readonly isNewest: boolean;
  readonly isPlaying: boolean;
  /** Grids a second. */
  readonly speed: number;
  /** Null: follow the newest. */
  readonly onStep: (step: number | null) => void;
  readonly onOther: (step: number) => void;
  readonly onPlay: () => void;
  readonly onSpeed: (speed: number) => void;
}

const SPEEDS = [2, 4, 8, 16];

export function Scrubber(props: ScrubberProps): VNode {
  const { grids, at, other, isNewest, isPlaying, speed } = props;
  const pick = (index: number): void => props.onStep(index >= grids.length - 1 ? null : grids[index].step);
  return (
    <div class="scrubber">
      <div class="slide">
        <button
          type="button"
          class="play"
          aria-label={isPlaying ? "stop playing" : "play"}
          title={isPlaying ? "stop (space)" : "play (space)"}
          onClick={props.onPlay}
        >
          <svg viewBox="0 0 16 16" aria-hidden="true">
            {isPlaying ? <path d="M3 2h4v12H3zM9 2h4v12H9z" /> : <path d="M4 2l10 6-10 6z" />}
          </svg>
        </button>
        <input
          type="range"
          class="cursor"
          min="0"
          max={grids.length - 1}
          value={at}
          aria-label="grid"
          aria-valuetext={`step ${grids[at].step}`}
          style={{ "--at": `${(100 * at) / Math.max(1, grids.length - 1)}%` }}
          onInput={({ currentTarget }) => pick(Number(currentTarget.value))}
        />
        <button
          type="button"
          class="chip live"
          aria-pressed={isNewest}
          title="follow the newest grid"
          onClick={() => props.onStep(null)}
        >
          newest
        </button>
      </div>
      <div class="steps">
        <StepField
          label="step"
          grids={grids}
          value={grids[at].step}
          onStep={(step) => pick(indexAt(grids, step))}
        />
        {other && (
          <StepField
            label="compared with"
            grids={grids}
            value={other.step}
            onStep={(step) => props.onOther(grids[indexAt(grids, step)].step)}
          />
        )}
        <span class="of">
          grid {whole(at + 1)} of {whole(grids.length)}
        </span>
        <label>
          <select
            aria-label="grids a second"
            value={speed}
            onChange={({ currentTarget }) => props.onSpeed(Number(currentTarget.value))}
          >
            {SPEEDS.map((each) => (
              <option key={each} value={each}>
                {each}
              </option>
            ))}
          </select>{" "}
          a second
        </label>
      </div>
    </div>
  );
}

interface StepFieldProps {
  readonly label: string;
  readonly grids: readonly Grid[];
  readonly value: number;
  readonly onStep: (step: number) => void;
}

/** Takes any step: the grid before it is the nearest that there is. */
function StepField({ label, grids, value, onStep }: StepFieldProps): VNode {
  const jump = (input: HTMLInputElement): void => {
    if (input.value !== "" && Number.isFinite(input.valueAsNumber)) onStep(input.valueAsNumber);
    input.value = String(value); // what there is; another value comes with the next drawing
  };
  return (
    <label>
      {label}{" "}
      <input
        type="number"
        min={grids[0].step}
        max={grids.at(-1)?.step}
        value={value}
        onChange={({ currentTarget }) => jump(currentTarget)}
      />
    </label>
  );
}
