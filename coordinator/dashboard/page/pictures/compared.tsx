// Two grids: side by side, or one over the other with a divider that can be dragged.
import { Fragment, type VNode } from "preact";
import { useState } from "preact/hooks";
import type { Grid } from "../state/grids.ts";
import { whole } from "../words/format.ts";
import { Columns, GridImage, Picture } from "./picture.tsx";

interface ComparedProps {
  readonly left: Grid;
  readonly right: Grid;
  readonly ratio: number;
  readonly onRatio: (ratio: number) => void;
}

export function Beside({ left, right, ...size }: ComparedProps): VNode {
  return (
    <div class="beside">
      {[left, right].map((grid, i) => (
        <figure key={i}>
          <figcaption>step {whole(grid.step)}</figcaption>
          <Picture grid={grid} {...size} />
        </figure>
      ))}
    </div>
  );
}

export function Divided({ left, right, ratio, onRatio }: ComparedProps): VNode {
  const [split, setSplit] = useState(50);
  return (
    <Fragment>
      <div class="divided-steps">
        <span>step {whole(left.step)}</span>
        <span>step {whole(right.step)}</span>
      </div>
      <div class="picture">
        <Columns names={right.columns} />
        <div class="frame divided" style={{ aspectRatio: String(ratio), "--split": `${split}%` }}>
          <GridImage grid={left} />
          <GridImage grid={right} onRatio={onRatio} class="right" />
          <i class="line" />
          <input
            type="range"
            min="0"
            max="100"
            step="0.5"
            value={split}
            aria-label={`divider: step ${left.step} on its left, step ${right.step} on its right`}
            onInput={({ currentTarget }) => setSplit(Number(currentTarget.value))}
          />
        </div>
      </div>
    </Fragment>
  );
}
