// How a resize takes each of its rows (or columns) from the rows of the image, as a matrix.

export interface Sampling {
  readonly kind: "nearest" | "bilinear";
  readonly from: number;
  readonly to: number;
  /** The outermost pixels' centers stay in the corners. */
  readonly alignCorners: boolean;
  /** A pixel's place is its center, not its corner. */
  readonly halfPixelCenters: boolean;
}

/** [to, from], row-major: row i holds the weights of the pixels that pixel i is made of; they sum to 1. */
export function samplingMatrix({ kind, from, to, alignCorners, halfPixelCenters }: Sampling): Float32Array {
  const matrix = new Float32Array(to * from);
  const aligned = alignCorners && to > 1;
  const scale = aligned ? (from - 1) / (to - 1) : from / to;
  for (let i = 0; i < to; i++) {
    const place = halfPixelCenters ? scale * (i + 0.5) : scale * i;
    switch (kind) {
      case "nearest": {
        const nearest = alignCorners ? Math.round(place) : Math.floor(place);
        matrix[i * from + Math.min(from - 1, Math.max(0, nearest))] = 1;
        break;
      }
      case "bilinear": {
        const center = halfPixelCenters ? place - 0.5 : place;
        const lower = Math.max(0, Math.floor(center));
        const upper = Math.min(from - 1, Math.ceil(center));
        const weight = center - lower;
        matrix[i * from + lower] += 1 - weight;
        matrix[i * from + upper] += weight;
        break;
      }
      default:
        kind satisfies never;
    }
  }
  return matrix;
}
