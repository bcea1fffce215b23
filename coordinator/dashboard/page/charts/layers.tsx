// Gradient norms of all layers over the steps, as a heat map: made when it is opened.
import { Fragment, type VNode } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Snapshot, Store } from "../live/store.ts";
import { valueAt } from "../series/buckets.ts";
import { type Heat, heatOf, viridis } from "../series/heat.ts";
import { type Range, useBuckets } from "../series/use-buckets.ts";
import { number, whole } from "../words/format.ts";

interface LayersProps {
  readonly store: Store;
  readonly now: Snapshot;
  /** `layerGradientNorm/<network>/<layer>` */
  readonly names: readonly string[];
  readonly range: Range;
  readonly isZoomed: boolean;
  readonly pinned: number | null;
  readonly onPick: (step: number) => void;
}

const SPANS = 160;

export function Layers(props: LayersProps): VNode | null {
  const [isOpen, setOpen] = useState(false);
  if (props.names.length === 0) return null;
  return (
    <details class="card layers" onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary>Gradient norms by layer</summary>
      {isOpen && <LayerMap {...props} />}
    </details>
  );
}

function LayerMap({ store, now, names, range, isZoomed, pinned, onPick }: LayersProps): VNode {
  const lines = useBuckets(store, now, names, { ...range, isZoomed });
  const heat = useMemo(() => heatOf(lines, { ...range, spans: SPANS }), [lines, range.from, range.to]);
  const [hovered, setHovered] = useState<number | null>(null);
  const at = hovered ?? pinned ?? range.to;
  const stepAt = (map: HTMLElement, x: number): number => {
    const { left, width } = map.getBoundingClientRect();
    return Math.round(range.from + ((x - left) / width) * (range.to - range.from));
  };
  if (!heat) return <p class="quiet">no numbers to draw</p>;
  return (
    <Fragment>
      <p class="quiet scale">
        {number(heat.least)} <i class="viridis" /> {number(heat.greatest)}, logarithmic; values at step{" "}
        {whole(at)}
      </p>
      <div class="rows">
        <ol>
          {names.map((name, i) => (
            <li key={name}>
              <span title={name}>{name.replace("layerGradientNorm/", "")}</span>
              <b>{number(valueAt(lines[i], at))}</b>
            </li>
          ))}
        </ol>
        <HeatCanvas
          heat={heat}
          label={`gradient norms of ${names.length} layers over steps ${range.from} to ${range.to}`}
          onHover={(map, x) => setHovered(x === null ? null : stepAt(map, x))}
          onPick={(map, x) => onPick(stepAt(map, x))}
        />
      </div>
    </Fragment>
  );
}

interface HeatCanvasProps {
  readonly heat: Heat;
  readonly label: string;
  /** `x`: pixels of the window; null where the pointer left. */
  readonly onHover: (map: HTMLElement, x: number | null) => void;
  readonly onPick: (map: HTMLElement, x: number) => void;
}

/** A pixel a cell: the style stretches it. */
function HeatCanvas({ heat, label, onHover, onPick }: HeatCanvasProps): VNode {
  const canvas = useRef<HTMLCanvasElement>(null);
  const { cells } = heat;
  useEffect(() => {
    const context = canvas.current?.getContext("2d");
    if (!context) return;
    const picture = context.createImageData(SPANS, cells.length);
    cells.flat().forEach((part, i) => {
      if (part !== null) picture.data.set([...viridis(part), 255], 4 * i);
    });
    context.putImageData(picture, 0, 0);
  }, [cells]);
  return (
    <canvas
      ref={canvas}
      width={SPANS}
      height={cells.length}
      role="img"
      aria-label={label}
      onPointerMove={({ currentTarget, clientX }) => onHover(currentTarget, clientX)}
      onPointerLeave={({ currentTarget }) => onHover(currentTarget, null)}
      onClick={({ currentTarget, clientX }) => onPick(currentTarget, clientX)}
    />
  );
}
