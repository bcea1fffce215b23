// One sample grid, with its step and the names of its columns.
import type { VNode } from "preact";
import type { Grid } from "../state/grids.ts";
import { whole } from "../words/format.ts";

export interface PictureProps {
  readonly grid: Grid;
  /** Width by height, of the newest picture that was loaded: the page does not jump while another one loads. */
  readonly ratio: number;
  readonly onRatio: (ratio: number) => void;
}

export function Picture({ grid, ratio, onRatio }: PictureProps): VNode {
  return (
    <div class="picture">
      <Columns names={grid.columns} />
      <div class="frame" style={{ aspectRatio: String(ratio) }}>
        <GridImage grid={grid} onRatio={onRatio} />
      </div>
    </div>
  );
}

/** Class names above the columns that they belong to. */
export function Columns({ names }: { readonly names: readonly string[] | undefined }): VNode | null {
  if (!names || names.length === 0) return null;
  return (
    <div class="columns" style={{ gridTemplateColumns: `repeat(${names.length}, 1fr)` }}>
      {names.map((name, i) => (
        <span key={i} title={name}>
          {name}
        </span>
      ))}
    </div>
  );
}

interface GridImageProps {
  readonly grid: Grid;
  readonly onRatio?: (ratio: number) => void;
  readonly class?: string;
}

/** Pixels stay sharp where the picture is shown larger than it is. */
export function GridImage({ grid, onRatio, class: name = "" }: GridImageProps): VNode {
  return (
    <img
      class={name}
      src={grid.url}
      alt={altOf(grid)}
      decoding="async"
      onLoad={({ currentTarget: image }) => {
        const { naturalWidth: width, naturalHeight: height } = image;
        if (width > 0 && height > 0) onRatio?.(width / height);
        image.classList.toggle("sharp", width <= image.clientWidth * devicePixelRatio);
      }}
    />
  );
}

function altOf({ step, columns }: Grid): string {
  const classes = columns ? `; columns: ${columns.join(", ")}` : "";
  return `samples of the generator at step ${whole(step)}${classes}`;
}
