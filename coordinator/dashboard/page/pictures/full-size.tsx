// What is shown, over the whole window: fitted to it, or in whole pixels.
import type { ComponentChildren, VNode } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Grid } from "../state/grids.ts";
import { whole } from "../words/format.ts";
import { GridImage } from "./picture.tsx";

interface FullSizeProps {
  readonly grids: readonly Grid[];
  readonly onClose: () => void;
  readonly children?: ComponentChildren;
}

const SIZES = [0, 1, 2, 4] as const;

export function FullSize({ grids, onClose, children }: FullSizeProps): VNode {
  const dialog = useRef<HTMLDialogElement>(null);
  const [size, setSize] = useState<number>(0);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} class="full" aria-label="full size" onClose={onClose}>
      <div class="bar">
        <div class="segments" role="group" aria-label="size">
          {SIZES.map((each) => (
            <button type="button" key={each} aria-pressed={each === size} onClick={() => setSize(each)}>
              {each === 0 ? "fit" : `${each}×`}
            </button>
          ))}
        </div>
        {children}
        <button type="button" class="chip" onClick={() => dialog.current?.close()}>
          close
        </button>
      </div>
      <div class={`stage ${size === 0 ? "fit" : ""}`}>
        {grids.map((grid, i) => (
          <figure key={i}>
            <figcaption>step {whole(grid.step)}</figcaption>
            <Sized grid={grid} size={size} />
          </figure>
        ))}
      </div>
    </dialog>
  );
}

/** `size`: screen pixels a pixel; 0: as large as fits. */
function Sized({ grid, size }: { readonly grid: Grid; readonly size: number }): VNode {
  const holder = useRef<HTMLDivElement>(null);
  const [pixels, setPixels] = useState(0);
  const width = size === 0 || pixels === 0 ? "" : `${(pixels * size) / devicePixelRatio}px`;
  return (
    <div
      ref={holder}
      style={{ width }}
      onLoadCapture={() => setPixels(holder.current?.querySelector("img")?.naturalWidth ?? 0)}
    >
      <GridImage grid={grid} />
    </div>
  );
}
